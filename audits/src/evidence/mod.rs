//! What a report shows beside its answers: what happened on each day, and what the registrars changed (protocol section 10).
//!
//! All of it is public and follows from the chain alone: no clock, no machine, no order of threads in it. Days are those of UTC. Its
//! size goes with the days and the changes of the registry, never with the number of transactions.
//!
//! * `gather.rs`: what the replay tells, block by block. `windows.rs`: the books of the windows, by the day in which they begin.

mod gather;
mod windows;

use hushwatt_ledger::{parameters::Parameters, units::Utility};
use serde::Serialize;

use crate::{
    folder::{kept, kept_enum},
    tally::{Kinds, Money},
};

pub(crate) use gather::Gathering;
pub(crate) use windows::Ended;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What an audit saw on the way to the tip.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Evidence {
    /// What the community agreed on before its first block.
    pub terms: Terms,
    /// Every day with a block, in order.
    pub days: Vec<Day>,
    /// What is of the windows of one day, by day and then by utility: the days with a block, from the first window on, and those for
    /// whose windows something was attested, traded or corrected.
    pub windows: Vec<WindowDay>,
    /// Every change by the registrars, in the order of the chain.
    pub registry: Vec<RegistryEntry>,
}

/// The genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Terms {
    /// When the chain begins, unix seconds.
    pub from: u64,
    /// Terms in seconds, prices in micro-euro per base unit, the fee in micro-euro.
    pub parameters: Parameters,
    /// Validators of the first epoch.
    pub validators: u64,
    /// Registrars.
    pub registrars: u64,
    /// How many of them change anything.
    pub registrar_quorum: u64,
    /// Whether there is a market operator from the start.
    pub operator: bool,
    /// Meters by utility; a utility without meters is not listed.
    pub meters: Vec<UtilityMeters>,
}

/// Meters of a utility.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct UtilityMeters {
    /// What they measure.
    pub utility: Utility,
    /// How many.
    pub meters: u64,
}

/// The blocks of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Day {
    /// Days since 1970-01-01.
    pub day: u64,
    /// When it begins, unix seconds.
    pub from: u64,
    /// Blocks whose time is in it.
    pub blocks: u64,
    /// Height of the first.
    pub first_block: u64,
    /// Height of the last.
    pub last_block: u64,
    /// Longest time between one of them and the block before it, in seconds; the first block's is from the genesis on.
    pub longest_pause: u64,
    /// Height of the block after that pause.
    pub longest_pause_before: u64,
    /// Which certificates the file has of these blocks.
    pub finality: FinalityDay,
    /// Validators after the last block.
    pub validators: u64,
    /// Transactions by kind.
    pub transactions: Kinds,
    /// Credit after the last block, since the genesis, in micro-euro.
    pub money: Money,
}
kept!(Day {
    day,
    from,
    blocks,
    first_block,
    last_block,
    longest_pause,
    longest_pause_before,
    finality,
    validators,
    transactions,
    money
});

/// Certificates of the blocks of one day. This is of the file: another node may keep other certificates of the same blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct FinalityDay {
    /// Blocks with one; a block without one is final by that of a later block.
    pub certificates: u64,
    /// Votes in them.
    pub votes: u64,
}
kept!(FinalityDay { certificates, votes });

/// One utility in the windows that begin on one day, as they stand at the tip.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct WindowDay {
    /// Days since 1970-01-01.
    pub day: u64,
    /// When it begins, unix seconds.
    pub from: u64,
    /// Which utility.
    pub utility: Utility,
    /// Windows that are over; the first day's begin after the genesis.
    pub windows: u64,
    /// Of these: every meter posted them, whatever the status.
    pub windows_complete: u64,
    /// What the meters posted.
    pub readings: Readings,
    /// Energy notes that meters made: one a measured or substituted window.
    pub energy_notes: u64,
    /// Corrections of these windows, every one counted.
    pub corrections: u64,
    /// Contracts for these windows; nothing where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contracts: Option<ContractDay>,
    /// Auctions of these windows; nothing where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auctions: Option<AuctionDay>,
}

/// Meters times windows, by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Readings {
    /// All: the sum of the others.
    pub expected: u64,
    /// Read from the registers.
    pub measured: u64,
    /// Replaced by a settlement rule.
    pub substituted: u64,
    /// Spread over a gap.
    pub estimated: u64,
    /// Posted after the attestation deadline.
    pub late: u64,
    /// Posted as unknown.
    pub missing: u64,
    /// Past the attestation deadline, and not posted.
    pub not_posted: u64,
    /// Still in time.
    pub still_due: u64,
}
kept!(Readings { expected, measured, substituted, estimated, late, missing, not_posted, still_due });

/// Contracts for the windows of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ContractDay {
    /// Ever opened.
    pub opened: u64,
    /// Delivered to.
    pub delivered: u64,
    /// Past their deadline: the buyer has his lock back.
    pub expired: u64,
    /// Neither yet.
    pub open: u64,
    /// What they were opened at. Quantities are hidden, so that every contract counts as one.
    pub prices: Prices,
}

/// Auctions of the windows of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct AuctionDay {
    /// With any order.
    pub auctions: u64,
    /// Cleared at a price.
    pub cleared: u64,
    /// Cleared, and nothing was traded.
    pub nothing_traded: u64,
    /// Not cleared in time.
    pub expired: u64,
    /// Neither yet.
    pub open: u64,
    /// Orders to sell.
    pub sells: u64,
    /// Orders to buy.
    pub buys: u64,
    /// What they cleared at, if any did. Every auction counts as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

/// Prices in micro-euro per base unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Prices {
    /// The lowest.
    pub lowest: u32,
    /// The plain mean, to the nearest micro-euro, halves up.
    pub mean: u32,
    /// The highest.
    pub highest: u32,
}

/// A change by the registrars.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RegistryEntry {
    /// Number of the change, from 1.
    pub serial: u64,
    /// Height of its block.
    pub block: u64,
    /// Time of its block, unix seconds.
    pub time: u64,
    /// Id of the transaction, in hexadecimal.
    pub transaction: String,
    /// Which registrars signed it, by their place in the genesis, from 0.
    pub registrars: Vec<u8>,
    /// What it changed.
    #[serde(flatten)]
    pub changed: Changed,
}
kept!(RegistryEntry { serial, block, time, transaction, registrars, changed });

/// What the registrars changed. Keys are in hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "changed", rename_all = "snake_case")]
pub enum Changed {
    /// Who votes.
    Validators {
        /// From this block on, unless another change comes before it.
        from_block: u64,
        /// How many there are then.
        validators: u64,
        /// Keys that those of the change's own block do not have.
        joined: Vec<String>,
        /// Keys of those of the change's own block that have no vote any more.
        left: Vec<String>,
    },
    /// A meter's class and key.
    Meter {
        /// Number of the meter.
        meter: u32,
        /// What it measures.
        utility: Utility,
        /// Its class from then on, in bits.
        class_bits: usize,
        /// Its key from then on.
        key: String,
    },
    /// The market operator of the windows that start from the block's time on.
    Operator {
        /// The new key.
        key: String,
    },
    /// Who releases totals of the periods that begin from the block's time on.
    Committee {
        /// Keys of the members, in order.
        members: Vec<String>,
        /// How many of them must agree.
        threshold: u64,
    },
    /// The cohorts of the periods that begin from the block's time on.
    Cohorts {
        /// The meters of each.
        cohorts: Vec<Vec<u32>>,
    },
}
kept_enum!(Changed {
    0 => Validators { from_block, validators, joined, left },
    1 => Meter { meter, utility, class_bits, key },
    2 => Operator { key },
    3 => Committee { members, threshold },
    4 => Cohorts { cohorts },
});
