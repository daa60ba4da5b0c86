//! What is no file of a disclosure is refused, and says why.

use hushwatt_crypto::meter::Register;
use hushwatt_ledger::disclosure::{
    Audience, Disclosure, DisclosureError, MAX_DISCLOSURE_BYTES, MAX_NONCE, MAX_PURPOSE, MAX_VERIFIER, Party, TextFlaw,
};
use hushwatt_ledger::note::MAX_RING;
use serde_json::{Value, json};

use crate::scene::scene;

fn good() -> Value {
    serde_json::from_str(&scene().delivery(Party::Seller).to_json().unwrap()).unwrap()
}

fn balance() -> Value {
    serde_json::from_str(&scene().balance(5).to_json().unwrap()).unwrap()
}

fn refused(file: &Value) -> DisclosureError {
    Disclosure::from_json(file.to_string().as_bytes()).unwrap_err()
}

#[track_caller]
fn changed(file: Value, path: &str, new: Value) -> DisclosureError {
    let mut bad = file;
    *bad.pointer_mut(path).unwrap() = new;
    refused(&bad)
}

#[test]
fn unknown_missing_and_doubled_fields_are_refused() {
    for path in ["", "/claim", "/claim/delivery", "/proof", "/proof/knowledge"] {
        let mut bad = good();
        bad.pointer_mut(path).unwrap().as_object_mut().unwrap().insert("extra".into(), json!(1));
        assert!(matches!(refused(&bad), DisclosureError::Syntax(_)), "{path}");
        let names: Vec<String> = good().pointer(path).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut bad = good();
            bad.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(&name);
            assert!(matches!(refused(&bad), DisclosureError::Syntax(_)), "{path}/{name}");
        }
    }
    let doubled = good().to_string().replacen('{', r#"{"nonce":"7f3a-2","#, 1);
    assert!(matches!(Disclosure::from_json(doubled.as_bytes()), Err(DisclosureError::Syntax(_))));
}

#[test]
fn what_is_no_json_or_too_long_is_refused() {
    for bytes in [&b""[..], b"{", b"[]", b"null", b"\xff\xff", b"{}"] {
        assert!(matches!(Disclosure::from_json(bytes), Err(DisclosureError::Syntax(_))));
    }
    let trailing = format!("{} {{}}", good());
    assert!(matches!(Disclosure::from_json(trailing.as_bytes()), Err(DisclosureError::Syntax(_))));
    let spaces = vec![b' '; MAX_DISCLOSURE_BYTES + 1];
    assert!(matches!(Disclosure::from_json(&spaces), Err(DisclosureError::FileTooLong)));
    assert!(matches!(Disclosure::from_json(&spaces[1..]), Err(DisclosureError::Syntax(_))));
    let deep = "[".repeat(100_000);
    assert!(matches!(Disclosure::from_json(deep.as_bytes()), Err(DisclosureError::Syntax(_))));
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let text = scene().payment_made().to_json().unwrap();
    for end in 0..text.len() {
        assert!(Disclosure::from_json(&text.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_flipped_byte_of_a_file_is_never_believed() {
    let scene = scene();
    for disclosure in [scene.payment_made(), scene.reading(Register::Export), scene.balance(5)] {
        let good = disclosure.to_json().unwrap().into_bytes();
        // A balance is long, and each try takes a while.
        for at in (0..good.len()).step_by(if good.len() > 4_000 { 37 } else { 1 }) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 7);
            if let Ok(read) = Disclosure::from_json(&bad) {
                // White space may change into other white space.
                assert!(read == disclosure || read.check(&scene).is_err(), "byte {at}");
            }
        }
    }
}

#[test]
fn another_format_is_named() {
    let error = changed(good(), "/format", json!("hushwatt disclosure 3"));
    assert!(matches!(error, DisclosureError::Format { .. }));
    assert!(error.to_string().contains("hushwatt disclosure 3"));
}

#[test]
fn malformed_points_scalars_digits_and_addresses_are_refused() {
    let field = |file: Value, path: &str, new: Value, named: &str| {
        let error = changed(file, path, new.clone());
        assert!(matches!(&error, DisclosureError::Field { field, .. } if *field == named), "{path}: {new}: {error}");
    };
    let network = good()["network"].as_str().unwrap().to_owned();
    for new in [network.to_uppercase(), network[1..].to_owned(), format!("{network}00"), format!("g{}", &network[1..])]
    {
        field(good(), "/network", json!(new), "the network");
    }
    field(good(), "/claim/delivery/contract", json!("00"), "the contract");
    for path in ["/proof/knowledge/challenge", "/proof/knowledge/responses/0"] {
        let named = if path.ends_with('0') { "a response" } else { "the challenge" };
        field(good(), path, json!("ff".repeat(32)), named);
    }
    // The identity, and bytes that are no canonical point.
    for new in ["00".repeat(32), "ff".repeat(32), format!("01{}", "00".repeat(31))] {
        field(balance(), "/claim/balance/notes/0/image", json!(new), "a key image");
        field(balance(), "/claim/balance/notes/0/commitment", json!(new), "a commitment");
    }
    let signature = balance()["proof"]["rings"]["signatures"][0].as_str().unwrap().to_owned();
    let identity = format!("{}{}", &signature[..signature.len() - 64], "00".repeat(32));
    for new in [identity, signature[64..].to_owned(), format!("{signature}{}", "00".repeat(32))] {
        field(balance(), "/proof/rings/signatures/0", json!(new), "a ring signature");
    }
    let range = balance()["proof"]["rings"]["range"].as_str().unwrap().to_owned();
    let scalar = format!("{}{}{}", &range[..4 * 64], "ff".repeat(32), &range[5 * 64..]);
    for new in [range[64..].to_owned(), scalar] {
        field(balance(), "/proof/rings/range", json!(new), "the range proof");
    }
    // The points of a range proof are decoded by who verifies it.
    let mut identity = balance();
    *identity.pointer_mut("/proof/rings/range").unwrap() = json!(format!("{}{}", "00".repeat(32), &range[64..]));
    let read = Disclosure::from_json(identity.to_string().as_bytes()).unwrap();
    assert!(read.check(&scene()).is_err());
    for length in [0, 1, MAX_RING + 1] {
        field(balance(), "/claim/balance/notes/0/length", json!(length), "a set's length");
    }
    let payment: Value = serde_json::from_str(&scene().payment_made().to_json().unwrap()).unwrap();
    let address = payment["claim"]["payment_made"]["address"].as_str().unwrap().to_owned();
    for new in [address.to_uppercase(), format!(" {address}"), address.replace("hw1", "hx1"), String::new()] {
        field(payment.clone(), "/claim/payment_made/address", json!(new), "the address");
    }
    field(payment, "/claim/payment_made/transaction", json!("00"), "the transaction");
}

#[test]
fn numbers_are_whole_and_fit() {
    for new in [json!(-1), json!(1.5), json!(1e3), json!("5"), json!(4_294_967_296u64)] {
        let error = changed(good(), "/claim/delivery/delivered", new.clone());
        assert!(matches!(error, DisclosureError::Syntax(_)), "{new}");
    }
}

#[test]
fn a_balance_of_no_or_too_many_notes_or_without_a_proof_for_each_is_refused() {
    let note = balance()["claim"]["balance"]["notes"][0].clone();
    for count in [0, 17] {
        let error = changed(balance(), "/claim/balance/notes", json!(vec![note.clone(); count]));
        assert!(matches!(error, DisclosureError::NoteCount), "{count}");
    }
    let error = changed(balance(), "/proof/rings/signatures", json!([]));
    assert!(matches!(error, DisclosureError::NoteCount));
    let proof = good()["proof"].clone();
    assert!(matches!(changed(balance(), "/proof", proof), DisclosureError::ProofKind));
    let proof = balance()["proof"].clone();
    assert!(matches!(changed(good(), "/proof", proof), DisclosureError::ProofKind));
}

#[test]
fn texts_that_deceive_or_are_too_long_are_refused_when_made_and_when_read() {
    let long = |length| "ä".repeat(length);
    assert!(Audience::new(&long(MAX_VERIFIER), &long(MAX_NONCE), &long(MAX_PURPOSE)).is_ok());
    assert!(Audience::new("", "", "").is_ok());
    for (place, field, longest) in [(0, "verifier", MAX_VERIFIER), (1, "nonce", MAX_NONCE), (2, "purpose", MAX_PURPOSE)]
    {
        let bad = [
            (long(longest + 1), TextFlaw::TooLong { longest }),
            ("a\u{1b}[2Jb".into(), TextFlaw::Character),
            ("a\nb".into(), TextFlaw::Character),
            ("a\u{202e}b".into(), TextFlaw::Character),
            ("a\u{200b}b".into(), TextFlaw::Character),
            ("a\u{2066}b".into(), TextFlaw::Character),
            (" a".into(), TextFlaw::Edges),
            ("a ".into(), TextFlaw::Edges),
        ];
        for (text, flaw) in bad {
            let mut texts = ["", "", ""];
            texts[place] = &text;
            assert_eq!(Audience::new(texts[0], texts[1], texts[2]), Err((field, flaw)));
            let error = changed(good(), &format!("/{field}"), json!(text));
            assert!(
                matches!(error, DisclosureError::Text { field: named, flaw: found } if (named, found) == (field, flaw))
            );
        }
    }
}

#[test]
fn what_the_parser_quotes_cannot_write_to_the_terminal() {
    let mut bad = good();
    bad.as_object_mut().unwrap().insert("\u{1b}[2J\u{202e}HOLDS".into(), json!(1));
    let text = refused(&bad).to_string();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && text.contains("HOLDS"), "{text:?}");
}
