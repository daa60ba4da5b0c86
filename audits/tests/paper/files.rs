//! Signatures, and reports held against chains.

use std::collections::BTreeMap;

use hushwatt_audits::{
    NoProgress, Report,
    paper::{Claim, ClaimError, Comparison, Part, Seal, SealError, render},
    report::{FORMAT, SOFTWARE},
    verify_reader_until,
};
use hushwatt_crypto::{NetworkId, signature::SigningKey};
use serde_json::Value;

use crate::{
    chain::{Chain, TIP, story},
    rich,
};

type Files = BTreeMap<Part, Vec<u8>>;

fn files(report: &Report) -> Files {
    Part::ALL.into_iter().map(|part| (part, render(report, part).unwrap())).collect()
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

fn sealed(chain: &Chain, files: &Files) -> Vec<u8> {
    Seal::new(chain.world.network(), files, &key(7)).to_json().unwrap().into_bytes()
}

/// Holds files against a chain, as `audit check-report` does.
fn check(files: &Files, seal: Option<Vec<u8>>, chain: &Chain) -> Comparison {
    let claim = Claim::new(files.clone(), seal).unwrap();
    let last = claim.last_block().unwrap_or(u64::MAX);
    let network = claim.network().unwrap();
    let report = verify_reader_until(chain.file().as_slice(), 0, &network, last, &mut NoProgress).unwrap();
    claim.compare(report, Some(&key(7).verifying_key())).unwrap()
}

#[test]
fn a_signed_report_matches_its_chain_and_that_chain_grown_longer() {
    let before = story(TIP - 1);
    let files = files(&before.audit());
    let seal = sealed(&before, &files);
    for chain in [before, story(TIP)] {
        let found = check(&files, Some(seal.clone()), &chain);
        assert!(found.matches && found.chain_holds && !found.other_certificates, "{found:?}");
        assert_eq!((found.height, found.files.len()), (Some(TIP - 1), Part::ALL.len()));
        assert!(found.signer.is_some());
    }
}

#[test]
fn a_report_that_says_that_the_chain_fails_matches_that_chain() {
    let mut broken = story(TIP);
    *broken.records.last_mut().unwrap().0.last_mut().unwrap() ^= 1;
    let mut open = story(TIP);
    open.uncertified(TIP);
    for chain in [broken, open] {
        let files = files(&chain.audit());
        let found = check(&files, Some(sealed(&chain, &files)), &chain);
        assert!(found.matches && !found.chain_holds, "{found:?}");
    }
}

#[test]
fn every_changed_file_is_found_even_if_it_was_signed_so() {
    let chain = rich::rich();
    let honest = files(&rich::report());
    for part in Part::ALL {
        let mut changed = honest.clone();
        let bytes = changed.get_mut(&part).unwrap();
        let at = bytes.len() * 2 / 3;
        let digit = (at..bytes.len()).find(|at| bytes[*at].is_ascii_digit()).unwrap();
        bytes[digit] = if bytes[digit] == b'1' { b'2' } else { b'1' };
        let found = check(&changed, Some(sealed(&chain, &honest)), &chain);
        assert!(!found.matches && found.signer.is_none(), "{found:?}");
        assert!(found.differences.iter().any(|why| why.contains("is not the file that was signed")), "{found:?}");
        // The signer himself says something wrong.
        let found = check(&changed, Some(sealed(&chain, &changed)), &chain);
        assert!(!found.matches && found.signer.is_some(), "{found:?}");
        assert!(found.differences[0].contains(part.file_name()), "{found:?}");
    }
}

#[test]
fn every_field_of_a_signature_counts() {
    let chain = story(TIP);
    let files = files(&chain.audit());
    let network = chain.world.network();
    let seal = Seal::new(network, &files, &key(7));
    assert_eq!(seal.check(network, &files), Ok(()));
    let text = seal.to_json().unwrap();
    assert_eq!(Seal::from_json(text.as_bytes()).unwrap(), seal);
    let data: Value = serde_json::from_str(&text).unwrap();
    let mut refused = 0;
    for pointer in
        ["/network", "/signer", "/signature", "/files/0/digest", "/files/3/digest", "/files/1/name", "/format"]
    {
        let value = data.pointer(pointer).unwrap().as_str().unwrap();
        let mut other = value.to_owned();
        let last = if value.ends_with('0') { "1" } else { "0" };
        other.replace_range(value.len() - 1.., last);
        // Replaced in the text, so that nothing else changes.
        let changed = text.replacen(value, &other, 1);
        assert_ne!(changed, text);
        let verdict = Seal::from_json(changed.as_bytes()).map(|seal| seal.check(network, &files));
        assert!(!matches!(verdict, Ok(Ok(()))), "{pointer}");
        refused += 1;
    }
    assert_eq!(refused, 7);
    // Another way to write the same, and what does not belong there.
    let spaced = text.replacen(": ", ":  ", 1);
    let more = text.replacen("{\n", "{\n  \"more\": 1,\n", 1);
    let upper = text.replacen(&hex_of(&data, "/signer"), &hex_of(&data, "/signer").to_uppercase(), 1);
    let long = " ".repeat(20 << 10);
    for wrong in [&spaced, &more, &upper, &long] {
        assert!(Seal::from_json(wrong.as_bytes()).is_err());
    }
}

fn hex_of(data: &Value, pointer: &str) -> String {
    data.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_signature_is_of_these_files_on_this_network_by_this_key() {
    let chain = story(TIP);
    let all = files(&chain.audit());
    let network = chain.world.network();
    let seal = Seal::new(network, &all, &key(7));
    let elsewhere = NetworkId([9; 32]);
    assert_eq!(seal.check(&elsewhere, &all), Err(SealError::ForeignNetwork { expected: elsewhere, found: *network }));
    let mut fewer = all.clone();
    fewer.remove(&Part::ALL[1]);
    assert_eq!(seal.check(network, &fewer), Err(SealError::Missing("report.en.html")));
    let of_fewer = Seal::new(network, &fewer, &key(7));
    assert_eq!(of_fewer.check(network, &all), Err(SealError::NotSigned("report.en.html")));
    // A signature of another key under this key's name.
    let text = seal.to_json().unwrap();
    let other = Seal::new(network, &all, &key(8)).to_json().unwrap();
    let [of, by] = [&text, &other].map(|text| serde_json::from_str::<Value>(text).unwrap());
    let forged = text.replacen(&hex_of(&of, "/signature"), &hex_of(&by, "/signature"), 1);
    assert_eq!(Seal::from_json(forged.as_bytes()).unwrap().check(network, &all), Err(SealError::Signature));

    let found = check(&all, Some(other.into_bytes()), &chain);
    assert!(!found.matches && found.differences[0].contains("is signed by"), "{found:?}");
    let found = check(&all, None, &chain);
    assert_eq!(found.differences, ["the report is not signed"]);
    let found = check(&all, Some(b"{}".to_vec()), &chain);
    assert!(found.differences[0].starts_with("report.sig.json is no signature"), "{found:?}");
}

#[test]
fn another_chain_and_a_shorter_one_do_not_match() {
    let chain = story(TIP);
    let files = files(&chain.audit());
    let mut other = story(TIP - 1);
    other.accept(other.world.after(700), &[]);
    for chain in [story(TIP - 1), Chain::empty(), other] {
        let found = check(&files, Some(sealed(&chain, &files)), &chain);
        assert!(!found.matches, "{found:?}");
        assert!(found.differences[0].starts_with("report.json is not what the chain says, from line"), "{found:?}");
    }
}

#[test]
fn other_certificates_of_the_same_blocks_are_said_and_other_claims_are_not() {
    let chain = story(TIP);
    let files = files(&chain.audit());
    // Another node keeps no certificate of a block in the middle: it is final by that of the next.
    let mut copy = chain.clone();
    copy.uncertified(3);
    let found = check(&files, Some(sealed(&chain, &files)), &copy);
    assert!(found.matches && found.other_certificates, "{found:?}");
    // The same where the chain fails: only the place in the file is another.
    let mut broken = chain.clone();
    *broken.records.last_mut().unwrap().0.last_mut().unwrap() ^= 1;
    let of_broken = self::files(&broken.audit());
    let mut copy_of_broken = broken.clone();
    copy_of_broken.uncertified(3);
    let found = check(&of_broken, Some(sealed(&chain, &of_broken)), &copy_of_broken);
    assert!(found.matches && found.other_certificates && !found.chain_holds, "{found:?}");
    // Under that cover nothing else may differ.
    let mut lie = files.clone();
    let text = String::from_utf8(lie[&Part::Json].clone()).unwrap();
    let changed = text.replacen("\"minted\": 160000000", "\"minted\": 160000001", 1);
    assert_ne!(changed, text);
    lie.insert(Part::Json, changed.into_bytes());
    let found = check(&lie, None, &copy);
    assert!(!found.matches && !found.other_certificates && found.differences[0].contains("minted"), "{found:?}");
}

#[test]
fn what_is_no_report_is_refused() {
    let claim = |text: &str| Claim::new(BTreeMap::from([(Part::Json, text.as_bytes().to_vec())]), None).err();
    assert_eq!(Claim::new(BTreeMap::new(), None).err(), Some(ClaimError::NoData));
    assert_eq!(claim("not json"), Some(ClaimError::NotJson));
    assert_eq!(claim("{}"), Some(ClaimError::Format { found: String::new() }));
    let strange = claim("{\"format\": \"hushwatt audit 9\\u001b[2J\"}");
    assert_eq!(strange, Some(ClaimError::Format { found: "hushwatt audit 9?[2J".to_owned() }));
    let nowhere = data("");
    assert_eq!((nowhere.network().err(), nowhere.last_block()), (Some(ClaimError::NoNetwork), None));
    // Whatever such a file says of numbers, comparing it costs no more than the chain.
    let tip = |bytes| format!(", \"tip\": {{\"height\": 18446744073709551615, \"not_final\": 0, \"bytes\": {bytes}}}");
    let mad = data(&tip(0));
    assert_eq!(mad.last_block(), Some(u64::MAX));
    assert!(!mad.compare(story(1).audit(), None).unwrap().matches);
    assert_eq!(claim(&with(&tip(-1))), Some(ClaimError::NotJson));
}

/// Data of this version, with more fields.
fn with(more: &str) -> String {
    format!("{{\"format\": \"{FORMAT}\", \"software\": \"{SOFTWARE}\"{more}}}")
}

fn data(more: &str) -> Claim {
    Claim::new(BTreeMap::from([(Part::Json, with(more).into_bytes())]), None).unwrap()
}

#[test]
fn a_report_of_another_version_is_told_apart_from_a_false_one() {
    let chain = story(TIP);
    let mut files = files(&chain.audit());
    let text = String::from_utf8(files[&Part::Json].clone()).unwrap();
    let (own, other) = (format!("\"software\": \"{SOFTWARE}\""), "\"software\": \"9.9.9\"");
    for (changed, found) in [(text.replacen(&own, other, 1), "9.9.9"), (text.replacen(&format!("{own},"), "", 1), "")] {
        assert_ne!(changed, text);
        files.insert(Part::Json, changed.into_bytes());
        let error = Claim::new(files.clone(), None).err().unwrap();
        assert_eq!(error, ClaimError::Software { found: found.to_owned() });
        assert!(error.to_string().ends_with("check it with that version"), "{error}");
    }
    // Its shape may be another one too: that is looked at first.
    let shape = "{\"format\": \"hushwatt audit 6\", \"software\": \"9.9.9\", \"tip\": 5}";
    let error = Claim::new(BTreeMap::from([(Part::Json, shape.as_bytes().to_vec())]), None).err();
    assert_eq!(error, Some(ClaimError::Software { found: "9.9.9".to_owned() }));
}

#[test]
fn a_file_of_nothing_but_lines_lists_or_depth_is_answered_with_one_line() {
    let chain = story(2);
    let report = chain.audit();
    let compared = |text: String| {
        let claim = Claim::new(BTreeMap::from([(Part::Json, text.into_bytes())]), None).unwrap();
        claim.compare(report.clone(), None).unwrap()
    };
    const MANY: usize = 4 << 20;
    let honest = String::from_utf8(render(&report, Part::Json).unwrap()).unwrap();
    let lines = honest.lines().count();
    let longer = format!("{honest}{}", "\n".repeat(MANY));
    let deep = with(&format!(", \"deep\": {}1{}", "[".repeat(MANY), "]".repeat(MANY)));
    let long = with(&format!(", \"questions\": [0{}]", ",0".repeat(MANY)));
    let days = with(&format!(
        ", \"evidence\": {{\"days\": [{{\"finality\": {{}}}}{}]}}",
        ",{\"finality\":{}}".repeat(100_000)
    ));
    for (text, at) in [(longer, lines + 2), (deep, 1), (long, 1), (days, 1), ("\n".repeat(MANY) + &honest, 1)] {
        let found = compared(text);
        let said = &found.differences[0];
        assert!(!found.matches && said.len() < 500, "{}", said.len());
        assert!(said.contains(&format!("from line {at} on")), "{said}");
    }
    // One line that differs behind many that do not, and a file that ends early.
    let last = honest.trim_end().rsplit_once('\n').unwrap().0;
    for (text, at) in [(format!("{last}\n }}\n"), lines), (honest.trim_end().to_owned(), lines + 1)] {
        let said = &compared(text).differences[0];
        assert!(said.contains(&format!("from line {at} on")), "{said}");
    }
    // Where no such thing belongs.
    let claim = |text: String| Claim::new(BTreeMap::from([(Part::Json, text.into_bytes())]), None).err();
    for nothing in ["[".repeat(MANY), "\n".repeat(MANY), with(&format!(", \"tip\": {}", "[".repeat(MANY)))] {
        assert_eq!(claim(nothing), Some(ClaimError::NotJson));
    }
}
