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
        include_str!("correcting.rs"),
        include_str!("trading.rs"),
        include_str!("auction.rs"),
        include_str!("auction_clear.rs"),
        include_str!("auction_operator.rs"),
        include_str!("auction_windows.rs"),
        include_str!("issuance.rs"),
        include_str!("totals.rs"),
        include_str!("totals_shares.rs"),
        include_str!("totals_trades.rs"),
        include_str!("registry.rs"),
        include_str!("replaying.rs"),
        include_str!("blocks.rs"),
        include_str!("finality.rs"),
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

/// The protocol's numbered invariants are the numbers that tests cite: every one of them, and no other.
#[test]
fn every_numbered_invariant_is_cited_by_a_test() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let protocol = read(&folder.join("../docs/protocol.md"));
    let rows = protocol.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let is_number = |word: &&str| word.len() == 2 || word.len() == 3;
    let is_number = |word: &&str| {
        is_number(word) && word.starts_with(|c: char| c.is_ascii_uppercase()) && word[1..].parse::<u8>().is_ok()
    };
    let numbered: std::collections::BTreeSet<String> = rows.filter(is_number).map(str::to_owned).collect();
    assert!(numbered.len() > 30);
    let mut cited = std::collections::BTreeSet::new();
    let rules = std::fs::read_dir(folder.join("tests/rules")).unwrap().map(|entry| entry.unwrap().path());
    for path in rules.chain([folder.join("tests/attacks.rs")]) {
        for line in read(&path).lines().filter_map(|line| line.trim().strip_prefix("/// Invariant ")) {
            cited.extend(line.trim_end_matches('.').split(", ").map(str::to_owned));
        }
    }
    assert_eq!(cited, numbered);
}
