//! Attested values beside the grid operator's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use hushwatt_drivers::{Direction, SeriesQuality};
use hushwatt_ledger::{
    transaction::attest::WindowStatus,
    units::{Interval, Timestamp},
};
use serde::Serialize;
use time::OffsetDateTime;

use super::AttestedInterval;
use crate::series::{Grid, GridSeries};

/// A register shows whole base units: a difference of two readings is off by less than one of them.
const REGISTER: u64 = 1_000;

/// Whether two values of an interval are the same, in thousandths, but for what the register and the operator's file round.
pub(crate) fn agree(own: u64, operators: u64, rounding: u64) -> bool {
    own.abs_diff(operators) <= REGISTER + rounding / 2
}

/// What the comparison of one value gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// The same, within rounding.
    Same,
    /// Another value.
    Differs,
    /// Another value, and the attested one is an estimate, or the operator's is: neither settles.
    EstimateDiffers,
    /// The operator has no value.
    OnlyAttested,
    /// Nothing is attested, or the window is missing.
    OnlyGrid,
}

/// One interval and direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Row {
    /// Its beginning, unix seconds.
    pub start: u64,
    /// `import` or `export`.
    pub direction: &'static str,
    /// How its window was posted.
    pub status: Option<&'static str>,
    /// Attested, thousandths of a base unit.
    pub attested_milli: Option<u64>,
    /// The operator's, thousandths of a base unit.
    pub grid_milli: Option<u64>,
    /// What came of it.
    pub found: Found,
}

/// The sums of a UTC day and direction, over the intervals that both have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DaySum {
    /// UTC day, counted from 1970-01-01.
    pub day: u64,
    /// `import` or `export`.
    pub direction: &'static str,
    /// Intervals that both have.
    pub intervals: u64,
    /// Attested, thousandths of a base unit.
    pub attested_milli: u64,
    /// The operator's, thousandths of a base unit.
    pub grid_milli: u64,
    /// How far rounding alone may take them apart.
    pub tolerance_milli: u64,
    /// Whether they are within it.
    pub same: bool,
}

/// What the whole gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All values are the same, and none is missing on either side.
    Agrees,
    /// Some values that settle differ.
    Differs,
    /// What both have is the same; some are missing on a side, or are estimates that differ.
    Incomplete,
    /// There is no interval that both have.
    Nothing,
}

impl Verdict {
    /// Exit status of a command.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Agrees => 0,
            Verdict::Differs => 1,
            Verdict::Incomplete => 3,
            Verdict::Nothing => 4,
        }
    }
}

/// The comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Comparison {
    /// Every interval and direction that either has.
    pub rows: Vec<Row>,
    /// Sums by day.
    pub days: Vec<DaySum>,
    /// What it gave.
    pub verdict: Verdict,
}

/// Compares attested intervals with the operator's, in the time that both speak of: from the first to the last interval of the
/// operator's file.
pub fn compare(attested: &BTreeMap<Interval, AttestedInterval>, grid: &Grid, interval: u64) -> Comparison {
    let (mut rows, mut days) = (Vec::new(), Vec::new());
    for (direction, series) in [(Direction::Import, &grid.import), (Direction::Export, &grid.export)] {
        let Some(series) = series else { continue };
        let own = one_direction(attested, direction, series, interval);
        days.extend(sums(&own, series.rounding));
        rows.extend(own);
    }
    rows.sort_by_key(|row| (row.start, row.direction));
    days.sort_by_key(|sum: &DaySum| (sum.day, sum.direction));
    let any = |found| rows.iter().any(|row| row.found == found);
    let compared = rows.iter().any(|row| row.attested_milli.is_some() && row.grid_milli.is_some());
    let verdict = if !compared {
        Verdict::Nothing
    } else if any(Found::Differs) {
        Verdict::Differs
    } else if rows.iter().all(|row| row.found == Found::Same) && days.iter().all(|day| day.same) {
        Verdict::Agrees
    } else if days.iter().any(|day| !day.same) && !any(Found::EstimateDiffers) {
        // Each value is within rounding, and all lean to one side.
        Verdict::Differs
    } else {
        Verdict::Incomplete
    };
    Comparison { rows, days, verdict }
}

fn one_direction(
    attested: &BTreeMap<Interval, AttestedInterval>,
    direction: Direction,
    grid: &GridSeries,
    interval: u64,
) -> Vec<Row> {
    let (Some(first), Some(last)) = (grid.values.keys().next(), grid.values.keys().next_back()) else {
        return Vec::new();
    };
    let numbers: BTreeSet<Interval> =
        grid.values.keys().chain(attested.range(first..=last).map(|(number, _)| number)).copied().collect();
    let row = |number: Interval| {
        let own = attested.get(&number);
        let value = own.filter(|own| own.has_value()).map(|own| {
            let value = if direction == Direction::Import { own.import } else { own.export };
            u64::from(value) * 1_000
        });
        let operators = grid.values.get(&number);
        let found = match (value, operators) {
            (Some(own), Some(other)) if agree(own, other.milli, grid.rounding) => Found::Same,
            (Some(_), Some(other)) => {
                let estimate = own.is_some_and(|own| own.status == WindowStatus::Estimated && !own.corrected);
                if estimate || other.quality == SeriesQuality::Estimated {
                    Found::EstimateDiffers
                } else {
                    Found::Differs
                }
            }
            (Some(_), None) => Found::OnlyAttested,
            (None, _) => Found::OnlyGrid,
        };
        Row {
            start: number.0.saturating_mul(interval),
            direction: if direction == Direction::Import { "import" } else { "export" },
            status: own.map(|own| if own.corrected { "corrected" } else { own.status.name() }),
            attested_milli: value,
            grid_milli: operators.map(|value| value.milli),
            found,
        }
    };
    // A missing window of which the operator says nothing either is no difference.
    numbers.into_iter().map(row).filter(|row| row.attested_milli.is_some() || row.grid_milli.is_some()).collect()
}

fn sums(rows: &[Row], rounding: u64) -> Vec<DaySum> {
    let mut days: BTreeMap<u64, DaySum> = BTreeMap::new();
    for row in rows {
        let (Some(own), Some(other)) = (row.attested_milli, row.grid_milli) else { continue };
        let day = Timestamp(row.start).day();
        let sum = days.entry(day).or_insert(DaySum {
            day,
            direction: row.direction,
            intervals: 0,
            attested_milli: 0,
            grid_milli: 0,
            tolerance_milli: 0,
            same: true,
        });
        sum.intervals += 1;
        sum.attested_milli = sum.attested_milli.saturating_add(own);
        sum.grid_milli = sum.grid_milli.saturating_add(other);
    }
    for sum in days.values_mut() {
        // Differences of one register telescope: over a day they are off by less than one unit, however many there are.
        sum.tolerance_milli = REGISTER + sum.intervals.saturating_mul(rounding).div_ceil(2);
        sum.same = sum.attested_milli.abs_diff(sum.grid_milli) <= sum.tolerance_milli;
    }
    days.into_values().collect()
}

impl Comparison {
    /// As text: sums by day, then every interval that is not the same (`all`: every interval).
    pub fn table(&self, unit: &str, all: bool) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:<12} {:<7} {:>9} {:>16} {:>16} {:>14}",
            "day (UTC)", "way", "intervals", "attested", "grid", "difference"
        );
        for day in &self.days {
            let _ = writeln!(
                text,
                "{:<12} {:<7} {:>9} {:>16} {:>16} {:>14}{}",
                date(day.day * 86_400),
                day.direction,
                day.intervals,
                milli(Some(day.attested_milli), unit),
                milli(Some(day.grid_milli), unit),
                difference(day.attested_milli, day.grid_milli),
                if day.same { "" } else { "  DIFFERS" }
            );
        }
        let shown: Vec<&Row> = self.rows.iter().filter(|row| all || row.found != Found::Same).collect();
        if !shown.is_empty() {
            let _ = writeln!(
                text,
                "\n{:<17} {:<7} {:<11} {:>16} {:>16}  ",
                "interval (UTC)", "way", "status", "attested", "grid"
            );
        }
        for row in shown {
            let said = match row.found {
                Found::Same => "same",
                Found::Differs => "DIFFERS",
                Found::EstimateDiffers => "differs, one is an estimate",
                Found::OnlyAttested => "the operator has none",
                Found::OnlyGrid => "not attested",
            };
            let _ = writeln!(
                text,
                "{:<17} {:<7} {:<11} {:>16} {:>16}  {said}",
                minute(row.start),
                row.direction,
                row.status.unwrap_or("-"),
                milli(row.attested_milli, unit),
                milli(row.grid_milli, unit),
            );
        }
        let counts = |found| self.rows.iter().filter(|row| row.found == found).count();
        let _ = writeln!(
            text,
            "\n{} values: {} the same, {} differ, {} differ from an estimate, {} only attested, {} only the operator's",
            self.rows.len(),
            counts(Found::Same),
            counts(Found::Differs),
            counts(Found::EstimateDiffers),
            counts(Found::OnlyAttested),
            counts(Found::OnlyGrid)
        );
        text
    }
}

fn milli(value: Option<u64>, unit: &str) -> String {
    value.map_or("-".to_owned(), |value| match value % 1_000 {
        0 => format!("{} {unit}", value / 1_000),
        rest => format!("{}.{rest:03} {unit}", value / 1_000),
    })
}

fn difference(own: u64, other: u64) -> String {
    let sign = if own >= other { "+" } else { "-" };
    let by = own.abs_diff(other);
    format!("{sign}{}.{:03}", by / 1_000, by % 1_000)
}

fn time_of(unix: u64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(i64::try_from(unix).ok()?).ok()
}

fn date(unix: u64) -> String {
    time_of(unix).map_or_else(|| unix.to_string(), |time| time.date().to_string())
}

fn minute(unix: u64) -> String {
    time_of(unix)
        .map_or_else(|| unix.to_string(), |time| format!("{} {:02}:{:02}", time.date(), time.hour(), time.minute()))
}
