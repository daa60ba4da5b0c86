//! The verdict, in data and in words.

use hushwatt_audits::check::{Asked, CheckReport, Comparison};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::disclosure::{Audience, Disclosure, Request, prove_balance};
use hushwatt_ledger::units::Credit;
use serde_json::{Value, json};

use crate::{
    chains::{NONCE, VERIFIER, chain, rng},
    kit::CARLA,
};

fn data(report: &CheckReport) -> Value {
    serde_json::to_value(report).unwrap()
}

#[test]
fn what_is_proven_is_said_in_plain_words() {
    let chain = chain();
    let words: [&[&str]; 9] = [
        &["Whoever made this proof paid 2.500000 EUR to", "hw1", "no name or address of the payer", "block 2, "],
        &["Whoever made this proof was paid 2.500000 EUR at his own address", "hw1", "block 2, "],
        &["delivered 0.600 kWh of electricity and was paid 0.126000 EUR", "21.0 ct/kWh", "its seller"],
        &["bought 0.600 kWh of electricity and paid 0.126000 EUR", "21.0 ct/kWh", "its buyer"],
        &["Meter 0 attested an export of 0.250 kWh of electricity", "status      measured", "registrar"],
        &["Meter 2 attested an export of 0.000 kWh", "status      missing", "the zero stands for nothing"],
        &[
            "can spend at least 25.000000 EUR",
            "hidden      in 4 notes, each one of 3 or more",
            "what is spent later is not known",
        ],
        &[
            "The electricity that meter 0 took comes to 0.52 EUR, tax included.",
            "2025-06-15 00:00 to 2025-06-16 00:00 (1 day, Europe/Berlin)",
            "4 intervals, as of block 5",
            "not posted  2025-06-15 00:00 to 2025-06-15 03:00",
            "Tag und Nacht",
            "how much was used, and when",
        ],
        &["Meter 0 never took more than 0.016 kW", "Sun 03:00-04:00", "(1 day, Europe/Berlin)"],
    ];
    for (disclosure, words) in chain.disclosures.iter().zip(words) {
        let report = chain.check(disclosure, &chain.asked());
        let text = report.to_string();
        assert!(report.holds && text.contains("THE PROOF HOLDS."), "{text}");
        for word in words {
            assert!(text.contains(word), "{word} in\n{text}");
        }
        for word in [VERIFIER, NONCE, "(as you asked)", "support of 2026", "UTC", "SIMULATED"] {
            assert!(text.to_uppercase().contains(&word.to_uppercase()), "{word} in\n{text}");
        }
        for word in ["ring", "bucket", "commitment", "image"] {
            assert!(!text.to_lowercase().split_whitespace().any(|said| said == word), "{word} in\n{text}");
        }
    }
}

#[test]
fn what_is_proven_is_in_the_data() {
    let chain = chain();
    let proven = |place: usize| data(&chain.check(&chain.disclosures[place], &chain.asked()))["proven"].clone();
    assert_eq!((&proven(0)["kind"], &proven(0)["micro_euro"]), (&json!("payment_made"), &json!(2_500_000)));
    assert_eq!(proven(1)["kind"], json!("payment_received"));
    let delivery = proven(2);
    assert_eq!((&delivery["party"], &delivery["delivered"]), (&json!("seller"), &json!(600)));
    assert_eq!((&delivery["price"], &delivery["micro_euro"]), (&json!(210), &json!(126_000)));
    assert_eq!(delivery["until"].as_u64().unwrap() - delivery["from"].as_u64().unwrap(), 3600);
    let reading = proven(4);
    assert_eq!((&reading["value"], &reading["register"]), (&json!(250), &json!("export")));
    assert_eq!(reading["until"].as_u64().unwrap() - reading["from"].as_u64().unwrap(), 900);
    assert_eq!(
        proven(6),
        json!({ "kind": "balance", "at_least_micro_euro": 25_000_000, "notes": 4, "smallest_set": 3 })
    );
}

#[test]
fn a_proof_for_another_verifier_nonce_or_network_is_not_for_you() {
    let chain = chain();
    let wrong = [
        Asked { verifier: Some("Finanzamt Bonn".into()), ..chain.asked() },
        Asked { verifier: Some("finanzamt köln".into()), ..chain.asked() },
        Asked { nonce: Some("7f3b".into()), ..chain.asked() },
        Asked { network: Some(NetworkId([7; 32])), ..chain.asked() },
    ];
    for disclosure in &chain.disclosures {
        for asked in &wrong {
            let report = chain.check(disclosure, asked);
            assert!(report.proof_holds && !report.holds);
            let text = report.to_string();
            assert!(text.contains("THE PROOF HOLDS, BUT NOT FOR WHAT YOU ASKED"), "{text}");
            assert!(text.contains("THIS DIFFERS from what you asked for"), "{text}");
        }
    }
}

#[test]
fn who_asks_nothing_is_warned() {
    let chain = chain();
    let report = chain.check(&chain.disclosures[0], &Asked::default());
    assert!(report.holds);
    assert_eq!(report.verifier.comparison, Comparison::NotAsked);
    let text = report.to_string();
    for word in ["--verifier", "--nonce", "--network", "anyone could have handed you this file", "(not compared)"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    let report = chain.check(&chain.disclosures[0], &chain.asked());
    assert_eq!(report.warnings.len(), 1, "only that time is simulated: {:?}", report.warnings);
}

#[test]
fn a_proof_for_nobody_is_warned_of_and_refused_where_somebody_is_expected() {
    let chain = chain();
    let request = Request { audience: Audience::default(), ..chain.request() };
    let open = prove_balance(&request, Credit(5), &chain.money(CARLA), &mut rng(1)).unwrap();
    let report = chain.check(&open, &Asked { network: chain.asked().network, ..Asked::default() });
    assert!(report.holds);
    let text = report.to_string();
    assert!(text.contains("names nobody") && text.contains("has no nonce") && text.contains("nobody said"), "{text}");
    for asked in [
        Asked { verifier: Some(VERIFIER.into()), ..Asked::default() },
        Asked { nonce: Some(NONCE.into()), ..Asked::default() },
    ] {
        assert!(!chain.check(&open, &asked).holds);
    }
}

#[test]
fn what_does_not_hold_proves_nothing_and_says_why() {
    let chain = chain();
    let mut file: Value = serde_json::from_str(&chain.disclosures[0].to_json().unwrap()).unwrap();
    file["claim"]["payment_made"]["micro_euro"] = json!(25_000_000);
    let lie = Disclosure::from_json(file.to_string().as_bytes()).unwrap();
    let report = chain.check(&lie, &chain.asked());
    assert!(!report.holds && !report.proof_holds && report.proven.is_none());
    assert_eq!(report.failure.as_ref().unwrap().rule, "Knowledge");
    let text = report.to_string();
    assert!(text.contains("DOES NOT HOLD") && text.contains("Knowledge"), "{text}");
    assert!(!text.contains("25.000000"), "nothing of a false claim is shown as if it were true:\n{text}");
}

#[test]
fn a_balance_made_after_the_chains_end_is_warned_of() {
    let chain = chain();
    let old = chain.check(&chain.disclosures[6], &chain.asked());
    assert!(!old.warnings.iter().any(|warning| warning.contains("ends before")));
    let request = Request { made: chain.world.now().plus(3601), ..chain.request() };
    let balance = prove_balance(&request, Credit(5), &chain.money(CARLA), &mut rng(1)).unwrap();
    let report = chain.check(&balance, &chain.asked());
    assert!(report.holds && report.warnings.iter().any(|warning| warning.contains("ends before")));
}
