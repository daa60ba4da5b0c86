//! Made-up water meters, for `hushwatt demo --water`: the same [`Readings`] as of electricity, in whole litres (protocol 6.2),
//! complete, from a seed. They belong to homes whose names are given, so that they can stand beside electricity that was
//! really read.
//!
//! One to four people live in a home. They shower in the morning or the evening, draw water all day, wash clothes now and then,
//! and water the garden on summer evenings. Every fourth home has a well whose pump runs while the sun shines; every other
//! fourth collects rain in a cistern and gives it away in the morning and the evening. What such a home has, it uses first; what
//! is over goes through its meter into the local network of pipes, and that is its export.
//!
//! Flows are whole millilitres every five minutes, summed into two running registers, and an interval is the difference of two
//! readings of a register in whole litres: so the quarters of an hour add up to the hour exactly. Import and export are registers
//! of their own, and in one interval both may move. Homes draw from streams of chance of their own: more homes or more days change
//! nothing of the others.

use std::collections::BTreeMap;

use super::{
    ALLOWED_INTERVALS, DAY_SECS, MAX_METERS, MeterReadings, Reading, Readings,
    sample::{DAYS, Dice, MAX_DAYS, SampleError, TICK_SECS, TICKS_PER_DAY, season},
};

/// Streams of the homes' water begin here, far from those of their electricity.
const FIRST_STREAM: u64 = 1 << 32;
const TICKS_PER_HOUR: f64 = 12.0;

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaterOptions {
    /// The first UTC day number, `unix seconds / 86400`.
    pub first_day: u64,
    /// Days, from 1 to [`MAX_DAYS`].
    pub days: u32,
    /// The interval length in seconds, one of [`ALLOWED_INTERVALS`].
    pub interval_secs: u32,
    /// The same seed gives the same water.
    pub seed: u64,
}

impl Default for WaterOptions {
    /// A week from Monday 2025-06-02, hourly.
    fn default() -> Self {
        Self { first_day: 20_241, days: 7, interval_secs: 3600, seed: 1 }
    }
}

/// Makes up the water of homes: each has every interval of every day. A home's water depends on its place in the order of
/// names.
///
/// # Errors
/// [`SampleError`] if an option is out of its bounds, or there is no home or more than [`MAX_METERS`].
pub fn water(names: &[String], options: &WaterOptions) -> Result<Readings, SampleError> {
    let WaterOptions { first_day, days, interval_secs, seed } = *options;
    if names.is_empty() || names.len() > MAX_METERS {
        return Err(SampleError::Households(u32::try_from(names.len()).unwrap_or(u32::MAX)));
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
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_unstable();
    let meters = (1..).zip(names).map(|(number, name)| {
        let mut home = Home::new(number, Dice::new(seed, FIRST_STREAM + number));
        (name.clone(), meter(&mut home, first_day, days, interval_secs))
    });
    Ok(Readings { interval_secs, meters: meters.collect() })
}

/// A register that counts whole litres and remembers what it showed last.
#[derive(Default)]
struct Register {
    millilitres: u64,
    shown: u64,
}

impl Register {
    /// Litres since it was read last.
    fn read(&mut self) -> u32 {
        let litres = self.millilitres / 1000;
        let since = litres - self.shown;
        self.shown = litres;
        u32::try_from(since).unwrap_or(u32::MAX)
    }
}

/// Reads a home's two registers at every interval's end.
fn meter(home: &mut Home, first_day: u64, days: u32, interval_secs: u32) -> MeterReadings {
    let ticks = (interval_secs / TICK_SECS) as usize;
    let mut index = first_day * (DAY_SECS / u64::from(interval_secs));
    let (mut import, mut export) = (Register::default(), Register::default());
    let mut readings = BTreeMap::new();
    for day in first_day..first_day + u64::from(days) {
        let drawn = home.draws(day);
        let sourced = home.source(day);
        for (drawn, sourced) in drawn.chunks(ticks).zip(sourced.chunks(ticks)) {
            for (drawn, sourced) in drawn.iter().zip(sourced) {
                import.millilitres += drawn.saturating_sub(*sourced);
                export.millilitres += sourced.saturating_sub(*drawn);
            }
            readings.insert(index, Reading { import: import.read(), export: export.read() });
            index += 1;
        }
    }
    MeterReadings(readings)
}

/// Millilitres in each tick of a day.
type Flows = Vec<u64>;

fn nothing() -> Flows {
    vec![0; TICKS_PER_DAY as usize]
}

/// Lets litres flow, as evenly as whole millilitres go, for some ticks from an hour of the day on; what would be after midnight
/// flows in the day's last tick.
fn pour(flows: &mut Flows, hour: f64, ticks: u64, litres: f64) {
    let last = u64::from(TICKS_PER_DAY) - 1;
    let (start, all) = ((hour * TICKS_PER_HOUR) as u64, (litres * 1000.0) as u64);
    for tick in 0..ticks {
        let part = all * (tick + 1) / ticks - all * tick / ticks;
        if let Some(flow) = flows.get_mut((start + tick).min(last) as usize) {
            *flow += part;
        }
    }
}

enum Source {
    /// A pump, in litres an hour.
    Well(f64),
    /// Litres that it holds.
    Cistern(f64),
}

struct Home {
    dice: Dice,
    people: u32,
    /// Hours of the showers of those who take them early, and late.
    showers: (f64, f64),
    /// Litres on an evening in the middle of summer.
    garden: Option<f64>,
    source: Option<Source>,
}

impl Home {
    fn new(number: u64, mut dice: Dice) -> Self {
        let people = dice.between(1.0, 5.0) as u32;
        let showers = (dice.between(5.0, 6.5), dice.between(18.0, 20.0));
        // Four people in a flat, fewer in a house with a garden: nobody's day is out of proportion.
        let garden = (people < 4).then(|| dice.between(30.0, 110.0));
        let source = match number % 4 {
            2 => Some(Source::Well(dice.between(60.0, 160.0))),
            0 => Some(Source::Cistern(dice.between(250.0, 700.0))),
            _ => None,
        };
        Self { dice, people, showers, garden, source }
    }

    /// What the people of the home draw on a day.
    fn draws(&mut self, day: u64) -> Flows {
        let mut flows = nothing();
        let dice = &mut self.dice;
        // Day 0 was a Thursday.
        let lie_in = if (day + 3) % 7 >= 5 { 1.5 } else { 0.0 };
        for _ in 0..self.people {
            let at = if dice.chance(0.7) { self.showers.0 + lie_in } else { self.showers.1 };
            pour(&mut flows, at + dice.between(0.0, 1.5), 2, dice.between(38.0, 60.0));
            for _ in 0..6 {
                pour(&mut flows, dice.between(5.0, 22.0), 1, 6.0);
            }
            // Cooking, dishes, hands.
            for hour in [6.0, 10.5, 17.0] {
                pour(&mut flows, hour + dice.between(0.0, 1.5), 6, dice.between(6.0, 13.0));
            }
        }
        if dice.chance(0.35) {
            pour(&mut flows, dice.between(8.0, 19.0), 12, dice.between(42.0, 58.0));
        }
        let thirst = season(day).max(0.0);
        if let Some(garden) = self.garden
            && dice.chance(0.6)
        {
            pour(&mut flows, dice.between(18.0, 20.0), 9, garden * thirst);
        }
        flows
    }

    /// What the well or the cistern of the home gives on a day, to the home itself first.
    fn source(&mut self, day: u64) -> Flows {
        let mut flows = nothing();
        let dice = &mut self.dice;
        match self.source {
            None => {}
            Some(Source::Well(litres_an_hour)) => {
                // The pump runs on the sun of the day.
                let hours = (8.0 + 2.5 * season(day)) * dice.between(0.7, 1.0);
                let (start, ticks) = (11.5 - hours / 2.0, hours * TICKS_PER_HOUR);
                pour(&mut flows, start, ticks as u64, litres_an_hour * hours);
            }
            Some(Source::Cistern(litres)) => {
                // What rain and weeks of drought have left in it.
                let left = litres * dice.between(0.35, 1.0);
                pour(&mut flows, dice.between(4.5, 5.5), 30, 0.5 * left);
                pour(&mut flows, dice.between(16.5, 17.5), 48, 0.5 * left);
            }
        }
        flows
    }
}
