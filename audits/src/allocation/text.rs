//! The verdict on an allocation in plain words.

use std::fmt::{self, Display, Formatter};

use super::report::{AllocationReport, NotHolding, ShownKey};
use crate::{
    check::{Amount, audience},
    text::{Utc, many},
};

/// How many periods the text lists one by one; the data lists all.
const LISTED: usize = 10;

impl Display for AllocationReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "hushwatt allocation check\n")?;
        let whole = self.not_holding.is_empty() && self.left_out.is_empty() && self.periods_that_hold > 0;
        match (self.holds, whole) {
            (true, _) => {
                writeln!(f, "THE ALLOCATION HOLDS: it is what the key gives for the readings of the ledger.\n")?
            }
            (false, true) => writeln!(f, "THE ALLOCATION HOLDS, BUT NOT FOR WHAT YOU ASKED. Do not rely on it.\n")?,
            (false, false) => writeln!(f, "THE ALLOCATION DOES NOT HOLD.\n")?,
        }
        let counted = |count: usize| many(count as u64, "period", "periods");
        writeln!(f, "time        {} to {}", Utc(self.from), Utc(self.until))?;
        writeln!(f, "periods     {} of {} s hold", counted(self.periods_that_hold), self.period)?;
        if self.nothing_to_share > 0 {
            writeln!(f, "            {} without any generation attested", counted(self.nothing_to_share))?;
        }
        for failed in self.not_holding.iter().take(LISTED) {
            failed.fmt(f)?;
        }
        for start in self.left_out.iter().take(LISTED) {
            writeln!(f, "LEFT OUT    {}, although generation was attested", Utc(*start))?;
        }
        for (listed, what) in [(self.not_holding.len(), "do not hold"), (self.left_out.len(), "are left out")] {
            if listed > LISTED {
                writeln!(f, "            and {} more {what}", counted(listed - LISTED))?;
            }
        }
        self.key.fmt(f)?;
        audience(f, "key", &self.agreed_key)?;
        for lacking in &self.without_reading {
            writeln!(f, "no reading  meter {} in {}: counts as zero", lacking.meter, counted(lacking.periods))?;
        }
        if !self.not_members.is_empty() {
            writeln!(f, "not in it   {}", meters(&self.not_members))?;
        }
        if let Some(slip) = &self.slip {
            let amount = Amount(slip.allocated, self.key.utility);
            writeln!(f, "your part   meter {} was allocated {amount}", slip.meter)?;
        }
        if let Some(failure) = &self.slip_failure {
            writeln!(f, "YOUR SLIP   {failure}")?;
        }
        audience(f, "network", &self.network)?;
        writeln!(f, "checked     against the chain up to {}", self.tip)?;
        writeln!(f, "hidden      what was generated, what each member consumed and what each was allocated")?;
        if !self.warnings.is_empty() {
            writeln!(f)?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "WARNING     {warning}"))
    }
}

impl Display for NotHolding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "FAILS       {}: {}", Utc(self.from), self.reason)?;
        if self.posted_since.is_empty() {
            return writeln!(f);
        }
        writeln!(f, "; posted since it was made: {}", meters(&self.posted_since))
    }
}

impl Display for ShownKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "community   {}, allocated by {}", self.community, self.allocator)?;
        let how = match self.rule {
            "static" => "fixed shares of the generation, each capped by own consumption",
            "dynamic" => "in proportion to consumption",
            "hybrid" => "fixed shares first, the rest in proportion to what each still lacks",
            _ => "one after the other in the order below, each as much as consumed",
        };
        writeln!(f, "rule        {}: {how}; each {} by itself", self.rule, self.per.name())?;
        writeln!(f, "generation  of {}", meters(&self.producers))?;
        let members: Vec<String> = self
            .members
            .iter()
            .map(|member| match member.share_ppm {
                Some(share) => format!("{} ({}.{:04} %)", member.meter, share / 10_000, share % 10_000),
                None => member.meter.to_string(),
            })
            .collect();
        writeln!(f, "members     meters {}", members.join(", "))
    }
}

fn meters(numbers: &[u32]) -> String {
    let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
    format!("{} {}", if numbers.len() == 1 { "meter" } else { "meters" }, list.join(", "))
}
