//! A made-up community, for `hushwatt demo` where there is no data: the same [`Readings`] that a
//! file gives (protocol 6.2), complete, from a seed. No real data is copied or imitated house by house.
//!
//! Each home has a base load, a morning and an evening peak, appliances now and then and habits of
//! its own; every second one has a PV roof, every fifth charges a car. Sun and clouds are common to
//! all, for they are neighbours; one day is clear, another dull, with the season's day length of
//! central Europe.
//!
//! Power is drawn every five minutes, summed to a running register, and an interval is the difference
//! of two register readings in whole Wh: so the quarters of an hour add up to the hour exactly, at
//! whatever interval the sample is taken. A meter here nets within the interval: import and export
//! are never both positive. Only `+ - * /` on floats, so every machine gives the same numbers; homes
//! draw from streams of their own, so more homes or more days change nothing of the others.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use thiserror::Error;

use super::{ALLOWED_INTERVALS, DAY_SECS, MAX_METERS, MeterReadings, Reading, Readings};

/// Fewest homes: below, a ring of meters would hide nobody.
pub const MIN_HOUSEHOLDS: u32 = 16;

/// Most days of a sample.
pub const MAX_DAYS: u32 = 366;

/// Days of 2000-01-01 and 2099-12-31: what a readings file may hold.
pub(super) const DAYS: std::ops::Range<u64> = 10_957..47_482;

/// Power is drawn at this step, the shortest interval.
pub(super) const TICK_SECS: u32 = ALLOWED_INTERVALS[0];
const TICKS_PER_HOUR: f64 = 12.0;
pub(super) const TICKS_PER_DAY: u32 = 288;

/// The random stream of the weather; homes have those from 1.
const WEATHER_STREAM: u64 = 0;

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// Homes, from [`MIN_HOUSEHOLDS`] to [`MAX_METERS`].
    pub households: u32,
    /// The first UTC day number, `unix seconds / 86400`.
    pub first_day: u64,
    /// Days, from 1 to [`MAX_DAYS`].
    pub days: u32,
    /// The interval length in seconds, one of [`ALLOWED_INTERVALS`].
    pub interval_secs: u32,
    /// The same seed gives the same community.
    pub seed: u64,
}

impl Default for SampleOptions {
    /// Sixteen homes, a week from Monday 2025-06-02, hourly.
    fn default() -> Self {
        Self { households: 16, first_day: 20_241, days: 7, interval_secs: 3600, seed: 1 }
    }
}

/// Why a sample was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SampleError {
    /// Too few or too many homes.
    #[error("{0} households; choose from {MIN_HOUSEHOLDS} to {MAX_METERS}")]
    Households(u32),
    /// Too few or too many days.
    #[error("{0} days; choose from 1 to {MAX_DAYS}")]
    Days(u32),
    /// The days are not all within 2000 to 2099.
    #[error("the days from day {0} on are not all within the years 2000 to 2099; choose another first day")]
    FirstDay(u64),
    /// The protocol has no such interval.
    #[error("an interval of {0} s; choose one of 300, 600, 900, 1800 and 3600")]
    Interval(u32),
}

/// Makes up a community: every home has every interval of every day.
///
/// # Errors
/// [`SampleError`] if an option is out of its bounds.
pub fn sample(options: &SampleOptions) -> Result<Readings, SampleError> {
    let SampleOptions { households, first_day, days, interval_secs, seed } = *options;
    if households < MIN_HOUSEHOLDS || households as usize > MAX_METERS {
        return Err(SampleError::Households(households));
    }
    if days == 0 || days > MAX_DAYS {
        return Err(SampleError::Days(days));
    }
    if !DAYS.contains(&first_day) || first_day + u64::from(days) > DAYS.end {
        return Err(SampleError::FirstDay(first_day));
    }
    if !ALLOWED_INTERVALS.contains(&interval_secs) {
        return Err(SampleError::Interval(interval_secs));
    }
    let sky = sky(&mut Dice::new(seed, WEATHER_STREAM), first_day, days);
    let meters: BTreeMap<String, MeterReadings> = (1..=households)
        .map(|number| {
            let mut home = Home::new(number, Dice::new(seed, u64::from(number)));
            (format!("home-{number:04}"), meter(&mut home, &sky, first_day, interval_secs))
        })
        .collect();
    Ok(Readings { interval_secs, meters })
}

/// Reads a home's register at every interval's end.
fn meter(home: &mut Home, sky: &[Vec<f64>], first_day: u64, interval_secs: u32) -> MeterReadings {
    let ticks = interval_secs / TICK_SECS;
    let mut index = first_day * (DAY_SECS / u64::from(interval_secs));
    let (mut joules, mut before) = (0_i64, 0_i64);
    let mut readings = BTreeMap::new();
    for (day, sun) in (first_day..).zip(sky) {
        home.begin_day(day);
        for (tick, sun) in (0_u32..).zip(sun) {
            joules += (home.watts(tick, *sun) * f64::from(TICK_SECS)) as i64;
            if (tick + 1) % ticks == 0 {
                let register = joules.div_euclid(3600);
                readings.insert(index, reading(register - before));
                before = register;
                index += 1;
            }
        }
    }
    MeterReadings(readings)
}

/// A net register difference as import or export. A home's power stays far below what a `u32` holds.
fn reading(net_wh: i64) -> Reading {
    let size = u32::try_from(net_wh.unsigned_abs()).unwrap_or(u32::MAX);
    if net_wh >= 0 { Reading { import: size, export: 0 } } else { Reading { import: 0, export: size } }
}

/// What a roof gets of its rated power, by day and tick: season, time of day, weather, clouds.
fn sky(dice: &mut Dice, first_day: u64, days: u32) -> Vec<Vec<f64>> {
    let mut clear = dice.between(0.3, 1.0);
    (0..u64::from(days))
        .map(|day| {
            // Weather lasts: half of it is yesterday's.
            clear = 0.5 * clear + 0.5 * dice.between(0.1, 1.0);
            let season = season(first_day + day);
            let half_day = 6.0 + 2.2 * season;
            let height = 0.55 + 0.3 * season;
            (0..TICKS_PER_DAY)
                .map(|tick| {
                    let from_noon = (hour(tick) - 11.5) / half_day;
                    let cloud = 1.0 - 0.6 * (1.0 - clear) * dice.unit();
                    height * clear * cloud * hump(from_noon)
                })
                .collect()
        })
        .collect()
}

/// From -1 (winter solstice) to 1 (summer solstice), 0 at the equinox: a sine made of parabolas.
pub(super) fn season(day: u64) -> f64 {
    // Day 79 is 1970-03-21.
    let phase = ((day + 36_525 - 79) % 36_525) as f64 / 365.25;
    let phase = phase - f64::from(phase as u32);
    let half = if phase < 0.5 { phase } else { phase - 0.5 };
    let height = 16.0 * half * (0.5 - half);
    if phase < 0.5 { height } else { -height }
}

/// A smooth hump over -1 to 1, height 1.
fn hump(x: f64) -> f64 {
    let y = (1.0 - x * x).max(0.0);
    y * (0.4 + 0.6 * y)
}

/// The hour of the day in the middle of a tick.
fn hour(tick: u32) -> f64 {
    (f64::from(tick) + 0.5) / TICKS_PER_HOUR
}

/// A load that is on for a while.
#[derive(Default)]
struct Device {
    watts: f64,
    ticks_left: u32,
}

impl Device {
    fn draw(&mut self) -> f64 {
        if self.ticks_left == 0 {
            return 0.0;
        }
        self.ticks_left -= 1;
        self.watts
    }
}

struct Home {
    dice: Dice,
    base_watts: f64,
    morning: (f64, f64),
    evening: (f64, f64),
    at_home_watts: f64,
    /// Rated power of the roof, if there is one.
    pv_watts: Option<f64>,
    /// Power of the car's charger, if there is one.
    charger_watts: Option<f64>,
    weekend: bool,
    /// Today's load in proportion to an average day's.
    today: f64,
    /// A slow wander of the load about its mean, 0 to 1.
    mood: f64,
    plug_in: Option<u32>,
    car: Device,
    appliance: Device,
}

impl Home {
    fn new(number: u32, mut dice: Dice) -> Self {
        Self {
            base_watts: dice.between(80.0, 260.0),
            morning: (dice.between(5.0, 7.5), dice.between(250.0, 1_100.0)),
            evening: (dice.between(16.5, 20.0), dice.between(500.0, 1_900.0)),
            at_home_watts: dice.between(0.0, 350.0),
            pv_watts: number.is_multiple_of(2).then(|| dice.between(2_400.0, 9_800.0)),
            charger_watts: (number % 5 == 3).then(|| dice.one_of([3_700.0, 7_400.0, 11_000.0])),
            weekend: false,
            today: 1.0,
            mood: 0.5,
            plug_in: None,
            car: Device::default(),
            appliance: Device::default(),
            dice,
        }
    }

    fn begin_day(&mut self, day: u64) {
        // Day 0 was a Thursday.
        self.weekend = (day + 3) % 7 >= 5;
        self.today = self.dice.between(0.8, 1.2);
        let charges = self.dice.chance(0.45);
        let tick = self.dice.between(198.0, 258.0) as u32;
        self.plug_in = (charges && self.charger_watts.is_some()).then_some(tick);
    }

    /// Net power in the tick: positive is taken from the grid, negative fed in.
    fn watts(&mut self, tick: u32, sun: f64) -> f64 {
        let hour = hour(tick);
        let lie_in = if self.weekend { 1.5 } else { 0.0 };
        let peak = |(at, watts): (f64, f64), width: f64| watts * hump((hour - at) / width);
        let day_share = if self.weekend { 1.0 } else { 0.5 };
        let living = peak((self.morning.0 + lie_in, self.morning.1), 1.6)
            + peak(self.evening, 3.0)
            + day_share * self.at_home_watts * hump((hour - 12.5) / 7.0);

        self.mood = 0.85 * self.mood + 0.15 * self.dice.unit();
        let awake = hump((hour - 13.5) / 9.0);
        if self.dice.chance(0.012 * awake) && self.appliance.ticks_left == 0 {
            let ticks_left = self.dice.between(4.0, 18.0) as u32;
            self.appliance = Device { watts: self.dice.between(900.0, 2_100.0), ticks_left };
        }
        if self.plug_in == Some(tick) {
            let ticks_left = self.dice.between(10.0, 48.0) as u32;
            self.car = Device { watts: self.charger_watts.unwrap_or(0.0), ticks_left };
        }
        // The wander is slow and therefore narrow: stretched to most of 0 to 1.
        let wander = (0.5 + 3.0 * (self.mood - 0.5)).clamp(0.0, 1.0);
        let load = self.base_watts * (0.6 + 0.8 * wander) + living * self.today * (0.5 + wander);
        let roof = self.pv_watts.unwrap_or(0.0) * sun;
        load + self.appliance.draw() + self.car.draw() - roof
    }
}

/// A stream of chance. Not `rand`'s distributions: their values may change with a version.
pub(super) struct Dice(ChaCha20Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform in 0 to 1, exclusive.
    fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    fn one_of<const N: usize>(&mut self, choices: [f64; N]) -> f64 {
        let at = (self.unit() * N as f64) as usize;
        choices.get(at).copied().unwrap_or_default()
    }
}
