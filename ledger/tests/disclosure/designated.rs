//! Answers to requests: who asked is convinced, and nobody else can be, since he could have made them himself.

use hushwatt_crypto::designated::VerifierSecret;
use hushwatt_ledger::{
    disclosure::{
        Audience, Claim, Designation, Disclosure, DisclosureError, ProveError, Request, Statement, prove_balance,
    },
    units::{Credit, Quantity, Timestamp},
};
use serde_json::{Value, json};

use crate::{
    kit::CARLA,
    scene::{Scene, rng, scene, verifier},
};

fn file(disclosure: &Disclosure) -> Value {
    serde_json::from_str(&disclosure.to_json().unwrap()).unwrap()
}

fn verdict(scene: &Scene, file: &Value) -> Result<(), DisclosureError> {
    Disclosure::from_json(file.to_string().as_bytes())?.check(scene).map(|_| ())
}

/// The names of all fields, and how long each text is: what a file looks like, whatever it says.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(text) => json!(text.len()),
        other => other.clone(),
    }
}

/// Something that never happened.
fn lie(claim: &Claim) -> Claim {
    let mut claim = claim.clone();
    match &mut claim {
        Claim::PaymentMade(payment) | Claim::PaymentReceived(payment) => payment.amount = Credit(999_000_000),
        Claim::Delivery(delivery) => delivery.delivered = Quantity(99_000),
        Claim::Reading(reading) => reading.value = Quantity(77_000),
        Claim::Energy(energy) => energy.total = 4_000_000,
        Claim::Shared(shared) => shared.total = 5_000_000,
        Claim::Balance(_) | Claim::Bill(_) | Claim::Peak(_) => unreachable!("never an answer"),
    }
    claim
}

#[test]
fn what_the_verifier_makes_up_holds_like_what_a_household_answers_and_looks_the_same() {
    let scene = scene();
    for (_, answer) in scene.answers() {
        let real = answer.statement();
        assert!(answer.check(&scene).is_ok(), "{}", real.claim.name());
        let copied = Disclosure::simulate(real.clone(), &scene, &verifier(), &mut rng(20)).unwrap();
        assert_eq!(shape(&file(&copied)), shape(&file(&answer)));
        assert_eq!(copied.check(&scene).unwrap(), answer.check(&scene).unwrap());
        assert_ne!(copied, answer);
        // He makes files about what never happened too, and they hold: so nobody believes any of them.
        let wrong = Statement { claim: lie(&real.claim), ..real.clone() };
        let made_up = Disclosure::simulate(wrong, &scene, &verifier(), &mut rng(21)).unwrap();
        let mut expected = shape(&file(&answer));
        let told = shape(&file(&made_up));
        (expected["claim"], expected["made"]) = (told["claim"].clone(), told["made"].clone());
        assert_eq!(told, expected);
        let read = Disclosure::from_json(made_up.to_json().unwrap().as_bytes()).unwrap();
        assert!(read.check(&scene).is_ok(), "{}", real.claim.name());
        // A household cannot: it has no key of his.
        let mut bad = file(&answer);
        bad["claim"] = file(&made_up)["claim"].clone();
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "Knowledge");
    }
}

#[test]
fn nobody_makes_up_what_is_meant_for_another_key_or_for_all() {
    let scene = scene();
    let stranger = VerifierSecret::random(&mut rng(22)).unwrap();
    for (_, answer) in scene.answers() {
        let refused = Disclosure::simulate(answer.statement().clone(), &scene, &stranger, &mut rng(23)).unwrap_err();
        assert_eq!(refused.name(), "Designation");
    }
    for plain in scene.all().iter().filter(|one| one.statement().audience.designation().is_none()) {
        let refused = Disclosure::simulate(plain.statement().clone(), &scene, &verifier(), &mut rng(24)).unwrap_err();
        assert_eq!(refused.name(), "Designation");
    }
}

#[test]
fn the_key_and_the_expiry_are_part_of_the_proof() {
    let scene = scene();
    let stranger = VerifierSecret::random(&mut rng(25)).unwrap().key().encode();
    for (inquiry, answer) in scene.answers() {
        let good = file(&answer);
        for (field, new) in [
            ("verifier_key", json!(stranger)),
            ("expires", json!(inquiry.expires().0 + 1)),
            ("nonce", json!("00000000000000000000000000000000")),
            ("verifier", json!("Finanzamt Bonn")),
            ("purpose", json!("another purpose")),
        ] {
            let mut bad = good.clone();
            bad[field] = new;
            assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "Knowledge", "{field}");
        }
    }
}

#[test]
fn an_answer_that_was_made_too_late_is_refused() {
    let scene = scene();
    let (inquiry, answer) = scene.answers().remove(3);
    for (made, late) in [(inquiry.expires(), false), (inquiry.expires().plus(1), true)] {
        let request = inquiry.answer(made);
        let statement = Statement { made, audience: request.audience, ..answer.statement().clone() };
        let disclosure = Disclosure::simulate(statement, &scene, &verifier(), &mut rng(26)).unwrap();
        assert_eq!(disclosure.check(&scene).err().map(|error| error.name()), late.then(|| "Expired".to_owned()));
    }
}

#[test]
fn a_file_of_one_format_with_fields_or_proof_of_the_other_is_refused() {
    let scene = scene();
    let (_, answer) = scene.answers().remove(3);
    let (plain, designated) = (file(&scene.reading(hushwatt_crypto::meter::Register::Export)), file(&answer));
    assert_eq!(plain["format"], json!("hushwatt disclosure 1"));
    assert_eq!(designated["format"], json!("hushwatt disclosure 2"));
    let refused = |file: &Value| verdict(&scene, file).unwrap_err().name();
    for (name, value) in [("verifier_key", &designated["verifier_key"]), ("expires", &designated["expires"])] {
        let mut bad = plain.clone();
        bad[name] = value.clone();
        assert_eq!(refused(&bad), "Designation");
        let mut bad = designated.clone();
        bad.as_object_mut().unwrap().remove(name);
        assert_eq!(refused(&bad), "Designation");
        let mut bad = plain.clone();
        bad[name] = Value::Null;
        assert_eq!(refused(&bad), "Syntax");
    }
    for (one, other) in [(&plain, &designated), (&designated, &plain)] {
        let mut bad = one.clone();
        bad["proof"] = other["proof"].clone();
        assert_eq!(refused(&bad), "ProofKind");
        let mut bad = one.clone();
        bad["format"] = other["format"].clone();
        assert_eq!(refused(&bad), "Designation");
    }
    let mut bad = designated.clone();
    bad["verifier_key"] = json!(designated["verifier_key"].as_str().unwrap().to_uppercase());
    assert_eq!(refused(&bad), "Field");
}

#[test]
fn kinds_that_convince_everybody_are_not_made_for_one() {
    let scene = scene();
    let designation = Designation { key: *verifier().key(), expires: Timestamp(u64::MAX) };
    let audience = Audience::new("Finanzamt Köln", "7f3a-2", "support of 2026").unwrap().designated(designation);
    let request = Request { audience, ..scene.request() };
    let refused = prove_balance(&request, Credit(5), &scene.money(CARLA, 1), &mut rng(27));
    assert_eq!(refused.err(), Some(ProveError::NotDesignated { kind: "balance" }));
    // Nor is a file believed that says so.
    let (_, answer) = scene.answers().remove(3);
    for kind in [scene.balance(15_000_000), scene.bill(), scene.peak()] {
        let mut bad = file(&kind);
        for field in ["format", "verifier_key", "expires"] {
            bad[field] = file(&answer)[field].clone();
        }
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "ProofKind");
    }
}
