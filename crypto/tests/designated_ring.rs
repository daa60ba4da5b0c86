//! Ring signatures for one verifier: an owner's and the verifier's close alike, and nobody else closes one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, FOREIGN, NETWORK, any_element, any_opening, any_point, any_scalar, rng, rounds};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{
    CryptoError, Label, NetworkId, Point, PublicScalar, SecretScalar,
    clsag::{
        self, Clsag, Member,
        designated::{sign, simulate, verify},
    },
    designated::{VerifierKey, VerifierSecret},
    hash::PROTOCOL_NAME,
    keys::{Account, OneTimeSecret, Seed, hash_to_point},
};
use rand::{Rng, RngCore};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha512};

const MESSAGE: [u8; 64] = [9; 64];

#[derive(Clone)]
struct Owner {
    ring: Vec<Member>,
    index: usize,
    secret: OneTimeSecret,
    z: SecretScalar,
    pseudo: Point,
    image: Point,
}

impl Owner {
    fn new(length: usize, index: usize, rng: &mut ChaCha20Rng) -> Self {
        let account = Account::from_seed(&NETWORK, &Seed::random(rng)).unwrap();
        let secret = OneTimeSecret::new(&SecretScalar::random(rng), account.spend());
        let opening = any_opening(rng.next_u64(), rng);
        let hidden = any_opening(opening.value, rng);
        let mut ring: Vec<Member> = (0..length).map(|_| Member::new(any_point(rng), any_element(rng))).collect();
        ring[index] = Member::new(secret.public().unwrap(), opening.commit());
        Owner {
            ring,
            index,
            z: opening.blinding.minus(&hidden.blinding),
            pseudo: hidden.commit_point().unwrap(),
            image: secret.key_image().unwrap(),
            secret,
        }
    }

    fn sign(&self, key: &VerifierKey, rng: &mut impl hushwatt_crypto::Rng) -> Result<Clsag, CryptoError> {
        let Owner { ring, index, secret, z, pseudo, .. } = self;
        sign(&NETWORK, ring, *index, secret, z, pseudo, key, &MESSAGE, rng)
    }

    fn verify(&self, key: &VerifierKey, signature: &Clsag) -> Result<(), CryptoError> {
        verify(&NETWORK, &self.ring, &self.pseudo, &self.image, key, &MESSAGE, signature)
    }
}

fn verifier(rng: &mut ChaCha20Rng) -> VerifierSecret {
    VerifierSecret::random(rng).unwrap()
}

/// The rounds as the module's documentation has them, written down a second time, without halves and tables.
fn comes_round(owner: &Owner, key: &VerifierKey, signature: &Clsag) -> bool {
    let (Owner { ring, pseudo, image, .. }, d) = (owner, signature.d);
    let mut begun = Sha512::new();
    let label = Label::DisclosureRing.as_str().as_bytes();
    begun.update(PROTOCOL_NAME);
    begun.update([1]);
    begun.update(NETWORK.0);
    begun.update([label.len() as u8]);
    begun.update(label);
    for part in [key.as_bytes(), pseudo.as_bytes(), image.as_bytes(), d.as_bytes()] {
        begun.update(32u64.to_le_bytes());
        begun.update(part);
    }
    begun.update(8u64.to_le_bytes());
    begun.update((ring.len() as u64).to_le_bytes());
    let columns: Vec<u8> = ring
        .iter()
        .flat_map(|member| {
            let difference = (member.commitment().point() - pseudo.point()).compress();
            [*member.key().as_bytes(), difference.to_bytes()].concat()
        })
        .collect();
    let mu = |tag: &[u8]| {
        let hash = begun.clone().chain_update(tag).chain_update(&columns);
        Scalar::from_hash(hash.chain_update(image.as_bytes()).chain_update(d.as_bytes()))
    };
    let (mu_0, mu_1) = (mu(b"CSLAG_0"), mu(b"CSLAG_1"));
    let prefix = begun.clone().chain_update(b"CSLAG_c").chain_update(&columns).chain_update(MESSAGE);
    let base = hushwatt_crypto::generators::generators().g;
    let (last, of_notes) = signature.responses.split_last().unwrap();
    let mut c = signature.c0.0;
    for (member, response) in ring.iter().zip(of_notes) {
        let column = mu_0 * member.key().point() + mu_1 * (member.commitment().point() - pseudo.point());
        let left = response.0 * base.point() + c * column;
        let right = response.0 * hash_to_point(member.key()) + c * (mu_0 * image.point() + mu_1 * d.point());
        let hash = prefix.clone().chain_update(left.compress().as_bytes());
        c = Scalar::from_hash(hash.chain_update(right.compress().as_bytes()));
    }
    let key = Point::decode(key.as_bytes()).unwrap();
    let left = last.0 * base.point() + c * key.point();
    Scalar::from_hash(prefix.chain_update(left.compress().as_bytes())) == signature.c0.0
}

#[test]
fn an_owners_signature_and_the_verifiers_verify_alike_and_look_alike() {
    let mut rng = rng(1);
    for _ in 0..rounds(20, 300) {
        let length = rng.gen_range(2..=24);
        let (owner, verifier) = (Owner::new(length, rng.gen_range(0..length), &mut rng), verifier(&mut rng));
        let real = owner.sign(verifier.key(), &mut rng).unwrap();
        // Of a real image, and of one that nobody has.
        let nobody = Owner { image: any_point(&mut rng), pseudo: any_point(&mut rng), ..owner.clone() };
        let made = |of: &Owner, rng: &mut ChaCha20Rng| {
            simulate(&NETWORK, &of.ring, &of.pseudo, &of.image, &verifier, &MESSAGE, rng).unwrap()
        };
        let (copied, made_up) = (made(&owner, &mut rng), made(&nobody, &mut rng));
        for (of, signature) in [(&owner, &real), (&owner, &copied), (&nobody, &made_up)] {
            assert_eq!(of.verify(verifier.key(), signature), Ok(()));
            assert!(comes_round(of, verifier.key(), signature));
            assert_eq!(signature.responses.len(), length + 1);
            let parts: Vec<Scalar> = signature.responses.iter().chain([&signature.c0]).map(|part| part.0).collect();
            for (place, part) in parts.iter().enumerate() {
                assert!(*part != Scalar::ZERO && !parts[..place].contains(part));
            }
        }
        assert_ne!(real, copied);
    }
}

#[test]
fn every_place_of_a_ring_signs() {
    let mut rng = rng(2);
    let verifier = verifier(&mut rng);
    for length in [2usize, 3, 16] {
        for index in 0..length {
            let owner = Owner::new(length, index, &mut rng);
            let signature = owner.sign(verifier.key(), &mut rng).unwrap();
            assert_eq!(owner.verify(verifier.key(), &signature), Ok(()));
        }
    }
}

#[test]
fn responses_of_owners_and_verifiers_are_spread_alike() {
    // 256 signatures of each: every bit of the lowest byte of every scalar is set in about half of them.
    let mut rng = rng(3);
    let (owner, verifier) = (Owner::new(2, 1, &mut rng), verifier(&mut rng));
    let mut counts = [[[0u32; 8]; 4]; 2];
    for _ in 0..256 {
        let real = owner.sign(verifier.key(), &mut rng).unwrap();
        let Owner { ring, pseudo, image, .. } = &owner;
        let made_up = simulate(&NETWORK, ring, pseudo, image, &verifier, &MESSAGE, &mut rng).unwrap();
        for (of, signature) in counts.iter_mut().zip([real, made_up]) {
            for (of, part) in of.iter_mut().zip(signature.responses.iter().chain([&signature.c0])) {
                (0..8).for_each(|bit| of[bit] += u32::from(part.as_bytes()[0] >> bit & 1));
            }
        }
    }
    // Five standard deviations.
    assert!(counts.as_flattened().as_flattened().iter().all(|count| (88..=168).contains(count)), "{counts:?}");
}

#[test]
fn every_mutation_is_rejected() {
    let mut rng = rng(4);
    for _ in 0..rounds(10, 200) {
        let length = rng.gen_range(2..=8);
        let (owner, verifier) = (Owner::new(length, rng.gen_range(0..length), &mut rng), verifier(&mut rng));
        let key = verifier.key();
        let good = owner.sign(key, &mut rng).unwrap();
        let invalid = Err(CryptoError::RingSignatureInvalid);
        for place in 0..=length {
            let mut bad = good.clone();
            bad.responses[place].0 += Scalar::ONE;
            assert_eq!(owner.verify(key, &bad), invalid);
        }
        let bad = Clsag { c0: PublicScalar(good.c0.0 + Scalar::ONE), ..good.clone() };
        assert_eq!(owner.verify(key, &bad), invalid);
        assert_eq!(owner.verify(key, &Clsag { d: any_point(&mut rng), ..good.clone() }), invalid);
        for other in [
            Owner { image: any_point(&mut rng), ..owner.clone() },
            Owner { pseudo: any_point(&mut rng), ..owner.clone() },
        ] {
            assert_eq!(other.verify(key, &good), invalid);
        }
        for place in 0..length {
            let mut other = owner.clone();
            other.ring[place] = Member::new(any_point(&mut rng), *owner.ring[place].commitment());
            assert_eq!(other.verify(key, &good), invalid);
            let mut other = owner.clone();
            other.ring[place] = Member::new(*owner.ring[place].key(), any_element(&mut rng));
            assert_eq!(other.verify(key, &good), invalid);
            let mut other = owner.clone();
            other.ring.swap(place, (place + 1) % length);
            assert_eq!(other.verify(key, &good), invalid);
        }
        let another = VerifierSecret::random(&mut rng).unwrap();
        assert_eq!(owner.verify(another.key(), &good), invalid);
        let with = |network: &NetworkId, message: &[u8; 64]| {
            verify(network, &owner.ring, &owner.pseudo, &owner.image, key, message, &good)
        };
        assert_eq!(with(&FOREIGN, &MESSAGE), invalid);
        assert_eq!(with(&NETWORK, &[8; 64]), invalid);
        assert_eq!(with(&NETWORK, &MESSAGE), Ok(()));
    }
}

#[test]
fn neither_a_stranger_nor_another_verifier_closes_a_ring() {
    let mut rng = rng(5);
    let (owner, verifier, stranger) = (Owner::new(5, 2, &mut rng), verifier(&mut rng), verifier(&mut rng));
    // With another key than the one that the ring has.
    let Owner { ring, pseudo, image, .. } = &owner;
    let closed = simulate(&NETWORK, ring, pseudo, image, &stranger, &MESSAGE, &mut rng).unwrap();
    assert_eq!(owner.verify(stranger.key(), &closed), Ok(()));
    assert_eq!(owner.verify(verifier.key(), &closed), Err(CryptoError::RingSignatureInvalid));
    // An owner of another note, of another place, of another value.
    let wrong = |owner: Owner, rng: &mut ChaCha20Rng| {
        assert_eq!(owner.sign(verifier.key(), rng), Err(CryptoError::NotTheRingMember));
    };
    wrong(Owner { secret: Owner::new(2, 0, &mut rng).secret, ..owner.clone() }, &mut rng);
    wrong(Owner { index: 3, ..owner.clone() }, &mut rng);
    wrong(Owner { index: 5, ..owner.clone() }, &mut rng);
    wrong(Owner { z: SecretScalar::new(any_scalar(&mut rng)), ..owner.clone() }, &mut rng);
    wrong(Owner { pseudo: any_point(&mut rng), ..owner.clone() }, &mut rng);
    // Another's image beside one's own note.
    let signature = owner.sign(verifier.key(), &mut rng).unwrap();
    let stolen = Owner { image: Owner::new(2, 0, &mut rng).image, ..owner.clone() };
    assert_eq!(stolen.verify(verifier.key(), &signature), Err(CryptoError::RingSignatureInvalid));
}

#[test]
fn a_spends_signature_is_none_of_these_and_these_are_no_spends() {
    let mut rng = rng(6);
    let (owner, verifier) = (Owner::new(4, 1, &mut rng), verifier(&mut rng));
    let Owner { ring, index, secret, z, pseudo, image } = &owner;
    let spend = clsag::sign(&NETWORK, ring, *index, secret, z, pseudo, &MESSAGE, &mut rng).unwrap();
    let shown = owner.sign(verifier.key(), &mut rng).unwrap();
    let length = Err(CryptoError::RingLengthMismatch);
    assert_eq!(clsag::verify(ring, pseudo, image, &MESSAGE, &shown), length);
    assert_eq!(owner.verify(verifier.key(), &spend), length);
    // Cut, or made longer, to the other's length.
    let mut cut = shown.clone();
    cut.responses.pop();
    assert_eq!(clsag::verify(ring, pseudo, image, &MESSAGE, &cut), Err(CryptoError::RingSignatureInvalid));
    let mut longer = spend.clone();
    longer.responses.push(PublicScalar(any_scalar(&mut rng)));
    assert_eq!(owner.verify(verifier.key(), &longer), Err(CryptoError::RingSignatureInvalid));
    // Nor is the verifier's member a note of a longer ring.
    let mut longer = ring.clone();
    longer.push(Member::new(Point::decode(verifier.key().as_bytes()).unwrap(), *ring[0].commitment()));
    assert_eq!(clsag::verify(&longer, pseudo, image, &MESSAGE, &shown), Err(CryptoError::RingSignatureInvalid));
}

#[test]
fn a_ring_needs_two_notes() {
    let mut rng = rng(7);
    let (owner, verifier) = (Owner::new(2, 0, &mut rng), verifier(&mut rng));
    let good = owner.sign(verifier.key(), &mut rng).unwrap();
    let small = Owner { ring: owner.ring[..1].to_vec(), ..owner.clone() };
    assert_eq!(small.sign(verifier.key(), &mut rng), Err(CryptoError::RingTooSmall));
    assert_eq!(small.verify(verifier.key(), &good), Err(CryptoError::RingTooSmall));
    let Owner { ring, pseudo, image, .. } = &small;
    let made = simulate(&NETWORK, ring, pseudo, image, &verifier, &MESSAGE, &mut rng);
    assert_eq!(made, Err(CryptoError::RingTooSmall));
}

#[test]
fn a_broken_generator_repeats_no_nonce() {
    let mut rng = rng(8);
    let verifier = verifier(&mut rng);
    let (one, other) = (Owner::new(3, 1, &mut rng), Owner::new(3, 1, &mut rng));
    let signed = [one, other].map(|owner| owner.sign(verifier.key(), &mut Broken).unwrap());
    for (one, other) in signed[0].responses.iter().zip(&signed[1].responses) {
        assert_ne!(one, other);
    }
}
