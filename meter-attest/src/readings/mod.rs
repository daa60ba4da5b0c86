//! Meter readings: what each meter of a community imported and exported in each interval.
//!
//! This is the input of Attest (protocol 6.2): for every interval `T` of absolute index
//! `unix seconds / interval length` (protocol 1) the two registers' integer Wh or litres, from which
//! `E[T]` and `I[T]` are committed. The module reads them from a file ([`read_csv`]), makes them up
//! ([`sample`], [`water`]), and answers which days are whole.
//!
//! What it must not do:
//! * turn a missing reading into zero: an absent interval is `None` here, and the meter's status
//!   (missing, estimated, substituted; protocol 6.2) is decided by who attests, not by who reads;
//! * interpolate, resample, or repair: a file that contradicts itself is refused with its line;
//! * net the registers: import and export of one interval may both be positive, and both stay;
//! * know local time: days are UTC days, `unix seconds / 86400`.
//!
//! It touches the file it is given and nothing else.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the readings and the questions about days |
//! | `csv.rs` | the file format, in both directions |
//! | `step.rs` | which interval length a file has, and which rows break it |
//! | `error.rs` | every way a file can be wrong |
//! | `sample.rs` | a made-up community, for a demonstration without data |
//! | `water.rs` | made-up water meters of homes that exist or are made up |

mod csv;
mod error;
pub mod sample;
mod step;
pub mod water;

use std::collections::BTreeMap;
use std::ops::Range;

pub use csv::{HEADER, ReadOptions, read_csv, read_csv_file, read_csv_with};
pub use error::{Column, HeaderHint, ReadingsError};

/// The interval lengths of the protocol, in seconds, ascending (protocol 1: 5, 10, 15, 30, 60 min).
/// Each divides the day and the hour.
pub const ALLOWED_INTERVALS: [u32; 5] = [300, 600, 900, 1800, 3600];

/// The last of [`ALLOWED_INTERVALS`].
const LONGEST_INTERVAL: u32 = 3600;

/// Seconds of a UTC day.
pub const DAY_SECS: u64 = 86_400;

/// Most meters that a file or a sample may have.
pub const MAX_METERS: usize = 1024;

/// The two registers of one meter in one interval, in the utility's base unit: Wh, or litres of water. Both may be positive: a
/// home can import in the first minutes of an interval and export in the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Taken from the grid or network.
    pub import: u32,
    /// Given to it.
    pub export: u32,
}

/// The readings of one meter by absolute interval index. An index without an entry was not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeterReadings(BTreeMap<u64, Reading>);

impl MeterReadings {
    /// The reading of an interval; `None` means missing, which is not zero.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<Reading> {
        self.0.get(&index).copied()
    }

    /// The readings that are present, by increasing interval index.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, Reading)> + '_ {
        self.0.iter().map(|(index, reading)| (*index, *reading))
    }

    /// The readings that are present among these interval indices.
    pub fn range(&self, indices: Range<u64>) -> impl DoubleEndedIterator<Item = (u64, Reading)> {
        // An empty range is nothing, where `BTreeMap::range` would panic on a reversed one.
        let end = indices.end.max(indices.start);
        self.0.range(indices.start..end).map(|(index, reading)| (*index, *reading))
    }

    /// How many readings are present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no reading is present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The readings of a community: one interval length, and each meter's readings by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings {
    interval_secs: u32,
    meters: BTreeMap<String, MeterReadings>,
}

/// The day to begin with, and how good it is. Days are UTC day numbers, `unix seconds / 86400`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstDay {
    /// The first day in which every meter has every interval.
    Complete {
        /// The UTC day number.
        day: u64,
    },
    /// No day is complete: the (first) day with the most readings.
    MostPresent {
        /// The UTC day number.
        day: u64,
        /// Readings that the day has, over all meters.
        present: u64,
        /// Readings that it would have if it were complete.
        expected: u64,
    },
}

impl FirstDay {
    /// The UTC day number, complete or not.
    #[must_use]
    pub fn day(self) -> u64 {
        match self {
            Self::Complete { day } | Self::MostPresent { day, .. } => day,
        }
    }
}

impl Readings {
    /// The interval length in seconds, one of [`ALLOWED_INTERVALS`].
    #[must_use]
    pub fn interval_secs(&self) -> u32 {
        self.interval_secs
    }

    /// Every meter by name, in name order. After [`Self::slice`] a meter may have no readings.
    #[must_use]
    pub fn meters(&self) -> &BTreeMap<String, MeterReadings> {
        &self.meters
    }

    /// The reading of a meter in an interval; `None` if it is missing or the meter is unknown.
    #[must_use]
    pub fn get(&self, meter: &str, index: u64) -> Option<Reading> {
        self.meters.get(meter)?.get(index)
    }

    /// How many readings are present, over all meters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.meters.values().map(MeterReadings::len).sum()
    }

    /// Whether no meter has a reading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.meters.values().all(MeterReadings::is_empty)
    }

    /// Intervals in a day, 24 to 288: in UTC every day has the same number.
    #[must_use]
    pub fn intervals_per_day(&self) -> u64 {
        DAY_SECS / u64::from(self.interval_secs)
    }

    /// The absolute interval indices of a UTC day.
    #[must_use]
    pub fn day_indices(&self, day: u64) -> Range<u64> {
        let per_day = self.intervals_per_day();
        day.saturating_mul(per_day)..day.saturating_add(1).saturating_mul(per_day)
    }

    /// The first and the last interval index of any reading.
    #[must_use]
    pub fn span(&self) -> Option<(u64, u64)> {
        let first = self.meters.values().filter_map(|m| m.0.keys().next()).min()?;
        let last = self.meters.values().filter_map(|m| m.0.keys().next_back()).max()?;
        Some((*first, *last))
    }

    /// The UTC days in which every meter has every interval, ascending.
    #[must_use]
    pub fn complete_days(&self) -> Vec<u64> {
        let expected = self.expected_per_day();
        self.present_by_day().into_iter().filter(|(_, present)| *present == expected).map(|(day, _)| day).collect()
    }

    /// The first complete day, or else the day with the most readings (the first of several);
    /// `None` if there are no readings at all.
    #[must_use]
    pub fn first_complete_day(&self) -> Option<FirstDay> {
        let expected = self.expected_per_day();
        let mut best: Option<(u64, u64)> = None;
        for (day, present) in self.present_by_day() {
            if present == expected {
                return Some(FirstDay::Complete { day });
            }
            if best.is_none_or(|(_, most)| present > most) {
                best = Some((day, present));
            }
        }
        best.map(|(day, present)| FirstDay::MostPresent { day, present, expected })
    }

    /// Only the readings of these UTC days. Every meter stays, even one left without readings, so
    /// that "every meter" means the same before and after.
    #[must_use]
    pub fn slice(&self, days: Range<u64>) -> Self {
        let indices = self.day_indices(days.start).start..self.day_indices(days.end).start;
        let meters = self
            .meters
            .iter()
            .map(|(name, readings)| (name.clone(), MeterReadings(readings.range(indices.clone()).collect())))
            .collect();
        Self { interval_secs: self.interval_secs, meters }
    }

    /// Only the first `n` meters in name order.
    #[must_use]
    pub fn limit_meters(&self, n: usize) -> Self {
        let meters = self.meters.iter().take(n).map(|(k, v)| (k.clone(), v.clone())).collect();
        Self { interval_secs: self.interval_secs, meters }
    }

    /// The range-proof width that holds every value here (protocol 6.2: a meter's registered class
    /// is 16 or 32 bits).
    #[must_use]
    pub fn interval_class_bits(&self) -> u32 {
        let fits = |r: &Reading| r.import.max(r.export) <= u32::from(u16::MAX);
        if self.meters.values().all(|m| m.0.values().all(fits)) { 16 } else { 32 }
    }

    fn expected_per_day(&self) -> u64 {
        self.intervals_per_day() * self.meters.len() as u64
    }

    /// Readings present per day, over all meters. A meter has an interval at most once, so the
    /// count reaches [`Self::expected_per_day`] only if none is missing.
    fn present_by_day(&self) -> BTreeMap<u64, u64> {
        let per_day = self.intervals_per_day();
        let mut days = BTreeMap::new();
        for readings in self.meters.values() {
            for index in readings.0.keys() {
                *days.entry(index / per_day).or_insert(0) += 1;
            }
        }
        days
    }
}

/// The fuzz target of this module: any bytes are read or refused, never a panic; and what was read,
/// written out and read again, is the same.
///
/// # Panics
/// If that round trip fails, which is the finding that the fuzzer looks for.
pub fn fuzz_readings(data: &[u8]) {
    if let Ok(first) = read_csv(data) {
        let mut text = Vec::new();
        assert!(first.write_csv(&mut text).is_ok(), "what was read can be written");
        let second = read_csv(text.as_slice());
        assert!(second.is_ok_and(|second| second == first), "the round trip changed the readings");
    }
}
