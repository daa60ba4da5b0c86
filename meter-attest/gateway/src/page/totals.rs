//! What is told of totals: which periods wait to be shared, which were. No quantity is in it.

use hushwatt_ledger::{genesis::Genesis, parameters::TotalsParameters, units::Period};
use serde::Serialize;

use crate::{
    config::Config,
    store::{Ending, State},
};

/// Most periods that are over and told.
const MOST_SETTLED: usize = 10;

/// The meter's part in totals. Times are unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TotalsState {
    /// `shares`; or why it does not: `none` (the community makes no totals), `declined` (the settings say so), `no-committee`,
    /// `no-cohort` (for the present period).
    pub state: &'static str,
    /// Periods that are not shared yet, oldest first.
    pub waiting: Vec<WaitingPeriod>,
    /// The last ones that were shared or never will be, newest first.
    pub settled: Vec<SettledPeriod>,
}

/// A period that is not shared yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingPeriod {
    /// Its first second.
    pub start: u64,
    /// The first second after it.
    pub end: u64,
    /// Windows of it that are on the ledger.
    pub windows: u64,
    /// How many it has.
    pub of_windows: u64,
    /// What is attested or corrected until then counts.
    pub closes: u64,
    /// When it is shared, if that is drawn already.
    pub due: Option<u64>,
    /// Until then it can be.
    pub until: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// What the nodes said the last time.
    pub answer: Option<String>,
}

/// A period that was shared, or never will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettledPeriod {
    /// Its first second.
    pub start: u64,
    /// The first second after it.
    pub end: u64,
    /// `shared`, `late`, `incomplete`, `no-cohort`, `no-committee`, `declined` or `foreign`.
    pub ending: &'static str,
    /// When, by the ledger.
    pub at: u64,
    /// For people.
    pub text: &'static str,
}

/// How it ended, for people.
fn words(ending: Ending) -> &'static str {
    match ending {
        Ending::Shared => "shared",
        Ending::Late => "not shared: no block had it before the term was over",
        Ending::Incomplete => "not shared: this gateway did not attest every window of it before it closed",
        Ending::NoCohort => "not shared: the meter is in no cohort",
        Ending::NoCommittee => "not shared: there was no committee when it began",
        Ending::Declined => "not shared: the settings say so",
        Ending::Foreign => "not shared by this gateway: somebody else shared in this meter's name",
    }
}

impl TotalsState {
    /// What a gateway's settings and store say.
    pub fn of(genesis: &Genesis, config: &Config, state: &State) -> Self {
        let Some(totals) = genesis.parameters.totals else {
            return TotalsState { state: "none", ..TotalsState::default() };
        };
        let of_windows = genesis.parameters.windows_per_period().unwrap_or_default();
        let waiting = state.periods().iter().map(|(period, sums)| {
            let times = totals.times(*period);
            WaitingPeriod {
                start: totals.start(*period).0,
                end: totals.end(*period).0,
                windows: sums.windows(),
                of_windows,
                closes: times.close.0,
                due: None,
                until: times.share.0,
                attempts: 0,
                answer: None,
            }
        });
        let settled = state.settled().iter().rev().take(MOST_SETTLED).map(|settled| SettledPeriod {
            start: totals.start(settled.period).0,
            end: totals.end(settled.period).0,
            ending: settled.ending.name(),
            at: settled.at.0,
            text: words(settled.ending),
        });
        let says = if config.share_totals { "shares" } else { "declined" };
        TotalsState { state: says, waiting: waiting.collect(), settled: settled.collect() }
    }

    /// Completes what is told of each period that waits.
    pub(crate) fn complete(&mut self, totals: &TotalsParameters, mut tell: impl FnMut(Period, &mut WaitingPeriod)) {
        for waiting in &mut self.waiting {
            let period = totals.period_at(hushwatt_ledger::units::Timestamp(waiting.start));
            tell(period, waiting);
        }
    }
}
