//! What is to be attested of a window, before its deadline decides how it may be posted (protocol section 6.2).

use hushwatt_ledger::{
    state::MeterRecord,
    transaction::{TransactionId, attest::WindowStatus},
    units::{Quantity, Window},
};

/// What a meter counted in one interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metered {
    /// Exported.
    pub export: Quantity,
    /// Imported.
    pub import: Quantity,
}

impl Metered {
    /// Nothing either way.
    pub const ZERO: Metered = Metered { export: Quantity(0), import: Quantity(0) };
}

/// How the values of a window came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DraftStatus {
    /// Read from the registers.
    Measured,
    /// Replaced by a settlement rule.
    Substituted,
    /// Spread over a gap.
    Estimated,
    /// Not known.
    Missing,
}

impl DraftStatus {
    /// Every status, in the order of their codes.
    pub const ALL: [DraftStatus; 4] =
        [DraftStatus::Measured, DraftStatus::Substituted, DraftStatus::Estimated, DraftStatus::Missing];

    /// The status it is posted with: what would mint is late after the attestation deadline.
    pub fn posted(self, after_deadline: bool) -> WindowStatus {
        match self {
            DraftStatus::Measured | DraftStatus::Substituted if after_deadline => WindowStatus::Late,
            DraftStatus::Measured => WindowStatus::Measured,
            DraftStatus::Substituted => WindowStatus::Substituted,
            DraftStatus::Estimated => WindowStatus::Estimated,
            DraftStatus::Missing => WindowStatus::Missing,
        }
    }
}

/// The values of one window, an entry per interval.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// How they came about.
    pub status: DraftStatus,
    /// As many as a window has intervals; a missing window commits zeros, whatever stands here.
    pub metered: Vec<Metered>,
}

impl Draft {
    /// A window of which nothing is known.
    pub fn missing(intervals: usize) -> Self {
        Draft { status: DraftStatus::Missing, metered: vec![Metered::ZERO; intervals] }
    }
}

/// Where a meter's chain of attestations stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainPosition {
    /// Sequence number of the last one on the ledger; 0 before the first.
    pub sequence: u64,
    /// Its id; zeros before the first.
    pub last: TransactionId,
    /// The window to attest next.
    pub next_window: Window,
}

impl ChainPosition {
    /// Before the first attestation.
    pub fn start(first_window: Window) -> Self {
        ChainPosition { sequence: 0, last: TransactionId([0; 64]), next_window: first_window }
    }
}

impl From<&MeterRecord> for ChainPosition {
    /// What the ledger says: where a gateway goes on that has lost its disk.
    fn from(record: &MeterRecord) -> Self {
        ChainPosition { sequence: record.sequence, last: record.last, next_window: record.next_window }
    }
}
