//! The cross-check against the grid operator's values.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use hushwatt_drivers::SeriesQuality;
use hushwatt_gateway::{
    series::{Grid, GridSeries, GridValue},
    verify::{AttestedInterval, Found, Verdict, compare},
};
use hushwatt_ledger::{transaction::attest::WindowStatus, units::Interval};

const FIRST: u64 = 20_000 * 96;

fn attested(values: &[(u32, WindowStatus)]) -> BTreeMap<Interval, AttestedInterval> {
    let one = |(interval, (import, status)): (u64, &(u32, WindowStatus))| {
        let interval = Interval(interval);
        (interval, AttestedInterval { interval, status: *status, export: 0, import: *import, corrected: false })
    };
    (FIRST..).zip(values).map(one).collect()
}

fn grid(values: &[Option<u64>], rounding: u64) -> Grid {
    let value = |milli| GridValue { milli, quality: SeriesQuality::Measured };
    let values = (FIRST..).map(Interval).zip(values).filter_map(|(at, milli)| Some((at, value((*milli)?))));
    Grid { import: Some(GridSeries { values: values.collect(), rounding }), export: None }
}

use WindowStatus::{Estimated, Measured, Missing};

#[test]
fn the_same_values_agree_within_rounding_and_registers() {
    // The file counts 10 Wh; registers whole Wh.
    let own = attested(&[(104, Measured), (97, Measured), (100, Measured)]);
    let compared = compare(&own, &grid(&[Some(100_000), Some(100_000), Some(100_000)], 10_000), 900);
    assert_eq!(compared.verdict, Verdict::Agrees, "{compared:?}");
    assert_eq!(compared.verdict.exit_code(), 0);
    assert_eq!(compared.days[0].attested_milli, 301_000);
    assert!(compared.table("Wh", false).contains("3 the same"));
}

#[test]
fn a_difference_is_found_in_its_interval() {
    let own = attested(&[(100, Measured), (150, Measured), (100, Measured)]);
    let compared = compare(&own, &grid(&[Some(100_000), Some(100_000), Some(100_000)], 1_000), 900);
    assert_eq!((compared.verdict, compared.verdict.exit_code()), (Verdict::Differs, 1));
    let wrong: Vec<u64> = compared.rows.iter().filter(|row| row.found == Found::Differs).map(|row| row.start).collect();
    assert_eq!(wrong, [(FIRST + 1) * 900]);
    assert!(compared.table("Wh", false).contains("DIFFERS"));
}

#[test]
fn many_small_differences_to_one_side_are_found_in_the_sum() {
    let own = attested(&[(101, Measured); 96]);
    let compared = compare(&own, &grid(&[Some(100_000); 96], 100), 900);
    assert!(compared.rows.iter().all(|row| row.found == Found::Same));
    assert_eq!(compared.verdict, Verdict::Differs);
}

#[test]
fn what_a_side_lacks_and_estimates_are_told_apart_from_differences() {
    let own = attested(&[(100, Measured), (0, Missing), (120, Estimated), (100, Measured)]);
    let compared = compare(&own, &grid(&[Some(100_000), Some(100_000), Some(100_000), None, Some(7_000)], 1_000), 900);
    let found: Vec<Found> = compared.rows.iter().map(|row| row.found).collect();
    assert_eq!(found, [Found::Same, Found::OnlyGrid, Found::EstimateDiffers, Found::OnlyAttested, Found::OnlyGrid]);
    assert_eq!((compared.verdict, compared.verdict.exit_code()), (Verdict::Incomplete, 3));
    let nothing = compare(&BTreeMap::new(), &grid(&[Some(1)], 1), 900);
    assert_eq!(nothing.verdict, Verdict::Nothing);
}
