//! The operator's values in place of estimates.

use hushwatt_ledger::units::{Interval, Timestamp};
use hushwatt_meter_attest::{
    DraftStatus,
    registers::{IntervalState, SubstituteError, Substitution},
};

use crate::bench::{Bench, START, metered, sample, window};

/// 00:00 to 00:15 measured, a gap of four quarters with 1,000 Wh in and 10 out, then measured to 02:00.
fn with_gap() -> Bench {
    let mut bench = Bench::new();
    for (seconds, import, export) in
        [(0, 0, 0), (900, 100, 0), (4_500, 1_100, 10), (5_400, 1_200, 10), (6_300, 1_300, 10), (7_200, 1_400, 10)]
    {
        bench.accept(seconds, import, export);
    }
    bench
}

fn values(import: [u64; 4], export: [u64; 4], rounding: u64) -> Substitution {
    Substitution {
        first: Interval(START / 900 + 1),
        import: import.to_vec(),
        export: export.to_vec(),
        rounding,
        rule: "operator's profile".to_owned(),
    }
}

#[test]
fn the_operators_values_shape_a_gap_and_its_sum_stays_the_registers() {
    let mut bench = with_gap();
    let gaps = bench.registers.gaps(Timestamp(START), Timestamp(START + 7_200));
    assert_eq!(gaps, [(Interval(START / 900 + 1), 4)]);
    // Rounded to 10 Wh: 1,020 Wh in the file, 1,000 by the registers.
    bench.registers.substitute(&values([410_000, 200_000, 0, 410_000], [10_000, 0, 0, 0], 10_000)).unwrap();
    let states = bench.states(5);
    assert_eq!(
        states[1..],
        [(401, 10), (197, 0), (0, 0), (402, 0)].map(|(i, e)| IntervalState::Substituted(metered(i, e)))
    );
    assert_eq!((bench.status(0), bench.status(1)), (DraftStatus::Substituted, DraftStatus::Substituted));
    assert_eq!(bench.registers.rule(Interval(START / 900 + 4)), Some("operator's profile"));
    assert_eq!(bench.registers.rule(Interval(START / 900 + 5)), None);
    // Before it is attested it may be replaced again.
    bench.registers.substitute(&values([250_000; 4], [2_500; 4], 1)).unwrap();
    assert_eq!(bench.interval(2), IntervalState::Substituted(metered(250, 3)));
}

#[test]
fn values_that_do_not_add_up_to_the_registers_are_refused() {
    let mut bench = with_gap();
    let before = bench.registers.clone();
    let wrong = bench.registers.substitute(&values([300_000; 4], [2_500; 4], 1));
    assert_eq!(wrong, Err(SubstituteError::Sum { found: 1_200_000, counted: 1_000 }));
    let wrong = bench.registers.substitute(&values([250_000; 4], [0; 4], 1_000));
    assert_eq!(wrong, Err(SubstituteError::Sum { found: 0, counted: 10 }));
    assert_eq!(bench.registers, before);
}

#[test]
fn only_a_whole_gap_that_is_not_attested_is_substituted() {
    let mut bench = with_gap();
    let good = values([250_000; 4], [2_500; 4], 1);
    let shifted = |by: u64| Substitution { first: Interval(good.first.0 + by), ..good.clone() };
    assert_eq!(bench.registers.substitute(&shifted(1)), Err(SubstituteError::NotAGap));
    let measured = Substitution { import: vec![100_000], export: vec![0], ..shifted(4) };
    assert_eq!(bench.registers.substitute(&measured), Err(SubstituteError::NotAGap));
    let uneven = Substitution { export: vec![0; 3], ..good.clone() };
    assert_eq!(bench.registers.substitute(&uneven), Err(SubstituteError::Shape));
    let nameless = Substitution { rule: String::new(), ..good.clone() };
    assert_eq!(bench.registers.substitute(&nameless), Err(SubstituteError::Rule));
    bench.registers.freeze(window(0));
    assert_eq!(bench.registers.substitute(&good), Err(SubstituteError::Attested(good.first.0)));
}

#[test]
fn coarse_registers_hold_no_substitution() {
    let mut bench = Bench::new();
    for seconds in [0, 4_500] {
        let mut coarse = sample(seconds, seconds, 0);
        coarse.import.step = 100;
        bench.take(&coarse);
    }
    let refused = Substitution {
        first: Interval(START / 900),
        import: vec![900_000; 5],
        export: vec![0; 5],
        ..values([0; 4], [0; 4], 1)
    };
    assert_eq!(bench.registers.substitute(&refused), Err(SubstituteError::Coarse));
}
