//! What stands where, for people and programs: `/v1/status`.

use serde::Serialize;

use super::TotalsState;
use crate::{ledger::LedgerState, line::LineState};

/// Everything that is told. Times are unix seconds, quantities base units (Wh or litres).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Status {
    /// `hushwatt gateway 1`.
    pub format: String,
    /// Network id, hexadecimal.
    pub network: String,
    /// The meter's number on the ledger.
    pub meter: u32,
    /// `Wh` or `l`.
    pub unit: &'static str,
    /// Whether time is simulated: for demonstrations only.
    pub simulated_time: bool,
    /// When this was said.
    pub now: u64,
    /// When the gateway was started.
    pub started: u64,
    /// The line to the meter.
    pub line: LineState,
    /// The registers as they were read last.
    pub registers: Option<RegisterState>,
    /// The clocks.
    pub clock: ClockState,
    /// What waits.
    pub queue: QueueState,
    /// The last attestation on the ledger.
    pub attested: Option<AttestedState>,
    /// Its part in totals.
    pub totals: TotalsState,
    /// The ledger and the nodes.
    pub ledger: LedgerState,
    /// What somebody should look at; alarms first.
    pub warnings: Vec<Warning>,
}

/// The registers as they were read last.
#[derive(Clone, Debug, Serialize)]
pub struct RegisterState {
    /// The meter's own number.
    pub number: String,
    /// Imported since the meter was made.
    pub import: u64,
    /// Exported since the meter was made.
    pub export: u64,
    /// What the last digit counts.
    pub step: u64,
    /// When the gateway received it.
    pub received: u64,
    /// The meter's own time, if it says one.
    pub at: Option<u64>,
    /// Samples taken since the gateway was set up.
    pub accepted: u64,
    /// Odd samples that are held back now.
    pub held_back: usize,
}

/// The clocks.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClockState {
    /// Seconds that the meter's clock is ahead of the gateway's.
    pub meter_ahead: Option<i64>,
    /// Times that the gateway's clock was set while it ran.
    pub jumps: u64,
    /// Whether the gateway's clock is plainly wrong: nothing is read or sent until it is set.
    pub is_wrong: bool,
}

/// What waits to be attested.
#[derive(Clone, Debug, Default, Serialize)]
pub struct QueueState {
    /// The window that is attested next, by its beginning.
    pub next_window: u64,
    /// Windows that are over and not on the ledger.
    pub windows: u64,
    /// Of those, windows that wait for the meter to be read again.
    pub open: u64,
    /// When the next attestation is sent.
    pub due: Option<u64>,
    /// What was signed and is not on the ledger yet.
    pub pending: Option<PendingState>,
}

/// An attestation that was signed and is not on the ledger yet.
#[derive(Clone, Debug, Serialize)]
pub struct PendingState {
    /// Its place in the meter's chain.
    pub sequence: u64,
    /// Its first window, by its beginning.
    pub first_window: u64,
    /// How many windows it has.
    pub windows: usize,
    /// After this time of the ledger it is void, and built again.
    pub valid_until: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// What the nodes said the last time.
    pub answer: Option<String>,
}

/// The last attestation on the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct AttestedState {
    /// Its place in the meter's chain.
    pub sequence: u64,
    /// Its last window, by its beginning.
    pub last_window: u64,
    /// How that window was posted, if this gateway knows.
    pub status: Option<&'static str>,
    /// Height of its block, if this gateway saw it since it was started.
    pub height: Option<u64>,
}

/// What somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Its name, for programs.
    pub code: &'static str,
    /// Whether something is lost as long as nobody does anything.
    pub alarm: bool,
    /// Since when.
    pub since: u64,
    /// What is wrong and what to do.
    pub text: String,
}
