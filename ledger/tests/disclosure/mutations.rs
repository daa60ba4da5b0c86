//! No field of a file is free: whichever is changed, the disclosure is refused or does not hold.

use hushwatt_crypto::{Point, PublicScalar};
use hushwatt_ledger::disclosure::{Disclosure, DisclosureError};
use serde_json::{Value, json};

use crate::{
    kit::forge::{incremented, shifted},
    scene::{Scene, scene},
};

fn hex(bytes: &[u8]) -> String {
    hushwatt_crypto::hash::hex(bytes)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect())
}

/// Other values of the same form: points that decode, scalars that decode, flipped bits.
fn changed_hex(encoded: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for part in (0..encoded.len()).step_by(32) {
        let end = (part + 32).min(encoded.len());
        let mut put = |new: &[u8]| {
            let mut bytes = encoded.to_vec();
            bytes[part..end].copy_from_slice(new);
            all.push(bytes);
        };
        if let Ok(old) = <[u8; 32]>::try_from(&encoded[part..end]) {
            if let Ok(point) = Point::decode(&old) {
                put(shifted(&point).as_bytes());
            }
            if let Ok(scalar) = PublicScalar::decode(&old) {
                put(incremented(&scalar).as_bytes());
            }
        }
        let mut flipped = encoded[part..end].to_vec();
        flipped[0] ^= 2;
        put(&flipped);
    }
    all
}

fn changed_leaf(leaf: &Value) -> Vec<Value> {
    match leaf {
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            let mut all = vec![json!(number + 1)];
            all.extend(number.checked_sub(1).map(|less| json!(less)));
            all
        }
        Value::String(text) => {
            let mut all = match (text.as_str(), bytes(text)) {
                ("seller", _) => vec![json!("buyer")],
                ("buyer", _) => vec![json!("seller")],
                ("export", _) => vec![json!("import")],
                ("import", _) => vec![json!("export")],
                (_, Some(encoded)) if encoded.len() >= 32 => {
                    changed_hex(&encoded).iter().map(|bytes| json!(hex(bytes))).collect()
                }
                _ => Vec::new(),
            };
            all.extend([json!(format!("{text}0")), json!(text[..text.len() - 1].to_owned()), json!("")]);
            all
        }
        _ => Vec::new(),
    }
}

/// The paths of all leaves.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| leaves(value, &format!("{path}/{place}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

fn file(disclosure: &Disclosure) -> Value {
    serde_json::from_str(&disclosure.to_json().unwrap()).unwrap()
}

fn verdict(scene: &Scene, file: &Value) -> Result<(), DisclosureError> {
    Disclosure::from_json(file.to_string().as_bytes())?.check(scene).map(|_| ())
}

#[test]
fn every_changed_field_is_found() {
    let scene = scene();
    let (mut tried, mut decoded) = (0, 0);
    for disclosure in scene.all() {
        let good = file(&disclosure);
        assert!(verdict(&scene, &good).is_ok());
        let mut paths = Vec::new();
        leaves(&good, "", &mut paths);
        for path in paths {
            for new in changed_leaf(good.pointer(&path).unwrap()) {
                let mut bad = good.clone();
                *bad.pointer_mut(&path).unwrap() = new.clone();
                tried += 1;
                let read = Disclosure::from_json(bad.to_string().as_bytes());
                decoded += usize::from(read.is_ok());
                assert!(verdict(&scene, &bad).is_err(), "{path}: {new}");
            }
        }
    }
    // Most changes pass the reader: it is the check that finds them.
    assert!(tried > 500 && decoded > tried / 3, "{decoded} of {tried}");
}

#[test]
fn the_audience_and_the_time_are_part_of_the_proof() {
    let scene = scene();
    for disclosure in scene.all() {
        let designated = disclosure.statement().audience.designation().is_some();
        let expected = match disclosure.statement().claim.name() {
            "balance" => "RingSignature",
            "bill" | "peak" if !designated => "Circuit",
            _ => "Knowledge",
        };
        for (field, new) in [
            ("verifier", json!("Finanzamt Bonn")),
            ("verifier", json!("")),
            ("nonce", json!("7f3a-3")),
            ("purpose", json!("another purpose")),
            ("made", json!(0)),
        ] {
            let mut bad = file(&disclosure);
            bad[field] = new;
            let error = verdict(&scene, &bad).unwrap_err();
            assert_eq!(error.name(), expected, "{field} of {}", disclosure.statement().claim.name());
        }
        // Text cannot move from one field to the next.
        let mut bad = file(&disclosure);
        (bad["verifier"], bad["nonce"]) = (json!("Finanzamt"), json!("Köln7f3a-2"));
        assert!(verdict(&scene, &bad).is_err());
    }
}

#[test]
fn a_claim_of_one_kind_does_not_hold_with_the_proof_of_another() {
    let scene = scene();
    let all = scene.all();
    for claim in &all {
        for proof in all.iter().filter(|proof| *proof != claim) {
            let mut bad = file(claim);
            bad["proof"] = file(proof)["proof"].clone();
            assert!(verdict(&scene, &bad).is_err());
        }
    }
    // The same fields, the other kind.
    let mut bad = file(&scene.payment_made());
    let payment = bad["claim"]["payment_made"].clone();
    bad["claim"] = json!({ "payment_received": payment });
    assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "Knowledge");
}
