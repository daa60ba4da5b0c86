//! Schnorr signatures and handle proofs: complete, and bound to every field of statement and proof.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{FOREIGN, NETWORK, any_opening, any_point, any_scalar, rng, rounds};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{
    CryptoError, Element, Label, Point, PublicScalar, SecretScalar,
    commitment::Opening,
    generators::generators,
    handle::{self, HandleProof, HandleWitness, handle},
    schnorr::{self, Schnorr},
    transcript::{challenge, transcript},
};
use rand::Rng;
use rand_chacha::ChaCha20Rng;

#[test]
fn a_schnorr_signature_verifies_and_every_mutation_is_rejected() {
    let mut rng = rng(1);
    for _ in 0..rounds(20, 500) {
        let secret = SecretScalar::random(&mut rng);
        let key = Point::try_from(secret.public()).unwrap();
        let mut message = [0; 64];
        rng.fill(&mut message[..]);
        let good = schnorr::sign(&NETWORK, &secret, &message, &mut rng).unwrap();
        assert_eq!(schnorr::verify(&NETWORK, &key, &message, &good), Ok(()));

        let rejected = |network, key: &Point, message: &[u8; 64], proof: &Schnorr| {
            assert_eq!(schnorr::verify(network, key, message, proof), Err(CryptoError::SchnorrInvalid));
        };
        rejected(&FOREIGN, &key, &message, &good);
        rejected(&NETWORK, &any_point(&mut rng), &message, &good);
        let mut other = message;
        other[rng.gen_range(0..64)] ^= 1;
        rejected(&NETWORK, &key, &other, &good);
        rejected(&NETWORK, &key, &message, &Schnorr { commitment: any_point(&mut rng).into(), ..good });
        rejected(&NETWORK, &key, &message, &Schnorr { response: PublicScalar(any_scalar(&mut rng)), ..good });
        let shifted = PublicScalar(good.response.0 + Scalar::ONE);
        rejected(&NETWORK, &key, &message, &Schnorr { response: shifted, ..good });
    }
}

#[test]
fn a_schnorr_signature_needs_a_secret() {
    let refused = schnorr::sign(&NETWORK, &SecretScalar::zero(), &[0; 64], &mut rng(2));
    assert_eq!(refused, Err(CryptoError::IdentityPoint));
}

/// A Deliver to several contracts.
struct Delivery {
    /// `d`.
    amounts: Vec<u32>,
    /// `b_d`.
    blindings: Vec<SecretScalar>,
    /// `t`.
    ts: Vec<SecretScalar>,
    /// `C_d`.
    delivered: Vec<Point>,
    /// `K`.
    handles: Vec<Point>,
    digest: [u8; 64],
}

impl Delivery {
    fn new(contracts: usize, rng: &mut ChaCha20Rng) -> Self {
        let amounts: Vec<u32> = (0..contracts).map(|i| [0, u32::MAX, rng.r#gen()][i % 3]).collect();
        let secrets = |rng: &mut ChaCha20Rng| (0..contracts).map(|_| SecretScalar::random(rng)).collect::<Vec<_>>();
        let (blindings, ts) = (secrets(rng), secrets(rng));
        let commit = |(amount, blinding): (&u32, &SecretScalar)| {
            Opening::new(u64::from(*amount), blinding.clone()).commit_point().unwrap()
        };
        let delivered = amounts.iter().zip(&blindings).map(commit).collect();
        let handles = blindings.iter().zip(&ts).map(|(blinding, t)| handle(blinding, t).unwrap()).collect();
        let mut digest = [0; 64];
        rng.fill(&mut digest[..]);
        Delivery { amounts, blindings, ts, delivered, handles, digest }
    }

    fn prove(&self, rng: &mut ChaCha20Rng) -> Result<HandleProof, CryptoError> {
        let witness = |(delivered, t): (&u32, _)| HandleWitness { delivered: *delivered, t };
        let witnesses: Vec<HandleWitness<'_>> = self.amounts.iter().zip(&self.ts).map(witness).collect();
        handle::prove(&NETWORK, &self.digest, &self.delivered, &self.handles, &witnesses, rng)
    }

    fn verify(&self, proof: &HandleProof) -> Result<(), CryptoError> {
        handle::verify(&NETWORK, &self.digest, &self.delivered, &self.handles, proof)
    }

    fn rejects(&self, proof: &HandleProof) {
        assert_eq!(self.verify(proof), Err(CryptoError::HandleProofInvalid));
    }
}

#[test]
fn a_handle_proof_verifies_and_every_mutation_is_rejected() {
    let mut rng = rng(3);
    for round in 0..rounds(20, 500) {
        let contracts = 1 + round % 7;
        let mut delivery = Delivery::new(contracts, &mut rng);
        let good = delivery.prove(&mut rng).unwrap();
        assert_eq!(delivery.verify(&good), Ok(()));

        delivery.rejects(&HandleProof { commitment: any_point(&mut rng).into(), ..good });
        for shift in [Scalar::ONE, any_scalar(&mut rng)] {
            delivery.rejects(&HandleProof { value_response: PublicScalar(good.value_response.0 + shift), ..good });
            delivery.rejects(&HandleProof { handle_response: PublicScalar(good.handle_response.0 + shift), ..good });
        }
        let foreign = handle::verify(&FOREIGN, &delivery.digest, &delivery.delivered, &delivery.handles, &good);
        assert_eq!(foreign, Err(CryptoError::HandleProofInvalid));

        let victim = rng.gen_range(0..contracts);
        let kept = std::mem::replace(&mut delivery.delivered[victim], any_point(&mut rng));
        delivery.rejects(&good);
        delivery.delivered[victim] = kept;
        let kept = std::mem::replace(&mut delivery.handles[victim], any_point(&mut rng));
        delivery.rejects(&good);
        delivery.handles[victim] = kept;
        if contracts > 1 {
            delivery.delivered.swap(0, contracts - 1);
            delivery.handles.swap(0, contracts - 1);
            delivery.rejects(&good);
            delivery.delivered.swap(0, contracts - 1);
            delivery.handles.swap(0, contracts - 1);
        }
        delivery.digest[rng.gen_range(0..64)] ^= 1;
        delivery.rejects(&good);
    }
}

#[test]
fn a_seller_who_changes_the_blinding_cannot_prove_the_handle() {
    // C_d with another blinding than the buyer's leaves a component on G, which no (d', t') explains.
    let mut rng = rng(4);
    for contracts in [1, 3] {
        let mut delivery = Delivery::new(contracts, &mut rng);
        let stranded = any_opening(u64::from(delivery.amounts[0]), &mut rng);
        delivery.delivered[0] = stranded.commit_point().unwrap();
        let proof = delivery.prove(&mut rng).unwrap();
        delivery.rejects(&proof);
    }
}

#[test]
fn a_component_on_g_cannot_be_hidden_in_the_nonce_commitment() {
    // The forger puts g*G into A, too, and hopes that it cancels the difference of blindings.
    let mut rng = rng(5);
    let mut delivery = Delivery::new(1, &mut rng);
    let other = SecretScalar::random(&mut rng);
    delivery.delivered[0] = Opening::new(u64::from(delivery.amounts[0]), other.clone()).commit_point().unwrap();
    let difference = other.minus(&delivery.blindings[0]);
    let base = generators();
    for guess in [Scalar::ONE, any_scalar(&mut rng)] {
        // He would need c before A: he guesses it, so that A = a*H + b*J - guess*rho*difference*G.
        let mut statement = transcript(&NETWORK, Label::Handle);
        statement.append_message(b"digest", &delivery.digest);
        statement.append_u64(b"contracts", 1);
        statement.append_message(b"C_d", delivery.delivered[0].as_bytes());
        statement.append_message(b"K", delivery.handles[0].as_bytes());
        let rho = challenge(&mut statement, b"rho");
        let (a, b) = (any_scalar(&mut rng), any_scalar(&mut rng));
        let hidden = guess * rho * difference.expose();
        let commitment = Element::new(a * base.h.point() + b * base.j.point() - hidden * base.g.point());
        statement.append_message(b"A", commitment.as_bytes());
        let c = challenge(&mut statement, b"c");
        delivery.rejects(&HandleProof {
            commitment,
            value_response: PublicScalar(a + c * rho * Scalar::from(delivery.amounts[0])),
            handle_response: PublicScalar(b - c * rho * delivery.ts[0].expose()),
        });
    }
}

#[test]
fn blindings_that_cancel_between_two_contracts_are_rejected() {
    // Their sum is right; the weights, drawn after all commitments, are what finds the swap.
    let mut rng = rng(6);
    let mut delivery = Delivery::new(2, &mut rng);
    let shift = SecretScalar::random(&mut rng);
    let moved = [delivery.blindings[0].plus(&shift), delivery.blindings[1].minus(&shift)];
    for (i, blinding) in moved.into_iter().enumerate() {
        delivery.delivered[i] = Opening::new(u64::from(delivery.amounts[i]), blinding).commit_point().unwrap();
    }
    let proof = delivery.prove(&mut rng).unwrap();
    delivery.rejects(&proof);
}

#[test]
fn a_handle_proof_over_nothing_or_unequal_lists_is_refused() {
    let mut rng = rng(7);
    let delivery = Delivery::new(2, &mut rng);
    let proof = delivery.prove(&mut rng).unwrap();
    let verify =
        |delivered: &[Point], handles: &[Point]| handle::verify(&NETWORK, &delivery.digest, delivered, handles, &proof);
    assert_eq!(verify(&[], &[]), Err(CryptoError::HandleShape));
    assert_eq!(verify(&delivery.delivered, &delivery.handles[..1]), Err(CryptoError::HandleShape));
    assert_eq!(verify(&delivery.delivered[..1], &delivery.handles), Err(CryptoError::HandleShape));
    let unequal = handle::prove(&NETWORK, &delivery.digest, &delivery.delivered, &delivery.handles, &[], &mut rng);
    assert_eq!(unequal, Err(CryptoError::HandleShape));
}
