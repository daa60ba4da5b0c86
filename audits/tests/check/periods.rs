//! Bills and peaks over whole chains: what was in force when, what is missing, and whose tariff it is.

use hushwatt_audits::check::{Asked, Comparison};
use hushwatt_ledger::disclosure::{Disclosure, Tariff};
use serde_json::{Value, json};

use crate::chains::{Chain, TARIFF, chain};

const BILL: usize = 7;
const PEAK: usize = 8;

fn proven(chain: &Chain, disclosure: &Disclosure) -> Value {
    serde_json::to_value(chain.check(disclosure, &chain.asked())).unwrap()["proven"].clone()
}

#[test]
fn a_bill_and_a_peak_are_told_as_data() {
    let chain = chain();
    let bill = proven(&chain, &chain.disclosures[BILL]);
    assert_eq!((&bill["kind"], &bill["gross_cents"]), (&json!("bill"), &json!(52)));
    let period = &bill["period"];
    assert_eq!((&period["meter"], &period["register"], &period["days"]), (&json!(0), &json!("import"), &json!(1)));
    assert_eq!((&period["intervals"], &period["height"]), (&json!(4), &json!(5)));
    assert_eq!(period["until"].as_u64().unwrap() - period["from"].as_u64().unwrap(), 86_400);
    // Before the meter's first window, and after its last.
    assert_eq!(period["absent"].as_array().unwrap().len(), 2);
    assert_eq!(period["absent"][0]["from"], period["from"]);
    let peak = proven(&chain, &chain.disclosures[PEAK]);
    assert_eq!((&peak["kind"], &peak["limit_per_hour"]), (&json!("peak"), &json!(16)));
    assert_eq!((&peak["hours"], &peak["period"]["intervals"]), (&json!(["Sun 03:00-04:00"]), &json!(4)));
}

#[test]
fn a_bill_holds_for_its_tariff_only_and_who_names_none_is_warned() {
    let chain = chain();
    let asked = |tariff: &str| Asked { tariff: Some(Tariff::from_toml(tariff).unwrap()), ..chain.asked() };
    let bill = &chain.disclosures[BILL];
    let same = chain.check(bill, &asked(&format!("# mine\n{TARIFF}")));
    assert!(same.holds && same.tariff.as_ref().unwrap().comparison == Comparison::Same);
    let other = chain.check(bill, &asked(&TARIFF.replace("300 ct", "299.9 ct")));
    assert!(other.proof_holds && !other.holds);
    assert!(other.to_string().contains("THIS DIFFERS from what you asked for"), "{other}");
    let none = chain.check(bill, &chain.asked());
    assert!(none.holds && none.warnings.iter().any(|warning| warning.contains("--tariff")));
    // What is no bill has no tariff to differ from.
    let peak = chain.check(&chain.disclosures[PEAK], &asked(TARIFF));
    assert!(peak.holds && peak.tariff.is_none());
}

#[test]
fn times_without_readings_and_a_period_that_is_not_over_are_warned_of() {
    let chain = chain();
    for place in [BILL, PEAK] {
        let report = chain.check(&chain.disclosures[place], &chain.asked());
        for word in ["no readings for a part of the period", "not over yet"] {
            assert!(report.warnings.iter().any(|warning| warning.contains(word)), "{word}: {:?}", report.warnings);
        }
    }
}

#[test]
fn corrections_count_from_their_block_on() {
    let mut chain = chain();
    let (bill, peak) = (chain.disclosures[BILL].clone(), chain.disclosures[PEAK].clone());
    let (window, reading) = (chain.world.window(0), chain.world.measured(1000, 100));
    let correct = chain.world.correct(0, window, &reading);
    let at = chain.world.after(60);
    chain.accept(at, std::slice::from_ref(&correct));
    // Both name the block before: they hold, and say that they are not the last word.
    for old in [&bill, &peak] {
        let report = chain.check(old, &chain.asked());
        assert!(report.holds && report.warnings.iter().any(|warning| warning.contains("has corrected readings")));
        assert!(report.to_string().contains("corrected again, which does not count here"), "{report}");
    }
    assert_eq!(proven(&chain, &bill)["period"]["replaced"], json!(1));
    // A new bill counts the correction: a hundred watt-hours, half of them by night.
    let corrected = chain.bill(&correct);
    let shown = proven(&chain, &corrected);
    assert_eq!((&shown["gross_cents"], &shown["period"]["corrected"]), (&json!(77), &json!(1)));
    assert!(chain.check(&corrected, &chain.asked()).to_string().contains("the corrected values count"));
}

#[test]
fn a_bill_of_a_later_block_does_not_hold_on_a_shorter_chain() {
    let mut short = chain();
    short.records.truncate(4);
    let report = short.check(&short.disclosures[BILL], &short.asked());
    assert!(!report.holds);
    assert_eq!(report.failure.unwrap().rule, "UnknownHeight");
}
