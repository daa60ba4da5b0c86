//! Totals in plain words.

use std::fmt::{self, Display, Formatter};

use hushwatt_ledger::units::{Credit, MeterId, Timestamp, Utility};

use super::{
    FeederComparison, Solvency, VatTable,
    percent::write_percent,
    report::{
        CohortSum, LateCorrection, LeftOut, Of, SharedSum, Standing, Total, TotalsReport, TotalsVerdict, UtilitySum,
        Values,
    },
    signed::moment,
    watch::LeftOutReason,
};
use crate::text::{Utc, many};

const DAY: u64 = 86_400;

impl Display for TotalsReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "hushwatt totals\n")?;
        if self.simulated_time {
            writeln!(f, "!!! SIMULATED TIME: this is a demo or test network. Nothing in it happened. !!!\n")?;
        }
        writeln!(f, "network     {}", self.network)?;
        writeln!(f, "chain       up to block {}, {}", self.tip.height, Utc(self.tip.time))?;
        if self.period.is_none() {
            writeln!(f, "            This network makes no totals.")?;
        }
        if self.without_committee > 0 {
            let periods = many(self.without_committee, "period", "periods");
            writeln!(f, "            no totals of {periods}: there was no committee yet")?;
        }
        self.totals.iter().try_for_each(|total| write!(f, "\n{total}"))?;
        if !self.cohorts.is_empty() || !self.utilities.is_empty() {
            writeln!(f, "\nIn sum, of released totals only:")?;
        }
        let period = self.period.unwrap_or_default();
        self.cohorts.iter().try_for_each(|sum| of_cohort(f, sum, period))?;
        self.utilities.iter().try_for_each(|sum| of_utility(f, sum, period))?;
        if let Some(vat) = &self.vat {
            vat.fmt(f)?;
        }
        if !self.late_corrections.is_empty() {
            writeln!(f, "\nCorrections that came after their period had closed, and are in no total:")?;
        }
        self.late_corrections.iter().try_for_each(|late| late.fmt(f))?;
        if let Some(feeder) = &self.feeder {
            feeder.fmt(f)?;
        }
        if let Some(bank) = &self.bank {
            bank.fmt(f)?;
        }
        Ok(())
    }
}

/// A time from one second to another, both in UTC: whole days as days.
struct Span(u64, u64);

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Span(from, until) = *self;
        if !from.is_multiple_of(DAY) || !until.is_multiple_of(DAY) {
            return write!(f, "{} to {}", Utc(from), Utc(until));
        }
        let day = |time: u64| {
            let text = moment(Timestamp(time)).unwrap_or_else(|| format!("second {time}"));
            text.get(..10).unwrap_or(&text).to_owned()
        };
        let (first, last) = (day(from), day(until.saturating_sub(1)));
        if first == last { f.write_str(&first) } else { write!(f, "{first} to {last}") }
    }
}

/// An amount of a utility, with its unit.
struct Much(i128, Utility);

impl Display for Much {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unit = match self.1 {
            Utility::Electricity | Utility::Heat => "kWh",
            Utility::Water => "m3",
        };
        let (sign, much) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:03} {unit}", much / 1_000, much % 1_000)
    }
}

fn much(amount: u128, utility: Utility) -> Much {
    Much(i128::try_from(amount).unwrap_or(i128::MAX), utility)
}

/// Money in micro-euro.
fn euro(micro_euro: u128) -> Credit {
    Credit(u64::try_from(micro_euro).unwrap_or(u64::MAX))
}

/// Micro-euro per thousand base units.
struct MeanPrice(u128, Utility);

impl Display for MeanPrice {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unit = match self.1 {
            Utility::Electricity | Utility::Heat => "EUR/kWh",
            Utility::Water => "EUR/m3",
        };
        write!(f, "{}.{:06} {unit}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Cents as euro.
struct Cents(i128);

impl Display for Cents {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (sign, cents) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        f.pad(&format!("{sign}{}.{:02} EUR", cents / 100, cents % 100))
    }
}

/// Millionths of the whole as percent, exactly.
struct Part(i128);

impl Display for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_percent(f, self.0)
    }
}

/// Numbers of meters: `meters 0 to 4, 7`.
struct Meters<'a>(&'a [MeterId]);

impl Display for Meters<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "meter " } else { "meters " })?;
        let runs = self.0.chunk_by(|one, next| one.0.checked_add(1) == Some(next.0));
        for (place, run) in runs.enumerate() {
            let between = if place > 0 { ", " } else { "" };
            match run {
                [only] => write!(f, "{between}{}", only.0)?,
                [first, .., last] => write!(f, "{between}{} to {}", first.0, last.0)?,
                [] => {}
            }
        }
        Ok(())
    }
}

impl Display for Total {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}  ", Span(self.from, self.until))?;
        match &self.of {
            Of::Cohort { number, utility, meters } => {
                write!(f, "cohort {number}, {}: ", utility.name())?;
                match self.count {
                    Some(count) => writeln!(f, "{count} of {}", many(meters.len() as u64, "meter", "meters"))?,
                    None => writeln!(f, "{}", many(meters.len() as u64, "meter", "meters"))?,
                }
            }
            Of::Trades { utility, delivered } => {
                write!(f, "trades of {}: ", utility.name())?;
                match self.count {
                    Some(count) => writeln!(f, "{count} of {}", many(*delivered, "trade", "trades"))?,
                    None => writeln!(f, "{}", many(*delivered, "trade", "trades"))?,
                }
            }
        }
        self.left_out.iter().try_for_each(|left| left.fmt(f))?;
        let (needed, members) = (self.threshold, self.members);
        if !self.released_by.is_empty() {
            let names: Vec<String> = self.released_by.iter().map(|by| by.member.to_string()).collect();
            let noun = if names.len() == 1 { "member" } else { "members" };
            writeln!(f, "  released by {noun} {} ({needed} of {members} must)", names.join(", "))?;
        }
        let utility = self.of.utility();
        match self.standing {
            Standing::Released(Values::Metered { exported, imported }) => {
                writeln!(f, "  took {}, gave {}", much(imported.into(), utility), much(exported.into(), utility))
            }
            Standing::Released(Values::Traded { energy, micro_euro }) => {
                writeln!(f, "  shared {} for {}", much(energy.into(), utility), Credit(micro_euro))
            }
            Standing::DoesNotOpen => writeln!(f, "  WHAT WAS RELEASED DOES NOT OPEN THE LEDGER'S COMMITMENT"),
            Standing::Awaited { missing, until } => {
                let members = many(missing.into(), "member", "members");
                writeln!(f, "  asked for, {members} must still release until {}", Utc(until))
            }
            Standing::TooFewReleased { missing } => {
                let lacked = many(missing.into(), "release was", "releases were");
                writeln!(f, "  asked for, but {lacked} missing when the time was over: it will never be known")
            }
            Standing::TooEarly { from } => writeln!(f, "  can be asked for from {} on", Utc(from)),
            Standing::NotAskedYet { until } => writeln!(f, "  not asked for yet; possible until {}", Utc(until)),
            Standing::NeverAsked => writeln!(f, "  nobody asked for it in time: it will never be known"),
        }
    }
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "  without {}: ", self.meter)?;
        match self.why {
            LeftOutReason::Incomplete { windows, of } => {
                writeln!(f, "it had attested {windows} of {of} windows when the period closed")
            }
            LeftOutReason::NotShared => writeln!(f, "it did not share"),
            LeftOutReason::SharedWrongly => writeln!(f, "what it shared was wrong"),
            LeftOutReason::ToMakeThree => {
                writeln!(f, "it shared, and was drawn by lot: one or two cannot be left out alone")
            }
        }
    }
}

/// Periods that are not in a sum, by their first second: those that follow each other as one time.
fn without(f: &mut Formatter<'_>, starts: &[u64], period: u64) -> fmt::Result {
    for run in starts.chunk_by(|one, next| one.saturating_add(period) == *next) {
        let (first, last) = (run.first().copied().unwrap_or_default(), run.last().copied().unwrap_or_default());
        let (periods, span) = (many(run.len() as u64, "period", "periods"), Span(first, last.saturating_add(period)));
        writeln!(f, "  not in it, without a released total: {periods}, {span}")?;
    }
    Ok(())
}

fn of_cohort(f: &mut Formatter<'_>, sum: &CohortSum, period: u64) -> fmt::Result {
    let (utility, periods) = (sum.utility, many(sum.periods, "period", "periods"));
    let (took, gave) = (much(sum.imported, utility), much(sum.exported, utility));
    write!(f, "{} of {}, {periods}: took {took}, gave {gave}", Meters(&sum.meters), utility.name())?;
    let all = sum.periods.saturating_mul(sum.meters.len() as u64);
    match sum.meters_in == all {
        true => writeln!(f)?,
        false => writeln!(f, "; {} of {all} meter-periods are in", sum.meters_in)?,
    }
    without(f, &sum.without, period)
}

fn of_utility(f: &mut Formatter<'_>, sum: &UtilitySum, period: u64) -> fmt::Result {
    let (utility, periods) = (sum.utility, many(sum.periods, "period", "periods"));
    if sum.periods > 0 {
        let (energy, money) = (much(sum.energy, utility), euro(sum.micro_euro));
        write!(f, "shared {}, {periods}: {energy} for {money}", utility.name())?;
        if let Some(price) = sum.mean_price {
            write!(f, ", on average {}", MeanPrice(price, utility))?;
        }
        writeln!(f, "; {} of {} are in", sum.trades_in, many(sum.trades_delivered, "trade", "trades"))?;
    }
    without(f, &sum.without, period)?;
    sum.shared.fmt(f)
}

impl Display for SharedSum {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let named = [
            ("self-sufficiency", "taken", self.self_sufficiency_ppm),
            ("self-consumption", "given", self.self_consumption_ppm),
        ];
        let mut known = false;
        for (name, of, parts) in named {
            let Some(parts) = parts else { continue };
            writeln!(f, "{name}: {} (shared of {of})", Part(i128::try_from(parts).unwrap_or(i128::MAX)))?;
            known = true;
        }
        if !known {
            return Ok(());
        }
        let (meters, trades) = (self.meters, self.trades_delivered);
        write!(f, "  over {} with all totals: ", many(self.periods, "period", "periods"))?;
        write!(f, "{} of {meters} meter-periods and {} of {trades} trades are in", self.meters_in, self.trades_in)?;
        writeln!(f, "{}", if self.complete { "" } else { ", so it is not exact" })
    }
}

impl Display for VatTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let equal = self.rates.values().all(|rate| self.rates.values().next() == Some(rate));
        let rates: Vec<String> = match self.rates.values().next() {
            Some(rate) if equal && self.rates.len() == Utility::ALL.len() => vec![rate.to_string()],
            _ => self.rates.iter().map(|(utility, rate)| format!("{rate} of {}", utility.name())).collect(),
        };
        writeln!(f, "\nValue added tax of {}, which is in the prices:", rates.join(", "))?;
        let row = |f: &mut Formatter<'_>, cents: super::vat::VatCents, of: String| {
            let [gross, net, tax] =
                [cents.gross_cents, cents.net_cents, cents.tax_cents].map(|cents| Cents(cents.into()));
            writeln!(f, "  {gross:>14} gross {net:>14} net {tax:>14} tax  {of}")
        };
        for one in &self.rows {
            row(f, one.cents, format!("{} {}", one.utility.name(), Span(one.from, one.until)))?;
        }
        row(f, self.sum, "in sum".to_owned())?;
        for utility in &self.without_rate {
            writeln!(f, "  Not in it, for want of a rate: {}.", utility.name())?;
        }
        writeln!(
            f,
            "  Gross and tax of each period are rounded to the cent, half up; net is the rest; sums add the cents."
        )
    }
}

impl Display for LateCorrection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let LateCorrection { meter, window, period, height, time, .. } = self;
        let (window, period) = (Utc(*window), Utc(*period));
        writeln!(f, "  {meter}, window of {window}, period of {period}: block {height}, {}", Utc(*time))
    }
}

impl Display for FeederComparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let utility = self.utility;
        let behind = many(self.meters, "meter", "meters");
        writeln!(f, "\nFeeder of {}, {behind}, {}:", utility.name(), Span(self.from, self.until))?;
        let side = |f: &mut Formatter<'_>, name: &str, to: u64, back: u64| {
            writeln!(f, "  {name} {} to the meters, {} back", much(to.into(), utility), much(back.into(), utility))
        };
        side(f, "feeder", self.feeder_imported, self.feeder_exported)?;
        if let (Some(imported), Some(exported)) = (self.meters_imported, self.meters_exported) {
            side(f, "totals", imported, exported)?;
        }
        if let Some(loss) = self.loss {
            write!(f, "  loss {}", Much(loss, utility))?;
            if let Some(parts) = self.loss_ppm {
                write!(f, ", {} of all that flowed in", Part(parts))?;
            }
            writeln!(f, "; allowed are {} to {}", self.bounds.least, self.bounds.most)?;
        }
        if self.late_corrections > 0 {
            let corrections = many(self.late_corrections, "correction", "corrections");
            writeln!(f, "  {corrections} of these meters came too late for the totals")?;
        }
        verdict(f, &self.verdict, "THE LOSS IS WITHIN BOUNDS", "THE LOSS IS OUT OF BOUNDS")
    }
}

impl Display for Solvency {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nTreasury at {}:", Utc(self.time))?;
        writeln!(f, "  on the account {}", Cents(self.balance_cents.into()))?;
        if let (Some(credit), Some(block)) = (self.in_circulation_micro_euro, self.block) {
            writeln!(f, "  in circulation {}, after block {block}", Credit(credit))?;
        }
        verdict(f, &self.verdict, "ALL CREDIT IS COVERED", "THE CREDIT IN CIRCULATION IS NOT COVERED")
    }
}

fn verdict(f: &mut Formatter<'_>, verdict: &TotalsVerdict, holds: &str, fails: &str) -> fmt::Result {
    match verdict {
        TotalsVerdict::Holds => writeln!(f, "  {holds}"),
        TotalsVerdict::Fails => writeln!(f, "  {fails}"),
        TotalsVerdict::CannotBeCompared { reason } => writeln!(f, "  CANNOT BE COMPARED: {reason}"),
    }
}
