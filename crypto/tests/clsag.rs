//! Ring signatures: equal to nazgul's in both directions, and robust against whatever stands in a ring.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, NETWORK, any_element, any_opening, any_point, any_scalar, rng, rounds};
use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT, ristretto::RistrettoPoint, scalar::Scalar, traits::Identity,
};
use hushwatt_crypto::{
    CryptoError, Element, NetworkId, Point, PublicScalar, SecretScalar,
    clsag::{self, Clsag, ClsagClaim, Member},
    commitment::Opening,
    keys::{Account, OneTimeSecret, Seed, hash_to_point},
};
use nazgul::{
    clsag::CLSAG,
    traits::{Sign, Verify},
};
use rand::{Rng, RngCore};
use rand_chacha::ChaCha20Rng;
use rand_core::OsRng;
use sha2::Sha512;

/// A statement with all its secrets.
#[derive(Clone)]
struct Spend {
    ring: Vec<Member>,
    index: usize,
    secret: OneTimeSecret,
    z: SecretScalar,
    pseudo: Point,
    image: Point,
    message: [u8; 64],
}

impl Spend {
    fn new(length: usize, rng: &mut ChaCha20Rng) -> Self {
        let index = rng.gen_range(0..length);
        let account = Account::from_seed(&NETWORK, &Seed::random(rng)).unwrap();
        let secret = OneTimeSecret::new(&SecretScalar::random(rng), account.spend());
        let opening = any_opening(rng.next_u64(), rng);
        let hidden = any_opening(opening.value, rng);
        let mut ring: Vec<Member> = (0..length).map(|_| Member::new(any_point(rng), any_element(rng))).collect();
        ring[index] = Member::new(secret.public().unwrap(), opening.commit());
        let mut message = [0; 64];
        rng.fill_bytes(&mut message);
        Spend {
            ring,
            index,
            z: opening.blinding.minus(&hidden.blinding),
            pseudo: hidden.commit_point().unwrap(),
            image: secret.key_image().unwrap(),
            secret,
            message,
        }
    }

    fn sign(&self, rng: &mut ChaCha20Rng) -> Result<Clsag, CryptoError> {
        clsag::sign(&NETWORK, &self.ring, self.index, &self.secret, &self.z, &self.pseudo, &self.message, rng)
    }

    fn verify(&self, signature: &Clsag) -> Result<(), CryptoError> {
        clsag::verify(&self.ring, &self.pseudo, &self.image, &self.message, signature)
    }

    /// nazgul's answer for the same statement, its ring rebuilt from the members.
    fn nazgul_verifies(&self, signature: &Clsag) -> bool {
        let theirs = CLSAG {
            challenge: signature.c0.0,
            responses: signature.responses.iter().map(|response| response.0).collect(),
            ring: self.columns(),
            key_images: vec![*self.image.point(), *signature.d.point()],
        };
        CLSAG::verify::<Sha512>(theirs, &self.message)
    }

    fn nazgul_signs(&self) -> Clsag {
        let mut decoys = self.columns();
        decoys.remove(self.index);
        let secrets = vec![*self.secret.secret().expose(), *self.z.expose()];
        let theirs = CLSAG::sign::<Sha512, OsRng>(secrets, decoys, self.index, &self.message);
        assert_eq!(theirs.ring, self.columns());
        assert_eq!(theirs.key_images[0], *self.image.point());
        Clsag {
            c0: PublicScalar(theirs.challenge),
            responses: theirs.responses.into_iter().map(PublicScalar).collect(),
            d: Point::new(theirs.key_images[1]).unwrap(),
        }
    }

    fn columns(&self) -> Vec<Vec<RistrettoPoint>> {
        let row = |member: &Member| vec![*member.key().point(), member.commitment().point() - self.pseudo.point()];
        self.ring.iter().map(row).collect()
    }

    /// Both implementations accept both implementations' signatures.
    fn agrees(&self, rng: &mut ChaCha20Rng) {
        for signature in [self.sign(rng).unwrap(), self.nazgul_signs()] {
            assert_eq!(self.verify(&signature), Ok(()));
            assert!(self.nazgul_verifies(&signature));
        }
    }

    /// Both implementations refuse.
    fn refuses(&self, signature: &Clsag) {
        assert_eq!(self.verify(signature), Err(CryptoError::RingSignatureInvalid));
        assert!(!self.nazgul_verifies(signature));
    }
}

#[test]
fn nazgul_and_we_accept_each_other_and_refuse_every_mutation_alike() {
    let mut rng = rng(1);
    for round in 0..rounds(150, 1500) {
        let spend = Spend::new(rng.gen_range(2..=24), &mut rng);
        spend.agrees(&mut rng);
        let good = spend.sign(&mut rng).unwrap();
        let victim = rng.gen_range(0..spend.ring.len());
        let (mut bad, mut other) = (good.clone(), spend.clone());
        match round % 10 {
            0 => bad.c0.0 += Scalar::ONE,
            1 => bad.responses[victim].0 += Scalar::ONE,
            2 => bad.responses[spend.index] = PublicScalar(any_scalar(&mut rng)),
            3 => bad.d = any_point(&mut rng),
            4 => other.image = any_point(&mut rng),
            5 => other.pseudo = any_point(&mut rng),
            6 => other.message[rng.gen_range(0..64)] ^= 1,
            7 => other.ring[victim] = Member::new(any_point(&mut rng), *spend.ring[victim].commitment()),
            8 => other.ring[victim] = Member::new(*spend.ring[victim].key(), any_element(&mut rng)),
            _ => other.ring.swap(victim, (victim + 1) % spend.ring.len()),
        }
        other.refuses(&bad);
    }
}

#[test]
fn nazgul_and_we_agree_on_whole_buckets() {
    let mut rng = rng(2);
    for length in [64, 128] {
        Spend::new(length, &mut rng).agrees(&mut rng);
    }
}

#[test]
fn every_position_of_a_ring_can_sign() {
    let mut rng = rng(3);
    let mut spend = Spend::new(5, &mut rng);
    for index in 0..5 {
        spend.ring.swap(spend.index, index);
        spend.index = index;
        spend.agrees(&mut rng);
    }
}

#[test]
fn no_property_of_a_member_makes_a_spend_invalid() {
    let mut rng = rng(4);
    for length in [6usize, 9] {
        let good = Spend::new(length, &mut rng);
        let at = |offset: usize| (good.index + offset) % length;
        let own = good.ring[good.index].clone();
        let identity = Element::new(RistrettoPoint::identity());
        let mut strange = good.clone();
        strange.ring[at(1)] = Member::new(any_point(&mut rng), identity);
        strange.agrees(&mut rng);
        // C_i - C' is the identity: a note that was paid with C' itself.
        strange.ring[at(2)] = Member::new(any_point(&mut rng), strange.pseudo.into());
        strange.agrees(&mut rng);
        // Somebody's commitment and key once more, also the spender's own.
        strange.ring[at(3)] = Member::new(any_point(&mut rng), *own.commitment());
        strange.ring[at(4)] = Member::new(*own.key(), any_element(&mut rng));
        strange.agrees(&mut rng);
        strange.ring[at(5)] = own.clone();
        strange.agrees(&mut rng);
        strange.ring[at(1)] = own;
        strange.agrees(&mut rng);
    }
}

#[test]
fn a_ring_of_one_note_many_times_still_spends() {
    let mut rng = rng(5);
    let mut spend = Spend::new(4, &mut rng);
    spend.ring = vec![spend.ring[spend.index].clone(); 4];
    spend.agrees(&mut rng);
}

#[test]
fn challenges_of_zero_and_identity_rounds_are_computed_as_nazgul_does() {
    // With c = s = 0 both L and R are the identity, which takes a branch of its own in the batch encoding.
    let mut rng = rng(6);
    let spend = Spend::new(3, &mut rng);
    let zero = PublicScalar(Scalar::ZERO);
    spend.refuses(&Clsag { c0: zero, responses: vec![zero; 3], d: any_point(&mut rng) });
}

#[test]
fn only_the_owner_of_a_member_can_sign() {
    let mut rng = rng(7);
    let spend = Spend::new(4, &mut rng);
    let refused = |spend: &Spend, rng: &mut ChaCha20Rng| {
        assert_eq!(spend.sign(rng), Err(CryptoError::NotTheRingMember));
    };
    let mut bad = spend.clone();
    bad.z = SecretScalar::new(bad.z.expose() + Scalar::ONE);
    refused(&bad, &mut rng);
    let mut bad = spend.clone();
    bad.secret = Spend::new(2, &mut rng).secret;
    refused(&bad, &mut rng);
    for index in [(spend.index + 1) % 4, 4, usize::MAX] {
        let mut bad = spend.clone();
        bad.index = index;
        refused(&bad, &mut rng);
    }
    // A pseudo commitment to another value.
    let mut bad = spend.clone();
    bad.pseudo = Point::new(bad.pseudo.point() + RistrettoPoint::random(&mut rng)).unwrap();
    refused(&bad, &mut rng);
}

#[test]
fn a_pseudo_commitment_equal_to_the_note_is_refused_by_the_signer() {
    let mut rng = rng(8);
    let mut spend = Spend::new(4, &mut rng);
    spend.pseudo = Point::try_from(*spend.ring[spend.index].commitment()).unwrap();
    spend.z = SecretScalar::zero();
    assert_eq!(spend.sign(&mut rng), Err(CryptoError::IdentityPoint));
}

#[test]
fn inflation_by_a_signer_who_ignores_the_check_is_refused() {
    // nazgul signs without looking: its ring then holds z*G instead of C - C', ours does not.
    let mut rng = rng(9);
    let mut spend = Spend::new(4, &mut rng);
    let mut decoys = spend.columns();
    decoys.remove(spend.index);
    let secrets = vec![*spend.secret.secret().expose(), *spend.z.expose()];
    let theirs = CLSAG::sign::<Sha512, OsRng>(secrets, decoys, spend.index, &spend.message);
    let more = Opening::new(1, SecretScalar::zero()).commit();
    spend.pseudo = Point::new(spend.pseudo.point() + more.point()).unwrap();
    spend.refuses(&Clsag {
        c0: PublicScalar(theirs.challenge),
        responses: theirs.responses.into_iter().map(PublicScalar).collect(),
        d: Point::new(theirs.key_images[1]).unwrap(),
    });
}

#[test]
fn rings_below_two_and_wrong_numbers_of_responses_are_refused_without_panic() {
    let mut rng = rng(10);
    let spend = Spend::new(3, &mut rng);
    let good = spend.sign(&mut rng).unwrap();
    for length in [0, 1] {
        let mut small = spend.clone();
        small.ring.truncate(length);
        small.index = 0;
        let mut signature = good.clone();
        signature.responses.truncate(length);
        assert_eq!(small.verify(&signature), Err(CryptoError::RingTooSmall));
        assert_eq!(small.sign(&mut rng), Err(CryptoError::RingTooSmall));
    }
    for length in [0, 2, 4] {
        let mut signature = good.clone();
        signature.responses.resize(length, PublicScalar(Scalar::ONE));
        assert_eq!(spend.verify(&signature), Err(CryptoError::RingLengthMismatch));
    }
}

#[test]
fn two_spends_of_a_note_show_the_same_image_and_no_other_value_in_common() {
    let mut rng = rng(11);
    let spend = Spend::new(8, &mut rng);
    let (one, two) = (spend.sign(&mut rng).unwrap(), spend.sign(&mut rng).unwrap());
    assert_ne!(one.c0, two.c0);
    assert!(one.responses.iter().zip(&two.responses).all(|(one, two)| one != two));
    let key = spend.secret.public().unwrap();
    assert_eq!(*spend.image.point(), spend.secret.secret().expose() * hash_to_point(&key));
}

#[test]
fn a_broken_random_number_generator_repeats_no_nonce_and_shows_no_signer() {
    let mut rng = rng(12);
    let spend = Spend::new(4, &mut rng);
    let sign = |spend: &Spend| {
        let Spend { ring, index, secret, z, pseudo, message, .. } = spend;
        clsag::sign(&NETWORK, ring, *index, secret, z, pseudo, message, &mut Broken).unwrap()
    };
    let mut other = spend.clone();
    other.message[0] ^= 1;
    let (one, two) = (sign(&spend), sign(&other));
    assert!(one.responses.iter().zip(&two.responses).all(|(one, two)| one != two));
    assert_eq!((spend.verify(&one), other.verify(&two)), (Ok(()), Ok(())));
}

#[test]
fn many_claims_name_exactly_those_that_fail() {
    let mut rng = rng(13);
    let spends: Vec<Spend> = (0..7).map(|_| Spend::new(3, &mut rng)).collect();
    let mut signatures: Vec<Clsag> = spends.iter().map(|spend| spend.sign(&mut rng).unwrap()).collect();
    let failing = |signatures: &[Clsag]| {
        let claims: Vec<ClsagClaim<'_>> = spends
            .iter()
            .zip(signatures)
            .map(|(spend, signature)| ClsagClaim {
                ring: &spend.ring,
                pseudo: &spend.pseudo,
                image: &spend.image,
                message: &spend.message,
                signature,
            })
            .collect();
        clsag::verify_all(&claims)
    };
    assert_eq!(failing(&signatures), Vec::<usize>::new());
    signatures[2].c0.0 += Scalar::ONE;
    signatures[5].responses.clear();
    assert_eq!(failing(&signatures), vec![2, 5]);
}

#[test]
fn the_network_enters_through_the_message_only() {
    // The nonce's hash names a network; the signature's values do not, so the signing digest must (section 5).
    let mut rng = rng(14);
    let spend = Spend::new(3, &mut rng);
    let Spend { ring, index, secret, z, pseudo, message, .. } = &spend;
    let foreign = NetworkId([1; 32]);
    let signature = clsag::sign(&foreign, ring, *index, secret, z, pseudo, message, &mut rng).unwrap();
    assert_eq!(spend.verify(&signature), Ok(()));
}

#[test]
fn the_encoded_length_counts_challenge_responses_and_d() {
    assert_eq!(Clsag::encoded_len(16), 576);
    assert_eq!(Clsag::encoded_len(128), 4160);
}

#[test]
fn the_base_point_as_a_key_is_an_ordinary_member() {
    let mut rng = rng(15);
    let mut spend = Spend::new(3, &mut rng);
    let at = (spend.index + 1) % 3;
    let base = Point::new(RISTRETTO_BASEPOINT_POINT).unwrap();
    spend.ring[at] = Member::new(base, base.into());
    spend.agrees(&mut rng);
}
