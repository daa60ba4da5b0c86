//! What the household's meters say.

use hushwatt_ledger::{
    transaction::attest::WindowStatus,
    units::{MeterId, Timestamp, Utility, Window},
};
use serde::Serialize;

use super::json;
use crate::LocalQuality;

/// A settlement window of one meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnergyRow {
    /// Which meter.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// Which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// Taken, in base units.
    pub imported: u64,
    /// Given, in base units.
    pub exported: u64,
    /// Bought from neighbours in this window, in base units: by the household, whichever meter took it.
    pub bought: u64,
    /// Sold to neighbours in this window, in base units.
    pub sold: u64,
    /// How the readings came about.
    #[serde(serialize_with = "json::status")]
    pub status: WindowStatus,
}

/// A day of one meter whose readings were deleted: its sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayRow {
    /// Which meter.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// Start of the UTC day.
    #[serde(rename = "day_start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// Taken, in base units.
    pub imported: u64,
    /// Given, in base units.
    pub exported: u64,
}

/// A window of one meter as its gateway tells it, while the ledger does not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalRow {
    /// Which meter.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// Which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// Taken so far, in base units.
    pub imported: u64,
    /// Given so far, in base units.
    pub exported: u64,
    /// That it is not on the ledger yet.
    pub status: LocalStatus,
    /// The least certain of its intervals.
    pub quality: LocalQuality,
    /// Intervals that are known.
    pub intervals: u64,
    /// Intervals of a window.
    pub of_intervals: u64,
}

/// Where a gateway's reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalStatus {
    /// Not on the ledger yet.
    NotOnLedger,
}

/// A paired meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeterView {
    /// Which.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// What the household calls it.
    pub label: Option<String>,
    /// Start of the last window that it posted.
    #[serde(rename = "last_window_time", serialize_with = "json::maybe_time")]
    pub last_window: Option<Timestamp>,
    /// How many windows could be read.
    pub windows: u64,
}
