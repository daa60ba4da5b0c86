//! No rule without its test.

use hushwatt_ledger::Rejection;

/// The names of all variants, as the source has them.
fn variants() -> Vec<&'static str> {
    let source = include_str!("../../src/rules/rejection.rs");
    let body = source.split("pub enum Rejection {").nth(1).unwrap().split("\n}").next().unwrap();
    body.lines()
        .map(str::trim)
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.split(['(', ',']).next().unwrap())
        .collect()
}

#[test]
fn every_rejection_has_a_test_that_expects_exactly_it() {
    let tests = [
        include_str!("envelope.rs"),
        include_str!("spending.rs"),
        include_str!("metering.rs"),
        include_str!("trading.rs"),
        include_str!("issuance.rs"),
        include_str!("blocks.rs"),
    ]
    .concat();
    let variants = variants();
    assert!(variants.len() > 40 && variants.contains(&"Malformed") && variants.contains(&"BlockTooLong"));
    for name in variants {
        let expected = [
            format!("Err(Rejection::{name}"),
            format!("Some(Rejection::{name})"),
            format!("Rejected(Rejection::{name})"),
            format!(".1, Rejection::{name})"),
        ];
        assert!(expected.iter().any(|text| tests.contains(text)), "no test expects {name}");
    }
}

#[test]
fn a_rejection_is_named_by_its_variant() {
    assert_eq!(Rejection::AlreadySpent.name(), "AlreadySpent");
    let malformed = Rejection::Malformed(hushwatt_ledger::codec::DecodeError::Truncated);
    assert_eq!(malformed.name(), "Malformed");
}
