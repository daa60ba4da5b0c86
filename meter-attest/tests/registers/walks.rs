//! Random meters with random faults: what always holds.

use std::collections::BTreeMap;

use hushwatt_crypto::range::RangeBits;
use hushwatt_ledger::units::{Interval, Timestamp};
use hushwatt_meter_attest::registers::{Config, Event, IntervalState, Outcome, Registers, Sample};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::bench::{START, config, sample};

/// A meter that runs, a line that fails, and a record of what the engine said.
pub struct Walk {
    pub registers: Registers,
    rng: StdRng,
    now: u64,
    import: u64,
    export: u64,
    meter: u32,
    modulus: Option<u64>,
    clock_offset: i64,
    clock_stuck: Option<u64>,
    /// What this meter truly counted in all.
    known: BTreeMap<u64, (u64, u64, u32)>,
    decided: BTreeMap<u64, IntervalState>,
    stretch: u32,
    sent: Vec<Sample>,
    pub measured: usize,
    pub estimated: usize,
}

impl Walk {
    pub fn run(seed: u64, steps: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let modulus = rng.gen_bool(0.5).then_some(100_000);
        let config = Config { class: RangeBits::Bits32, ..config() };
        let mut walk = Walk {
            registers: Registers::new(config).unwrap(),
            now: START + rng.gen_range(0..2_000),
            import: rng.gen_range(0..100_000),
            export: rng.gen_range(0..100_000),
            meter: 0,
            modulus,
            clock_offset: 0,
            clock_stuck: None,
            known: BTreeMap::new(),
            decided: BTreeMap::new(),
            stretch: 0,
            sent: Vec::new(),
            measured: 0,
            estimated: 0,
            rng,
        };
        for step in 0..steps {
            walk.step();
            if step % 97 == 0 {
                let bytes = walk.registers.encode();
                assert_eq!(Registers::decode(&bytes).as_ref(), Ok(&walk.registers));
            }
        }
        walk.check_sums();
        walk
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.gen_bool(probability)
    }

    fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        self.import += self.rng.gen_range(0..=seconds * 3);
        self.export += self.rng.gen_range(0..=seconds * 2);
        if let Some(modulus) = self.modulus {
            self.import %= modulus;
            self.export %= modulus;
        }
    }

    fn sample(&mut self) -> Sample {
        let at = self.clock_stuck.unwrap_or(self.now.saturating_add_signed(self.clock_offset));
        let mut sample = sample(0, self.import, self.export);
        (sample.received, sample.at) = (Timestamp(self.now), Some(Timestamp(at)));
        sample.meter = format!("meter {}", self.meter);
        sample.import.modulus = self.modulus;
        sample.export.modulus = self.modulus;
        sample
    }

    fn step(&mut self) {
        let seconds = match self.rng.gen_range(0..1_000) {
            0..985 => self.rng.gen_range(1..25),
            985..994 => self.rng.gen_range(25..1_500),
            994..996 => self.rng.gen_range(1_500..9_000),
            _ => 0,
        };
        self.pass(seconds);
        if self.chance(0.002) {
            self.meter += 1;
            (self.import, self.export) = (self.rng.gen_range(0..50), 0);
        }
        if self.chance(0.001) {
            self.import = 0;
        }
        if self.chance(0.004) {
            self.clock_offset = *[0, -20, 55, 90, -4_000].get(self.rng.gen_range(0..5)).unwrap();
            self.clock_stuck = None;
        }
        if self.chance(0.002) {
            self.clock_stuck = Some(self.now.saturating_add_signed(self.clock_offset));
        }
        if self.chance(0.003) {
            let after = self.now + self.rng.gen_range(0..4_000) - 2_000;
            self.registers.clock_was_set(Timestamp(self.now), Timestamp(after));
            self.now = after;
        }
        if self.chance(0.05) {
            let events = self.registers.tick(Timestamp(self.now));
            self.note(events);
        }
        let mut sample = self.sample();
        if self.chance(0.01) {
            sample.import.value = self.rng.gen_range(0..1 << 40);
        }
        if self.chance(0.05) && !self.sent.is_empty() {
            sample = self.sent[self.rng.gen_range(0..self.sent.len())].clone();
        }
        self.send(sample);
    }

    fn send(&mut self, sample: Sample) {
        self.sent.push(sample.clone());
        if self.sent.len() > 20 {
            self.sent.remove(0);
        }
        let before = self.registers.clone();
        let old_news = self.registers.old_news(&sample);
        let reaction = self.registers.accept(&sample).unwrap();
        match reaction.outcome {
            Outcome::Duplicate | Outcome::Older => {
                assert_eq!(old_news, Some(reaction.outcome));
                assert_eq!(self.registers, before);
            }
            Outcome::Accepted | Outcome::HeldBack(_) => assert_eq!(old_news, None),
        }
        self.note(reaction.events);
    }

    /// Records what was decided, and that nothing decided changed.
    fn note(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Reset | Event::Exchanged { .. } | Event::Leapt => self.stretch += 1,
                Event::Boundary { at, import, export } => {
                    assert_eq!(at.0 % 900, 0);
                    // Its stretch is checked by the sums: readings of another stretch are on another scale.
                    assert!(self.known.insert(at.0 / 900, (import, export, 0)).is_none(), "decided twice");
                }
                Event::Unknown { from, to } => {
                    assert!((from.0 / 900..=to.0 / 900).all(|number| !self.known.contains_key(&number)));
                }
                _ => {}
            }
        }
        let until = self.registers.decided_until().0 / 900;
        for number in until.saturating_sub(12)..=until {
            let state = self.registers.interval(Interval(number));
            if !matches!(state, IntervalState::Open) {
                let earlier = self.decided.insert(number, state).unwrap_or(state);
                assert_eq!(earlier, state, "interval {number} changed");
            }
        }
    }

    /// Between two known boundaries with nothing missing in between, the intervals add up to the readings' difference.
    fn check_sums(&mut self) {
        let known: Vec<_> = self.known.iter().map(|(number, reading)| (*number, *reading)).collect();
        for pair in known.windows(2) {
            let ((from, old), (to, new)) = (pair[0], pair[1]);
            let states: Vec<_> = (from..to).map(|number| self.registers.interval(Interval(number))).collect();
            let (mut import, mut export) = (0, 0);
            for state in &states {
                match state {
                    IntervalState::Measured(metered) => {
                        self.measured += 1;
                        assert_eq!(states.len(), 1, "measured across an unknown boundary");
                        import += u64::from(metered.import.0);
                        export += u64::from(metered.export.0);
                    }
                    IntervalState::Estimated(metered) => {
                        self.estimated += 1;
                        import += u64::from(metered.import.0);
                        export += u64::from(metered.export.0);
                    }
                    IntervalState::Missing => {
                        assert!(states.iter().all(|state| *state == IntervalState::Missing), "a gap is of one kind");
                    }
                    other => panic!("{other:?} between known boundaries"),
                }
            }
            if states[0] != IntervalState::Missing {
                assert_eq!((import, export), (new.0 - old.0, new.1 - old.1));
            } else {
                assert!(self.stretch > 0, "missing without a break");
            }
        }
        // And telescoped over any number of them.
        let (Some((from, old)), Some((to, new))) = (known.first(), known.last()) else { return };
        if self.stretch == 0 {
            let sum: u64 = (*from..*to)
                .map(|number| match self.registers.interval(Interval(number)) {
                    IntervalState::Measured(metered) | IntervalState::Estimated(metered) => u64::from(metered.import.0),
                    other => panic!("{other:?}"),
                })
                .sum();
            assert_eq!(sum, new.0 - old.0);
        }
    }
}

#[test]
fn random_meters_with_random_faults_keep_every_promise() {
    let (mut measured, mut estimated) = (0, 0);
    for seed in 0..60 {
        let walk = Walk::run(seed, 4_000);
        measured += walk.measured;
        estimated += walk.estimated;
    }
    assert!(measured > 1_000 && estimated > 1_000, "both are tried: {measured} {estimated}");
}

/// Without faults of the meter the registers' true difference is what comes out, whatever the line does.
#[test]
fn a_sound_meter_on_a_bad_line_is_counted_to_the_unit() {
    for seed in 0..200 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut registers = Registers::new(Config { class: RangeBits::Bits32, ..config() }).unwrap();
        let mut truth: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let (mut now, mut import, mut export) = (START, 5_000_u64, 70_u64);
        let mut samples = Vec::new();
        for _ in 0..2_000 {
            if rng.gen_bool(0.8) {
                samples.push((now, import, export));
            }
            let seconds = if rng.gen_bool(0.01) { rng.gen_range(30..5_000) } else { 10 };
            now += seconds;
            import += rng.gen_range(0..=seconds);
            export += rng.gen_range(0..=seconds);
            truth.insert(now, (import, export));
        }
        let end = now.next_multiple_of(900);
        samples.extend([(end, import, export)]);
        samples.insert(0, (START, 5_000, 70));
        let mut index = 0;
        while index < samples.len() {
            let (at, import, export) = samples[index];
            registers.accept(&sample(at - START, import, export)).unwrap();
            if rng.gen_bool(0.1) {
                let (at, import, export) = samples[rng.gen_range(0..=index)];
                registers.accept(&sample(at - START, import, export)).unwrap();
            }
            index += 1;
        }
        let mut sums = (0, 0);
        for number in START / 900..end / 900 {
            match registers.interval(Interval(number)) {
                IntervalState::Measured(metered) | IntervalState::Estimated(metered) => {
                    sums.0 += u64::from(metered.import.0);
                    sums.1 += u64::from(metered.export.0);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sums, (import - 5_000, export - 70), "seed {seed}");
    }
}
