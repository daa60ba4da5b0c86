//! What stands where, for people and programs: `status.json`, and `hushwatt committee status`. No share is in it.

use serde::{Deserialize, Serialize};

/// Name and version of the file.
pub const STATUS_FORMAT: &str = "hushwatt committee status 1";

/// Everything that is told. Times are unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// [`STATUS_FORMAT`].
    pub format: String,
    /// Network id, hexadecimal.
    pub network: String,
    /// The member's public line.
    pub member: String,
    /// Whether time is simulated: for demonstrations only.
    pub simulated_time: bool,
    /// The last final block that was followed.
    pub height: u64,
    /// Its time.
    pub time: u64,
    /// Whether all that the nodes have was followed.
    pub caught_up: bool,
    /// The member's number in the committee of the period that runs, from 1; `None` if he is not in it.
    pub number: Option<u8>,
    /// The periods of which shares are kept, in order.
    pub periods: Vec<PeriodStatus>,
    /// What was asked, by period and block: all that can still be released, and the newest of what is over or refused.
    pub requests: Vec<RequestStatus>,
    /// What somebody should look at; alarms first.
    pub warnings: Vec<Warning>,
}

/// One period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodStatus {
    /// Its number.
    pub period: u64,
    /// Its first second.
    pub start: u64,
    /// `sharing`, `complaining`, `asking`, `releasing` or `over`.
    pub step: String,
    /// The last second of that step.
    pub until: u64,
    /// Subjects whose shares are kept and right.
    pub right: u32,
    /// Subjects one of whose shares is wrong.
    pub wrong: u32,
    /// Subjects whose shares nobody gave, and that can be in a total.
    pub lacking: u32,
}

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestStatus {
    /// Of which period.
    pub period: u64,
    /// `cohort 0`, `trades of electricity`.
    pub target: String,
    /// In which block it was asked.
    pub height: u64,
    /// Meters that are left out.
    pub left_out: Vec<u32>,
    /// `waiting` for shares, `sending`, `released`, `late` or `refused`.
    pub state: String,
    /// Why it is not answered.
    pub reason: Option<String>,
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Its name: `nodes`, `ledger`, `disk`, `sealing`, `wrong`, `lacking`, `unanswered`, `committee`.
    pub code: String,
    /// Whether a total may fail if nobody does anything.
    pub alarm: bool,
    /// What, and what to do.
    pub text: String,
}
