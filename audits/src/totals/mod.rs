//! Totals that a community's committee released, opened and added up by whoever asks (protocol section 10).
//!
//! A total is a sum over a cohort of meters, or over the trades of a utility, in one period. Members of the committee release
//! their shares of it on the ledger; from as many as the threshold asks for everybody computes the value, and holds it
//! against the commitment that follows from what meters and sellers put on the ledger. Nothing is believed of anybody who
//! released.
//!
//! * `watch.rs`: what a chain says of totals, in one pass over it. `listing.rs`: every total that there is or could be.
//! * `sums.rs`: longer times, self-sufficiency, self-consumption. `vat.rs`: net and tax of what was traded.
//! * `feeder.rs`: comparison with a signed reading of a feeder. `bank.rs`: the treasury's account against the supply.
//!   `signed.rs`: what the two files have in common.
//! * `percent.rs`: percents, exactly. `report.rs`: the answer as data. `text.rs`: the same in plain words.

mod bank;
mod feeder;
mod listing;
mod percent;
mod report;
mod signed;
mod sums;
mod text;
mod vat;
mod watch;

use hushwatt_ledger::{state::StateError, units::Timestamp};

pub use self::{
    bank::{BankStatement, Solvency},
    feeder::{FeederComparison, FeederPlan, FeederReading, LossBounds},
    percent::Percent,
    report::{
        CohortSum, LateCorrection, LeftOut, Of, ReleasedBy, SharedSum, Standing, Total, TotalsReport, TotalsVerdict,
        UtilitySum, Values,
    },
    signed::{MAX_SIGNED_BYTES, SignedError, moment, read_moment},
    vat::{VatCents, VatRates, VatRow, VatTable},
    watch::{LeftOutReason, TotalsFacts, TotalsWanted, TotalsWatch, totals_from_path, totals_from_reader},
};

/// What is asked of the totals, beside the list of them.
#[derive(Clone, Debug, Default)]
pub struct TotalsAsked {
    /// Periods that begin before are not listed.
    pub from: Option<Timestamp>,
    /// Periods that end later are not listed.
    pub until: Option<Timestamp>,
    /// What a feeder's meter counted, its signature verified, and how much may be lost.
    pub feeder: Option<(FeederReading, LossBounds)>,
    /// What is on the treasury's account, its signature verified.
    pub bank: Option<BankStatement>,
    /// The rates of value added tax, which is in the prices.
    pub vat: Option<VatRates>,
}

/// Opens, adds up and compares.
///
/// # Errors
/// The ledger cannot be asked.
pub fn report(facts: &TotalsFacts, asked: &TotalsAsked) -> Result<TotalsReport, StateError> {
    let listed = listing::list(facts)?;
    let within = |from: u64, until: u64| {
        asked.from.is_none_or(|first| from >= first.0) && asked.until.is_none_or(|last| until <= last.0)
    };
    let totals: Vec<Total> = listed.totals.iter().filter(|total| within(total.from, total.until)).cloned().collect();
    let without = listed.without_committee.iter().filter(|(from, until)| within(from.0, until.0)).count() as u64;
    let feeder =
        asked.feeder.as_ref().map(|(reading, bounds)| feeder::compare(facts, &listed.totals, reading, *bounds));
    let bank = asked.bank.as_ref().map(|statement| bank::solvency(facts, statement));
    Ok(TotalsReport::new(facts, asked, without, totals, (feeder, bank)))
}
