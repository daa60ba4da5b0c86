//! The answer about totals, for machines; its [`Display`](std::fmt::Display) is the same for people.

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::units::{MeterId, Utility};
use serde::Serialize;

use super::{
    FeederComparison, LeftOutReason, Solvency, TotalsAsked, VatTable,
    sums::{of_cohorts, of_utilities},
    watch::TotalsFacts,
};
use crate::check::Tip;

/// How a comparison ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum TotalsVerdict {
    /// It is as it should be.
    Holds,
    /// It is not.
    Fails,
    /// The chain does not say enough.
    CannotBeCompared {
        /// Why not.
        reason: String,
    },
}

/// All that a chain says of totals, with what was asked beside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TotalsReport {
    /// Every released total opens, and all that was asked to be compared holds.
    pub holds: bool,
    /// The network's id.
    pub network: String,
    /// Whether the network's time is simulated.
    pub simulated_time: bool,
    /// The last block of the chain.
    pub tip: Tip,
    /// Length of a period in seconds; `None` where no totals are made.
    pub period: Option<u64>,
    /// Periods of the time that was asked for that began before there was a committee.
    pub without_committee: u64,
    /// Every total of the time that was asked for, by period.
    pub totals: Vec<Total>,
    /// Their sums by cohort.
    pub cohorts: Vec<CohortSum>,
    /// Their sums by utility.
    pub utilities: Vec<UtilitySum>,
    /// Corrections that came too late for any total, of the whole chain.
    pub late_corrections: Vec<LateCorrection>,
    /// The comparison with a feeder's reading.
    pub feeder: Option<FeederComparison>,
    /// The comparison with a bank's statement.
    pub bank: Option<Solvency>,
    /// Value added tax of what was traded.
    pub vat: Option<VatTable>,
}

/// One total that there is or could be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Total {
    /// First second of its period, in unix seconds.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// Over what.
    pub of: Of,
    /// How many meters or trades are in, once it was asked for.
    pub count: Option<u32>,
    /// Meters of the cohort that are not in.
    pub left_out: Vec<LeftOut>,
    /// The block of the request.
    pub asked_height: Option<u64>,
    /// The registrar who asked, by his place in the genesis.
    pub asked_by: Option<u8>,
    /// How many members must release.
    pub threshold: u8,
    /// Of how many.
    pub members: u8,
    /// Who released, in order of time.
    pub released_by: Vec<ReleasedBy>,
    /// What came of it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Over what a total is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// A cohort of meters.
    Cohort {
        /// Its place in the list of the period.
        number: u8,
        /// What its meters measure.
        utility: Utility,
        /// All meters of it, also those that are left out.
        meters: Vec<MeterId>,
    },
    /// The trades of a utility.
    Trades {
        /// What was traded.
        utility: Utility,
        /// Trades of the period in all, shared or not: contracts that were delivered to, and sell orders of auctions that traded,
        /// also those that got nothing.
        delivered: u64,
    },
}

/// A meter that is not in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LeftOut {
    /// Which.
    pub meter: MeterId,
    /// Why.
    #[serde(flatten)]
    pub why: LeftOutReason,
}

/// A member of the committee who released.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ReleasedBy {
    /// His number, from 1.
    pub member: u8,
    /// In which block.
    pub height: u64,
    /// Its time.
    pub time: u64,
}

/// What came of a total.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// Enough members released: this is what it is.
    Released(Values),
    /// What was released does not open the ledger's commitment. A chain that keeps the rules has none of these.
    DoesNotOpen,
    /// It was asked for; members may still release.
    Awaited {
        /// How many are still needed.
        missing: u8,
        /// Until when, in unix seconds.
        #[serde(rename = "release_until")]
        until: u64,
    },
    /// It was asked for, and too few released in time: it can never be known.
    TooFewReleased {
        /// How many were still needed.
        missing: u8,
    },
    /// It cannot be asked for yet.
    TooEarly {
        /// From when on.
        #[serde(rename = "ask_from")]
        from: u64,
    },
    /// Nobody has asked for it yet.
    NotAskedYet {
        /// Until when somebody may.
        #[serde(rename = "ask_until")]
        until: u64,
    },
    /// Nobody asked for it in time: it can never be known.
    NeverAsked,
}

/// The values of a total.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// Of meters, in base units.
    Metered {
        /// What they gave.
        exported: u64,
        /// What they took.
        imported: u64,
    },
    /// Of trades.
    Traded {
        /// What was delivered, in base units.
        energy: u64,
        /// What was paid for it.
        micro_euro: u64,
    },
}

/// What a cohort gave and took over the periods that have a total.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CohortSum {
    /// What its meters measure.
    pub utility: Utility,
    /// Its meters.
    pub meters: Vec<MeterId>,
    /// What they gave, in base units.
    pub exported: u128,
    /// What they took.
    pub imported: u128,
    /// Periods that are in the sums.
    pub periods: u64,
    /// Meters that are in, counted once a period.
    pub meters_in: u64,
    /// Periods without a released total, by their first second.
    pub without: Vec<u64>,
}

/// What was traded over the periods that have a total, or in which nothing was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UtilitySum {
    /// What was traded.
    pub utility: Utility,
    /// How much, in base units.
    pub energy: u128,
    /// What was paid for it.
    pub micro_euro: u128,
    /// Micro-euro per thousand base units, rounded half up; `None` where nothing was traded.
    pub mean_price: Option<u128>,
    /// Trades that are in the sums.
    pub trades_in: u64,
    /// Trades of the same periods in all.
    pub trades_delivered: u64,
    /// Periods with a released total of trades.
    pub periods: u64,
    /// Periods with trades, but without a released total of them, by their first second.
    pub without: Vec<u64>,
    /// What was traded, beside what the meters gave and took.
    pub shared: SharedSum,
}

/// Energy shared, beside what the meters gave and took, over the periods in which all of it is known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SharedSum {
    /// How many periods.
    pub periods: u64,
    /// Energy shared in them, in base units.
    pub energy: u128,
    /// What the meters gave.
    pub exported: u128,
    /// What they took.
    pub imported: u128,
    /// Meters that are in, counted once a period.
    pub meters_in: u64,
    /// Meters of the utility, counted once a period.
    pub meters: u64,
    /// Trades that are in.
    pub trades_in: u64,
    /// Trades of these periods in all.
    pub trades_delivered: u64,
    /// Whether every meter and every trade of these periods is in.
    pub complete: bool,
    /// Energy shared of what was taken, in millionths, rounded half up.
    pub self_sufficiency_ppm: Option<u128>,
    /// Energy shared of what was given.
    pub self_consumption_ppm: Option<u128>,
}

/// A correction that came after its period had closed: no total has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LateCorrection {
    /// Of which meter.
    pub meter: MeterId,
    /// First second of the window that was corrected.
    pub window: u64,
    /// First second of its period.
    pub period: u64,
    /// The block of the correction.
    pub height: u64,
    /// Its time.
    pub time: u64,
    /// Id of the correction.
    pub transaction: String,
}

impl Of {
    /// What is metered or traded.
    pub fn utility(&self) -> Utility {
        match self {
            Of::Cohort { utility, .. } | Of::Trades { utility, .. } => *utility,
        }
    }
}

impl TotalsReport {
    pub(super) fn new(
        facts: &TotalsFacts,
        asked: &TotalsAsked,
        without_committee: u64,
        totals: Vec<Total>,
        (feeder, bank): (Option<FeederComparison>, Option<Solvency>),
    ) -> Self {
        let (genesis, tip) = (facts.genesis(), facts.tip());
        let made = genesis.parameters.totals;
        let late = facts.late().iter().map(|late| LateCorrection {
            meter: late.meter,
            window: genesis.parameters.window_start(late.window).0,
            period: made.map_or(0, |made| made.start(late.period).0),
            height: late.at.height,
            time: late.at.time.0,
            transaction: hex(&late.id.0),
        });
        let compared = feeder.iter().map(|feeder| &feeder.verdict).chain(bank.iter().map(|bank| &bank.verdict));
        let holds = compared.into_iter().all(|verdict| *verdict == TotalsVerdict::Holds)
            && totals.iter().all(|total| total.standing != Standing::DoesNotOpen);
        TotalsReport {
            holds,
            network: genesis.network().to_string(),
            simulated_time: genesis.simulated_time,
            tip: Tip { height: tip.height, time: tip.time.0 },
            period: made.map(|made| made.period),
            without_committee,
            cohorts: of_cohorts(&totals),
            utilities: of_utilities(genesis, &totals),
            late_corrections: late.collect(),
            feeder,
            bank,
            vat: asked.vat.as_ref().map(|rates| VatTable::of(&totals, rates)),
            totals,
        }
    }
}
