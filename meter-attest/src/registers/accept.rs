//! Which time a sample has, whether it is odd, and where one stretch ends and the next begins.

use hushwatt_ledger::units::Timestamp;

use super::{
    Registers,
    boundary::Reading,
    config::MAX_STEP,
    event::{ClockFault, Event, Odd, Outcome, Reaction},
    sample::{Count, Sample, SampleError},
};

/// So many odd samples in a row must agree before they count.
pub const AGREE: usize = 3;

/// The last sample that counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Last {
    pub sample: Sample,
    /// The time it counts for.
    pub time: Timestamp,
    /// What rollovers added since the stretch began, base units.
    pub import_turns: u64,
    /// The same of exports.
    pub export_turns: u64,
}

/// An odd sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Held {
    pub sample: Sample,
    pub time: Timestamp,
}

/// A stretch of time in which the gateway's clock was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Doubt {
    /// The earlier end of it.
    pub from: Timestamp,
    /// The later end.
    pub until: Timestamp,
    /// By how much it was set in all, seconds: so much more time may have passed between two samples.
    pub seconds: u64,
}

/// How one register went on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Up,
    /// Over its end, where it starts again: so much is to be added.
    Over(u64),
    Odd(Odd),
}

impl Last {
    /// Its registers on the scale of the stretch.
    pub fn reading(&self, stretch: u32) -> Reading {
        Reading {
            import: self.sample.import.value.saturating_add(self.import_turns),
            export: self.sample.export.value.saturating_add(self.export_turns),
            stretch,
            fine: self.sample.step() <= MAX_STEP,
        }
    }
}

impl Registers {
    /// Takes a sample. Errors are about samples that no meter gives; they change nothing.
    pub fn accept(&mut self, sample: &Sample) -> Result<Reaction, SampleError> {
        sample.check()?;
        if let Some(outcome) = self.old_news(sample) {
            return Ok(Reaction { outcome, events: Vec::new() });
        }
        let mut events = Vec::new();
        let (time, fault) = self.time_of(sample);
        let outcome = match self.odd_after_last(sample, time) {
            None => {
                self.drop_held(&mut events);
                self.apply(sample.clone(), time, &mut events);
                Outcome::Accepted
            }
            Some(odd) => self.hold(sample, time, odd, &mut events),
        };
        self.note_clock(fault, &mut events);
        Ok(Reaction { outcome, events })
    }

    /// Whether a sample changes nothing, because it, or a later one, was taken already: asked before it is written down.
    pub fn old_news(&self, sample: &Sample) -> Option<Outcome> {
        let last = self.last.as_ref()?;
        let same = |other: &Sample| {
            (sample.at, &sample.meter, sample.import, sample.export)
                == (other.at, &other.meter, other.import, other.export)
        };
        let held = self.held.last();
        let duplicate = same(&last.sample) || held.is_some_and(|held| same(&held.sample));
        let outcome = if duplicate { Outcome::Duplicate } else { Outcome::Older };
        let (time, _) = self.time_of(sample);
        // Whatever time an odd sample counts for, it makes none old that goes on from the last.
        let after_held = held.is_none_or(|held| time > held.time || self.odd_after_last(sample, time).is_none());
        let news = time > last.time && after_held && !self.is_repeated(sample, time, &last.sample);
        (!news).then_some(outcome)
    }

    /// Whether a line says an old telegram again, one too old for its own time to be believed: by the meter's clock a little before
    /// the last one, and nothing was counted since. By the gateway's clock alone it would be the newest.
    fn is_repeated(&self, sample: &Sample, time: Timestamp, last: &Sample) -> bool {
        let (Some(at), Some(last_at)) = (sample.at, last.at) else { return false };
        let before = last_at.0.checked_sub(at.0).is_some_and(|by| (1..=self.config.clock_tolerance).contains(&by));
        let counted = sample.import.value > last.import.value || sample.export.value > last.export.value;
        time != at && before && !counted && sample.meter == last.meter
    }

    /// The gateway's clock was set from `before` to `after`: the intervals in between, and those that the next samples end,
    /// are not measured.
    pub fn clock_was_set(&mut self, before: Timestamp, after: Timestamp) -> Event {
        let seconds = before.0.abs_diff(after.0);
        let earlier = self.doubt.unwrap_or(Doubt { from: before, until: before, seconds: 0 });
        self.doubt = Some(Doubt {
            from: earlier.from.min(before).min(after),
            until: earlier.until.max(before).max(after),
            seconds: earlier.seconds.saturating_add(seconds),
        });
        Event::GatewayClock(seconds_between(before, after))
    }

    /// The time a sample counts for, and what is wrong with the meter's clock.
    fn time_of(&self, sample: &Sample) -> (Timestamp, Option<ClockFault>) {
        let Some(at) = sample.at else { return (sample.received, None) };
        let tolerance = self.config.clock_tolerance;
        let offset = seconds_between(sample.received, at);
        if offset.unsigned_abs() > tolerance {
            return (sample.received, Some(ClockFault::Offset(offset)));
        }
        let Some((last, last_at)) = self.last.as_ref().and_then(|last| Some((&last.sample, last.sample.at?))) else {
            return (at, None);
        };
        let moved = (last.import, last.export) != (sample.import, sample.export);
        let was_stuck = self.clock_fault == Some(ClockFault::Stuck);
        if at == last_at && sample.received > last.received && (moved || was_stuck) {
            return (sample.received, Some(ClockFault::Stuck));
        }
        let passed = seconds_between(last.received, sample.received);
        let jump = seconds_between(last_at, at).saturating_sub(passed);
        if self.doubt.is_none() && jump.unsigned_abs() > tolerance && self.clock_fault.is_none() {
            return (sample.received, Some(ClockFault::Jumped(jump)));
        }
        (at, None)
    }

    fn note_clock(&mut self, fault: Option<ClockFault>, events: &mut Vec<Event>) {
        let kind = |fault: &Option<ClockFault>| fault.as_ref().map(core::mem::discriminant);
        if kind(&fault) != kind(&self.clock_fault) {
            events.push(fault.map_or(Event::ClockRight, Event::Clock));
        }
        self.clock_fault = fault;
    }

    /// What is odd about a sample after the last one that counted.
    fn odd_after_last(&self, sample: &Sample, time: Timestamp) -> Option<Odd> {
        self.last.as_ref().and_then(|last| self.odd_after(&last.sample, last.time, sample, time))
    }

    fn odd_after(&self, old: &Sample, old_time: Timestamp, new: &Sample, time: Timestamp) -> Option<Odd> {
        if old.meter != new.meter {
            return Some(Odd::OtherMeter);
        }
        let seconds = time.0.saturating_sub(old_time.0);
        [(old.import, new.import), (old.export, new.export)].into_iter().find_map(|(old, new)| {
            match self.step(old, new, seconds) {
                Step::Odd(odd) => Some(odd),
                Step::Up | Step::Over(_) => None,
            }
        })
    }

    fn step(&self, old: Count, new: Count, seconds: u64) -> Step {
        // What two clocks may differ by, and what a clock was set by, may have passed as well.
        let seconds = seconds + self.config.clock_tolerance + self.doubt.map_or(0, |doubt| doubt.seconds);
        let flow = u128::from(self.config.max_rate) * u128::from(seconds) / 3600;
        let most = u64::try_from(flow).unwrap_or(u64::MAX).saturating_add(old.step.max(new.step).saturating_mul(2));
        if let Some(rise) = new.value.checked_sub(old.value) {
            return if rise <= most { Step::Up } else { Step::Odd(Odd::Leap) };
        }
        let modulus = new.modulus.or(old.modulus).or(self.config.modulus);
        let over = modulus.and_then(|modulus| {
            let rise = new.value.checked_add(modulus)?.checked_sub(old.value)?;
            (rise <= most.min(modulus / 10)).then_some(Step::Over(modulus))
        });
        over.unwrap_or(Step::Odd(Odd::Decrease))
    }

    /// Holds an odd sample back, or believes it if enough before it agree.
    fn hold(&mut self, sample: &Sample, time: Timestamp, odd: Odd, events: &mut Vec<Event>) -> Outcome {
        let agrees =
            self.held.last().is_some_and(|held| self.odd_after(&held.sample, held.time, sample, time).is_none());
        if !agrees {
            self.drop_held(events);
        }
        self.held.push(Held { sample: sample.clone(), time });
        if self.held.len() < AGREE {
            return Outcome::HeldBack(odd);
        }
        let held = core::mem::take(&mut self.held);
        if let (Some(last), Some(first)) = (self.last.take(), held.first()) {
            events.push(match self.odd_after(&last.sample, last.time, &first.sample, first.time) {
                Some(Odd::OtherMeter) => {
                    Event::Exchanged { from: last.sample.meter.clone(), to: first.sample.meter.clone() }
                }
                Some(Odd::Decrease) => Event::Reset,
                _ => Event::Leapt,
            });
            self.counters.breaks += 1;
            self.end_stretch(last, first.clone(), events);
        }
        for next in held.into_iter().skip(1) {
            self.apply(next.sample, next.time, events);
        }
        Outcome::Accepted
    }

    fn drop_held(&mut self, events: &mut Vec<Event>) {
        if !self.held.is_empty() {
            self.counters.dropped += self.held.len() as u64;
            events.push(Event::Dropped(self.held.len()));
            self.held.clear();
        }
    }

    /// The first sample of a new stretch.
    fn end_stretch(&mut self, old: Last, first: Held, events: &mut Vec<Event>) {
        let before = (old.time, old.reading(self.stretch));
        self.stretch = self.stretch.saturating_add(1);
        let new = Last { sample: first.sample, time: first.time, import_turns: 0, export_turns: 0 };
        self.count(Some(before), new, Some(old.sample.step()), events);
    }

    /// A sample that goes on from the last one, or the very first.
    fn apply(&mut self, sample: Sample, time: Timestamp, events: &mut Vec<Event>) {
        let Some(last) = self.last.take() else {
            let first = Last { sample, time, import_turns: 0, export_turns: 0 };
            return self.count(None, first, None, events);
        };
        let before = (last.time, last.reading(self.stretch));
        let seconds = time.0.saturating_sub(last.time.0);
        let mut turns = |old: Count, new: Count, turns: u64| match self.step(old, new, seconds) {
            Step::Over(modulus) => {
                self.counters.rollovers += 1;
                events.push(Event::Rollover);
                turns.saturating_add(modulus)
            }
            Step::Up | Step::Odd(_) => turns,
        };
        let import_turns = turns(last.sample.import, sample.import, last.import_turns);
        let export_turns = turns(last.sample.export, sample.export, last.export_turns);
        let new = Last { sample, time, import_turns, export_turns };
        self.count(Some(before), new, Some(last.sample.step()), events);
    }

    /// Decides the boundaries up to a sample, and makes it the last.
    fn count(
        &mut self,
        before: Option<(Timestamp, Reading)>,
        new: Last,
        old_step: Option<u64>,
        events: &mut Vec<Event>,
    ) {
        self.counters.accepted += 1;
        let step = new.sample.step();
        if step > MAX_STEP && old_step != Some(step) {
            events.push(Event::Coarse(step));
        }
        self.decide(before, (new.time, new.reading(self.stretch)), events);
        self.last = Some(new);
    }
}

/// From one time to the other, seconds; negative if the second is earlier.
fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    let distance = i64::try_from(from.0.abs_diff(to.0)).unwrap_or(i64::MAX);
    if to < from { -distance } else { distance }
}
