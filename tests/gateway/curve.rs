//! What a meter has counted at any second: registers that run through given values of intervals.

use std::path::Path;

use hushwatt_ledger::units::Timestamp;
use hushwatt_meter_attest::readings::read_csv_file;
use rand::Rng;

/// Registers over time.
#[derive(Clone)]
pub struct Curve {
    /// The first interval's start, and the length of each.
    start: u64,
    length: u64,
    /// Seconds at both ends of an interval in which nothing is counted.
    still: u64,
    /// Import and export at the start of each interval, and at the end of the last.
    sums: Vec<(u64, u64)>,
}

impl Curve {
    /// Through these values, import and export of each interval, from these registers on.
    pub fn through(start: Timestamp, length: u64, registers: (u64, u64), values: &[(u64, u64)]) -> Self {
        assert!(start.0.is_multiple_of(length));
        let mut sums = vec![registers];
        for (import, export) in values {
            let last = sums[sums.len() - 1];
            sums.push((last.0 + import, last.1 + export));
        }
        Curve { start: start.0, length, still: 0, sums }
    }

    /// Nothing is counted within so many seconds of an interval's boundary.
    pub fn still_at_boundaries(mut self, seconds: u64) -> Self {
        self.still = seconds;
        self
    }

    /// Import and export at a second, base units.
    pub fn at(&self, time: Timestamp) -> (u64, u64) {
        let since = time.0.saturating_sub(self.start);
        let (number, second) = ((since / self.length) as usize, since % self.length);
        let Some(to) = self.sums.get(number + 1) else { return self.sums[self.sums.len() - 1] };
        let from = self.sums[number];
        let (run, whole) = (second.saturating_sub(self.still), self.length - 2 * self.still);
        let part = |from: u64, to: u64| from + (to - from) * run.min(whole) / whole;
        (part(from.0, to.0), part(from.1, to.1))
    }

    /// The first second after the last interval.
    pub fn end(&self) -> Timestamp {
        Timestamp(self.start + (self.sums.len() as u64 - 1) * self.length)
    }
}

/// A house with a roof: quarter hours of a week, or of as many as are asked for.
pub fn made(rng: &mut impl Rng, start: Timestamp, length: u64, count: usize) -> Vec<(u64, u64)> {
    let one = |number: usize| {
        let hour = (start.0 + number as u64 * length) % 86_400 / 3_600;
        let sun = [0, 0, 0, 0, 0, 20, 90, 200, 400, 600, 750, 800][hour.min(23 - hour) as usize];
        let import = if rng.gen_ratio(1, 20) { 0 } else { rng.gen_range(20..900) };
        let export = if sun == 0 { 0 } else { rng.gen_range(0..=sun) };
        (import, export)
    };
    (0..count).map(one).collect()
}

/// Real values of a file from a time on. Intervals that it does not have count nothing.
pub fn real(path: &Path, start: Timestamp, length: u64, count: usize) -> Vec<(u64, u64)> {
    let readings = read_csv_file(path).unwrap();
    assert_eq!(u64::from(readings.interval_secs()), length);
    let name = readings.meters().keys().next().unwrap().clone();
    let first = start.0 / length;
    let value =
        |index| readings.get(&name, index).map(|reading| (u64::from(reading.import), u64::from(reading.export)));
    let values: Vec<_> = (first..first + count as u64).map(|index| value(index).unwrap_or_default()).collect();
    let counted = values.iter().filter(|value| **value != (0, 0)).count();
    assert!(counted > count / 2, "the file has only {counted} of {count} intervals");
    values
}
