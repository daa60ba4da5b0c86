//! Proofs of knowledge for disclosures: complete, bound to every field of statement and proof, apart from all other proofs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, FOREIGN, NETWORK, any_element, any_opening, any_scalar, rng, rounds};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{
    CryptoError, Element, Label, Point, PublicScalar, SecretScalar,
    commitment::{Opening, value_part},
    disclosure::{Claim, Knowledge, Secret, prove, verify},
    generators::generators,
    keys::{Account, OneTimeSecret, Seed},
    schnorr::{self, Schnorr},
    transcript::{challenge, transcript},
};
use rand_chacha::ChaCha20Rng;

const STATEMENT: &[u8] = b"a payment of 5 to Bert, for Carla";

/// A key, a known value and a hidden value, as a disclosure of a payment has them.
struct Payment {
    tweak: SecretScalar,
    note: Opening,
    hidden: Opening,
}

impl Payment {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Payment { tweak: SecretScalar::random(rng), note: any_opening(5, rng), hidden: any_opening(u64::MAX, rng) }
    }

    fn claims(&self) -> Vec<Claim> {
        let blinding = Element::new(self.note.commit().point() - value_part(self.note.value));
        vec![Claim::Key(self.tweak.public()), Claim::Key(blinding), Claim::Opening(self.hidden.commit())]
    }

    fn prove(&self, rng: &mut impl hushwatt_crypto::Rng) -> Knowledge {
        let secrets = [Secret::Scalar(&self.tweak), Secret::Scalar(&self.note.blinding), Secret::Opening(&self.hidden)];
        let claims: Vec<_> = self.claims().into_iter().zip(secrets).collect();
        prove(&NETWORK, STATEMENT, &claims, rng).unwrap()
    }
}

fn changed(scalar: &PublicScalar) -> PublicScalar {
    PublicScalar(scalar.0 + Scalar::ONE)
}

#[test]
fn a_proof_of_knowledge_verifies_and_every_mutation_is_rejected() {
    let mut rng = rng(1);
    for _ in 0..rounds(10, 300) {
        let payment = Payment::new(&mut rng);
        let (claims, good) = (payment.claims(), payment.prove(&mut rng));
        assert_eq!(verify(&NETWORK, STATEMENT, &claims, &good), Ok(()));

        let rejected = |statement: &[u8], claims: &[Claim], proof: &Knowledge| {
            assert_eq!(verify(&NETWORK, statement, claims, proof), Err(CryptoError::KnowledgeInvalid));
        };
        assert_eq!(verify(&FOREIGN, STATEMENT, &claims, &good), Err(CryptoError::KnowledgeInvalid));
        rejected(b"a payment of 5 to Bert, for Doris", &claims, &good);
        rejected(b"", &claims, &good);
        rejected(STATEMENT, &claims, &Knowledge { challenge: changed(&good.challenge), ..good.clone() });
        for place in 0..good.responses.len() {
            let mut proof = good.clone();
            proof.responses[place] = changed(&proof.responses[place]);
            rejected(STATEMENT, &claims, &proof);
            let mut proof = good.clone();
            proof.responses.swap(place, (place + 1) % 4);
            rejected(STATEMENT, &claims, &proof);
        }
        for place in 0..claims.len() {
            let mut other = claims.clone();
            other[place] = match other[place] {
                Claim::Key(_) => Claim::Key(any_element(&mut rng)),
                Claim::Opening(_) => Claim::Opening(any_element(&mut rng)),
            };
            rejected(STATEMENT, &other, &good);
        }
        let mut swapped = claims.clone();
        swapped.swap(0, 1);
        rejected(STATEMENT, &swapped, &good);
        // The same number of responses, split among the claims in another way.
        let mut reshaped = claims.clone();
        (reshaped[0], reshaped[2]) = (Claim::Opening(payment.tweak.public()), Claim::Key(payment.hidden.commit()));
        rejected(STATEMENT, &reshaped, &good);
    }
}

#[test]
fn a_proof_for_other_claims_than_it_has_responses_for_is_refused() {
    let mut rng = rng(2);
    let payment = Payment::new(&mut rng);
    let (claims, good) = (payment.claims(), payment.prove(&mut rng));
    let refused = |claims: &[Claim], proof: &Knowledge| {
        assert_eq!(verify(&NETWORK, STATEMENT, claims, proof), Err(CryptoError::KnowledgeShape));
    };
    refused(&[], &good);
    refused(&claims[..2], &good);
    refused(&[claims.clone(), claims.clone()].concat(), &good);
    let mut short = good.clone();
    short.responses.pop();
    refused(&claims, &short);
    let mut long = good.clone();
    long.responses.push(good.responses[0]);
    refused(&claims, &long);
    refused(&[], &Knowledge { challenge: good.challenge, responses: Vec::new() });
}

#[test]
fn a_prover_without_the_secret_gets_no_proof() {
    let mut rng = rng(3);
    let payment = Payment::new(&mut rng);
    let [key, value, hidden] = payment.claims()[..] else { panic!() };
    let other = SecretScalar::random(&mut rng);
    let wrong = any_opening(u64::MAX, &mut rng);
    let unequal = Opening::new(payment.hidden.value - 1, payment.hidden.blinding.clone());
    for (claim, secret) in [
        (key, Secret::Scalar(&other)),
        (value, Secret::Scalar(&payment.tweak)),
        (hidden, Secret::Opening(&wrong)),
        (hidden, Secret::Opening(&unequal)),
    ] {
        assert_eq!(prove(&NETWORK, STATEMENT, &[(claim, secret)], &mut rng), Err(CryptoError::NotTheSecret));
    }
    let shapes =
        [(key, Secret::Opening(&payment.hidden)), (hidden, Secret::Scalar(&payment.tweak))].map(|pair| vec![pair]);
    for claims in shapes.into_iter().chain([Vec::new()]) {
        assert_eq!(prove(&NETWORK, STATEMENT, &claims, &mut rng), Err(CryptoError::KnowledgeShape));
    }
}

#[test]
fn the_secrets_of_an_account_prove_its_address_without_leaving_it() {
    let mut rng = rng(4);
    let account = Account::from_seed(&NETWORK, &Seed::random(&mut rng)).unwrap();
    let stranger = Account::from_seed(&NETWORK, &Seed::random(&mut rng)).unwrap();
    let tweak = SecretScalar::random(&mut rng);
    let one_time = OneTimeSecret::new(&tweak, account.spend());
    let address = *account.address();
    let claims = [address.spend, address.view, one_time.public().unwrap()].map(|point| Claim::Key(*point.element()));
    let secrets = [Secret::Spend(account.spend()), Secret::View(account.view()), Secret::OneTime(&one_time)];
    let proof = prove(&NETWORK, STATEMENT, &claims.into_iter().zip(secrets).collect::<Vec<_>>(), &mut rng).unwrap();
    assert_eq!(verify(&NETWORK, STATEMENT, &claims, &proof), Ok(()));
    let refused = prove(&NETWORK, STATEMENT, &[(claims[0], Secret::Spend(stranger.spend()))], &mut rng);
    assert_eq!(refused, Err(CryptoError::NotTheSecret));
}

#[test]
fn one_part_cannot_be_forged_beside_honest_others() {
    // Who knows two of three secrets simulates the third: he picks its challenge first, which then differs from the one
    // that all parts share.
    let mut rng = rng(5);
    let payment = Payment::new(&mut rng);
    let claims = payment.claims();
    let (guess, z) = (any_scalar(&mut rng), [any_scalar(&mut rng), any_scalar(&mut rng)]);
    let base = generators();
    let nonces = [SecretScalar::random(&mut rng), SecretScalar::random(&mut rng)];
    let Claim::Opening(target) = claims[2] else { panic!() };
    let simulated = z[0] * base.h.point() + z[1] * base.g.point() - guess * target.point();
    let mut statement = transcript(&NETWORK, Label::DisclosureKnowledge);
    statement.append_message(b"statement", STATEMENT);
    statement.append_u64(b"claims", 3);
    for (claim, form) in claims.iter().zip([&b"key"[..], b"key", b"opening"]) {
        let (Claim::Key(target) | Claim::Opening(target)) = claim;
        statement.append_message(b"form", form);
        statement.append_message(b"T", target.as_bytes());
    }
    for commitment in [nonces[0].public(), nonces[1].public(), Element::new(simulated)] {
        statement.append_message(b"A", commitment.as_bytes());
    }
    let c = challenge(&mut statement, b"c");
    let known = [&payment.tweak, &payment.note.blinding];
    let mut responses: Vec<PublicScalar> =
        nonces.iter().zip(known).map(|(nonce, x)| PublicScalar(nonce.expose() + c * x.expose())).collect();
    responses.extend(z.map(PublicScalar));
    let forged = Knowledge { challenge: PublicScalar(c), responses };
    assert_eq!(verify(&NETWORK, STATEMENT, &claims, &forged), Err(CryptoError::KnowledgeInvalid));
    // The same attempt with the third secret passes: the transcript above is the right one.
    let honest = payment.prove(&mut rng);
    assert_eq!(verify(&NETWORK, STATEMENT, &claims, &honest), Ok(()));
}

#[test]
fn a_proof_of_knowledge_is_no_schnorr_signature_nor_the_reverse() {
    let mut rng = rng(6);
    let secret = SecretScalar::random(&mut rng);
    let (key, message) = (Point::try_from(secret.public()).unwrap(), [3; 64]);
    let claim = Claim::Key(*key.element());

    let proof = prove(&NETWORK, &message, &[(claim, Secret::Scalar(&secret))], &mut rng).unwrap();
    let (z, c) = (proof.responses[0], proof.challenge.0);
    let commitment = Element::new(z.0 * generators().g.point() - c * key.point());
    let taken = schnorr::verify(&NETWORK, &key, &message, &Schnorr { commitment, response: z });
    assert_eq!(taken, Err(CryptoError::SchnorrInvalid));

    let signature = schnorr::sign(&NETWORK, &secret, &message, &mut rng).unwrap();
    // z*G = A + c*P gives c*P, not c: but whatever c the signer had, it came from another transcript.
    let mut schnorr_transcript = transcript(&NETWORK, Label::Schnorr);
    schnorr_transcript.append_message(b"message", &message);
    schnorr_transcript.append_message(b"key", key.as_bytes());
    schnorr_transcript.append_message(b"A", signature.commitment.as_bytes());
    let c = challenge(&mut schnorr_transcript, b"c");
    assert_eq!(signature.response.0 * generators().g.point(), signature.commitment.point() + c * key.point());
    let given = Knowledge { challenge: PublicScalar(c), responses: vec![signature.response] };
    assert_eq!(verify(&NETWORK, &message, &[claim], &given), Err(CryptoError::KnowledgeInvalid));
}

#[test]
fn with_a_broken_generator_two_statements_still_share_no_nonce() {
    let payment = Payment::new(&mut rng(7));
    let claims = payment.claims();
    let secrets =
        || [Secret::Scalar(&payment.tweak), Secret::Scalar(&payment.note.blinding), Secret::Opening(&payment.hidden)];
    let proof = |statement: &[u8]| {
        let pairs: Vec<_> = claims.iter().copied().zip(secrets()).collect();
        prove(&NETWORK, statement, &pairs, &mut Broken).unwrap()
    };
    let (one, other) = (proof(b"one"), proof(b"other"));
    // Equal nonces would give the secret: x = (z - z')/(c - c').
    let difference = (one.challenge.0 - other.challenge.0).invert();
    let known = [&payment.tweak, &payment.note.blinding];
    for (place, secret) in known.iter().enumerate() {
        let guess = (one.responses[place].0 - other.responses[place].0) * difference;
        assert_ne!(guess, *secret.expose());
    }
    // Nor do two secrets of one proof: z - z' = c*(x - x').
    let gap = one.responses[0].0 - one.responses[1].0;
    assert_ne!(gap, one.challenge.0 * (known[0].expose() - known[1].expose()));
}
