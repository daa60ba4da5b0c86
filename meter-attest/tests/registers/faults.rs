//! Rollover, reset, exchange, glitches, repeats, coarse registers.

use hushwatt_ledger::units::Timestamp;
use hushwatt_meter_attest::{
    DraftStatus,
    registers::{Config, Count, Event, IntervalState, Odd, Outcome, Sample, SampleError},
};

use crate::bench::{Bench, START, config, metered, sample};
use IntervalState::{Estimated, Measured, Missing, Open};

fn rolling(seconds: u64, import: u64) -> Sample {
    let mut rolling = sample(seconds, import, 0);
    rolling.import.modulus = Some(1_000_000);
    rolling
}

#[test]
fn a_register_that_passes_its_end_goes_on_counting() {
    let mut bench = Bench::new();
    for (seconds, import) in [(0, 999_900), (900, 999_980), (1800, 50), (2700, 51)] {
        assert_eq!(bench.take(&rolling(seconds, import)), Outcome::Accepted);
    }
    assert_eq!(bench.states(3), [80, 70, 1].map(|value| Measured(metered(value, 0))));
    assert!(bench.saw(&Event::Rollover));
    assert_eq!(bench.registers.counters().rollovers, 1);
}

#[test]
fn one_of_two_tariff_registers_that_passes_its_end_is_a_rollover_of_their_sum() {
    let mut bench = Bench::new();
    for (seconds, import) in [(0, 1_400_000), (900, 400_100)] {
        assert_eq!(bench.take(&rolling(seconds, import)), Outcome::Accepted);
    }
    assert_eq!(bench.interval(0), Measured(metered(100, 0)));
}

#[test]
fn a_modulus_from_the_configuration_serves_where_the_telegram_names_none() {
    let mut bench = Bench::with(Config { modulus: Some(1_000_000), ..config() });
    bench.accept(0, 999_990, 0);
    bench.accept(900, 10, 0);
    assert_eq!(bench.interval(0), Measured(metered(20, 0)));
}

#[test]
fn a_decrease_far_from_the_end_is_a_reset_and_what_it_touches_is_missing() {
    for modulus in [None, Some(1_000_000)] {
        let mut bench = Bench::new();
        let take = |bench: &mut Bench, seconds, import| {
            let mut sample = sample(seconds, import, 0);
            sample.import.modulus = modulus;
            bench.take(&sample)
        };
        assert_eq!(take(&mut bench, 0, 500_000), Outcome::Accepted);
        assert_eq!(take(&mut bench, 900, 500_010), Outcome::Accepted);
        assert_eq!(take(&mut bench, 1_000, 0), Outcome::HeldBack(Odd::Decrease));
        assert_eq!(take(&mut bench, 1_010, 0), Outcome::HeldBack(Odd::Decrease));
        assert_eq!(take(&mut bench, 1_020, 1), Outcome::Accepted);
        assert_eq!(take(&mut bench, 1_800, 9), Outcome::Accepted);
        assert_eq!(take(&mut bench, 2_700, 12), Outcome::Accepted);
        assert_eq!(bench.states(4), [Measured(metered(10, 0)), Missing, Measured(metered(3, 0)), Open]);
        assert!(bench.saw(&Event::Reset));
    }
}

#[test]
fn another_meter_is_an_exchange_once_three_telegrams_agree() {
    let mut bench = Bench::new();
    bench.accept(0, 9_000, 800);
    bench.accept(900, 9_010, 801);
    let new = |seconds, import| Sample { meter: "B".to_owned(), ..sample(seconds, import, 0) };
    assert_eq!(bench.take(&new(5_000, 3)), Outcome::HeldBack(Odd::OtherMeter));
    assert_eq!(bench.take(&new(5_010, 3)), Outcome::HeldBack(Odd::OtherMeter));
    assert_eq!(bench.take(&new(5_020, 4)), Outcome::Accepted);
    for (seconds, import) in [(5_400, 10), (6_300, 20), (7_200, 30)] {
        assert_eq!(bench.take(&new(seconds, import)), Outcome::Accepted);
    }
    assert!(bench.saw(&Event::Exchanged { from: "A".to_owned(), to: "B".to_owned() }));
    assert_eq!(bench.interval(0), Measured(metered(10, 1)));
    assert!((1..6).all(|number| bench.interval(number) == Missing));
    assert_eq!(bench.interval(6), Measured(metered(10, 0)));
    assert_eq!(bench.draft(1).status, DraftStatus::Missing);
    assert!(bench.draft(1).metered.iter().all(|value| *value == metered(0, 0)));
}

#[test]
fn a_single_odd_sample_is_dropped() {
    let foreign = Sample { meter: "B".to_owned(), ..sample(1_000, 12, 0) };
    for (odd, why) in [
        (sample(1_000, 999_999_999, 0), Odd::Leap),
        (sample(1_000, 12, 999_999_999), Odd::Leap),
        (sample(1_000, 3, 0), Odd::Decrease),
        (foreign, Odd::OtherMeter),
    ] {
        let mut bench = Bench::new();
        bench.accept(0, 0, 0);
        bench.accept(900, 10, 0);
        assert_eq!(bench.take(&odd), Outcome::HeldBack(why));
        assert_eq!(bench.registers.held_back(), 1);
        bench.accept(1_800, 20, 0);
        assert!(bench.saw(&Event::Dropped(1)));
        assert_eq!(bench.states(2), [Measured(metered(10, 0)); 2]);
    }
}

#[test]
fn odd_samples_that_disagree_with_each_other_never_count() {
    let mut bench = Bench::new();
    bench.accept(0, 100, 0);
    for number in 1..50 {
        let value = if number % 2 == 0 { 5 } else { 900_000_000 };
        assert!(matches!(bench.take(&sample(number, value, 0)), Outcome::HeldBack(_)));
    }
    bench.accept(60, 101, 0);
    assert_eq!(bench.registers.counters().dropped, 49);
}

#[test]
fn a_leap_that_stays_begins_a_new_stretch() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    for seconds in [900, 910, 920] {
        bench.take(&sample(seconds, 50_000_000 + seconds, 0));
    }
    bench.accept(1_800, 50_001_000, 0);
    assert!(bench.saw(&Event::Leapt));
    assert_eq!(bench.states(2), [Missing, Measured(metered(100, 0))]);
}

#[test]
fn telegrams_that_repeat_or_come_late_change_nothing() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    bench.accept(890, 10, 1);
    let before = bench.registers.clone();
    assert_eq!(bench.take(&sample(890, 10, 1)), Outcome::Duplicate);
    let again = Sample { received: Timestamp(START + 900), ..sample(890, 10, 1) };
    assert_eq!(bench.take(&again), Outcome::Duplicate);
    assert_eq!(bench.take(&sample(880, 9, 1)), Outcome::Older);
    assert_eq!(bench.take(&sample(0, 0, 0)), Outcome::Older);
    assert_eq!(bench.registers, before);
}

#[test]
fn a_meter_that_counts_whole_kilowatt_hours_is_never_measured() {
    let coarse = |seconds, import| {
        let mut coarse = sample(seconds, import, 0);
        coarse.import.step = 1_000;
        coarse
    };
    let mut bench = Bench::new();
    for number in 0..=8 {
        assert_eq!(bench.take(&coarse(number * 900, number / 3 * 1_000)), Outcome::Accepted);
    }
    assert!(bench.registers.is_coarse() && bench.saw(&Event::Coarse(1_000)));
    assert_eq!(bench.events.iter().filter(|event| **event == Event::Coarse(1_000)).count(), 1);
    let steps = [0, 0, 1_000, 0, 0, 1_000, 0, 0];
    assert_eq!(bench.states(8), steps.map(|value| Estimated(metered(value, 0))), "in steps as counted");
    assert_eq!(bench.status(0), DraftStatus::Estimated);
}

#[test]
fn what_no_meter_shows_is_refused_and_changes_nothing() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    let before = bench.registers.clone();
    let mut named = sample(10, 0, 0);
    named.meter = "x".repeat(65);
    let mut absurd = sample(10, (1 << 53) + 1, 0);
    assert_eq!(bench.registers.accept(&named).unwrap_err(), SampleError::MeterNumber);
    assert_eq!(bench.registers.accept(&absurd).unwrap_err(), SampleError::Absurd);
    absurd.import = Count { value: 1, step: 0, modulus: None };
    assert_eq!(bench.registers.accept(&absurd).unwrap_err(), SampleError::Absurd);
    assert_eq!(bench.registers, before);
}
