//! What should be on the ledger, worked out from what the meter sent, by the rules and not by the gateway's code.

use std::collections::BTreeMap;

use hushwatt_gateway::verify::AttestedInterval;
use hushwatt_ledger::{parameters::Parameters, transaction::attest::WindowStatus, units::Timestamp};

/// A boundary's reading is that of a telegram so close to it, seconds.
const NEAR: u64 = 30;

/// Everything that the gateway heard, in order.
#[derive(Default)]
pub struct Oracle {
    /// Whole telegrams that it took: when, import, export.
    heard: Vec<(u64, u64, u64)>,
    /// When its clock was set.
    set: Vec<u64>,
    /// When no node could be reached.
    down: Option<(u64, u64)>,
}

/// What should be attested of an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    pub import: u64,
    pub export: u64,
    pub measured: bool,
    /// From when on it could be known.
    pub known: u64,
}

impl Oracle {
    pub fn hears(&mut self, time: Timestamp, (import, export): (u64, u64)) {
        assert!(self.heard.last().is_none_or(|last| last.0 < time.0));
        self.heard.push((time.0, import, export));
    }

    pub fn clock_is_set(&mut self, time: Timestamp) {
        self.set.push(time.0);
    }

    pub fn nodes_were_down(&mut self, from: Timestamp, until: Timestamp) {
        self.down = Some((from.0, until.0));
    }

    /// When what could be known at a time could be posted, at the earliest and at the latest. The time is drawn, from the first
    /// twenty minutes and a little more.
    fn posted(&self, known: u64) -> (u64, u64) {
        let span = (known, known + 1_500);
        match self.down {
            Some((from, until)) if (from..until).contains(&span.0) => (until, until + 600),
            Some((from, until)) if (from..until).contains(&span.1) => (span.0, until + 600),
            _ => span,
        }
    }

    /// The registers at a boundary, if it is known.
    pub fn boundary(&self, time: u64) -> Option<(u64, u64, u64)> {
        let after = self.heard.partition_point(|one| one.0 <= time);
        let before = after.checked_sub(1).map(|place| self.heard[place]).filter(|one| time - one.0 <= NEAR);
        before.or_else(|| self.heard.get(after).copied().filter(|one| one.0 - time <= NEAR))
    }

    /// Every interval between two known boundaries, by its number.
    pub fn intervals(&self, length: u64) -> BTreeMap<u64, Expected> {
        let (first, last) = (self.heard[0].0 / length, self.heard[self.heard.len() - 1].0 / length);
        let known: Vec<(u64, (u64, u64, u64))> =
            (first..=last).filter_map(|number| Some((number, self.boundary(number * length)?))).collect();
        let mut all = BTreeMap::new();
        for pair in known.windows(2) {
            let ((from, old), (to, new)) = (pair[0], pair[1]);
            let parts = to - from;
            for number in from..to {
                let share = |whole: u64| whole * (number - from + 1) / parts - whole * (number - from) / parts;
                let within = |set: &u64| (number * length..(number + 1) * length).contains(set);
                let measured = parts == 1 && !self.set.iter().any(within);
                let (import, export) = (share(new.1 - old.1), share(new.2 - old.2));
                all.insert(number, Expected { import, export, measured, known: new.0.max(to * length) });
            }
        }
        all
    }

    /// Compares all that was attested from one time to another: values, sums, and how windows were posted.
    pub fn check(
        &self,
        parameters: &Parameters,
        attested: &BTreeMap<u64, AttestedInterval>,
        span: (Timestamp, Timestamp),
    ) {
        let (length, per_window) = (parameters.interval, parameters.intervals_per_window() as u64);
        let expected = self.intervals(length);
        let (mut import, mut export) = (0, 0);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for window in (span.0.0 / parameters.window)..(span.1.0 / parameters.window) {
            let numbers = window * per_window..(window + 1) * per_window;
            let parts: Vec<Expected> = numbers.clone().map(|number| expected[&number]).collect();
            let known = parts.iter().map(|part| part.known).max().unwrap();
            let deadline = (window + 1) * parameters.window + parameters.attestation_deadline;
            let measured = parts.iter().all(|part| part.measured);
            let (earliest, latest) = self.posted(known);
            for (number, part) in numbers.zip(&parts) {
                let one = attested.get(&number).unwrap_or_else(|| panic!("interval {number} is not on the ledger"));
                let values = (u64::from(one.import), u64::from(one.export));
                assert_eq!(values, (part.import, part.export), "interval {number}, {one:?}, {part:?}");
                let right = match one.status {
                    // Only what would mint can be too late.
                    WindowStatus::Late => measured && latest > deadline,
                    WindowStatus::Measured => measured && earliest <= deadline,
                    WindowStatus::Estimated => !measured,
                    WindowStatus::Substituted | WindowStatus::Missing => false,
                };
                assert!(right, "interval {number} was posted as {:?}: measured {measured}, {parts:?}", one.status);
                (import, export) = (import + values.0, export + values.1);
                *counts.entry(format!("{:?}", one.status)).or_default() += 1;
            }
        }
        let (start, end) = (self.boundary(span.0.0).unwrap(), self.boundary(span.1.0).unwrap());
        assert_eq!((import, export), (end.1 - start.1, end.2 - start.2), "the sums are not the registers' differences");
        eprintln!("{} Wh taken, {} Wh given, by intervals: {counts:?}", import, export);
    }
}
