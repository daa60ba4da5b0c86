//! The made-up community: plausible, complete, reproducible, and the same after a round trip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use hushwatt_meter_attest::readings::sample::{SampleError, SampleOptions, sample};
use hushwatt_meter_attest::readings::{ALLOWED_INTERVALS, Readings, read_csv};

fn made(options: SampleOptions) -> Readings {
    sample(&options).unwrap()
}

/// All import and all export of a community, in Wh.
fn totals(readings: &Readings) -> (u64, u64) {
    let all = readings.meters().values().flat_map(|m| m.iter());
    all.fold((0, 0), |(i, e), (_, r)| (i + u64::from(r.import), e + u64::from(r.export)))
}

#[test]
fn a_sample_survives_the_round_trip_at_every_interval() {
    for interval_secs in ALLOWED_INTERVALS {
        let readings = made(SampleOptions { interval_secs, days: 2, ..SampleOptions::default() });
        let mut text = Vec::new();
        readings.write_csv(&mut text).unwrap();
        assert_eq!(read_csv(text.as_slice()).unwrap(), readings);
    }
}

#[test]
fn every_day_of_a_sample_is_complete() {
    let options = SampleOptions { households: 20, days: 3, interval_secs: 900, ..SampleOptions::default() };
    let readings = made(options);
    let first = options.first_day;
    assert_eq!(readings.complete_days(), [first, first + 1, first + 2]);
    assert_eq!((readings.meters().len(), readings.len()), (20, 20 * 3 * 96));
    assert_eq!(readings.interval_class_bits(), 16);
}

#[test]
fn the_same_seed_gives_the_same_community_and_another_seed_another() {
    let options = SampleOptions::default();
    assert_eq!(made(options), made(options));
    assert_ne!(made(options), made(SampleOptions { seed: 2, ..options }));
}

#[test]
fn the_numbers_of_a_sample_are_pinned() {
    // A changed number means a changed demonstration: change it knowingly.
    assert_eq!(totals(&made(SampleOptions::default())), (1_199_639, 955_192));
}

#[test]
fn more_homes_and_more_days_leave_the_others_as_they_were() {
    let options = SampleOptions::default();
    let more = made(SampleOptions { households: 30, days: 10, ..options });
    let days = options.first_day..options.first_day + u64::from(options.days);
    assert_eq!(more.slice(days).limit_meters(16), made(options));
}

#[test]
fn the_quarters_of_an_hour_add_up_to_the_hour() {
    let options = SampleOptions::default();
    let hours = made(options);
    for interval_secs in ALLOWED_INTERVALS {
        let parts = made(SampleOptions { interval_secs, ..options });
        let n = u64::from(3600 / interval_secs);
        for (name, readings) in hours.meters() {
            for (index, hour) in readings.iter() {
                let net: i64 = parts.meters()[name]
                    .range(index * n..(index + 1) * n)
                    .map(|(_, r)| i64::from(r.import) - i64::from(r.export))
                    .sum();
                assert_eq!(net, i64::from(hour.import) - i64::from(hour.export));
            }
        }
    }
}

#[test]
fn import_and_export_of_a_sample_are_never_both_positive() {
    for readings in made(SampleOptions::default()).meters().values() {
        assert!(readings.iter().all(|(_, r)| r.import == 0 || r.export == 0));
    }
}

#[test]
fn a_sample_is_plausible() {
    for (month, first_day, solar) in [("January", 20_100, 0.02..0.5), ("June", 20_241, 0.3..1.5)] {
        for seed in 0..10 {
            let readings =
                made(SampleOptions { first_day, households: 40, days: 14, seed, ..SampleOptions::default() });
            let exporters = readings.meters().values().filter(|m| m.iter().any(|(_, r)| r.export > 0)).count();
            assert_eq!(exporters, 20, "half the homes have a roof");
            let (import, export) = totals(&readings);
            let per_home_and_day = import / (40 * 14);
            assert!((5_000..20_000).contains(&per_home_and_day), "{month}: {per_home_and_day} Wh a day");
            let share = export as f64 / import as f64;
            assert!(solar.contains(&share), "{month}: exports {share} of imports");
            for (index, reading) in readings.meters().values().flat_map(|m| m.iter()) {
                assert!(reading.import < 20_000 && reading.export < 10_000);
                assert!(reading.export == 0 || (3..20).contains(&(index % 24)), "no sun at night");
            }
        }
    }
}

#[test]
fn in_a_sample_week_of_june_there_is_energy_to_trade_in_every_noon_hour() {
    let readings = made(SampleOptions::default());
    for day in readings.complete_days() {
        let noon = readings.day_indices(day).start + 11;
        let at_noon = || readings.meters().values().filter_map(|m| m.get(noon));
        assert!(at_noon().any(|r| r.export > 100), "someone sells");
        assert!(at_noon().any(|r| r.import > 100), "someone buys");
    }
}

#[test]
fn options_out_of_bounds_are_refused() {
    let good = SampleOptions::default();
    for (options, error) in [
        (SampleOptions { households: 15, ..good }, SampleError::Households(15)),
        (SampleOptions { households: 1025, ..good }, SampleError::Households(1025)),
        (SampleOptions { days: 0, ..good }, SampleError::Days(0)),
        (SampleOptions { days: 367, ..good }, SampleError::Days(367)),
        (SampleOptions { first_day: 10_956, ..good }, SampleError::FirstDay(10_956)),
        (SampleOptions { first_day: 47_476, ..good }, SampleError::FirstDay(47_476)),
        (SampleOptions { first_day: u64::MAX, ..good }, SampleError::FirstDay(u64::MAX)),
        (SampleOptions { interval_secs: 1200, ..good }, SampleError::Interval(1200)),
    ] {
        assert_eq!(sample(&options), Err(error));
    }
    assert!(sample(&SampleOptions { days: 366, ..good }).is_ok());
    let last = made(SampleOptions { first_day: 47_475, ..good });
    let mut text = Vec::new();
    last.write_csv(&mut text).unwrap();
    assert_eq!(read_csv(text.as_slice()).unwrap(), last);
}
