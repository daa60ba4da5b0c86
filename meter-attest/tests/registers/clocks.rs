//! The meter's clock and the gateway's.

use hushwatt_ledger::units::Timestamp;
use hushwatt_meter_attest::registers::{ClockFault, Event, IntervalState, Odd, Outcome, Sample};

use crate::bench::{Bench, START, metered, sample};
use IntervalState::{Estimated, Measured, Open};

/// Received at the first time, read at the second by the meter's clock.
fn by(received: u64, at: u64, import: u64) -> Sample {
    Sample { received: Timestamp(START + received), ..sample(at, import, 0) }
}

#[test]
fn the_meters_own_time_counts_if_it_is_near_the_gateways() {
    let mut bench = Bench::new();
    for (received, at, import) in [(60, 0, 5), (951, 900, 15), (1_855, 1_800, 35)] {
        assert_eq!(bench.take(&by(received, at, import)), Outcome::Accepted);
    }
    assert_eq!(bench.states(2), [Measured(metered(10, 0)), Measured(metered(20, 0))]);
    assert_eq!(bench.registers.clock_fault(), None);
}

#[test]
fn a_wrong_meter_clock_is_told_and_the_gateways_time_counts() {
    for offset in [61, 86_400] {
        let mut bench = Bench::new();
        for (received, import) in [(0, 0), (900, 10), (1_800, 30)] {
            assert_eq!(bench.take(&by(received, received + offset, import)), Outcome::Accepted);
        }
        assert_eq!(bench.states(2), [Measured(metered(10, 0)), Measured(metered(20, 0))]);
        assert!(bench.saw(&Event::Clock(ClockFault::Offset(offset as i64))));
        bench.take(&by(2_700, 2_700, 40));
        assert!(bench.saw(&Event::ClockRight));
        assert_eq!(bench.interval(2), Measured(metered(10, 0)));
    }
}

#[test]
fn a_meter_clock_that_stands_still_loses_nothing() {
    let mut bench = Bench::new();
    bench.take(&by(0, 0, 0));
    for number in 1..=400 {
        bench.take(&by(number * 10, 10, number));
    }
    assert!(bench.saw(&Event::Clock(ClockFault::Stuck)));
    assert_eq!(bench.states(4), [Measured(metered(90, 0)); 4]);
}

#[test]
fn a_meter_clock_that_jumps_within_the_tolerance_is_told() {
    let mut bench = Bench::new();
    bench.take(&by(0, 50, 0));
    bench.take(&by(100, 150, 1));
    // Set back by 100 s: from 50 s fast to 50 s slow.
    assert_eq!(bench.take(&by(200, 150 - 1, 2)), Outcome::Accepted);
    assert!(bench.saw(&Event::Clock(ClockFault::Jumped(-101))));
    assert_eq!(bench.take(&by(300, 250, 3)), Outcome::Accepted);
}

#[test]
fn an_old_telegram_that_the_line_repeats_is_not_the_newest_by_a_gateways_clock_that_is_ahead() {
    // The meter's clock is 45 s behind the gateway's; what it said 30 s before is too far behind to be believed.
    for (idle, age) in [(false, 30), (true, 30), (false, 60), (false, 90)] {
        let mut bench = Bench::new();
        let count = |at: u64| if idle { 100 + at / 900 } else { at };
        let telegram = |at: u64, heard: u64| by(heard + 45, at, count(at));
        for at in (30..=870).step_by(30) {
            assert_eq!(bench.take(&telegram(at, at)), Outcome::Accepted);
        }
        let old = if age > 60 { Outcome::HeldBack(Odd::Decrease) } else { Outcome::Older };
        assert_eq!(bench.take(&telegram(870 - age, 870)), old, "{idle}, {age}");
        for at in (900..=1_800).step_by(30) {
            assert_eq!(bench.take(&telegram(at, at)), Outcome::Accepted, "{idle}, {age}, at {at}");
        }
        let counted = (count(1_800) - count(900)) as u32;
        assert_eq!(bench.interval(1), Measured(metered(counted, 0)), "{idle}, {age}");
        assert_eq!(bench.registers.clock_fault(), None);
    }
}

#[test]
fn a_meter_that_was_set_back_with_its_clock_is_heard_as_soon_as_its_clock_goes_on() {
    let mut bench = Bench::new();
    bench.take(&by(100, 0, 500));
    bench.take(&by(200, 100, 501));
    let outcomes: Vec<Outcome> =
        (1..6).map(|number| bench.take(&by(200 + number * 10, 85 + number * 10, number))).collect();
    let held = Outcome::HeldBack(Odd::Decrease);
    assert_eq!(outcomes, [Outcome::Older, held, held, Outcome::Accepted, Outcome::Accepted]);
    assert!(bench.saw(&Event::Reset));
}

#[test]
fn an_idle_meter_whose_clock_is_set_right_misses_no_boundary() {
    let mut bench = Bench::new();
    // 90 s ahead, so that the gateway's time counts, until it is set back by 50 s between two samples.
    for seconds in (0..=1_800).step_by(10) {
        let ahead = if seconds < 880 { 90 } else { 40 };
        assert_eq!(bench.take(&by(seconds, seconds + ahead, 7)), Outcome::Accepted, "{seconds}");
    }
    assert_eq!(bench.states(2), [Measured(metered(0, 0)); 2]);
}

#[test]
fn a_meter_without_a_clock_has_the_gateways() {
    let mut bench = Bench::new();
    for (seconds, import) in [(0, 0), (900, 7)] {
        assert_eq!(bench.take(&Sample { at: None, ..sample(seconds, import, 0) }), Outcome::Accepted);
    }
    assert_eq!(bench.interval(0), Measured(metered(7, 0)));
}

#[test]
fn what_the_gateways_clock_jumped_over_is_estimated() {
    let mut bench = Bench::new();
    let clockless = |seconds, import| Sample { at: None, ..sample(seconds, import, 0) };
    bench.take(&clockless(0, 0));
    bench.take(&clockless(900, 10));
    let set = bench.registers.clock_was_set(Timestamp(START + 1_000), Timestamp(START + 2_000));
    assert_eq!(set, Event::GatewayClock(1_000));
    for (seconds, import) in [(2_010, 12), (2_700, 20), (3_600, 30)] {
        bench.take(&clockless(seconds, import));
    }
    assert_eq!(
        bench.states(4),
        [Measured(metered(10, 0)), Estimated(metered(5, 0)), Estimated(metered(5, 0)), Measured(metered(10, 0)),]
    );
}

#[test]
fn a_gateway_clock_set_back_repeats_nothing_and_loses_nothing() {
    let mut bench = Bench::new();
    let clockless = |seconds, import| Sample { at: None, ..sample(seconds, import, 0) };
    for (seconds, import) in [(0, 0), (900, 1_000), (1_800, 2_000)] {
        bench.take(&clockless(seconds, import));
    }
    bench.registers.clock_was_set(Timestamp(START + 1_805), Timestamp(START + 5));
    // Half an hour passes a second time by this clock.
    assert_eq!(bench.take(&clockless(900, 3_000)), Outcome::Older);
    assert_eq!(bench.take(&clockless(1_810, 25_000)), Outcome::Accepted, "much flowed meanwhile");
    bench.take(&clockless(2_700, 26_000));
    bench.take(&clockless(3_600, 27_000));
    assert_eq!(
        bench.states(5),
        [
            Measured(metered(1_000, 0)),
            Measured(metered(1_000, 0)),
            Estimated(metered(24_000, 0)),
            Measured(metered(1_000, 0)),
            Open,
        ]
    );
}

#[test]
fn a_small_step_of_the_gateways_clock_spoils_only_its_own_interval() {
    let mut bench = Bench::new();
    for number in 0..=12 {
        if number == 5 {
            bench.registers.clock_was_set(Timestamp(START + 4_400), Timestamp(START + 4_402));
        }
        bench.accept(number * 900, number, 0);
    }
    for number in 0..12 {
        let expected = if number == 4 { Estimated(metered(1, 0)) } else { Measured(metered(1, 0)) };
        assert_eq!(bench.interval(number), expected, "{number}");
    }
}
