//! Intervals and windows from the readings of boundaries.

use hushwatt_ledger::units::{Interval, Quantity, Timestamp, Window};

use super::Registers;
use crate::{Draft, DraftStatus, Metered};

/// What is known of an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalState {
    /// The difference of two readings.
    Measured(Metered),
    /// The operator's value in place of an estimate.
    Substituted(Metered),
    /// Its share of a gap, or a difference that may not settle.
    Estimated(Metered),
    /// Never to be known.
    Missing,
    /// More than the meter's class can hold: it must be registered in a wider one.
    TooLarge(u64),
    /// Not decided yet.
    Open,
    /// Long attested and dropped.
    Forgotten,
}

/// What is known of a window.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WindowState {
    /// Every interval is decided.
    Ready(Draft),
    /// An interval is more than the meter's class can hold.
    TooLarge {
        /// Which.
        interval: Interval,
        /// How much, base units.
        value: u64,
    },
    /// Not all is decided.
    Open,
    /// Long attested and dropped.
    Forgotten,
}

/// What boundaries alone say of an interval.
enum Counted {
    Open,
    Missing,
    Known { import: u64, export: u64, measured: bool },
}

/// The part of `whole` that falls on number `index` of `parts`: whole units, and together exactly `whole`.
pub(super) fn share(whole: u64, index: u64, parts: u64) -> u64 {
    let parts = u128::from(parts.max(1));
    let up_to = |index: u64| u128::from(whole) * u128::from(index) / parts;
    u64::try_from(up_to(index + 1) - up_to(index)).unwrap_or(u64::MAX)
}

impl Registers {
    /// What is known of an interval.
    pub fn interval(&self, interval: Interval) -> IntervalState {
        let number = interval.0;
        if number < self.forgotten_to {
            return IntervalState::Forgotten;
        }
        if let Some(value) = self.substitutes.get(&number) {
            return IntervalState::Substituted(*value);
        }
        if self.is_given_up(number) {
            return IntervalState::Missing;
        }
        self.counted_state(number)
    }

    /// What is known of a window: measured only if all its intervals are; else substituted if nothing is estimated; missing
    /// if any interval is. Open as long as any interval is.
    pub fn window(&self, window: Window) -> WindowState {
        self.window_of(window, |interval| self.interval(interval))
    }

    /// The values for a correction of a window that was given up before its gap ended, once they are known: estimates, so
    /// that the sums of all that is attested equal the registers.
    pub fn correction(&self, window: Window) -> Option<Draft> {
        let (from, to) = self.numbers(window);
        if from < self.forgotten_to || !(from..to).any(|number| self.is_given_up(number)) {
            return None;
        }
        match self.window_of(window, |interval| self.counted_state(interval.0)) {
            WindowState::Ready(draft) if draft.status != DraftStatus::Missing => {
                Some(Draft { status: DraftStatus::Estimated, ..draft })
            }
            _ => None,
        }
    }

    /// Makes the open intervals of a window missing for good, so that it can be attested although its gap has not ended.
    /// Only of a window whose boundaries are decided, and of none before one that is attested; else it changes nothing and
    /// says false.
    pub fn give_up(&mut self, window: Window) -> bool {
        let (from, to) = self.numbers(window);
        if to >= self.decided_to || from < self.frozen_to.max(self.forgotten_to) {
            return false;
        }
        let hopeless =
            |number: &u64| matches!(self.interval(Interval(*number)), IntervalState::Open | IntervalState::TooLarge(_));
        let hopeless: Vec<u64> = (from..to).filter(hopeless).collect();
        for number in &hopeless {
            match self.given_up.last_mut() {
                Some((_, end)) if *end == *number => *end = number + 1,
                _ => self.given_up.push((*number, number + 1)),
            }
        }
        self.given_up.sort_unstable();
        !hopeless.is_empty()
    }

    /// The windows up to and with this one are attested, or about to be: their values can no longer be replaced.
    pub fn freeze(&mut self, window: Window) {
        self.frozen_to = self.frozen_to.max(self.numbers(window).1);
    }

    /// Drops what is known of the windows before this one. A gap that reaches into them keeps its beginning.
    pub fn forget_before(&mut self, window: Window) {
        self.forget_below(self.numbers(window).0);
    }

    pub(super) fn forget_below(&mut self, number: u64) {
        if number <= self.forgotten_to {
            return;
        }
        self.forgotten_to = number;
        if let Some((&start, _)) = self.boundaries.range(..=number).next_back() {
            self.boundaries = self.boundaries.split_off(&start);
        }
        self.substitutes = self.substitutes.split_off(&number);
        self.rules.retain(|first, rule| first + u64::from(rule.intervals) > number);
        self.given_up.retain(|(_, end)| *end > number);
        if let Some((start, _)) = self.given_up.first_mut() {
            *start = number.max(*start);
        }
    }

    /// The gaps between `from` and `to` whose intervals are estimated, and not attested yet: first interval, and how many.
    /// Only a whole gap can be substituted.
    pub fn gaps(&self, from: Timestamp, to: Timestamp) -> Vec<(Interval, u64)> {
        let length = self.config.interval;
        let low = (from.0 / length).max(self.frozen_to).max(self.forgotten_to);
        let known = self.boundaries.range(low..=to.0 / length);
        let pairs = known.clone().zip(known.skip(1));
        let starts = pairs.filter(|((start, _), _)| {
            let state = self.interval(Interval(**start));
            matches!(state, IntervalState::Estimated(_) | IntervalState::Substituted(_))
        });
        starts.map(|((start, _), (end, _))| (Interval(*start), end - start)).collect()
    }

    /// The intervals of a window: first, and first after.
    fn numbers(&self, window: Window) -> (u64, u64) {
        let first = window.0.saturating_mul(self.config.intervals);
        (first, first.saturating_add(self.config.intervals))
    }

    fn is_given_up(&self, number: u64) -> bool {
        let after = self.given_up.partition_point(|(start, _)| *start <= number);
        after.checked_sub(1).and_then(|at| self.given_up.get(at)).is_some_and(|(_, end)| number < *end)
    }

    fn counted(&self, number: u64) -> Counted {
        let start = self.boundaries.range(..=number).next_back();
        let end = self.boundaries.range(number.saturating_add(1)..).next();
        let ((from, start), (to, end)) = match (start, end) {
            (Some(start), Some(end)) => (start, end),
            (None, Some(_)) => return Counted::Missing,
            (None, None) if number.saturating_add(1) < self.decided_to => return Counted::Missing,
            (_, None) => return Counted::Open,
        };
        let (old, new) = (start.reading, end.reading);
        let differences = new.import.checked_sub(old.import).zip(new.export.checked_sub(old.export));
        let Some((import, export)) = differences.filter(|_| old.stretch == new.stretch) else {
            return Counted::Missing;
        };
        let parts = to - from;
        Counted::Known {
            import: share(import, number - from, parts),
            export: share(export, number - from, parts),
            measured: parts == 1 && end.clean && old.fine && new.fine,
        }
    }

    fn counted_state(&self, number: u64) -> IntervalState {
        let (import, export, measured) = match self.counted(number) {
            Counted::Open => return IntervalState::Open,
            Counted::Missing => return IntervalState::Missing,
            Counted::Known { import, export, measured } => (import, export, measured),
        };
        match self.within_class(import, export) {
            None => IntervalState::TooLarge(import.max(export)),
            Some(metered) if measured => IntervalState::Measured(metered),
            Some(metered) => IntervalState::Estimated(metered),
        }
    }

    /// The values, if the meter's class holds them.
    pub(super) fn within_class(&self, import: u64, export: u64) -> Option<Metered> {
        let fits = |value: u64| u32::try_from(value).ok().filter(|_| value <= self.config.class.max()).map(Quantity);
        Some(Metered { export: fits(export)?, import: fits(import)? })
    }

    fn window_of(&self, window: Window, state: impl Fn(Interval) -> IntervalState) -> WindowState {
        let (from, to) = self.numbers(window);
        let mut status = DraftStatus::Measured;
        let mut too_large = None;
        let mut metered = Vec::new();
        let mut open = false;
        for interval in (from..to).map(Interval) {
            let (worse, value) = match state(interval) {
                IntervalState::Forgotten => return WindowState::Forgotten,
                IntervalState::Measured(value) => (DraftStatus::Measured, value),
                IntervalState::Substituted(value) => (DraftStatus::Substituted, value),
                IntervalState::Estimated(value) => (DraftStatus::Estimated, value),
                IntervalState::Missing => (DraftStatus::Missing, Metered::ZERO),
                IntervalState::TooLarge(value) => {
                    too_large = too_large.or(Some((interval, value)));
                    continue;
                }
                IntervalState::Open => {
                    open = true;
                    continue;
                }
            };
            // Declared from best to worst.
            if worse as u8 > status as u8 {
                status = worse;
            }
            metered.push(value);
        }
        if open {
            return WindowState::Open;
        }
        if status == DraftStatus::Missing {
            return WindowState::Ready(Draft::missing((to - from) as usize));
        }
        let sum = |of: fn(&Metered) -> Quantity| metered.iter().map(|value| u64::from(of(value).0)).sum::<u64>();
        let largest = sum(|value| value.export).max(sum(|value| value.import));
        let sum_too_large = (largest > u64::from(u32::MAX)).then_some((Interval(from), largest));
        match too_large.or(sum_too_large) {
            Some((interval, value)) => WindowState::TooLarge { interval, value },
            None => WindowState::Ready(Draft { status, metered }),
        }
    }
}
