//! Openings of orders, sealed for the market operator: they open for him, for their order and on their network only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, FOREIGN, NETWORK, rng, rounds};
use curve25519_dalek::{ristretto::CompressedRistretto, scalar::Scalar};
use hushwatt_crypto::{
    CryptoError, Label,
    order_seal::{OPENING_LENGTH, SEALED_LENGTH, SealedOpening, SealingKey, SealingPublic},
    signature::{Signature, SigningKey},
};
use rand::Rng;
use rand_chacha::ChaCha20Rng;

fn opening(rng: &mut ChaCha20Rng) -> [u8; OPENING_LENGTH] {
    let mut opening = [0; OPENING_LENGTH];
    rng.fill(&mut opening[..]);
    opening
}

fn id(rng: &mut ChaCha20Rng) -> [u8; 64] {
    let mut id = [0; 64];
    rng.fill(&mut id[..]);
    id
}

#[test]
fn an_opening_opens_for_its_operator_and_every_change_is_noticed() {
    let mut rng = rng(1);
    for _ in 0..rounds(10, 200) {
        let (key, other) = (SealingKey::random(&mut rng), SealingKey::random(&mut rng));
        let (opening, id) = (opening(&mut rng), id(&mut rng));
        let sealed = SealedOpening::seal(&NETWORK, key.public(), &id, &opening, &mut rng);
        assert_eq!(sealed.open(&NETWORK, &key, &id).as_deref(), Some(&opening));

        assert!(sealed.open(&FOREIGN, &key, &id).is_none(), "another network");
        assert!(sealed.open(&NETWORK, &other, &id).is_none(), "another operator");
        let mut elsewhere = id;
        elsewhere[rng.gen_range(0..64)] ^= 1;
        assert!(sealed.open(&NETWORK, &key, &elsewhere).is_none(), "another order");
        for at in 0..SEALED_LENGTH {
            let mut changed = sealed;
            changed.0[at] ^= 1 << rng.gen_range(0..8);
            assert!(changed.open(&NETWORK, &key, &id).is_none(), "byte {at}");
        }
    }
}

#[test]
fn any_bytes_are_answered_and_no_ephemeral_key_is_the_identity() {
    let mut rng = rng(2);
    let (key, id) = (SealingKey::random(&mut rng), id(&mut rng));
    for _ in 0..rounds(200, 5_000) {
        let mut bytes = [0; SEALED_LENGTH];
        rng.fill(&mut bytes[..]);
        assert!(SealedOpening(bytes).open(&NETWORK, &key, &id).is_none());
    }
    assert!(SealedOpening([0; SEALED_LENGTH]).open(&NETWORK, &key, &id).is_none());
    assert!(SealedOpening([0xff; SEALED_LENGTH]).open(&NETWORK, &key, &id).is_none());
}

#[test]
fn a_broken_generator_seals_two_openings_with_different_keys() {
    let mut rng = rng(3);
    let (key, id) = (SealingKey::random(&mut rng), id(&mut rng));
    let [one, two] = [opening(&mut rng), opening(&mut rng)]
        .map(|opening| SealedOpening::seal(&NETWORK, key.public(), &id, &opening, &mut Broken));
    assert_ne!(one.0[..32], two.0[..32]);
    let elsewhere = self::id(&mut rng);
    let [one, two] =
        [id, elsewhere].map(|id| SealedOpening::seal(&NETWORK, key.public(), &id, &[7; OPENING_LENGTH], &mut Broken));
    assert_ne!(one.0[..32], two.0[..32]);
}

#[test]
fn sealing_hides_the_opening_and_never_looks_the_same_twice() {
    let mut rng = rng(4);
    let (key, opening, id) = (SealingKey::random(&mut rng), opening(&mut rng), id(&mut rng));
    let [one, two] = [0, 1].map(|_| SealedOpening::seal(&NETWORK, key.public(), &id, &opening, &mut rng));
    assert_ne!(one, two);
    assert!(!one.0.windows(8).any(|part| opening.windows(8).any(|own| own == part)));
}

#[test]
fn a_sealing_key_is_the_operators_by_his_signature_alone() {
    let mut rng = rng(5);
    let (operator, thief) = (SigningKey::random(&mut rng), SigningKey::random(&mut rng));
    let (key, other) = (SealingKey::random(&mut rng), SealingKey::random(&mut rng));
    let signature = key.public().certify(&NETWORK, &operator);
    let known = operator.verifying_key();
    assert_eq!(key.public().verify(&NETWORK, &known, &signature), Ok(()));
    let refused = Err(CryptoError::SignatureInvalid);
    assert_eq!(key.public().verify(&FOREIGN, &known, &signature), refused);
    assert_eq!(key.public().verify(&NETWORK, &thief.verifying_key(), &signature), refused);
    assert_eq!(other.public().verify(&NETWORK, &known, &signature), refused);
    assert_eq!(key.public().verify(&NETWORK, &known, &Signature([0; 64])), refused);
    // What he signs for another use proves nothing here.
    for label in Label::ALL.iter().filter(|label| **label != Label::OperatorSealingKey) {
        let signature = operator.sign(&NETWORK, *label, key.public().as_bytes());
        assert_eq!(key.public().verify(&NETWORK, &known, &signature), refused, "{}", label.as_str());
    }
}

#[test]
fn keys_survive_their_bytes_and_unusable_ones_are_refused() {
    let mut rng = rng(6);
    let key = SealingKey::random(&mut rng);
    let read = SealingKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(read.public(), key.public());
    assert_eq!(SealingPublic::decode(key.public().as_bytes()), Ok(*key.public()));
    assert_eq!(format!("{key:?}"), "SealingKey(..)");
    assert_eq!(SealingKey::from_bytes(&[0; 32]).err(), Some(CryptoError::ZeroSecret));
    assert_eq!(SealingKey::from_bytes(&[0xff; 32]).err(), Some(CryptoError::NonCanonicalScalar));
    assert_eq!(SealingPublic::decode(&[0; 32]), Err(CryptoError::IdentityPoint));
    assert_eq!(SealingPublic::decode(&[0xff; 32]), Err(CryptoError::NonCanonicalPoint));
    // The public key is the secret's multiple of G.
    let secret = Scalar::from_canonical_bytes(*key.to_bytes()).unwrap();
    let expected: CompressedRistretto = curve25519_dalek::ristretto::RistrettoPoint::mul_base(&secret).compress();
    assert_eq!(key.public().as_bytes(), expected.as_bytes());
}
