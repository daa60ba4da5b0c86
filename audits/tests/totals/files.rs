//! The two signed files: every field of them matters, and only their own key's signature counts.

use std::collections::BTreeSet;

use hushwatt_audits::{
    allocation::FileError,
    totals::{BankStatement, FeederPlan, FeederReading, MAX_SIGNED_BYTES, SignedError},
};
use hushwatt_crypto::{NetworkId, signature::SigningKey};
use hushwatt_ledger::units::{MeterId, Timestamp, Utility};
use serde_json::{Value, json};

const NETWORK: NetworkId = NetworkId([9; 32]);

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn feeder(meters: Option<BTreeSet<MeterId>>) -> String {
    let (from, until) = (Timestamp(1_780_000_200), Timestamp(1_780_003_800));
    let plan = FeederPlan { utility: Utility::Electricity, meters, from, until, imported: 12_345, exported: 67 };
    plan.sign(&NETWORK, &key(1)).unwrap().to_json().unwrap()
}

fn statement() -> String {
    BankStatement::sign(&NETWORK, Timestamp(1_780_000_200), 1_234_567, &key(1)).to_json().unwrap()
}

/// Reads and checks.
fn feeder_holds(text: &str, network: &NetworkId, signer: u8) -> Result<(), String> {
    let reading = FeederReading::from_json(text.as_bytes()).map_err(|error| error.to_string())?;
    reading.check(network, &key(signer).verifying_key()).map_err(|error| error.to_string())
}

fn statement_holds(text: &str, network: &NetworkId, signer: u8) -> Result<(), String> {
    let statement = BankStatement::from_json(text.as_bytes()).map_err(|error| error.to_string())?;
    statement.check(network, &key(signer).verifying_key()).map_err(|error| error.to_string())
}

/// The file with one field replaced, field by field in its order.
fn with(text: &str, field: &str, value: &Value) -> String {
    let lines = text.lines().map(|line| {
        let here = line.trim_start().starts_with(&format!("\"{field}\":"));
        let comma = if line.ends_with(',') { "," } else { "" };
        if here { format!("  \"{field}\": {value}{comma}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn fields(text: &str) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(text).unwrap();
    value.as_object().unwrap().keys().cloned().collect()
}

fn flipped(text: &str, field: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap();
    let digits = value[field].as_str().unwrap();
    let first = if digits.starts_with('0') { "1" } else { "0" };
    json!(format!("{first}{}", &digits[1..]))
}

#[test]
fn every_field_of_a_feeders_reading_is_signed() {
    let text = feeder(None);
    feeder_holds(&text, &NETWORK, 1).unwrap();
    let named = feeder(Some([0, 2].map(MeterId).into()));
    feeder_holds(&named, &NETWORK, 1).unwrap();
    assert_eq!(FeederReading::from_json(named.as_bytes()).unwrap().to_json().unwrap(), named);
    let network = json!(NetworkId([8; 32]).to_string());
    let cases = [
        ("format", json!("hushwatt feeder 2")),
        ("network", network),
        ("utility", json!("heat")),
        ("meters", json!([1])),
        ("from", json!("2026-05-28T20:31:00Z")),
        ("until", json!("2026-05-28T21:31:00Z")),
        ("unit", json!("l")),
        ("imported", json!(12_346)),
        ("exported", json!(68)),
        ("signer", json!(signer_hex(2))),
        ("signature", flipped(&text, "signature")),
    ];
    let named: BTreeSet<String> = cases.iter().map(|(field, _)| (*field).to_owned()).collect();
    assert_eq!(named, fields(&text), "every field is changed once");
    for (field, value) in cases {
        let changed = with(&text, field, &value);
        assert_ne!(changed, text);
        assert!(feeder_holds(&changed, &NETWORK, 1).is_err(), "{field}");
    }
}

#[test]
fn every_field_of_a_statement_is_signed() {
    let text = statement();
    statement_holds(&text, &NETWORK, 1).unwrap();
    let cases = [
        ("format", json!("hushwatt feeder 1")),
        ("network", json!(NetworkId([8; 32]).to_string())),
        ("time", json!("2026-05-28T20:30:01Z")),
        ("currency", json!("CHF")),
        ("balance_cents", json!(1_234_568)),
        ("signer", json!(signer_hex(2))),
        ("signature", flipped(&text, "signature")),
    ];
    let named: BTreeSet<String> = cases.iter().map(|(field, _)| (*field).to_owned()).collect();
    assert_eq!(named, fields(&text), "every field is changed once");
    for (field, value) in cases {
        let changed = with(&text, field, &value);
        assert_ne!(changed, text);
        assert!(statement_holds(&changed, &NETWORK, 1).is_err(), "{field}");
    }
}

fn signer_hex(number: u8) -> String {
    format!("{:?}", key(number).verifying_key())
}

#[test]
fn another_network_another_key_and_another_files_signature_are_told_apart() {
    let reading = FeederReading::from_json(feeder(None).as_bytes()).unwrap();
    let (one, two) = (key(1).verifying_key(), key(2).verifying_key());
    let other = NetworkId([8; 32]);
    assert_eq!(reading.check(&other, &one), Err(SignedError::ForeignNetwork { expected: other, found: NETWORK }));
    assert_eq!(reading.check(&NETWORK, &two), Err(SignedError::OtherSigner));
    // Whoever claims the right key has not got its signature.
    let claimed = with(&feeder(None), "imported", &json!(1));
    let claimed = FeederReading::from_json(claimed.as_bytes()).unwrap();
    assert_eq!(claimed.check(&NETWORK, &one), Err(SignedError::Signature));

    let bank = BankStatement::from_json(statement().as_bytes()).unwrap();
    assert_eq!(bank.check(&other, &one), Err(SignedError::ForeignNetwork { expected: other, found: NETWORK }));
    assert_eq!(bank.check(&NETWORK, &two), Err(SignedError::OtherSigner));
    // The label keeps the two apart although the key is the same.
    let signature = json!(serde_json::from_str::<Value>(&feeder(None)).unwrap()["signature"]);
    let moved = BankStatement::from_json(with(&statement(), "signature", &signature).as_bytes()).unwrap();
    assert_eq!(moved.check(&NETWORK, &one), Err(SignedError::Signature));
}

#[test]
fn files_have_one_form_and_a_bounded_length() {
    let (feeder, statement) = (feeder(Some([0, 2].map(MeterId).into())), statement());
    let read = |text: &str| {
        let one = FeederReading::from_json(text.as_bytes()).is_ok();
        one || BankStatement::from_json(text.as_bytes()).is_ok()
    };
    assert!(read(&feeder) && read(&statement));
    for text in [&feeder, &statement] {
        let more = text.replacen("{\n", "{\n  \"more\": 1,\n", 1);
        let twice = text.replacen("{\n", &format!("{{\n{}\n", text.lines().nth(1).unwrap()), 1);
        let upper = text.replace("\"signer\": \"", "\"signer\": \"A");
        for wrong in [more, twice, upper, text.trim_end().to_owned(), text.replace("  ", " "), String::new()] {
            assert!(!read(&wrong), "{wrong}");
        }
    }
    for meters in [json!([2, 0]), json!([0, 0]), json!([]), json!([-1]), json!("all")] {
        assert!(!read(&feeder.replace("[\n    0,\n    2\n  ]", &meters.to_string())), "{meters}");
    }
    for (from, to) in [("12345", "12345.0"), ("2026-05-28T20:30:00Z", "2026-05-28T22:30:00Z"), ("\"Wh\"", "\"kWh\"")] {
        assert!(feeder.contains(from) && !read(&feeder.replace(from, to)), "{to}");
    }
    assert!(!read(&statement.replace("1234567", "12345678901234567890")));
    let long = " ".repeat(MAX_SIGNED_BYTES + 1);
    assert!(matches!(FeederReading::from_json(long.as_bytes()), Err(FileError::TooLong { .. })));
    assert!(matches!(BankStatement::from_json(long.as_bytes()), Err(FileError::TooLong { .. })));
}

#[test]
fn nobody_signs_what_cannot_be_compared() {
    let plan = |meters: Option<BTreeSet<MeterId>>, from, until| FeederPlan {
        utility: Utility::Heat,
        meters,
        from: Timestamp(from),
        until: Timestamp(until),
        imported: 1,
        exported: 0,
    };
    let many = (0..1_025).map(MeterId).collect();
    for wrong in [plan(None, 5, 5), plan(None, 6, 5), plan(Some(BTreeSet::new()), 0, 1), plan(Some(many), 0, 1)] {
        assert!(wrong.sign(&NETWORK, &key(1)).is_err());
    }
    assert!(plan(Some([4].map(MeterId).into()), 0, 1).sign(&NETWORK, &key(1)).is_ok());
}
