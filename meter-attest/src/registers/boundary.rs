//! The readings of boundaries: decided in ascending order, once.

use hushwatt_ledger::units::Timestamp;

use super::{Registers, event::Event};

/// Most known boundaries that are kept: 400 days of quarter hours. Whoever forgets what is attested has far fewer.
pub const MAX_BOUNDARIES: usize = 40_000;

/// Registers on the scale of their stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    pub import: u64,
    pub export: u64,
    pub stretch: u32,
    /// Whether they count finely enough to settle.
    pub fine: bool,
}

/// A known boundary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Boundary {
    pub reading: Reading,
    /// Whether no clock was set since the known boundary before.
    pub clean: bool,
}

impl Registers {
    /// Decides what no sample can decide any more at `now`, the gateway's time: boundaries long past without one.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        let to = self.ticked_to(now);
        if to > self.decided_to {
            let before = self.last.as_ref().map(|last| (last.time, last.reading(self.stretch)));
            self.decide_to(before, None, to, &mut events);
        }
        events
    }

    /// Whether [`Registers::tick`] would decide anything.
    pub fn tick_is_due(&self, now: Timestamp) -> bool {
        self.ticked_to(now) > self.decided_to
    }

    /// First boundary that samples received from `now` on may still decide.
    fn ticked_to(&self, now: Timestamp) -> u64 {
        let wait = self.config.boundary_tolerance + self.config.clock_tolerance;
        now.minus(wait).0.div_ceil(self.config.interval)
    }

    /// Decides the boundaries up to a sample that counts.
    pub(super) fn decide(
        &mut self,
        before: Option<(Timestamp, Reading)>,
        next: (Timestamp, Reading),
        events: &mut Vec<Event>,
    ) {
        let to = next.0.0 / self.config.interval + 1;
        if to > self.decided_to {
            self.decide_to(before, Some(next), to, events);
        }
    }

    /// Decides the boundaries below number `to`, from the sample before them and that at or after the last of them.
    fn decide_to(
        &mut self,
        before: Option<(Timestamp, Reading)>,
        next: Option<(Timestamp, Reading)>,
        to: u64,
        events: &mut Vec<Event>,
    ) {
        let length = self.config.interval;
        let tolerance = self.config.boundary_tolerance;
        let from = core::mem::replace(&mut self.decided_to, to);
        // The tolerance is far below an interval: only the first boundary after a sample and the last before one are near.
        let first = before.map(|(time, reading)| (time.0 / length + 1, time, reading));
        let first = first.filter(|(number, time, _)| {
            let at = number.saturating_mul(length);
            (from..to).contains(number) && at - time.0 <= tolerance && next.is_none_or(|next| next.0.0 != at)
        });
        let last = next.map(|(time, reading)| (time.0 / length, time, reading));
        let last = last.filter(|(number, time, _)| {
            let near = time.0 - number.saturating_mul(length) <= tolerance;
            (from..to).contains(number) && near && first.is_none_or(|(taken, ..)| taken != *number)
        });
        let mut unknown_from = from;
        for (number, _, reading) in [first, last].into_iter().flatten() {
            self.tell_unknown(unknown_from, number, events);
            self.know(number, reading, events);
            unknown_from = number + 1;
        }
        self.tell_unknown(unknown_from, to, events);
    }

    fn know(&mut self, number: u64, reading: Reading, events: &mut Vec<Event>) {
        let at = Timestamp(number.saturating_mul(self.config.interval));
        let clean = self.doubt.is_none_or(|doubt| at <= doubt.from);
        if self.doubt.is_some_and(|doubt| at > doubt.from && at >= doubt.until) {
            self.doubt = None;
        }
        self.boundaries.insert(number, Boundary { reading, clean });
        events.push(Event::Boundary { at, import: reading.import, export: reading.export });
        if self.boundaries.len() > MAX_BOUNDARIES {
            let oldest = self.boundaries.keys().nth(MAX_BOUNDARIES / 10).copied().unwrap_or(0);
            self.forget_below(oldest);
            events.push(Event::Overflow);
        }
    }

    /// Says which boundaries are unknown for ever; those before the meter was first read are nobody's loss.
    fn tell_unknown(&self, from: u64, to: u64, events: &mut Vec<Event>) {
        if from < to && !self.boundaries.is_empty() {
            let at = |number: u64| Timestamp(number.saturating_mul(self.config.interval));
            events.push(Event::Unknown { from: at(from), to: at(to - 1) });
        }
    }
}
