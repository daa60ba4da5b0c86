//! A week of a meter with every fault that lines, clocks and boxes have; then the ledger says exactly what the registers said.

use std::time::{Duration, Instant};

use hushwatt_ledger::{parameters::Parameters, transaction::attest::WindowStatus, units::Timestamp};
use rand::{Rng, rngs::StdRng};

use crate::{
    choices::{choices, readings},
    curve::{Curve, made, real},
    inside::Inside,
    oracle::Oracle,
    p1::{Stamp, telegram},
    pty::Pty,
    town::{Settings, Town},
};

const QUARTER: u64 = 900;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// Between two telegrams.
const BEAT: u64 = 30;
/// 26 October 2023: summer time ends on its Sunday.
const AUTUMN: Timestamp = Timestamp(1_698_278_400);
/// 26 March 2026: summer time begins on its Sunday.
const SPRING: Timestamp = Timestamp(1_774_483_200);

/// The week as it is lived: the test knows the right time, the gateway and the meter know what they are told.
pub struct Week {
    pub town: Town,
    pub gateway: Inside,
    pub oracle: Oracle,
    pub curve: Curve,
    pub start: Timestamp,
    pub now: Timestamp,
    rng: StdRng,
    /// Bytes of the last whole telegram.
    last: Vec<u8>,
    telegrams: usize,
}

/// What the line does to a telegram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accident {
    None,
    /// Bytes before it that mean nothing.
    Noise,
    /// Only a part of it.
    Cut,
    /// A bit of it is another.
    Flipped,
    /// It comes twice.
    Twice,
    /// The one before it comes after it once more.
    OldAfter,
}

impl Week {
    /// From ten minutes before the first window on, with these nodes before or instead of the town's.
    pub fn new(start: Timestamp, values: &[(u64, u64)], nodes: impl FnOnce(&Town) -> Vec<String>) -> Self {
        let town = Town::found(start, Parameters::default(), 1);
        let (pty, nodes) = (Pty::new(), nodes(&town));
        let port = format!("serial:{}", pty.path());
        let settings = Settings { name: "gateway", nodes: &nodes, driver: "p1", port: &port, pace: 1, page: 0 };
        let folder = town.lay_out(0, &settings);
        let now = start.minus(600);
        let mut gateway = Inside::new(folder, pty, now);
        town.clocks_to(now);
        gateway.start();
        let curve = Curve::through(start, QUARTER, (14_900_123, 2_345_678), values);
        let (oracle, rng) = (Oracle::default(), choices());
        Week { town, gateway, oracle, curve, start, now, rng, last: Vec::new(), telegrams: 0 }
    }

    /// So much later everywhere.
    pub fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds);
        self.gateway.clock.advance(Duration::from_secs(seconds));
        if self.now.0.is_multiple_of(QUARTER) {
            self.town.clocks_to(self.now);
        }
    }

    /// The next telegram, and what time makes due.
    pub fn beat(&mut self, stamp: Stamp, accident: Accident) {
        self.pass(BEAT);
        let values = self.curve.at(self.now);
        let whole = telegram(self.now, stamp, values);
        let old = std::mem::replace(&mut self.last, whole.clone());
        let (bytes, count) = match accident {
            Accident::None => (whole, 1),
            Accident::Noise => {
                let noise: Vec<u8> = (0..self.rng.gen_range(1..200)).map(|_| self.rng.r#gen()).collect();
                ([noise, whole].concat(), 1)
            }
            Accident::Cut => (whole[..self.rng.gen_range(1..whole.len() - 2)].to_vec(), 0),
            Accident::Flipped => {
                let (mut bytes, place) = (whole.clone(), self.rng.gen_range(40..whole.len() - 8));
                bytes[place] ^= 1 << self.rng.gen_range(0..7);
                (bytes, 0)
            }
            Accident::Twice => ([&whole[..], &whole[..]].concat(), 2),
            Accident::OldAfter if old.is_empty() => (whole, 1),
            Accident::OldAfter => ([whole, old].concat(), 2),
        };
        self.gateway.send(&bytes, count);
        self.telegrams += count;
        if count > 0 {
            self.oracle.hears(self.now, values);
        }
        self.gateway.step();
    }

    /// Until a time with a right clock, and a line as lines are.
    pub fn live(&mut self, until: Timestamp) {
        while self.now < until {
            let accident = match self.rng.gen_range(0..60) {
                0 => Accident::Noise,
                1 => Accident::Cut,
                2 => Accident::Flipped,
                3 => Accident::Twice,
                4 => Accident::OldAfter,
                _ => Accident::None,
            };
            self.beat(Stamp::Right, accident);
        }
    }

    /// Until a time with a meter's clock that says something else.
    pub fn live_with(&mut self, until: Timestamp, stamp: impl Fn(Timestamp) -> Stamp) {
        while self.now < until {
            let next = self.now.plus(BEAT);
            self.beat(stamp(next), Accident::None);
        }
    }

    /// Goes on, slower, until no attestation waits for its block: how long a node takes for one is real time.
    pub fn settle(&mut self) {
        let begun = Instant::now();
        while self.gateway.service().store().state().waiting().is_some() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", self.gateway.service().status());
            std::thread::sleep(Duration::from_millis(100));
            self.beat(Stamp::Right, Accident::None);
        }
    }

    /// Time passes and the meter says nothing.
    fn silence(&mut self, until: Timestamp) {
        while self.now < until {
            self.pass(BEAT);
            self.gateway.step();
        }
    }

    /// The gateway is off.
    fn off(&mut self, crashes: bool, until: Timestamp) {
        if crashes {
            self.gateway.crash()
        } else {
            self.gateway.end()
        }
        while self.now < until {
            self.pass(BEAT);
        }
        self.gateway.start();
    }

    fn day(&self, day: u64, hour: u64, minute: u64) -> Timestamp {
        self.start.plus(day * DAY + hour * HOUR + minute * 60)
    }

    fn live_the_week(&mut self) {
        // Day 1: noise, cuts and doubles; a restart between two telegrams that costs nothing; one that costs a boundary.
        self.live(self.day(0, 7, 20));
        self.off(true, self.now);
        self.live(self.day(0, 9, 40));
        self.off(false, self.day(0, 10, 10));
        self.live(self.day(0, 23, 0));
        // Day 2: the meter has the wrong letter for the season for three hours; and it is not measured wrong for that.
        self.live(self.day(1, 4, 7));
        self.live_with(self.day(1, 7, 7), |_| Stamp::WrongSeason);
        assert!(self.gateway.warnings().contains(&"meter-clock"), "{:?}", self.gateway.warnings());
        self.live(self.day(1, 12, 3));
        assert!(!self.gateway.warnings().contains(&"meter-clock"), "{:?}", self.gateway.warnings());
        // Its clock stands still for two hours.
        let stuck = self.now;
        self.live_with(self.day(1, 14, 3), |_| Stamp::Says(stuck));
        self.live(self.day(2, 2, 3));
        // Day 3: it jumps twenty minutes ahead for an hour, and a year back for another.
        self.live_with(self.day(2, 3, 3), |now| Stamp::Says(now.plus(1_200)));
        self.live(self.day(2, 5, 3));
        self.live_with(self.day(2, 6, 3), |now| Stamp::Says(now.minus(365 * DAY)));
        self.live(self.day(2, 11, 20));
        // The gateway's own clock is set: forward, and back again.
        for (hour, ahead) in [(12, true), (13, false)] {
            self.live(self.day(2, hour, 20));
            let now = hushwatt_gateway::clock::Clock::now(&self.gateway.clock);
            self.gateway.clock.jump_to(if ahead { now.plus(45) } else { now.minus(45) });
            self.oracle.clock_is_set(self.now);
            self.gateway.step();
        }
        // Day 4: the meter is silent for less than the deadline, and for longer.
        self.live(self.day(3, 3, 20));
        self.silence(self.day(3, 4, 50));
        self.live(self.day(3, 9, 50));
        self.silence(self.day(3, 15, 35));
        // Day 5: crashes all the time, each short.
        while self.now < self.day(4, 12, 0) {
            let minutes = self.rng.gen_range(20..150);
            self.live(Timestamp(self.now.0 + minutes * 60));
            let (crashes, beats) = (self.rng.r#gen(), self.rng.gen_range(0..6));
            self.off(crashes, self.now.plus(beats * BEAT));
        }
        // Day 6: a box without a battery wakes up two hours in the past, and is set right a quarter of an hour later.
        self.live(self.day(5, 8, 5));
        self.gateway.crash();
        self.gateway.clock.jump_to(self.now.minus(2 * HOUR));
        self.gateway.start();
        for _ in 0..30 {
            self.pass(BEAT);
            let bytes = telegram(self.now, Stamp::Right, self.curve.at(self.now));
            self.gateway.send(&bytes, 1);
            self.gateway.step();
        }
        assert!(self.gateway.warnings().contains(&"clock-wrong"), "{:?}", self.gateway.warnings());
        self.gateway.clock.jump_to(self.now);
        self.oracle.clock_is_set(self.now);
        self.gateway.step();
        assert!(!self.gateway.warnings().contains(&"clock-wrong"), "{:?}", self.gateway.warnings());
        self.live(self.curve.end());
        // Until the last window's attestation has been drawn, sent and seen.
        self.live_with(self.curve.end().plus(HOUR / 2), |_| Stamp::Right);
        self.settle();
    }

    fn check(&mut self) {
        let span = (self.start, self.curve.end());
        let parameters = self.town.genesis.parameters.clone();
        let attested = self.town.attested(0);
        self.oracle.check(&parameters, &attested, span);
        let with = |status| attested.values().filter(|one| one.status == status).count();
        assert!(with(WindowStatus::Measured) > 7 * 96 / 2, "{} measured", with(WindowStatus::Measured));
        assert!(with(WindowStatus::Estimated) > 0);
        assert_eq!(with(WindowStatus::Missing), 0);
        // The gateway's own record says the same, and nothing waits.
        let state = self.gateway.service().store().state();
        let sums = state.sums();
        let total = |of: fn(&hushwatt_gateway::verify::AttestedInterval) -> u32| {
            attested.values().map(|one| u64::from(of(one))).sum::<u64>()
        };
        assert_eq!((sums.import, sums.export), (total(|one| one.import), total(|one| one.export)));
        assert!(state.waiting().is_none());
        assert_eq!(state.position().next_window, parameters.window_at(self.curve.end()));
    }
}

fn live(start: Timestamp, values: &[(u64, u64)]) {
    let begun = Instant::now();
    let mut week = Week::new(start, values, |town| vec![town.url()]);
    week.live_the_week();
    week.check();
    eprintln!("{} telegrams in {:.1} s", week.telegrams, begun.elapsed().as_secs_f64());
}

#[test]
fn a_week_of_a_real_household_is_attested_as_its_registers_say() {
    let Some(path) = readings("be-a_15min_20231021-20231231.csv") else { return };
    live(AUTUMN, &real(&path, AUTUMN, QUARTER, 7 * 96));
}

#[test]
fn a_made_week_over_the_change_to_summer_time_is_attested_as_its_registers_say() {
    let values = made(&mut choices(), SPRING, QUARTER, 7 * 96);
    live(SPRING, &values);
}
