//! Answers to requests: who asked is convinced, and nobody else can be, since he could have made them himself.

use hushwatt_crypto::{designated::VerifierSecret, hash::hex};
use hushwatt_ledger::{
    disclosure::{Cents, Claim, Disclosure, DisclosureError, Statement},
    note::Asset,
    units::{Credit, Quantity},
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
        Claim::Balance(balance) => balance.at_least = Credit(999_000_000),
        Claim::Bill(bill) => {
            // What 40 kWh of the last zone come to.
            let mut used = vec![0; bill.tariff.zones().len()];
            *used.last_mut().unwrap() = 40_000;
            let plain = bill.tariff.rates().bill(bill.period.days(), &used).unwrap();
            assert_ne!(bill.gross, Cents(plain.gross));
            bill.gross = Cents(plain.gross);
        }
        // A watt-hour less in each quarter of an hour than there was.
        Claim::Peak(peak) => peak.limit -= 4,
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
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), unbelieved(&real.claim));
    }
}

/// Why an answer with anything changed is not believed.
fn unbelieved(claim: &Claim) -> &'static str {
    if matches!(claim, Claim::Balance(_)) { "RingSignature" } else { "Knowledge" }
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
            let why = unbelieved(&answer.statement().claim);
            assert_eq!(verdict(&scene, &bad).unwrap_err().name(), why, "{field}");
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
fn a_proof_that_convinces_everybody_is_not_taken_for_one_that_answers_nor_the_reverse() {
    let scene = scene();
    let answers = scene.answers();
    let answer_of = |name: &str| {
        let of = answers.iter().find(|(_, answer)| answer.statement().claim.name() == name);
        file(&of.unwrap().1)
    };
    for plain in [scene.balance(15_000_000), scene.bill(), scene.peak()] {
        let (plain, answer) = (file(&plain), answer_of(plain.statement().claim.name()));
        assert_eq!(shape(&plain["claim"]), shape(&answer["claim"]));
        assert_eq!(verdict(&scene, &answer).map_err(|error| error.name()), Ok(()));
        let mut bad = plain.clone();
        for field in ["format", "verifier_key", "expires"] {
            bad[field] = answer[field].clone();
        }
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "ProofKind");
        let mut bad = plain.clone();
        bad["proof"] = answer["proof"].clone();
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "ProofKind");
        let mut bad = answer.clone();
        bad["proof"] = plain["proof"].clone();
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "ProofKind");
    }
    // The same parts under the other's name.
    let (plain, mut bad) = (file(&scene.balance(15_000_000)), answer_of("balance"));
    bad["proof"] = json!({ "designated_rings": plain["proof"]["rings"] });
    assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "Field");
    for name in ["bill", "peak"] {
        let mut bad = answer_of(name);
        bad["proof"] = json!({ "circuits": bad["proof"]["tied"]["circuits"] });
        assert_eq!(verdict(&scene, &bad).unwrap_err().name(), "ProofKind");
    }
}

#[test]
fn what_a_bill_or_peak_for_one_is_tied_with_is_all_there_and_in_its_order() {
    let scene = scene();
    let answers = scene.answers();
    for name in ["bill", "peak"] {
        let (_, answer) = answers.iter().find(|(_, answer)| answer.statement().claim.name() == name).unwrap();
        let good = file(answer);
        let fresh = good["proof"]["tied"]["fresh"].as_array().unwrap().clone();
        assert!(fresh.len() >= 2, "{name}: two zones, three intervals");
        let with = |pointer: &str, new: Value| {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = new;
            verdict(&scene, &bad).unwrap_err().name()
        };
        let mut swapped = fresh.clone();
        swapped.swap(0, 1);
        assert_eq!(with("/proof/tied/fresh", json!(swapped)), "Knowledge");
        assert_eq!(with("/proof/tied/fresh", json!(fresh[1..])), "ProofCount");
        assert_eq!(with("/proof/tied/fresh", json!([&fresh[..], &fresh[..1]].concat())), "ProofCount");
        assert_eq!(with("/proof/tied/fresh", json!([])), "ProofCount");
        assert_eq!(with("/proof/tied/fresh", json!(vec![fresh[0].clone(); 8_941])), "ProofCount");
        assert_eq!(with("/proof/tied/circuits", json!([])), "ProofCount");
        let circuit = &good["proof"]["tied"]["circuits"][0];
        assert_eq!(with("/proof/tied/circuits", json!([circuit, circuit])), "ProofCount");
        assert_eq!(with("/proof/tied/tie/responses", json!([])), "Knowledge");
        // A proof of the same kind and number of commitments, about others: a second answer to the same request.
        let again = Disclosure::simulate(answer.statement().clone(), &scene, &verifier(), &mut rng(28)).unwrap();
        let other = file(&again)["proof"]["tied"].clone();
        assert_eq!(with("/proof/tied/circuits", other["circuits"].clone()), "Circuit");
        assert_eq!(with("/proof/tied/tie", other["tie"].clone()), "Knowledge");
        assert_eq!(with("/proof/tied/fresh", other["fresh"].clone()), "Knowledge");
    }
}

#[test]
fn an_amount_that_nothing_comes_to_is_not_made_up() {
    let scene = scene();
    let (_, answer) = scene.answers().into_iter().find(|(_, one)| one.statement().claim.name() == "bill").unwrap();
    let mut statement = answer.statement().clone();
    let Claim::Bill(bill) = &mut statement.claim else { panic!() };
    // Less than the standing charge.
    bill.gross = Cents(1);
    let refused = Disclosure::simulate(statement, &scene, &verifier(), &mut rng(29)).unwrap_err();
    assert_eq!(refused.name(), "Circuit");
}

#[test]
fn a_balance_for_one_shows_the_images_that_spends_show() {
    // What docs/disclosures.md says: who was answered sees when these notes are spent, and so can whoever he shows them to.
    let scene = scene();
    let (_, answer) = scene.answers().into_iter().find(|(_, one)| one.statement().claim.name() == "balance").unwrap();
    let plain = scene.balance(15_000_000);
    let images = |disclosure: &Disclosure| -> Vec<Value> {
        let notes = file(disclosure)["claim"]["balance"]["notes"].as_array().unwrap().clone();
        notes.iter().map(|note| note["image"].clone()).collect()
    };
    assert_eq!(images(&answer), images(&plain));
    let own: Vec<Value> =
        scene.world.spendable(CARLA, Asset::Credit).iter().map(|note| json!(hex(note.image.as_bytes()))).collect();
    assert!(images(&answer).iter().all(|image| own.contains(image)));
}
