//! The verdict on a disclosure in plain words.

use std::fmt::{self, Display, Formatter};

use hushwatt_ledger::{
    disclosure::Party,
    units::{Credit, Utility},
};

use super::report::{CheckReport, Comparison, Match, Shown, ShownPayment, ShownPeriod, ShownSpan, Tip};
use crate::text::{Utc, many};

/// An amount of a utility as people say it.
pub(crate) struct Amount(pub(crate) u64, pub(crate) Utility);

impl Display for Amount {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            Utility::Electricity => write!(f, "{}.{:03} kWh of electricity", self.0 / 1000, self.0 % 1000),
            Utility::Heat => write!(f, "{}.{:03} kWh of heat", self.0 / 1000, self.0 % 1000),
            Utility::Water => write!(f, "{} l of water", self.0),
        }
    }
}

/// Micro-euro per base unit as people say it.
struct Rate(u32, Utility);

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            Utility::Electricity | Utility::Heat => write!(f, "{}.{} ct/kWh", self.0 / 10, self.0 % 10),
            Utility::Water => write!(f, "{}.{:03} EUR/m3", self.0 / 1000, self.0 % 1000),
        }
    }
}

/// Base units an hour as people say it.
struct Rated(u32, Utility);

impl Display for Rated {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unit = match self.1 {
            Utility::Electricity | Utility::Heat => "kW",
            Utility::Water => "m3/h",
        };
        write!(f, "{}.{:03} {unit}", self.0 / 1000, self.0 % 1000)
    }
}

impl Display for Tip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "block {}, {}", self.height, Utc(self.time))
    }
}

impl Display for CheckReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "hushwatt proof check: {}\n", self.kind)?;
        match (self.holds, self.proof_holds) {
            (true, _) if self.answer.as_ref().is_some_and(|answer| !answer.secret_given) => {
                writeln!(f, "THE PROOF HOLDS FOR WHOEVER ALONE HAS THE SECRET OF ITS KEY, AND FOR NOBODY ELSE.\n")?;
            }
            (true, _) => writeln!(f, "THE PROOF HOLDS.\n")?,
            (false, true) if self.answer.as_ref().is_some_and(|answer| answer.key.expected.is_none()) => {
                writeln!(f, "THE PROOF IS MEANT FOR ONE VERIFIER, AND PROVES NOTHING TO ANYBODY ELSE.\n")?;
            }
            (false, true) => writeln!(f, "THE PROOF HOLDS, BUT NOT FOR WHAT YOU ASKED. Do not rely on it.\n")?,
            (false, false) => writeln!(f, "THE PROOF DOES NOT HOLD. It proves nothing.\n")?,
        }
        if let Some(failure) = &self.failure {
            writeln!(f, "rule        {}: {}\n", failure.rule, failure.message)?;
        }
        if let Some(proven) = &self.proven {
            writeln!(f, "{proven}")?;
        }
        audience(f, "made for", &self.verifier)?;
        audience(f, "nonce", &self.nonce)?;
        if !self.purpose.is_empty() {
            writeln!(f, "purpose     {} (in its maker's words)", self.purpose)?;
        }
        writeln!(f, "made        {} (by its maker's own clock)", Utc(self.made))?;
        audience(f, "network", &self.network)?;
        if let Some(tariff) = &self.tariff {
            audience(f, "tariff", tariff)?;
        }
        if let Some(answer) = &self.answer {
            audience(f, "key", &answer.key)?;
            let over = if answer.expired { ", WHICH IS OVER" } else { "" };
            writeln!(f, "until       {}{over}", Utc(answer.expires))?;
        }
        match self.answers_request {
            Some(true) => writeln!(f, "request     this is the answer to it")?,
            Some(false) => writeln!(f, "request     THIS IS NO ANSWER to it")?,
            None => {}
        }
        writeln!(f, "checked     against the chain up to {}", self.tip)?;
        if !self.warnings.is_empty() {
            writeln!(f)?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "WARNING     {warning}"))
    }
}

pub(crate) fn audience(f: &mut Formatter<'_>, name: &str, field: &Match) -> fmt::Result {
    let stated = if field.stated.is_empty() { "nobody said" } else { &field.stated };
    match (&field.comparison, &field.expected) {
        (Comparison::Same, _) => writeln!(f, "{name:<12}{stated} (as you asked)"),
        (Comparison::Different, Some(expected)) => {
            writeln!(f, "{name:<12}{stated}\n            THIS DIFFERS from what you asked for: {expected}")
        }
        _ => writeln!(f, "{name:<12}{stated} (not compared)"),
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Shown::PaymentMade(payment) => {
                writeln!(f, "Whoever made this proof paid {} to", Credit(payment.micro_euro))?;
                payment.fmt(f)?;
                writeln!(f, "by          whoever made the transaction; the proof gives no name or address of the payer")
            }
            Shown::PaymentReceived(payment) => {
                let from = if payment.minted { " of new credit from the treasury" } else { "" };
                writeln!(
                    f,
                    "Whoever made this proof was paid {}{from} at his own address",
                    Credit(payment.micro_euro)
                )?;
                payment.fmt(f)?;
                writeln!(f, "by          the owner of the address; the proof does not say who paid")
            }
            Shown::Delivery {
                party,
                utility,
                delivered,
                micro_euro,
                from,
                until,
                price,
                contract,
                opened,
                settled,
            } => {
                let amount = Amount((*delivered).into(), *utility);
                let paid = Credit(*micro_euro);
                match party {
                    Party::Seller => writeln!(f, "Whoever made this proof delivered {amount} and was paid {paid}.")?,
                    Party::Buyer => writeln!(f, "Whoever made this proof bought {amount} and paid {paid}.")?,
                }
                writeln!(f, "when        {} to {}", Utc(*from), Utc(*until))?;
                writeln!(f, "price       {}", Rate(*price, *utility))?;
                writeln!(f, "contract    {contract}")?;
                writeln!(f, "opened      {opened}")?;
                writeln!(f, "settled     {settled}")?;
                writeln!(f, "by          its {}; the other side is not named", party_name(*party))
            }
            Shown::Reading {
                meter,
                utility,
                register,
                from,
                until,
                value,
                status,
                transaction,
                attested,
                replaced,
            } => {
                writeln!(f, "Meter {meter} attested an {register} of {}.", Amount((*value).into(), *utility))?;
                writeln!(f, "when        {} to {}", Utc(*from), Utc(*until))?;
                writeln!(f, "status      {}", status_text(status))?;
                writeln!(f, "attested    {attested}")?;
                if let Some(replaced) = replaced {
                    writeln!(f, "replaced    {replaced}")?;
                }
                writeln!(f, "transaction {transaction}")?;
                writeln!(
                    f,
                    "by          somebody who can read this meter; whose it is, the community's registrar knows"
                )
            }
            Shown::Balance { at_least_micro_euro, notes, smallest_set } => {
                writeln!(f, "Whoever made this proof can spend at least {}.", Credit(*at_least_micro_euro))?;
                writeln!(
                    f,
                    "hidden      in {}, each one of {smallest_set} or more",
                    many(*notes as u64, "note", "notes")
                )?;
                writeln!(
                    f,
                    "by          whoever can spend it, or several together; the proof gives no name or address"
                )?;
                writeln!(f, "until       the block below; what is spent later is not known here")
            }
            Shown::Bill { period, tariff, gross_cents, .. } => {
                let what = period.utility.name();
                writeln!(f, "The {what} that meter {} took comes to {gross_cents}, tax included.", period.meter)?;
                period.fmt(f)?;
                writeln!(f, "prices      {tariff}")?;
                writeln!(f, "hidden      how much was used, and when")
            }
            Shown::Peak { period, hours, limit_per_hour } => {
                let verb = if period.register == "export" { "gave" } else { "took" };
                let limit = Rated(*limit_per_hour, period.utility);
                writeln!(f, "Meter {} never {verb} more than {limit}, on the average of an interval.", period.meter)?;
                let hours = if hours.is_empty() { "all hours".to_owned() } else { hours.join("; ") };
                writeln!(f, "hours       {hours}")?;
                period.fmt(f)?;
                writeln!(f, "hidden      how much was used, and when")
            }
            Shown::Energy { period, total } => {
                let verb = if period.register == "export" { "gave" } else { "took" };
                writeln!(f, "Meter {} {verb} {} in this time.", period.meter, Amount(*total, period.utility))?;
                period.fmt(f)?;
                writeln!(f, "hidden      when, and every single reading")
            }
            Shown::SharedEnergy { party, utility, span, days, time_zone, contracts, orders, total } => {
                let (verb, side) = match party {
                    Party::Seller => ("sold", "to"),
                    Party::Buyer => ("bought", "from"),
                };
                let amount = Amount(*total, *utility);
                writeln!(f, "Whoever made this proof {verb} at least {amount} {side} others of the community.")?;
                let [from, until] = &span.local;
                writeln!(f, "period      {from} to {until} ({}, {time_zone})", many((*days).into(), "day", "days"))?;
                let contracts = many(*contracts as u64, "contract", "contracts");
                writeln!(f, "in          {contracts} and {}", many(*orders as u64, "auction order", "auction orders"))?;
                writeln!(f, "by          whoever traded; the proof gives no name or address")?;
                writeln!(f, "hidden      how much each one was about; others may have been left out")
            }
        }
    }
}

impl Display for ShownPeriod {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [from, until] = &self.span.local;
        let days = many(self.days.into(), "day", "days");
        writeln!(f, "period      {from} to {until} ({days}, {})", self.time_zone)?;
        writeln!(
            f,
            "readings    {}, as of block {}",
            many(self.intervals as u64, "interval", "intervals"),
            self.height
        )?;
        spans(f, "not posted", &self.absent)?;
        spans(f, "not known", &self.missing)?;
        for (name, count, meaning) in [
            ("estimated", self.estimated, "by the meter or a settlement rule"),
            ("late", self.late, "posted after the deadline"),
            ("corrected", self.corrected, "the corrected values count"),
            ("since then", self.replaced, "corrected again, which does not count here"),
        ] {
            if count > 0 {
                writeln!(f, "{name:<12}{}: {meaning}", many(count as u64, "window", "windows"))?;
            }
        }
        writeln!(f, "by          somebody who can read this meter; whose it is, the community's registrar knows")
    }
}

/// At most so many times are listed; the data lists all.
const LISTED_SPANS: usize = 10;

fn spans(f: &mut Formatter<'_>, name: &str, spans: &[ShownSpan]) -> fmt::Result {
    for span in spans.iter().take(LISTED_SPANS) {
        writeln!(f, "{name:<12}{} to {}", span.local[0], span.local[1])?;
    }
    match spans.len().saturating_sub(LISTED_SPANS) {
        0 => Ok(()),
        more => writeln!(f, "{name:<12}and at {}", many(more as u64, "more time", "more times")),
    }
}

impl Display for ShownPayment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "            {}", self.address)?;
        writeln!(f, "when        {}", self.paid)?;
        writeln!(f, "transaction {}", self.transaction)?;
        writeln!(f, "output      {}, from 0", self.output)
    }
}

fn party_name(party: Party) -> &'static str {
    match party {
        Party::Seller => "seller",
        Party::Buyer => "buyer",
    }
}

fn status_text(status: &str) -> &str {
    match status {
        "measured" => "measured",
        "substituted" => "substituted: replaced by a settlement rule",
        "estimated" => "estimated: spread over a gap",
        "corrected" => "corrected: posted in the place of what the meter had attested",
        "late" => "late: posted after the deadline, not traded",
        other => other,
    }
}
