//! Disclosures and transactions are apart: what signs one never signs the other.

use hushwatt_crypto::{
    Label, Point, SecretScalar,
    clsag::Clsag,
    commitment::{Opening, value_part},
    hash::{Hasher, hex},
    range::{self, RangeBits},
};
use hushwatt_ledger::{
    Rejection,
    codec::{Reader, Writer},
    disclosure::{Claim, Disclosure, Party, Statement, prove_balance},
    note::{Asset, Output},
    transaction::{Action, Transaction, Transfer, build::Built, spend::Spend, transfer::TransferStatement},
    units::Credit,
};
use serde_json::{Value, json};

use crate::{
    kit::{CARLA, forge::tampered},
    scene::{rng, scene},
};

fn file(disclosure: &Disclosure) -> Value {
    serde_json::from_str(&disclosure.to_json().unwrap()).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn a_balances_ring_signature_spends_nothing() {
    // A thief has a balance's file: image, fresh commitment, signature over the whole bucket. He balances a Transfer around
    // it; only the signature is missing, and the one he has is of another digest.
    let mut scene = scene();
    let disclosure = prove_balance(&scene.request(), Credit(5), &scene.money(CARLA, 1), &mut rng(1)).unwrap();
    let Claim::Balance(claim) = &disclosure.statement().claim else { panic!() };
    let note = claim.notes[0];
    let text = file(&disclosure)["proof"]["rings"]["signatures"][0].as_str().unwrap().to_owned();
    let bytes = unhex(&text);
    let signature: Clsag = Reader::new(&bytes).clsag(note.bucket.ring()).unwrap();

    let own = Opening::new(1, SecretScalar::random(&mut rng(2)));
    let fee = value_part(scene.world.parameters().fee);
    let rest = Point::new(note.pseudo.point() - own.commit().point() - fee).unwrap();
    let keys = [scene.world.nobodys_key(), scene.world.nobodys_key()];
    let outputs = vec![
        Output { key: keys[0], commitment: own.commit_point().unwrap() },
        Output { key: keys[1], commitment: rest },
    ];
    let spends = scene.world.spendable(CARLA, Asset::Credit)[..1].to_vec();
    let template = scene.world.transfer(&spends, &[(CARLA, 5), (CARLA, spends[0].opening.value - 12)]);
    let theft = |signature: &Clsag| {
        let mut envelope = *template.transaction.envelope();
        envelope.hints = hushwatt_ledger::transaction::HintsDigest::of(scene.world.network(), &template.hints);
        let Action::Transfer(honest) = template.transaction.action() else { panic!() };
        let statement = TransferStatement {
            bucket: note.bucket,
            inputs: vec![Spend { image: note.image, pseudo: note.pseudo }],
            outputs: outputs.clone(),
        };
        let action =
            Action::Transfer(Transfer { statement, signatures: vec![signature.clone()], range: honest.range.clone() });
        Built::new(Transaction::new(envelope, action), template.hints.clone())
    };
    let verdict = scene.world.verdict(scene.world.after(60), &theft(&signature));
    assert_eq!(verdict, Err(Rejection::RingSignature));
}

#[test]
fn a_transactions_ring_signature_shows_no_balance() {
    let mut scene = scene();
    let notes = scene.world.spendable(CARLA, Asset::Credit)[..1].to_vec();
    let transfer = scene.world.transfer(&notes, &[(CARLA, 5), (CARLA, notes[0].opening.value - 12)]);
    let Action::Transfer(signed) = transfer.transaction.action() else { panic!() };
    // His own honest balance of the same note, with the Transfer's commitment and signature in place of his own.
    let honest = prove_balance(&scene.request(), Credit(5), &scene.money(CARLA, 1), &mut rng(1)).unwrap();
    let mut bad = file(&honest);
    let spend = &signed.statement.inputs[0];
    assert_eq!(bad["claim"]["balance"]["notes"][0]["image"], json!(hex(spend.image.as_bytes())));
    bad["claim"]["balance"]["notes"][0]["commitment"] = json!(hex(spend.pseudo.as_bytes()));
    let mut writer = Writer::new();
    writer.clsag(&signed.signatures[0]);
    bad["proof"]["rings"]["signatures"][0] = json!(hex(&writer.finish()));
    let read = Disclosure::from_json(bad.to_string().as_bytes()).unwrap();
    assert_eq!(read.check(&scene).unwrap_err().name(), "RingSignature");
}

#[test]
fn a_disclosures_digest_is_that_of_no_transaction() {
    let scene = scene();
    for disclosure in scene.all() {
        let statement: &Statement = disclosure.statement();
        let with = |label| Hasher::new(&statement.network, label).part(&statement.encode()).finish64();
        for label in Label::ALL.iter().filter(|label| **label != Label::DisclosureDigest) {
            assert_ne!(with(*label), statement.digest());
        }
        assert_eq!(with(Label::DisclosureDigest), statement.digest());
    }
}

#[test]
fn no_two_statements_have_one_encoding() {
    let scene = scene();
    let mut seen = std::collections::BTreeSet::new();
    for disclosure in scene.all() {
        assert!(seen.insert(disclosure.statement().encode()));
    }
    let party = |party| scene.delivery(party).statement().encode();
    let (seller, buyer) = (party(Party::Seller), party(Party::Buyer));
    let differing = seller.iter().zip(&buyer).filter(|(a, b)| a != b).count();
    assert_eq!((seller.len(), differing), (buyer.len(), 1));
}

#[test]
fn a_transactions_range_proof_is_not_a_balances() {
    // Even over the very same commitment: the digest is another.
    let scene = scene();
    let honest = prove_balance(&scene.request(), Credit(5), &scene.money(CARLA, 1), &mut rng(1)).unwrap();
    let some = Opening::new(7, SecretScalar::random(&mut rng(2)));
    let digest = scene.payment.transaction.id().0;
    let proof = range::prove(scene.world.network(), &digest, RangeBits::Bits64, &[some], &mut rng(3)).unwrap();
    let mut bad = file(&honest);
    bad["proof"]["rings"]["range"] = json!(hex(proof.as_bytes()));
    let read = Disclosure::from_json(bad.to_string().as_bytes()).unwrap();
    assert_eq!(read.check(&scene).unwrap_err().name(), "RangeProof");
}

#[test]
fn a_delivers_claim_signature_is_not_a_sellers_disclosure() {
    // The public signature of the claim key, turned into challenge and response.
    let scene = scene();
    let Action::Deliver(deliver) = scene.deliver.transaction.action() else { panic!() };
    let claim = deliver.claims[0];
    let mut bad = file(&scene.delivery(Party::Seller));
    let responses = bad["proof"]["knowledge"]["responses"].as_array().unwrap().len();
    assert_eq!(responses, 2);
    bad["proof"]["knowledge"]["responses"][0] = json!(hex(claim.response.as_bytes()));
    let read = Disclosure::from_json(bad.to_string().as_bytes()).unwrap();
    assert_eq!(read.check(&scene).unwrap_err().name(), "Knowledge");
    // Nor does the disclosure settle anything: its response under a claim's commitment is no signature.
    let response = file(&scene.delivery(Party::Seller))["proof"]["knowledge"]["responses"][0].clone();
    let response = unhex(response.as_str().unwrap());
    let forged = tampered(&scene.deliver, |_, action| {
        let Action::Deliver(deliver) = action else { panic!() };
        let mut reader = Reader::new(&response);
        deliver.claims[0].response = reader.scalar().unwrap();
    });
    let Action::Deliver(forged) = forged.transaction.action() else { panic!() };
    let terms = hushwatt_ledger::disclosure::Facts::contract(&scene, &scene.contract).unwrap().unwrap().terms;
    let verdict = hushwatt_crypto::schnorr::verify(
        scene.world.network(),
        &terms.claim_key,
        &scene.deliver.transaction.id().0,
        &forged.claims[0],
    );
    assert!(verdict.is_err());
}
