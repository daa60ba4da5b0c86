//! Which interval length a file has, and which rows break it (protocol 1: 5, 10, 15, 30, 60 min).
//!
//! The length is nowhere written in the file. The greatest common divisor of its timestamps would
//! find it in a clean file, but one stray row (10:05 in a file of quarter hours) would turn every
//! good row into a 5-minute one with its neighbours missing. So the majority decides: the most
//! common distance between consecutive rows of a meter is the step, and then every row is held
//! against it. Intervals lost at random leave the single step the most common distance.

use std::collections::HashMap;

use super::error::{Quoted, ReadingsError};
use super::{ALLOWED_INTERVALS, LONGEST_INTERVAL, Reading};

/// Distances that must be seen before a majority of them says that a meter is read at a longer step
/// than its timestamps would allow. With half of all intervals lost at random, it would be wrong
/// once in a thousand meters.
const MIN_GAPS: u64 = 24;

/// A row of the file, in file order, each meter's by increasing time.
pub(super) struct Row {
    pub(super) line: u64,
    /// Position of the meter's name in the list of names.
    pub(super) meter: usize,
    pub(super) secs: u64,
    pub(super) reading: Reading,
}

/// How often each distance occurs and on which line first.
#[derive(Clone, Default)]
struct Gaps {
    total: u64,
    by_length: HashMap<u64, (u64, u64)>,
}

impl Gaps {
    fn add(&mut self, length: u64, line: u64) {
        self.total += 1;
        self.by_length.entry(length).or_insert((0, line)).0 += 1;
    }

    /// The most common length (of several the shortest), whether it is more than half, its line.
    fn most_common(&self) -> Option<(u64, bool, u64)> {
        self.by_length
            .iter()
            .max_by(|(a, (m, _)), (b, (n, _))| m.cmp(n).then(b.cmp(a)))
            .map(|(length, (count, line))| (*length, *count > self.total / 2, *line))
    }
}

/// The interval length of the rows, or why they have none.
pub(super) fn infer(rows: &[Row], meters: usize) -> Result<u32, ReadingsError> {
    let mut all = Gaps::default();
    for_each_gap(rows, meters, |_, gap, line| all.add(gap, line));
    let Some((gap, majority, line)) = all.most_common() else {
        // One row per meter: nothing but the timestamps to go by; if no step fits, the check of
        // every row against the shortest will name the first that is off.
        return Ok(coarsest_step_of_all(rows).unwrap_or(ALLOWED_INTERVALS[0]));
    };
    if let Some(step) = ALLOWED_INTERVALS.into_iter().find(|step| u64::from(*step) == gap) {
        return Ok(step);
    }
    // Not a step of the protocol. A few rows hours apart, or apart by no rule, are sparse data, whose
    // step is what all timestamps agree on; but many rows mostly 20 min or a day apart have a step
    // of their own, and their energy is that of 20 min or of a day.
    let sparse = gap.is_multiple_of(u64::from(LONGEST_INTERVAL)) && all.total < MIN_GAPS;
    match coarsest_step_of_all(rows) {
        Some(step) if sparse || !majority => Ok(step),
        None if sparse => Ok(LONGEST_INTERVAL),
        _ => Err(ReadingsError::UnsupportedInterval { line, found: gap }),
    }
}

/// Refuses a meter that is mostly read at another, longer step: an hour's energy must not pass for
/// that of the hour's first quarter.
pub(super) fn check_meters(rows: &[Row], names: &[&str], step: u32) -> Result<(), ReadingsError> {
    let mut gaps = vec![Gaps::default(); names.len()];
    for_each_gap(rows, names.len(), |meter, gap, line| {
        if let Some(gaps) = gaps.get_mut(meter) {
            gaps.add(gap, line);
        }
    });
    for (name, gaps) in names.iter().zip(&gaps) {
        if let Some((found, true, line)) = gaps.most_common()
            && found != u64::from(step)
            && gaps.total >= MIN_GAPS
        {
            return Err(ReadingsError::OtherInterval { line, meter: Quoted::new(name), found, step });
        }
    }
    Ok(())
}

/// The longest allowed step that every timestamp is a multiple of.
fn coarsest_step_of_all(rows: &[Row]) -> Option<u32> {
    ALLOWED_INTERVALS.into_iter().rev().find(|step| rows.iter().all(|row| row.secs.is_multiple_of(u64::from(*step))))
}

/// Calls with meter, distance to the meter's previous row, and line. Rows of a meter increase, so
/// no distance is zero.
fn for_each_gap(rows: &[Row], meters: usize, mut call: impl FnMut(usize, u64, u64)) {
    let mut last: Vec<Option<u64>> = vec![None; meters];
    for row in rows {
        if let Some(last) = last.get_mut(row.meter)
            && let Some(before) = last.replace(row.secs)
        {
            call(row.meter, row.secs.saturating_sub(before), row.line);
        }
    }
}
