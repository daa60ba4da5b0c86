//! Made-up water: plausible, complete, reproducible, in litres.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use hushwatt_meter_attest::readings::sample::SampleError;
use hushwatt_meter_attest::readings::water::{WaterOptions, water};
use hushwatt_meter_attest::readings::{ALLOWED_INTERVALS, MeterReadings, Readings};

fn names(homes: usize) -> Vec<String> {
    (1..=homes).map(|home| format!("home-{home:04}")).collect()
}

fn made(homes: usize, options: WaterOptions) -> Readings {
    water(&names(homes), &options).unwrap()
}

/// Litres in and out.
fn sums(meter: &MeterReadings) -> (u64, u64) {
    meter.iter().fold((0, 0), |(i, e), (_, r)| (i + u64::from(r.import), e + u64::from(r.export)))
}

#[test]
fn every_day_is_complete_and_fits_the_narrow_class() {
    let options = WaterOptions { days: 3, interval_secs: 900, ..WaterOptions::default() };
    let readings = made(5, options);
    let first = options.first_day;
    assert_eq!(readings.complete_days(), [first, first + 1, first + 2]);
    assert_eq!((readings.meters().len(), readings.len()), (5, 5 * 3 * 96));
    assert_eq!(readings.interval_class_bits(), 16);
}

#[test]
fn the_same_seed_gives_the_same_water_and_another_seed_other() {
    let options = WaterOptions::default();
    assert_eq!(made(16, options), made(16, options));
    assert_ne!(made(16, options), made(16, WaterOptions { seed: 2, ..options }));
    let mut turned = names(16);
    turned.reverse();
    assert_eq!(water(&turned, &options).unwrap(), made(16, options));
}

#[test]
fn the_numbers_are_pinned() {
    // A changed number means a changed demonstration: change it knowingly.
    let all = made(16, WaterOptions::default()).meters().values().map(sums).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    assert_eq!(all, (29_470, 33_936));
}

#[test]
fn more_homes_and_more_days_leave_the_others_as_they_were() {
    let options = WaterOptions::default();
    let more = made(30, WaterOptions { days: 10, ..options });
    let days = options.first_day..options.first_day + u64::from(options.days);
    assert_eq!(more.slice(days).limit_meters(16), made(16, options));
}

#[test]
fn the_quarters_of_an_hour_add_up_to_the_hour_in_both_registers() {
    let options = WaterOptions::default();
    let hours = made(16, options);
    let mut both = 0;
    for interval_secs in ALLOWED_INTERVALS {
        let parts = made(16, WaterOptions { interval_secs, ..options });
        let n = u64::from(3600 / interval_secs);
        for (name, readings) in hours.meters() {
            for (index, hour) in readings.iter() {
                let parts = parts.meters()[name].range(index * n..(index + 1) * n);
                let sum = parts.fold((0, 0), |(i, e), (_, r)| (i + r.import, e + r.export));
                assert_eq!(sum, (hour.import, hour.export));
                both += usize::from(hour.import > 0 && hour.export > 0);
            }
        }
    }
    assert!(both > 0, "somewhere both registers move in an hour");
}

#[test]
fn a_home_uses_and_gives_what_homes_do() {
    for (month, first_day) in [("January", 20_100), ("June", 20_241)] {
        for seed in 0..10 {
            let readings = made(40, WaterOptions { first_day, days: 14, seed, ..WaterOptions::default() });
            let mut givers = 0;
            for (number, (name, meter)) in (1..).zip(readings.meters()) {
                let (import, export) = sums(meter);
                let (a_day, has_source) = (import / 14, number % 2 == 0);
                givers += usize::from(export > 0);
                assert_eq!(export > 0, has_source, "{name}");
                // Homes without a well or a cistern take all they use from the network.
                assert!(a_day <= 500 && (has_source || a_day >= 100), "{month}, seed {seed}, {name}: {a_day} l a day");
                for (index, reading) in meter.iter() {
                    let night = matches!(index % 24, 0..4 | 23);
                    assert!(!night || (reading.import, reading.export) == (0, 0), "{name} in hour {index}");
                    assert!(reading.import < 400 && reading.export < 400, "{name} in hour {index}: {reading:?}");
                }
            }
            assert_eq!(givers, 20);
        }
    }
}

#[test]
fn options_out_of_bounds_are_refused() {
    let good = WaterOptions::default();
    let of = |homes: usize, options: WaterOptions| water(&names(homes), &options).err();
    assert_eq!(of(1, good), None);
    assert_eq!(of(0, good), Some(SampleError::Households(0)));
    assert_eq!(of(1025, good), Some(SampleError::Households(1025)));
    assert_eq!(of(3, WaterOptions { days: 0, ..good }), Some(SampleError::Days(0)));
    assert_eq!(of(3, WaterOptions { days: 367, ..good }), Some(SampleError::Days(367)));
    assert_eq!(of(3, WaterOptions { first_day: 3, ..good }), Some(SampleError::FirstDay(3)));
    assert_eq!(of(3, WaterOptions { interval_secs: 420, ..good }), Some(SampleError::Interval(420)));
}
