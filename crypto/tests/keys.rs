//! Keys, hints, addresses, commitments, Ed25519, state root: what belongs to one network, place and purpose stays there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use std::collections::HashSet;

use common::{FOREIGN, NETWORK, any_opening, any_point, rng, rounds};
use curve25519_dalek::{
    constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
    edwards::{CompressedEdwardsY, EdwardsPoint},
    ristretto::RistrettoPoint,
    scalar::{Scalar, clamp_integer},
};
use hushwatt_crypto::{
    CryptoError, Element, Label, NetworkId, Point, PublicScalar, SecretScalar,
    address::Address,
    commitment::{Opening, find_value, value_part},
    context::Context,
    generators::{check_generators, generators},
    hash::Hasher,
    hint::{HINT_LENGTH, Hint, HintBody},
    keys::{Account, OneTimeSecret, Seed},
    meter::{DayKey, Register},
    onetime::NewOutput,
    set_hash::SetHash,
    signature::{Signature, SigningKey, VerifyingKey},
};
use rand::{Rng, RngCore};
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha512};

fn account(rng: &mut ChaCha20Rng) -> Account {
    Account::from_seed(&NETWORK, &Seed::random(rng)).unwrap()
}

fn context(rng: &mut ChaCha20Rng) -> Context {
    Context::of_first_image(&any_point(rng))
}

/// A sealed hint of output 3 for an account.
fn sealed(to: &Account, context: Context, rng: &mut ChaCha20Rng) -> (NewOutput, Opening, Hint) {
    let output = NewOutput::derive(&NETWORK, to.address(), context, 3, rng).unwrap();
    let opening = any_opening(rng.next_u64(), rng);
    let hint = Hint::seal(&output, &HintBody::note(opening.value, opening.blinding.clone()));
    (output, opening, hint)
}

#[test]
fn sender_and_recipient_agree_on_key_secret_and_body() {
    let mut rng = rng(1);
    for _ in 0..rounds(20, 500) {
        let to = account(&mut rng);
        let context = context(&mut rng);
        let (output, opening, hint) = sealed(&to, context, &mut rng);
        let found = hint.open(&NETWORK, to.view(), context, 3, &output.key).unwrap();
        assert_eq!((found.body.value, &found.body.blinding), (opening.value, &opening.blinding));
        let secret = OneTimeSecret::new(&found.tweak, to.spend());
        assert_eq!(secret.public(), Ok(output.key));
        assert!(secret.key_image().is_ok());
    }
}

#[test]
fn what_an_account_signs_holds_for_its_address_network_use_and_message_only() {
    let mut rng = rng(40);
    let (owner, other) = (account(&mut rng), account(&mut rng));
    let signature = owner.sign(&NETWORK, Label::Offer, b"offer", &mut rng).unwrap();
    let verify = |by: &Account, network: &NetworkId, label, message: &[u8]| {
        by.address().verify(network, label, message, &signature)
    };
    assert_eq!(verify(&owner, &NETWORK, Label::Offer, b"offer"), Ok(()));
    for wrong in [
        verify(&other, &NETWORK, Label::Offer, b"offer"),
        verify(&owner, &FOREIGN, Label::Offer, b"offer"),
        verify(&owner, &NETWORK, Label::SigningDigest, b"offer"),
        verify(&owner, &NETWORK, Label::Offer, b"offes"),
    ] {
        assert_eq!(wrong, Err(CryptoError::SchnorrInvalid));
    }
}

#[test]
fn a_contracts_hint_carries_its_handle_secrets() {
    let mut rng = rng(2);
    let to = account(&mut rng);
    let context = context(&mut rng);
    let output = NewOutput::derive(&NETWORK, to.address(), context, 2, &mut rng).unwrap();
    let secrets: [SecretScalar; 3] = core::array::from_fn(|_| SecretScalar::random(&mut rng));
    let hint = Hint::seal(&output, &HintBody::contract(1500, secrets[0].clone(), &secrets[1], &secrets[2]));
    let body = hint.open(&NETWORK, to.view(), context, 2, &output.key).unwrap().body;
    assert_eq!((body.value, &body.blinding), (1500, &secrets[0]));
    assert_eq!(body.handle_secrets(), Some((secrets[1].clone(), secrets[2].clone())));
}

#[test]
fn a_hint_in_another_place_or_for_another_key_is_not_recognised() {
    let mut rng = rng(3);
    // Several times, since the view tag alone lets one in 256 pass.
    for _ in 0..rounds(30, 1000) {
        let to = account(&mut rng);
        let stranger = account(&mut rng);
        let here = context(&mut rng);
        let (output, _, hint) = sealed(&to, here, &mut rng);
        let open = |network: &NetworkId, account: &Account, context, index, key: &Point| {
            hint.open(network, account.view(), context, index, key).is_some()
        };
        assert!(open(&NETWORK, &to, here, 3, &output.key));
        assert!(!open(&FOREIGN, &to, here, 3, &output.key));
        assert!(!open(&NETWORK, &stranger, here, 3, &output.key));
        assert!(!open(&NETWORK, &to, context(&mut rng), 3, &output.key));
        assert!(!open(&NETWORK, &to, Context::of_mint(&NETWORK, 1), 3, &output.key));
        assert!(!open(&NETWORK, &to, here, 2, &output.key));
        assert!(!open(&NETWORK, &to, here, 3, &any_point(&mut rng)));
    }
}

#[test]
fn a_hint_with_any_byte_changed_is_not_opened() {
    let mut rng = rng(4);
    let to = account(&mut rng);
    let context = context(&mut rng);
    let (output, _, hint) = sealed(&to, context, &mut rng);
    for at in 0..HINT_LENGTH {
        let mut bad = hint;
        bad.0[at] ^= 1 << rng.gen_range(0..8);
        assert!(bad.open(&NETWORK, to.view(), context, 3, &output.key).is_none(), "byte {at}");
    }
    for _ in 0..rounds(200, 20_000) {
        let mut bytes = [0; HINT_LENGTH];
        rng.fill_bytes(&mut bytes);
        assert!(Hint(bytes).open(&NETWORK, to.view(), context, 3, &output.key).is_none());
    }
}

#[test]
fn one_time_keys_of_two_outputs_never_coincide() {
    let mut rng = rng(5);
    let to = account(&mut rng);
    let context = context(&mut rng);
    let keys: HashSet<Point> =
        (0..20u8).map(|i| NewOutput::derive(&NETWORK, to.address(), context, i % 2, &mut rng).unwrap().key).collect();
    assert_eq!(keys.len(), 20);
    assert_ne!(Context::of_mint(&NETWORK, 1), Context::of_mint(&NETWORK, 2));
    assert_ne!(Context::of_mint(&NETWORK, 1), Context::of_mint(&FOREIGN, 1));
}

#[test]
fn a_seed_gives_other_keys_on_another_network() {
    let seed = Seed::from_bytes([3; 32]);
    let (here, there) = (Account::from_seed(&NETWORK, &seed).unwrap(), Account::from_seed(&FOREIGN, &seed).unwrap());
    assert_ne!(here.address().view, there.address().view);
    assert_ne!(here.address().spend, there.address().spend);
    assert_ne!(here.address().view, here.address().spend);
}

#[test]
fn an_address_survives_the_round_trip_and_no_changed_character() {
    let mut rng = rng(6);
    let address = *account(&mut rng).address();
    let text = address.encode(&NETWORK);
    assert!(text.starts_with("hw1"));
    assert_eq!(Address::decode(&NETWORK, &text), Ok(address));
    assert_eq!(Address::decode(&NETWORK, &format!(" {text}\n")), Ok(address));
    assert_eq!(Address::decode(&NETWORK, &text.to_uppercase()), Ok(address));
    for at in 0..text.len() {
        for other in "qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio".chars() {
            let mut changed: Vec<char> = text.chars().collect();
            if changed[at] == other {
                continue;
            }
            changed[at] = other;
            let changed: String = changed.into_iter().collect();
            assert_eq!(Address::decode(&NETWORK, &changed), Err(CryptoError::BadAddress), "{changed}");
        }
        let mut shorter = text.clone();
        shorter.remove(at);
        assert_eq!(Address::decode(&NETWORK, &shorter), Err(CryptoError::BadAddress));
    }
}

#[test]
fn an_address_of_another_network_kind_or_version_is_refused() {
    let mut rng = rng(7);
    let address = *account(&mut rng).address();
    assert_eq!(Address::decode(&NETWORK, &address.encode(&FOREIGN)), Err(CryptoError::ForeignAddress));

    let encode = |prefix: &str, version: u8, keys: [&[u8; 32]; 2]| {
        let bytes = [&NETWORK.0[..4], &[version], &keys[0][..], &keys[1][..]].concat();
        bech32::encode::<bech32::Bech32m>(bech32::Hrp::parse(prefix).unwrap(), &bytes).unwrap()
    };
    let keys = [address.view.as_bytes(), address.spend.as_bytes()];
    assert_eq!(Address::decode(&NETWORK, &encode("hw", 1, keys)), Ok(address));
    let bad = |text: &str, error| assert_eq!(Address::decode(&NETWORK, text), Err(error));
    bad(&encode("hx", 1, keys), CryptoError::BadAddress);
    bad(&encode("hw", 2, keys), CryptoError::BadAddress);
    bad(&encode("hw", 1, [keys[0], &[0; 32]]), CryptoError::IdentityPoint);
    bad(&encode("hw", 1, [&[1; 32], keys[1]]), CryptoError::NonCanonicalPoint);
    bad("", CryptoError::BadAddress);
    bad("hw1", CryptoError::BadAddress);
}

#[test]
fn a_commitment_opens_with_its_opening_only_and_adds_up() {
    let mut rng = rng(8);
    let base = generators();
    for value in [0, 1, u64::from(u32::MAX), u64::MAX] {
        let opening = any_opening(value, &mut rng);
        let commitment = opening.commit();
        assert_eq!(commitment, Element::new(base.pedersen.commit(value.into(), *opening.blinding.expose())));
        assert!(opening.opens(&commitment));
        assert!(!Opening::new(value ^ 1, opening.blinding.clone()).opens(&commitment));
        assert!(!any_opening(value, &mut rng).opens(&commitment));
    }
    let (one, two) = (any_opening(20, &mut rng), any_opening(22, &mut rng));
    let sum = Opening::new(42, one.blinding.plus(&two.blinding)).commit();
    assert_eq!(sum, Element::new(one.commit().point() + two.commit().point()));
    let nothing = Opening::new(0, SecretScalar::zero());
    assert!(nothing.commit().is_identity());
    assert_eq!(nothing.commit_point(), Err(CryptoError::IdentityPoint));
}

#[test]
fn a_buyer_finds_any_delivered_quantity_from_his_blinding() {
    let mut rng = rng(9);
    let quantities = [0, 1, 1 << 16, u32::MAX - 1, u32::MAX];
    for delivered in quantities {
        let opening = any_opening(u64::from(delivered), &mut rng);
        let rest = opening.commit().point() - opening.blinding.public().point();
        assert_eq!(find_value(&rest, u32::MAX), Some(delivered));
        assert_eq!(find_value(&rest, delivered), Some(delivered));
        if delivered > 0 {
            assert_eq!(find_value(&rest, delivered - 1), None);
        }
    }
    assert_eq!(find_value(&value_part(1 << 32), u32::MAX), None);
    assert_eq!(find_value(&RistrettoPoint::random(&mut rng), 1 << 20), None);
}

#[test]
fn an_ed25519_signature_serves_one_network_label_and_message() {
    let mut rng = rng(10);
    let key = SigningKey::random(&mut rng);
    let public = key.verifying_key();
    let signature = key.sign(&NETWORK, Label::MeterSignature, b"reading");
    let verify = |key: &VerifyingKey, network, label, message: &[u8], signature: &Signature| {
        key.verify(network, label, message, signature)
    };
    assert_eq!(verify(&public, &NETWORK, Label::MeterSignature, b"reading", &signature), Ok(()));
    let refused = |result| assert_eq!(result, Err(CryptoError::SignatureInvalid));
    refused(verify(&public, &FOREIGN, Label::MeterSignature, b"reading", &signature));
    refused(verify(&public, &NETWORK, Label::MeterSignature, b"readinf", &signature));
    let other = SigningKey::random(&mut rng).verifying_key();
    refused(verify(&other, &NETWORK, Label::MeterSignature, b"reading", &signature));
    for label in Label::ALL.iter().filter(|label| **label != Label::MeterSignature) {
        refused(verify(&public, &NETWORK, *label, b"reading", &signature));
    }
    for at in 0..64 {
        let mut bad = signature;
        bad.0[at] ^= 1;
        refused(verify(&public, &NETWORK, Label::MeterSignature, b"reading", &bad));
    }
}

/// A signature whose `R` is a nonce's point plus a point of small order, made with the secret scalar.
fn with_torsion(seed: &[u8; 32], torsion: EdwardsPoint, message: &[u8]) -> Signature {
    let wide = Sha512::digest(seed);
    let scalar = Scalar::from_bytes_mod_order(clamp_integer(wide[..32].try_into().unwrap()));
    let nonce = Scalar::from(987_654_321u64);
    let r = (ED25519_BASEPOINT_POINT * nonce + torsion).compress().0;
    let public = SigningKey::from_bytes(seed).verifying_key();
    signature_with(r, nonce, scalar, &public, message)
}

fn signature_with(r: [u8; 32], nonce: Scalar, scalar: Scalar, public: &VerifyingKey, message: &[u8]) -> Signature {
    let hash = Sha512::new().chain_update(r).chain_update(public.as_bytes()).chain_update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    Signature([r, (nonce + k * scalar).to_bytes()].concat().try_into().unwrap())
}

#[test]
fn bytes_signed_as_they_are_verify_by_zip_215() {
    let mut rng = rng(11);
    let key = SigningKey::random(&mut rng);
    let public = key.verifying_key();
    let refused = Err(CryptoError::SignatureInvalid);
    for length in [0, 1, 100, 1000] {
        let mut message = vec![0; length];
        rng.fill_bytes(&mut message);
        let signature = key.sign_bytes(&message);
        assert_eq!(public.verify_zip215(&message, &signature), Ok(()));
        for at in 0..64 {
            let mut bad = signature;
            bad.0[at] ^= 1 << (at % 8);
            assert_eq!(public.verify_zip215(&message, &bad), refused, "byte {at}");
        }
        assert_eq!(SigningKey::random(&mut rng).verifying_key().verify_zip215(&message, &signature), refused);
        message.push(0);
        assert_eq!(public.verify_zip215(&message, &signature), refused);
    }
    // RFC 8032, 7.1, test 2.
    let bytes = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let secret = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let known = bytes(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    let key = SigningKey::from_bytes(&secret.try_into().unwrap());
    let signature = Signature(known.try_into().unwrap());
    assert_eq!(key.sign_bytes(&[0x72]), signature);
    assert_eq!(key.verifying_key().verify_zip215(&[0x72], &signature), Ok(()));
}

#[test]
fn zip_215_ignores_points_of_small_order_and_strict_verification_does_not() {
    let seed = [5; 32];
    let public = SigningKey::from_bytes(&seed).verifying_key();
    let strict = ed25519_dalek::VerifyingKey::from_bytes(public.as_bytes()).unwrap();
    for (place, torsion) in EIGHT_TORSION.into_iter().enumerate() {
        let signature = with_torsion(&seed, torsion, b"vote");
        assert_eq!(public.verify_zip215(b"vote", &signature), Ok(()), "point {place} of small order");
        assert_eq!(public.verify_zip215(b"veto", &signature), Err(CryptoError::SignatureInvalid));
        let dalek = ed25519_dalek::Signature::from_bytes(&signature.0);
        assert_eq!(strict.verify_strict(b"vote", &dalek).is_ok(), place == 0);
    }
    // `R` may be of small order itself, and in an encoding that is not canonical: y = 1 + p.
    let wide = Sha512::digest(seed);
    let scalar = Scalar::from_bytes_mod_order(clamp_integer(wide[..32].try_into().unwrap()));
    let mut one = [0xff; 32];
    (one[0], one[31]) = (0xee, 0x7f);
    let identity = EdwardsPoint::default().compress().0;
    for r in [identity, one] {
        let signature = signature_with(r, Scalar::ZERO, scalar, &public, b"vote");
        assert_eq!(public.verify_zip215(b"vote", &signature), Ok(()));
    }
}

#[test]
fn zip_215_refuses_a_second_spelling_of_s_and_an_r_that_is_no_point() {
    let key = SigningKey::from_bytes(&[6; 32]);
    let (public, signature) = (key.verifying_key(), key.sign_bytes(b"vote"));
    let refused = Err(CryptoError::SignatureInvalid);
    // s + l is the same scalar, and fits 32 bytes.
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (mut again, mut carry) = (signature, 0u16);
    for (byte, add) in again.0[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + add + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!((public.verify_zip215(b"vote", &again), carry), (refused, 0));
    let mut no_point = signature;
    let none = (2..=u8::MAX).find(|first| {
        let mut bytes = [0; 32];
        bytes[0] = *first;
        CompressedEdwardsY(bytes).decompress().is_none()
    });
    no_point.0[..32].copy_from_slice(&[0; 32]);
    no_point.0[0] = none.unwrap();
    assert_eq!(public.verify_zip215(b"vote", &no_point), refused);
}

#[test]
fn weak_and_non_canonical_ed25519_keys_are_refused() {
    let mut weak = vec![[0u8; 32]];
    for first in [0x01, 0xec, 0xed, 0xee] {
        let mut key = [if first == 0x01 { 0 } else { 0xff }; 32];
        key[0] = first;
        key[31] = if first == 0x01 { 0 } else { 0x7f };
        weak.push(key);
        key[31] |= 0x80;
        weak.push(key);
    }
    let order_eight = EIGHT_TORSION;
    weak.extend(order_eight.iter().map(|point| point.compress().to_bytes()));
    for key in weak {
        assert_eq!(VerifyingKey::decode(&key), Err(CryptoError::BadVerifyingKey), "{key:02x?}");
    }
    let good = SigningKey::from_bytes(&[5; 32]).verifying_key();
    assert_eq!(VerifyingKey::decode(good.as_bytes()), Ok(good));
}

#[test]
fn secrets_print_nothing() {
    let mut rng = rng(11);
    let seed = Seed::random(&mut rng);
    let account = Account::from_seed(&NETWORK, &seed).unwrap();
    let scalar = SecretScalar::random(&mut rng);
    let secret = OneTimeSecret::new(&scalar, account.spend());
    let signing = SigningKey::random(&mut rng);
    let day = DayKey::random(20_000, &mut rng);
    let opening = Opening::new(987_654_321, scalar.clone());
    let (_, _, hint) = sealed(&account, context(&mut rng), &mut rng);
    assert_eq!(format!("{seed:?}"), "Seed(..)");
    assert_eq!(format!("{scalar:?}"), "SecretScalar(..)");
    assert_eq!(format!("{secret:?}"), "OneTimeSecret(SecretScalar(..))");
    assert_eq!(format!("{signing:?}"), "SigningKey(..)");
    assert_eq!(format!("{day:?}"), "DayKey(day 20000, ..)");
    assert_eq!(format!("{opening:?}"), "Opening(..)");
    assert_eq!(format!("{hint:?}"), "Hint(..)");
    assert_eq!(format!("{:?}", account.spend()), "SpendKey(SecretScalar(..))");
    let printed = format!("{:?}", account.view());
    assert!(printed.contains("SecretScalar(..)"), "{printed}");
}

#[test]
fn labels_are_distinct_and_short() {
    let texts: HashSet<&str> = Label::ALL.iter().map(|label| label.as_str()).collect();
    assert_eq!(texts.len(), Label::ALL.len());
    assert!(texts.iter().all(|text| !text.is_empty() && text.len() < 256));
}

#[test]
fn hashes_differ_by_network_label_and_the_cut_between_parts() {
    let hash = |network: &NetworkId, label, parts: &[&[u8]]| {
        parts.iter().fold(Hasher::new(network, label), |hasher, part| hasher.part(part)).finish64()
    };
    let all = [
        hash(&NETWORK, Label::Nonce, &[b"ab", b"c"]),
        hash(&NETWORK, Label::Nonce, &[b"a", b"bc"]),
        hash(&NETWORK, Label::Nonce, &[b"abc"]),
        hash(&NETWORK, Label::Nonce, &[b"abc", b""]),
        hash(&NETWORK, Label::Reading, &[b"abc"]),
        hash(&FOREIGN, Label::Nonce, &[b"abc"]),
    ];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn a_meters_keys_ratchet_forward_only_and_its_blindings_never_repeat() {
    let mut rng = rng(12);
    let day = DayKey::random(100, &mut rng);
    let later = day.advance(&NETWORK, 103).unwrap();
    assert_eq!(later, day.next(&NETWORK).next(&NETWORK).next(&NETWORK));
    assert_eq!(later.day(), 103);
    assert!(later.advance(&NETWORK, 102).is_none());
    assert!(day.advance(&NETWORK, 100 + 40_001).is_none());

    let to = account(&mut rng);
    let key = day.note_key(&NETWORK, 4, 9, &to.address().spend).unwrap();
    let secret = OneTimeSecret::new(&day.note_tweak(&NETWORK, 4, 9), to.spend());
    assert_eq!(secret.public(), Ok(key));

    let salts = [[1; 32], [2; 32]];
    let mut blindings = HashSet::new();
    let mut count = 0;
    for (key, meter, salt, register, interval) in [
        (&day, 1, &salts[0], Register::Export, 7),
        (&later, 1, &salts[0], Register::Export, 7),
        (&day, 2, &salts[0], Register::Export, 7),
        (&day, 1, &salts[1], Register::Export, 7),
        (&day, 1, &salts[0], Register::Import, 7),
        (&day, 1, &salts[0], Register::Export, 8),
    ] {
        count += 1;
        blindings.insert(*key.reading_blinding(&NETWORK, meter, salt, register, interval).to_bytes());
    }
    assert_eq!(blindings.len(), count);
    let salt = |first, values: &[u32], rng: &mut ChaCha20Rng| day.attestation_salt(&NETWORK, 1, first, values, rng);
    assert_ne!(salt(9, &[1], &mut common::rng(1)), salt(9, &[2], &mut common::rng(1)));
    assert_ne!(salt(9, &[1], &mut common::rng(1)), salt(8, &[1], &mut common::rng(1)));
    assert_ne!(salt(9, &[1], &mut rng), salt(9, &[1], &mut rng));
}

#[test]
fn a_state_root_depends_on_the_entries_and_not_on_their_order() {
    let entry = |key: &[u8], value: &[u8]| SetHash::entry(&NETWORK, key, value);
    let sum = |entries: &[SetHash]| {
        let mut sum = SetHash::empty();
        entries.iter().for_each(|entry| sum.add(entry));
        sum
    };
    let (one, two) = (entry(b"a", b"1"), entry(b"b", b"2"));
    assert_eq!(sum(&[one, two]).root(&NETWORK), sum(&[two, one]).root(&NETWORK));
    assert_ne!(sum(&[one]).root(&NETWORK), sum(&[two]).root(&NETWORK));
    assert_ne!(entry(b"a", b"1").root(&NETWORK), entry(b"a1", b"").root(&NETWORK));
    let mut back = sum(&[one, two]);
    back.remove(&two);
    assert_eq!(back.root(&NETWORK), one.root(&NETWORK));
    assert_eq!(SetHash::from_element(&back.element()), one);
}

#[test]
fn a_network_id_reads_back_and_refuses_other_texts() {
    assert_eq!(NETWORK.to_string().parse(), Ok(NETWORK));
    for text in ["", "07", &"+7".repeat(32), &"é7".repeat(21), &"0g".repeat(32), &"07".repeat(33)] {
        assert!(text.parse::<NetworkId>().is_err(), "{text}");
    }
}

#[test]
fn scalars_and_points_from_outside_are_canonical() {
    let mut order = [0u8; 32];
    order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3edu128.to_le_bytes());
    order[31] = 0x10;
    assert_eq!(PublicScalar::decode(&order), Err(CryptoError::NonCanonicalScalar));
    assert_eq!(SecretScalar::decode(&order), Err(CryptoError::NonCanonicalScalar));
    order[0] -= 1;
    assert!(PublicScalar::decode(&order).is_ok());
    assert_eq!(Point::decode(&[0; 32]), Err(CryptoError::IdentityPoint));
    assert_eq!(check_generators(), Ok(()));
}
