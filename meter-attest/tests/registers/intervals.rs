//! Boundaries, intervals, windows, gaps.

use hushwatt_ledger::units::Timestamp;
use hushwatt_meter_attest::{
    Draft, DraftStatus,
    registers::{Config, ConfigError, Event, IntervalState, Outcome, Registers, WindowState},
};

use crate::bench::{Bench, START, config, metered, sample, window};
use IntervalState::{Estimated, Forgotten, Measured, Missing, Open, TooLarge};

#[test]
fn an_interval_is_the_difference_of_the_readings_at_its_boundaries() {
    let mut bench = Bench::new();
    for (seconds, import, export) in [(0, 100, 7), (450, 150, 7), (900, 180, 9), (1800, 300, 9)] {
        bench.accept(seconds, import, export);
    }
    assert_eq!(bench.states(3), [Measured(metered(80, 2)), Measured(metered(120, 0)), Open]);
    assert!(bench.saw(&Event::Boundary { at: Timestamp(START + 900), import: 180, export: 9 }));
}

#[test]
fn a_boundary_takes_the_last_sample_before_it_or_else_the_first_after_it_within_the_tolerance() {
    for (before, after, reading) in [
        (870, 901, Some(10)),
        (869, 930, Some(30)),
        (869, 931, None),
        (900, 901, Some(10)),
        (600, 900, Some(30)),
        (899, 1000, Some(10)),
    ] {
        let mut bench = Bench::new();
        bench.accept(0, 0, 0);
        bench.accept(before, 10, 0);
        bench.accept(after, 30, 0);
        let state = bench.interval(0);
        match reading {
            Some(value) => assert_eq!(state, Measured(metered(value, 0)), "{before} {after}"),
            None => assert_eq!(state, Open, "{before} {after}"),
        }
    }
}

#[test]
fn a_boundary_without_another_sample_is_decided_by_the_clock_once_none_can_come() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    bench.accept(890, 40, 0);
    bench.tick(990);
    assert_eq!(bench.interval(0), Open, "a sample of the meter's clock may still come");
    bench.tick(991);
    assert_eq!(bench.interval(0), Measured(metered(40, 0)));
    // What comes then anyhow counts for the next boundary, and changes nothing that is decided.
    bench.accept(899, 60, 0);
    bench.accept(1800, 100, 0);
    assert_eq!(bench.states(2), [Measured(metered(40, 0)), Measured(metered(60, 0))]);
}

#[test]
fn a_gap_is_spread_in_whole_units_that_add_up_to_the_registers_difference() {
    let mut bench = Bench::new();
    bench.accept(0, 1_000, 50);
    bench.accept(900, 1_100, 50);
    // The meter is silent from 00:15 to 01:00 and a bit; 01:15 is the next known boundary.
    bench.accept(4_500, 1_201, 53);
    assert!(bench.saw(&Event::Unknown { from: Timestamp(START + 1800), to: Timestamp(START + 3600) }));
    let spread = [(25, 0), (25, 1), (25, 1), (26, 1)].map(|(import, export)| Estimated(metered(import, export)));
    assert_eq!(bench.states(5)[1..], spread);
    assert_eq!(bench.interval(0), Measured(metered(100, 0)));
    assert_eq!(bench.status(0), DraftStatus::Estimated);
}

#[test]
fn a_gap_is_open_until_it_ends() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    bench.tick(20 * 3600);
    assert_eq!(bench.interval(3), Open);
    assert_eq!(bench.window(0), WindowState::Open);
    bench.accept(20 * 3600 + 900, 8_100, 0);
    assert_eq!(bench.states(81), vec![Estimated(metered(100, 0)); 81]);
}

#[test]
fn what_was_before_the_first_reading_is_missing() {
    let mut bench = Bench::new();
    bench.tick(3600 + 91);
    assert_eq!(bench.draft(0), Draft::missing(4), "a meter that was never read");
    bench.accept(5_000, 17, 0);
    bench.accept(5_400, 18, 0);
    assert_eq!(bench.interval(5), Missing);
    bench.accept(6_300, 20, 0);
    assert_eq!((bench.interval(5), bench.interval(6)), (Missing, Measured(metered(2, 0))));
}

#[test]
fn a_window_is_measured_only_if_all_of_its_intervals_are() {
    let mut bench = Bench::new();
    for seconds in [0, 900, 1800, 2700, 3600, 4500, 6300, 7200] {
        bench.accept(seconds, seconds / 10, 0);
    }
    let quarter = metered(90, 0);
    assert_eq!(bench.draft(0), Draft { status: DraftStatus::Measured, metered: vec![quarter; 4] });
    assert_eq!(bench.draft(1), Draft { status: DraftStatus::Estimated, metered: vec![quarter; 4] });
}

#[test]
fn a_value_beyond_the_class_is_told_and_never_clipped() {
    let mut bench = Bench::with(Config { max_rate: 10_000_000, ..config() });
    for (number, import) in [0, 65_535, 131_071, 131_071, 131_071].into_iter().enumerate() {
        bench.accept(900 * number as u64, import, 0);
    }
    assert_eq!(bench.states(2), [Measured(metered(65_535, 0)), TooLarge(65_536)]);
    let interval = hushwatt_ledger::units::Interval(START / 900 + 1);
    assert_eq!(bench.window(0), WindowState::TooLarge { interval, value: 65_536 });
    let wide = Config { class: hushwatt_crypto::range::RangeBits::Bits32, ..bench.registers.config().clone() };
    bench.registers.reconfigure(wide).unwrap();
    assert_eq!(bench.status(0), DraftStatus::Measured);
    bench.registers.reconfigure(config()).unwrap_err();
}

#[test]
fn the_longest_and_the_shortest_local_day_are_days_of_ninety_six_utc_quarters() {
    // Brussels, 2025-03-30 (92 quarter hours) and 2025-10-26 (100): midnight to midnight, local time.
    for (day, offset_before, quarters) in [(20_177, 3_600, 92_u64), (20_387, 7_200, 100)] {
        let from = day * 86_400 - offset_before;
        let mut bench = Bench::new();
        for quarter in 0..=quarters {
            let mut at = sample(0, quarter * quarter, 5 * quarter);
            at.received = Timestamp(from + quarter * 900);
            at.at = Some(at.received);
            bench.take(&at);
        }
        let values: Vec<u32> = (from / 900..from / 900 + quarters)
            .map(|number| match bench.registers.interval(hushwatt_ledger::units::Interval(number)) {
                Measured(metered) => metered.import.0,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(values.len() as u64, quarters);
        assert_eq!(values.iter().map(|value| u64::from(*value)).sum::<u64>(), quarters * quarters);
    }
}

#[test]
fn giving_up_makes_open_intervals_missing_and_the_gap_corrects_them_later() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    bench.accept(900, 10, 0);
    assert!(!bench.registers.give_up(window(0)), "its boundaries are not decided");
    bench.tick(3 * 3600);
    assert!(bench.registers.give_up(window(0)));
    assert!(!bench.registers.give_up(window(0)), "nothing is open any more");
    bench.registers.freeze(window(0));
    assert_eq!(bench.draft(0), Draft::missing(4));
    assert_eq!((bench.window(1), bench.registers.correction(window(0))), (WindowState::Open, None));
    // The gap ends at 03:00: ten quarters, 1,000 Wh.
    bench.accept(3 * 3600, 1_110, 0);
    assert_eq!(bench.draft(0), Draft::missing(4), "what was attested stays");
    assert_eq!(bench.status(1), DraftStatus::Estimated);
    let correction = bench.registers.correction(window(0)).unwrap();
    assert_eq!(correction.status, DraftStatus::Estimated);
    let values: u32 = correction
        .metered
        .iter()
        .chain(&bench.draft(1).metered)
        .chain(&bench.draft(2).metered)
        .map(|m| m.import.0)
        .sum();
    assert_eq!(values, 1_110, "sums equal the registers");
    assert_eq!(bench.registers.correction(window(1)), None);
}

#[test]
fn forgetting_keeps_the_beginning_of_a_gap() {
    let mut bench = Bench::new();
    bench.accept(0, 0, 0);
    bench.accept(900, 5, 0);
    bench.registers.forget_before(window(1));
    assert_eq!((bench.interval(0), bench.window(0)), (Forgotten, WindowState::Forgotten));
    bench.accept(7_200, 75, 0);
    assert_eq!(bench.draft(1), Draft { status: DraftStatus::Estimated, metered: vec![metered(10, 0); 4] });
    assert_eq!(bench.take(&sample(7_200, 75, 0)), Outcome::Duplicate);
}

#[test]
fn a_year_without_a_node_stays_bounded_and_says_what_it_forgot() {
    let mut bench = Bench::new();
    for number in 0..50_000 {
        bench.registers.accept(&sample(number * 900, number, 0)).unwrap();
        if number == 40_000 {
            assert_eq!(bench.interval(0), Forgotten);
            assert!(bench.registers.encode().len() < 1_300_000);
        }
    }
    assert!(bench.registers.encode().len() < 1_300_000);
    assert_eq!(bench.interval(49_998), Measured(metered(1, 0)));
}

#[test]
fn a_configuration_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Config);
    let cases: [(Change, ConfigError); 7] = [
        (|c| c.interval = 100, ConfigError::Interval),
        (|c| c.intervals = 13, ConfigError::Interval),
        (|c| c.boundary_tolerance = 91, ConfigError::BoundaryTolerance),
        (|c| c.boundary_tolerance = 0, ConfigError::BoundaryTolerance),
        (|c| c.clock_tolerance = 301, ConfigError::ClockTolerance),
        (|c| c.max_rate = 0, ConfigError::MaxRate),
        (|c| c.modulus = Some(999), ConfigError::Modulus),
    ];
    for (change, error) in cases {
        let mut config = config();
        change(&mut config);
        assert_eq!(Registers::new(config).unwrap_err(), error);
    }
}
