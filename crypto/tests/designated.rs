//! Proofs for one verifier: complete, bound to every field, and of no use to anybody else, since the verifier can make them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, FOREIGN, NETWORK, any_element, any_opening, any_scalar, rng, rounds};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{
    CryptoError, Element, Label, NetworkId, PublicScalar, SecretScalar,
    address::Address,
    commitment::{Opening, value_part},
    designated::{Designated, VerifierKey, VerifierSecret, prove, simulate, verify},
    disclosure::{self, Claim, Knowledge, Secret},
    generators::generators,
    transcript::{challenge, transcript},
};
use rand_chacha::ChaCha20Rng;

const STATEMENT: &[u8] = b"500 kWh in 2026, for the tax office";

/// A key, a known value and a hidden value.
struct Household {
    tweak: SecretScalar,
    note: Opening,
    hidden: Opening,
}

impl Household {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Household { tweak: SecretScalar::random(rng), note: any_opening(5, rng), hidden: any_opening(u64::MAX, rng) }
    }

    fn claims(&self) -> Vec<Claim> {
        let blinding = Element::new(self.note.commit().point() - value_part(self.note.value));
        vec![Claim::Key(self.tweak.public()), Claim::Key(blinding), Claim::Opening(self.hidden.commit())]
    }

    fn pairs(&self) -> Vec<(Claim, Secret<'_>)> {
        let secrets = [Secret::Scalar(&self.tweak), Secret::Scalar(&self.note.blinding), Secret::Opening(&self.hidden)];
        self.claims().into_iter().zip(secrets).collect()
    }

    fn prove(&self, verifier: &VerifierKey, rng: &mut impl hushwatt_crypto::Rng) -> Designated {
        prove(&NETWORK, STATEMENT, &self.pairs(), verifier, rng).unwrap()
    }
}

fn verifier(rng: &mut ChaCha20Rng) -> VerifierSecret {
    VerifierSecret::random(rng).unwrap()
}

fn plus(scalar: &PublicScalar, more: Scalar) -> PublicScalar {
    PublicScalar(scalar.0 + more)
}

/// All scalars of a proof.
fn parts(proof: &Designated) -> Vec<PublicScalar> {
    let Designated { household, verifier, responses, verifier_response } = proof;
    [&[*household, *verifier, *verifier_response], &responses[..]].concat()
}

/// The challenge as the module's documentation has it, written down a second time.
fn sum_of_challenges(
    statement: &[u8],
    claims: &[Claim],
    key: &VerifierKey,
    commitments: &[Element],
    last: &Element,
) -> Scalar {
    let mut transcript = transcript(&NETWORK, Label::DisclosureDesignated);
    transcript.append_message(b"statement", statement);
    transcript.append_u64(b"claims", claims.len() as u64);
    for claim in claims {
        let (form, target): (&[u8], _) = match claim {
            Claim::Key(target) => (b"key", target),
            Claim::Opening(target) => (b"opening", target),
        };
        transcript.append_message(b"form", form);
        transcript.append_message(b"T", target.as_bytes());
    }
    transcript.append_message(b"D", key.as_bytes());
    commitments.iter().for_each(|commitment| transcript.append_message(b"A", commitment.as_bytes()));
    transcript.append_message(b"A_v", last.as_bytes());
    challenge(&mut transcript, b"c")
}

#[test]
fn a_households_proof_and_one_that_the_verifier_made_up_verify_alike_and_look_alike() {
    let mut rng = rng(1);
    for _ in 0..rounds(10, 200) {
        let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
        let claims = household.claims();
        let real = household.prove(verifier.key(), &mut rng);
        // He makes one of what is true, and one of what nobody knows: targets without known secrets.
        let copied = simulate(&NETWORK, STATEMENT, &claims, &verifier, &mut rng).unwrap();
        let wrong: Vec<Claim> = claims
            .iter()
            .map(|claim| match claim {
                Claim::Key(_) => Claim::Key(any_element(&mut rng)),
                Claim::Opening(_) => Claim::Opening(any_element(&mut rng)),
            })
            .collect();
        let made_up = simulate(&NETWORK, b"5000 kWh in 2026", &wrong, &verifier, &mut rng).unwrap();
        for (statement, claims, proof) in
            [(STATEMENT, &claims, &real), (STATEMENT, &claims, &copied), (&b"5000 kWh in 2026"[..], &wrong, &made_up)]
        {
            assert_eq!(verify(&NETWORK, statement, claims, verifier.key(), proof), Ok(()));
            assert_eq!(proof.responses.len(), real.responses.len());
            // No part of it is special: none is zero, none is there twice.
            let parts = parts(proof);
            for (place, part) in parts.iter().enumerate() {
                assert!(part.0 != Scalar::ZERO && !parts[..place].contains(part));
            }
        }
        assert_ne!(real, copied);
    }
}

#[test]
fn all_parts_of_a_real_and_a_simulated_proof_are_spread_alike() {
    // 256 proofs of each: every bit of the lowest byte of every scalar is set in about half of them.
    let mut rng = rng(2);
    let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
    let claims = household.claims();
    let mut counts = [[[0u32; 8]; 7]; 2];
    for _ in 0..256 {
        let real = household.prove(verifier.key(), &mut rng);
        let simulated = simulate(&NETWORK, STATEMENT, &claims, &verifier, &mut rng).unwrap();
        for (of, proof) in counts.iter_mut().zip([real, simulated]) {
            for (of, part) in of.iter_mut().zip(parts(&proof)) {
                (0..8).for_each(|bit| of[bit] += u32::from(part.as_bytes()[0] >> bit & 1));
            }
        }
    }
    // Five standard deviations.
    assert!(counts.as_flattened().as_flattened().iter().all(|count| (88..=168).contains(count)), "{counts:?}");
}

#[test]
fn every_mutation_is_rejected() {
    let mut rng = rng(3);
    for _ in 0..rounds(5, 100) {
        let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
        let (claims, good) = (household.claims(), household.prove(verifier.key(), &mut rng));
        let rejected =
            |network: &NetworkId, statement: &[u8], claims: &[Claim], key: &VerifierKey, proof: &Designated| {
                assert_eq!(verify(network, statement, claims, key, proof), Err(CryptoError::KnowledgeInvalid));
            };
        let bad = |proof: &Designated| rejected(&NETWORK, STATEMENT, &claims, verifier.key(), proof);
        rejected(&FOREIGN, STATEMENT, &claims, verifier.key(), &good);
        rejected(&NETWORK, b"501 kWh in 2026, for the tax office", &claims, verifier.key(), &good);
        rejected(&NETWORK, STATEMENT, &claims, VerifierSecret::random(&mut rng).unwrap().key(), &good);
        let one = Scalar::ONE;
        bad(&Designated { household: plus(&good.household, one), ..good.clone() });
        bad(&Designated { verifier: plus(&good.verifier, one), ..good.clone() });
        bad(&Designated { verifier_response: plus(&good.verifier_response, one), ..good.clone() });
        // Moved from one side to the other: the sum stays.
        let (household_more, verifier_less) = (plus(&good.household, one), plus(&good.verifier, -one));
        bad(&Designated { household: household_more, verifier: verifier_less, ..good.clone() });
        bad(&Designated { household: good.verifier, verifier: good.household, ..good.clone() });
        for place in 0..good.responses.len() {
            let mut proof = good.clone();
            proof.responses[place] = plus(&proof.responses[place], one);
            bad(&proof);
            let mut proof = good.clone();
            proof.responses.swap(place, (place + 1) % 4);
            bad(&proof);
        }
        for place in 0..claims.len() {
            let mut other = claims.clone();
            other[place] = match other[place] {
                Claim::Key(_) => Claim::Key(any_element(&mut rng)),
                Claim::Opening(_) => Claim::Opening(any_element(&mut rng)),
            };
            rejected(&NETWORK, STATEMENT, &other, verifier.key(), &good);
        }
        let mut swapped = claims.clone();
        swapped.swap(0, 1);
        rejected(&NETWORK, STATEMENT, &swapped, verifier.key(), &good);
        let mut reshaped = claims.clone();
        (reshaped[0], reshaped[2]) = (Claim::Opening(household.tweak.public()), Claim::Key(household.hidden.commit()));
        rejected(&NETWORK, STATEMENT, &reshaped, verifier.key(), &good);
    }
}

#[test]
fn another_number_of_claims_or_responses_is_refused() {
    let mut rng = rng(4);
    let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
    let (claims, good) = (household.claims(), household.prove(verifier.key(), &mut rng));
    let refused = |claims: &[Claim], proof: &Designated| {
        assert_eq!(verify(&NETWORK, STATEMENT, claims, verifier.key(), proof), Err(CryptoError::KnowledgeShape));
    };
    refused(&[], &good);
    refused(&claims[..2], &good);
    let mut short = good.clone();
    short.responses.pop();
    refused(&claims, &short);
    let mut long = good.clone();
    long.responses.push(good.responses[0]);
    refused(&claims, &long);
    assert_eq!(simulate(&NETWORK, STATEMENT, &[], &verifier, &mut rng), Err(CryptoError::KnowledgeShape));
    assert_eq!(prove(&NETWORK, STATEMENT, &[], verifier.key(), &mut rng), Err(CryptoError::KnowledgeShape));
}

#[test]
fn who_has_neither_secret_makes_no_proof() {
    let mut rng = rng(5);
    let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
    let [key, value, hidden] = household.claims()[..] else { panic!() };
    let other = SecretScalar::random(&mut rng);
    let wrong = any_opening(u64::MAX, &mut rng);
    for (claim, secret) in
        [(key, Secret::Scalar(&other)), (value, Secret::Scalar(&household.tweak)), (hidden, Secret::Opening(&wrong))]
    {
        let refused = prove(&NETWORK, STATEMENT, &[(claim, secret)], verifier.key(), &mut rng);
        assert_eq!(refused, Err(CryptoError::NotTheSecret));
    }
    // Both sides simulated, each with a challenge of its own choice: their sum is not what the transcript gives.
    let base = generators();
    let [c_h, c_v, z, z_v] = [0; 4].map(|_| any_scalar(&mut rng));
    let Claim::Key(target) = key else { panic!() };
    let own = Element::new(z * base.g.point() - c_h * target.point());
    let d = hushwatt_crypto::Point::decode(verifier.key().as_bytes()).unwrap();
    let last = Element::new(z_v * base.g.point() - c_v * d.point());
    let asked = sum_of_challenges(STATEMENT, &[key], verifier.key(), &[own], &last);
    let forged = Designated {
        household: PublicScalar(c_h),
        verifier: PublicScalar(asked - c_h),
        responses: vec![PublicScalar(z)],
        verifier_response: PublicScalar(z_v),
    };
    let verdict = verify(&NETWORK, STATEMENT, &[key], verifier.key(), &forged);
    assert_eq!(verdict, Err(CryptoError::KnowledgeInvalid));
}

#[test]
fn a_prover_written_from_the_description_is_accepted_and_all_of_its_equations_hold() {
    let mut rng = rng(6);
    let base = generators();
    for _ in 0..rounds(5, 100) {
        let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
        let claims = household.claims();
        let d = hushwatt_crypto::Point::decode(verifier.key().as_bytes()).unwrap();
        let [a, b, v, e, c_v, z_v] = [0; 6].map(|_| any_scalar(&mut rng));
        let points = [a * base.g.point(), b * base.g.point(), v * base.h.point() + e * base.g.point()];
        let commitments = points.map(Element::new);
        let last = Element::new(z_v * base.g.point() - c_v * d.point());
        let c = sum_of_challenges(STATEMENT, &claims, verifier.key(), &commitments, &last) - c_v;
        let secrets = [
            (a, *household.tweak.expose()),
            (b, *household.note.blinding.expose()),
            (v, Scalar::from(household.hidden.value)),
            (e, *household.hidden.blinding.expose()),
        ];
        let proof = Designated {
            household: PublicScalar(c),
            verifier: PublicScalar(c_v),
            responses: secrets.map(|(nonce, secret)| PublicScalar(nonce + c * secret)).to_vec(),
            verifier_response: PublicScalar(z_v),
        };
        assert_eq!(verify(&NETWORK, STATEMENT, &claims, verifier.key(), &proof), Ok(()));

        // And the other way round: the crate's own proof satisfies the equations.
        let proof = household.prove(verifier.key(), &mut rng);
        let (c, z) = (proof.household.0, &proof.responses);
        let [Claim::Key(key), Claim::Key(value), Claim::Opening(hidden)] = claims[..] else { panic!() };
        let commitments = [
            z[0].0 * base.g.point() - c * key.point(),
            z[1].0 * base.g.point() - c * value.point(),
            z[2].0 * base.h.point() + z[3].0 * base.g.point() - c * hidden.point(),
        ];
        let last = proof.verifier_response.0 * base.g.point() - proof.verifier.0 * d.point();
        let commitments = commitments.map(Element::new);
        let sum = sum_of_challenges(STATEMENT, &claims, verifier.key(), &commitments, &Element::new(last));
        assert_eq!(sum, c + proof.verifier.0);
    }
}

#[test]
fn a_broken_generator_repeats_nothing_across_statements_and_verifiers() {
    let mut rng = rng(7);
    let (household, one, other) = (Household::new(&mut rng), verifier(&mut rng), verifier(&mut rng));
    let claims = household.pairs();
    let made = [(STATEMENT, &one), (b"another", &one), (STATEMENT, &other)]
        .map(|(statement, to)| prove(&NETWORK, statement, &claims, to.key(), &mut Broken).unwrap());
    for (place, proof) in made.iter().enumerate() {
        for earlier in &made[..place] {
            assert!(parts(proof).iter().all(|part| !parts(earlier).contains(part)));
        }
    }
}

#[test]
fn a_plain_proof_is_no_designated_one_nor_the_reverse() {
    let mut rng = rng(8);
    let (household, verifier) = (Household::new(&mut rng), verifier(&mut rng));
    let claims = household.claims();
    let plain = disclosure::prove(&NETWORK, STATEMENT, &household.pairs(), &mut rng).unwrap();
    // With nothing on the verifier's side, and with his nonce commitment at zero.
    for verifier_response in [PublicScalar(Scalar::ZERO), PublicScalar(Scalar::ONE)] {
        let dressed = Designated {
            household: plain.challenge,
            verifier: PublicScalar(Scalar::ZERO),
            responses: plain.responses.clone(),
            verifier_response,
        };
        let verdict = verify(&NETWORK, STATEMENT, &claims, verifier.key(), &dressed);
        assert_eq!(verdict, Err(CryptoError::KnowledgeInvalid));
    }
    let designated = household.prove(verifier.key(), &mut rng);
    let sum = PublicScalar(designated.household.0 + designated.verifier.0);
    for challenge in [designated.household, sum] {
        let stripped = Knowledge { challenge, responses: designated.responses.clone() };
        let verdict = disclosure::verify(&NETWORK, STATEMENT, &claims, &stripped);
        assert_eq!(verdict, Err(CryptoError::KnowledgeInvalid));
    }
}

#[test]
fn possession_of_a_key_is_shown_for_one_request_only() {
    let mut rng = rng(9);
    let (verifier, other) = (verifier(&mut rng), verifier(&mut rng));
    let good = verifier.prove_possession(&NETWORK, b"a request", &mut rng).unwrap();
    let key = verifier.key();
    assert_eq!(key.verify_possession(&NETWORK, b"a request", &good), Ok(()));
    let invalid = Err(CryptoError::KnowledgeInvalid);
    assert_eq!(key.verify_possession(&NETWORK, b"b request", &good), invalid);
    assert_eq!(key.verify_possession(&FOREIGN, b"a request", &good), invalid);
    assert_eq!(other.key().verify_possession(&NETWORK, b"a request", &good), invalid);
    let (challenge, responses) = (plus(&good.challenge, Scalar::ONE), vec![plus(&good.responses[0], Scalar::ONE)]);
    assert_eq!(key.verify_possession(&NETWORK, b"a request", &Knowledge { challenge, ..good.clone() }), invalid);
    assert_eq!(key.verify_possession(&NETWORK, b"a request", &Knowledge { responses, ..good.clone() }), invalid);
    let responses = vec![good.responses[0]; 2];
    let two = Knowledge { responses, ..good.clone() };
    assert_eq!(key.verify_possession(&NETWORK, b"a request", &two), Err(CryptoError::KnowledgeShape));
    // What shows the same in a disclosure is no request, nor the reverse.
    let claim = Claim::Key(*hushwatt_crypto::Point::decode(key.as_bytes()).unwrap().element());
    let secret = SecretScalar::decode(&verifier.to_bytes()).unwrap();
    let plain = disclosure::prove(&NETWORK, b"a request", &[(claim, Secret::Scalar(&secret))], &mut rng).unwrap();
    assert_eq!(key.verify_possession(&NETWORK, b"a request", &plain), invalid);
    assert_eq!(disclosure::verify(&NETWORK, b"a request", &[claim], &good), invalid);
}

#[test]
fn keys_read_back_and_other_texts_are_refused() {
    let mut rng = rng(10);
    let verifier = verifier(&mut rng);
    let text = verifier.key().encode();
    assert!(text.starts_with("hwverify1"));
    assert_eq!(VerifierKey::decode(&format!(" {text}\n")), Ok(*verifier.key()));
    let again = VerifierSecret::from_bytes(&verifier.to_bytes()).unwrap();
    assert_eq!(again.key(), verifier.key());
    assert_eq!(VerifierSecret::from_bytes(&[0; 32]).err(), Some(CryptoError::IdentityPoint));
    assert_eq!(VerifierSecret::from_bytes(&[0xff; 32]).err(), Some(CryptoError::NonCanonicalScalar));
    assert_eq!(VerifierKey::from_bytes(&[0; 32]), Err(CryptoError::IdentityPoint));
    for place in 0..text.len() {
        let mut letters = text.as_bytes().to_vec();
        letters[place] = if letters[place] == b'q' { b'p' } else { b'q' };
        assert!(VerifierKey::decode(&String::from_utf8(letters).unwrap()).is_err(), "letter {place}");
    }
    let point = |rng: &mut ChaCha20Rng| common::any_point(rng);
    let address = Address { view: point(&mut rng), spend: point(&mut rng) }.encode(&NETWORK);
    assert_eq!(VerifierKey::decode(&address), Err(CryptoError::BadVerifierKey));
}
