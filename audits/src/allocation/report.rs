//! The verdict on an allocation, for machines; its [`Display`](std::fmt::Display) is the same for people.

use hushwatt_ledger::units::Utility;
use serde::Serialize;

use super::Per;
use crate::check::{Match, Tip};

/// Whether a community was given what its key says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AllocationReport {
    /// Every period holds against the readings in force, none is left out, and it is of the network and key that were named:
    /// all there is to say in one word.
    pub holds: bool,
    /// The network.
    pub network: Match,
    /// How it was shared, as the file says.
    pub key: ShownKey,
    /// Whether that is the key that was named.
    pub agreed_key: Match,
    /// Its first second.
    pub from: u64,
    /// The first second after it.
    pub until: u64,
    /// Seconds of one period.
    pub period: u64,
    /// How many periods hold.
    pub periods_that_hold: usize,
    /// Those that do not.
    pub not_holding: Vec<NotHolding>,
    /// First seconds of periods that have readings of producers, but are not in the file.
    pub left_out: Vec<u64>,
    /// How many periods have no reading of any producer: there was nothing to share.
    pub nothing_to_share: usize,
    /// Meters without a reading in some of the periods; they count as zero there.
    pub without_reading: Vec<Counted>,
    /// Meters of this utility on the ledger that the key does not name.
    pub not_members: Vec<u32>,
    /// What the slip shows.
    pub slip: Option<ShownSlip>,
    /// Why the slip is none of this allocation.
    pub slip_failure: Option<String>,
    /// Whether the network's clock is a made-up one.
    pub simulated_time: bool,
    /// The last block that was known when it was made, by its maker's word.
    pub made_at_height: u64,
    /// The last block of the chain it was held against.
    pub tip: Tip,
    /// What to be careful about, in words.
    pub warnings: Vec<&'static str>,
}

/// A sharing key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownKey {
    /// Its digest, in hexadecimal.
    pub digest: String,
    /// The community's name.
    pub community: String,
    /// Who was given the openings.
    pub allocator: String,
    /// What is shared.
    pub utility: Utility,
    /// `static`, `dynamic`, `hybrid` or `priority`.
    pub rule: &'static str,
    /// Whether intervals or windows are shared.
    pub per: Per,
    /// Whose generation.
    pub producers: Vec<u32>,
    /// Among whom, in the public order.
    pub members: Vec<ShownMember>,
}

/// A member of a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownMember {
    /// Number of the meter.
    pub meter: u32,
    /// His share in millionths, if the rule has shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_ppm: Option<u32>,
}

/// A period whose proof does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NotHolding {
    /// Its first second.
    pub from: u64,
    /// In words.
    pub reason: String,
    /// Meters that posted or corrected their reading after the allocation was made.
    pub posted_since: Vec<u32>,
}

/// A meter and a number of periods.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Counted {
    /// Number of the meter.
    pub meter: u32,
    /// How many periods.
    pub periods: usize,
}

/// A member's own part, verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownSlip {
    /// Number of the meter.
    pub meter: u32,
    /// All that was allocated, in base units.
    pub allocated: u64,
    /// Period by period.
    pub parts: Vec<SlipPart>,
}

/// What a member gets in a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SlipPart {
    /// The period's first second.
    pub from: u64,
    /// In base units.
    pub allocated: u64,
}
