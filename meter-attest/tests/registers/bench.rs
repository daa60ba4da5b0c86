//! A meter on the bench: samples by second, and short questions.

use hushwatt_crypto::range::RangeBits;
use hushwatt_drivers::Medium;
use hushwatt_ledger::{
    parameters::Parameters,
    units::{Interval, Quantity, Timestamp, Window},
};
use hushwatt_meter_attest::{
    Draft, DraftStatus, Metered,
    registers::{Config, Count, Event, IntervalState, Layout, Outcome, Reaction, Registers, Sample, WindowState},
};

/// 2025-06-02T00:00:00Z: the first boundary of every test.
pub const START: u64 = 20_241 * 86_400;

pub struct Bench {
    pub registers: Registers,
    pub events: Vec<Event>,
}

pub fn config() -> Config {
    Config::new(&Parameters::default(), Medium::Electricity, Layout::TwoWay, RangeBits::Bits16)
}

/// A sample `seconds` after the start, as meter "A" of 1 Wh registers gives it, by both clocks.
pub fn sample(seconds: u64, import: u64, export: u64) -> Sample {
    let count = |value| Count { value, step: 1, modulus: None };
    let at = Timestamp(START + seconds);
    Sample { received: at, at: Some(at), meter: "A".to_owned(), import: count(import), export: count(export) }
}

pub fn metered(import: u32, export: u32) -> Metered {
    Metered { import: Quantity(import), export: Quantity(export) }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: Config) -> Self {
        Bench { registers: Registers::new(config).unwrap(), events: Vec::new() }
    }

    pub fn take(&mut self, sample: &Sample) -> Outcome {
        let Reaction { outcome, events } = self.registers.accept(sample).unwrap();
        self.events.extend(events);
        outcome
    }

    pub fn accept(&mut self, seconds: u64, import: u64, export: u64) {
        assert_eq!(self.take(&sample(seconds, import, export)), Outcome::Accepted);
    }

    pub fn tick(&mut self, seconds: u64) {
        let due = self.registers.tick_is_due(Timestamp(START + seconds));
        let before = self.registers.clone();
        let events = self.registers.tick(Timestamp(START + seconds));
        assert_eq!(due, self.registers != before, "a tick is due exactly when it changes something");
        self.events.extend(events);
    }

    /// The quarter hour of this number after the start.
    pub fn interval(&self, number: u64) -> IntervalState {
        self.registers.interval(Interval(START / 900 + number))
    }

    pub fn states(&self, count: u64) -> Vec<IntervalState> {
        (0..count).map(|number| self.interval(number)).collect()
    }

    pub fn window(&self, number: u64) -> WindowState {
        self.registers.window(window(number))
    }

    pub fn status(&self, number: u64) -> DraftStatus {
        self.draft(number).status
    }

    pub fn draft(&self, number: u64) -> Draft {
        match self.window(number) {
            WindowState::Ready(draft) => draft,
            other => panic!("window {number} is {other:?}"),
        }
    }

    pub fn saw(&self, event: &Event) -> bool {
        self.events.contains(event)
    }
}

/// The hour of this number after the start.
pub fn window(number: u64) -> Window {
    Window(START / 3600 + number)
}
