//! Range proofs: the crate's bytes, verified alone and in mixed batches that name exactly what fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use bulletproofs::BulletproofGens;
use common::{Broken, FOREIGN, NETWORK, any_element, any_opening, any_point, any_scalar, rng, rounds};
use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::Identity,
};
use hushwatt_crypto::{
    CryptoError, Element, Label, SecretScalar,
    commitment::Opening,
    generators::generators,
    range::{MAX_PROOF_BITS, RangeBits, RangeClaim, RangeProof, prove, verify_batch},
    transcript::transcript,
};
use merlin::Transcript;
use rand::{Rng, RngCore, seq::SliceRandom};
use rand_chacha::ChaCha20Rng;

const ALL: [RangeBits; 3] = [RangeBits::Bits16, RangeBits::Bits32, RangeBits::Bits64];
const SIZES: [usize; 6] = [1, 2, 3, 5, 8, 16];

fn claim_of(bits: RangeBits, openings: &[Opening], rng: &mut ChaCha20Rng) -> RangeClaim {
    let mut digest = [0; 64];
    rng.fill_bytes(&mut digest);
    let proof = prove(&NETWORK, &digest, bits, openings, rng).unwrap();
    RangeClaim { network: NETWORK, digest, bits, commitments: openings.iter().map(Opening::commit).collect(), proof }
}

fn claim(bits: RangeBits, values: usize, rng: &mut ChaCha20Rng) -> RangeClaim {
    let openings: Vec<Opening> = (0..values)
        .map(|i| {
            let value = [0, bits.max(), rng.next_u64() & bits.max()][i % 3];
            any_opening(value, rng)
        })
        .collect();
    claim_of(bits, &openings, rng)
}

/// The statement, written out once more from the protocol.
fn statement(claim: &RangeClaim) -> Transcript {
    let mut transcript: Transcript = transcript(&claim.network, Label::RangeProof);
    transcript.append_message(b"digest", &claim.digest);
    transcript.append_u64(b"bits", claim.bits.bits() as u64);
    transcript.append_u64(b"values", claim.commitments.len() as u64);
    for commitment in &claim.commitments {
        transcript.append_message(b"commitment", commitment.as_bytes());
    }
    transcript
}

/// The crate's answer.
fn crate_verifies(claim: &RangeClaim) -> bool {
    let padded = claim.commitments.len().next_power_of_two();
    let mut commitments: Vec<CompressedRistretto> =
        claim.commitments.iter().map(|commitment| *commitment.compressed()).collect();
    commitments.resize(padded, CompressedRistretto([0; 32]));
    let gens = BulletproofGens::new(claim.bits.bits(), padded);
    let proof = bulletproofs::RangeProof::from_bytes(claim.proof.as_bytes()).unwrap();
    let pedersen = &generators().pedersen;
    proof.verify_multiple(&gens, pedersen, &mut statement(claim), &commitments, claim.bits.bits()).is_ok()
}

/// Changes one 32-byte part of the proof to another canonical one.
fn with_part(claim: &RangeClaim, part: usize, rng: &mut ChaCha20Rng) -> RangeClaim {
    let mut bytes = claim.proof.as_bytes().to_vec();
    let count = bytes.len() / 32;
    let is_scalar = (4..7).contains(&part) || part >= count - 2;
    let other = if is_scalar { any_scalar(rng).to_bytes() } else { *any_point(rng).as_bytes() };
    bytes[32 * part..32 * part + 32].copy_from_slice(&other);
    RangeClaim { proof: RangeProof::decode(&bytes).unwrap(), ..claim.clone() }
}

#[test]
fn every_width_and_size_verifies_here_and_with_the_crate() {
    let mut rng = rng(1);
    for bits in ALL {
        for values in SIZES {
            let claim = claim(bits, values, &mut rng);
            assert_eq!(claim.proof.as_bytes().len(), RangeProof::encoded_len(bits, values));
            assert_eq!(claim.verify(&mut rng), Ok(()), "{bits:?} x{values}");
            assert!(crate_verifies(&claim), "{bits:?} x{values}");
        }
    }
}

#[test]
fn the_lengths_are_those_of_the_protocol() {
    assert_eq!(RangeProof::encoded_len(RangeBits::Bits64, 2), 736);
    assert_eq!(RangeProof::encoded_len(RangeBits::Bits32, 2), 672);
    assert_eq!(RangeProof::encoded_len(RangeBits::Bits32, 128), 1056);
    assert_eq!(RangeProof::encoded_len(RangeBits::Bits16, 3), RangeProof::encoded_len(RangeBits::Bits16, 4));
}

#[test]
fn a_change_of_any_part_of_the_proof_is_rejected_here_and_by_the_crate() {
    let mut rng = rng(2);
    for (bits, values) in [(RangeBits::Bits16, 3), (RangeBits::Bits64, 2)] {
        let good = claim(bits, values, &mut rng);
        for part in 0..good.proof.as_bytes().len() / 32 {
            let bad = with_part(&good, part, &mut rng);
            assert_eq!(bad.verify(&mut rng), Err(CryptoError::RangeProofInvalid), "part {part}");
            assert!(!crate_verifies(&bad), "part {part}");
        }
    }
}

#[test]
fn a_change_of_any_part_of_the_statement_is_rejected_here_and_by_the_crate() {
    let mut rng = rng(3);
    let good = claim(RangeBits::Bits32, 3, &mut rng);
    let mut cases = Vec::new();
    for i in 0..64 {
        let mut bad = good.clone();
        bad.digest[i] ^= 1;
        cases.push(bad);
    }
    cases.push(RangeClaim { network: FOREIGN, ..good.clone() });
    for i in 0..3 {
        let mut bad = good.clone();
        bad.commitments[i] = any_element(&mut rng);
        cases.push(bad);
    }
    let mut bad = good.clone();
    bad.commitments.swap(0, 2);
    cases.push(bad);
    // Padding counts as no value: neither may it be left out, nor written out.
    let mut bad = good.clone();
    bad.commitments.push(Element::new(RistrettoPoint::identity()));
    cases.push(bad);
    for bad in cases {
        assert_eq!(bad.verify(&mut rng), Err(CryptoError::RangeProofInvalid));
        assert!(!crate_verifies(&bad));
    }
}

#[test]
fn another_width_or_number_of_values_is_rejected() {
    let mut rng = rng(4);
    let good = claim(RangeBits::Bits32, 2, &mut rng);
    // 64 bits x1 and 16 bits x4 have as many bits in total: only the transcript tells them apart.
    let narrow = vec![good.commitments[0], good.commitments[1], good.commitments[0], good.commitments[1]];
    let same_length = [
        RangeClaim { bits: RangeBits::Bits64, commitments: good.commitments[..1].to_vec(), ..good.clone() },
        RangeClaim { bits: RangeBits::Bits16, commitments: narrow, ..good.clone() },
    ];
    for bad in same_length {
        assert_eq!(bad.verify(&mut rng), Err(CryptoError::RangeProofInvalid));
    }
    for bits in [RangeBits::Bits16, RangeBits::Bits64] {
        let bad = RangeClaim { bits, ..good.clone() };
        assert_eq!(bad.verify(&mut rng), Err(CryptoError::RangeProofMalformed));
    }
    for (values, error) in [
        (0, CryptoError::RangeEmpty),
        (1, CryptoError::RangeProofMalformed),
        (3, CryptoError::RangeProofMalformed),
        (MAX_PROOF_BITS / 32 + 1, CryptoError::RangeTooLarge),
    ] {
        let bad = RangeClaim { commitments: vec![good.commitments[0]; values], ..good.clone() };
        assert_eq!(bad.verify(&mut rng), Err(error));
        assert_eq!(verify_batch(&[good.clone(), bad], &mut rng), Err(vec![1]));
    }
}

#[test]
fn values_that_do_not_fit_cannot_be_proven() {
    let mut rng = rng(5);
    for bits in [RangeBits::Bits16, RangeBits::Bits32] {
        let openings = [any_opening(bits.max(), &mut rng), any_opening(bits.max() + 1, &mut rng)];
        let refused = prove(&NETWORK, &[0; 64], bits, &openings, &mut rng);
        assert_eq!(refused, Err(CryptoError::ValueOutOfRange));
    }
    assert_eq!(prove(&NETWORK, &[0; 64], RangeBits::Bits64, &[], &mut rng), Err(CryptoError::RangeEmpty));
    let many = vec![any_opening(1, &mut rng); MAX_PROOF_BITS / 64 + 1];
    assert_eq!(prove(&NETWORK, &[0; 64], RangeBits::Bits64, &many, &mut rng), Err(CryptoError::RangeTooLarge));
}

#[test]
fn a_prover_who_drops_the_upper_bits_is_rejected() {
    // The crate's prover does not look at the value: it proves the low bits, so that the inner product is right and
    // only the equation that ties it to the commitment is wrong.
    let mut rng = rng(15);
    for (bits, value) in
        [(RangeBits::Bits16, (1 << 16) + 5), (RangeBits::Bits32, (1 << 32) + 5), (RangeBits::Bits32, u64::MAX)]
    {
        let opening = any_opening(value, &mut rng);
        let mut bad = claim(bits, 1, &mut rng);
        bad.commitments = vec![opening.commit()];
        let (proof, _) = bulletproofs::RangeProof::prove_multiple_with_rng(
            &BulletproofGens::new(bits.bits(), 1),
            &generators().pedersen,
            &mut statement(&bad),
            &[value],
            &[*opening.blinding.expose()],
            bits.bits(),
            &mut rng,
        )
        .unwrap();
        bad.proof = RangeProof::decode(&proof.to_bytes()).unwrap();
        assert_eq!(bad.verify(&mut rng), Err(CryptoError::RangeProofInvalid));
        assert!(!crate_verifies(&bad));
        let good = claim(bits, 2, &mut rng);
        assert_eq!(verify_batch(&[good.clone(), bad, good], &mut rng), Err(vec![1]));
    }
}

#[test]
fn a_proof_for_a_value_says_nothing_about_its_negative_or_its_overflow() {
    // C - 2^16*H and H - C: what a cheater would need to shift a value out of its range and keep the proof.
    let mut rng = rng(6);
    let good = claim_of(RangeBits::Bits16, &[any_opening(5, &mut rng)], &mut rng);
    let over = Opening::new(1 << 16, SecretScalar::zero()).commit();
    for point in [
        good.commitments[0].point() + over.point(),
        good.commitments[0].point() - over.point(),
        -good.commitments[0].point(),
    ] {
        let bad = RangeClaim { commitments: vec![Element::new(point)], ..good.clone() };
        assert_eq!(bad.verify(&mut rng), Err(CryptoError::RangeProofInvalid));
    }
}

#[test]
fn identity_commitments_are_provable_values() {
    let mut rng = rng(7);
    let nothing = Opening::new(0, SecretScalar::zero());
    let claim = claim_of(RangeBits::Bits32, &[nothing.clone(), any_opening(9, &mut rng), nothing], &mut rng);
    assert_eq!(claim.verify(&mut rng), Ok(()));
    assert!(crate_verifies(&claim));
}

#[test]
fn malformed_bytes_are_refused_without_panic() {
    let mut rng = rng(8);
    let claim = claim(RangeBits::Bits16, 1, &mut rng);
    let good = claim.proof.as_bytes().to_vec();
    let malformed = |bytes: &[u8]| assert_eq!(RangeProof::decode(bytes), Err(CryptoError::RangeProofMalformed));
    for length in (0..9 * 32).chain([good.len() - 1, good.len() + 1, good.len() + 32, good.len() - 32]) {
        let mut bytes = good.clone();
        bytes.resize(length, 0);
        malformed(&bytes);
    }
    for part in 0..good.len() / 32 {
        let mut bytes = good.clone();
        let is_scalar = (4..7).contains(&part) || part >= good.len() / 32 - 2;
        if is_scalar {
            bytes[32 * part..32 * part + 32].fill(0xff);
            malformed(&bytes);
            continue;
        }
        // Points are decoded by who verifies. The identity is no part of any proof (the crate refuses it as well).
        for byte in [0xff, 0] {
            bytes[32 * part..32 * part + 32].fill(byte);
            let claim = RangeClaim { proof: RangeProof::decode(&bytes).unwrap(), ..claim.clone() };
            assert_eq!(claim.verify(&mut rng), Err(CryptoError::RangeProofMalformed));
            let honest = RangeClaim { proof: RangeProof::decode(&good).unwrap(), ..claim.clone() };
            assert_eq!(verify_batch(&[honest, claim], &mut rng), Err(vec![1]));
        }
    }
    let too_many = vec![0; 32 * (9 + 2 * 15)];
    assert_eq!(RangeProof::decode(&too_many), Err(CryptoError::RangeTooLarge));
    for _ in 0..rounds(300, 20_000) {
        let mut bytes = vec![0; 32 * rng.gen_range(9..30)];
        rng.fill_bytes(&mut bytes);
        assert!(RangeProof::decode(&bytes).is_err());
    }
}

#[test]
fn what_decodes_encodes_to_the_same_bytes() {
    let mut rng = rng(9);
    let proof = claim(RangeBits::Bits32, 5, &mut rng).proof;
    let again = RangeProof::decode(proof.as_bytes()).unwrap();
    assert_eq!(again.as_bytes(), proof.as_bytes());
    assert_eq!(again, proof);
}

#[test]
fn mixed_batches_verify_and_name_exactly_what_fails() {
    let mut rng = rng(10);
    let mut good = Vec::new();
    for bits in ALL {
        for values in [1, 2, 3, 8] {
            good.push(claim(bits, values, &mut rng));
        }
    }
    good.shuffle(&mut rng);
    assert_eq!(verify_batch(&good, &mut rng), Ok(()));
    for round in 0..rounds(40, 1000) {
        let mut claims = good.clone();
        let mut failing: Vec<usize> = (0..claims.len()).collect();
        failing.shuffle(&mut rng);
        failing.truncate(rng.gen_range(1..=[1, 3, good.len()][round % 3]));
        failing.sort_unstable();
        for &i in &failing {
            let claim = &mut claims[i];
            match rng.gen_range(0..6) {
                0 => claim.digest[rng.gen_range(0..64)] ^= 1,
                1 => claim.network = FOREIGN,
                2 => {
                    let at = rng.gen_range(0..claim.commitments.len());
                    claim.commitments[at] = any_element(&mut rng);
                }
                3 => claim.commitments.clear(),
                4 => claim.bits = if claim.bits == RangeBits::Bits64 { RangeBits::Bits16 } else { RangeBits::Bits64 },
                _ => {
                    let part = rng.gen_range(0..claim.proof.as_bytes().len() / 32);
                    *claim = with_part(claim, part, &mut rng);
                }
            }
        }
        assert_eq!(verify_batch(&claims, &mut rng), Err(failing));
    }
}

#[test]
fn two_wrong_proofs_do_not_cancel_each_other_in_a_batch() {
    // The inner product's last `a` enters linearly and after all challenges: +1 in one proof and -1 in its copy would
    // cancel if both had the same weight.
    let mut rng = rng(11);
    let good = claim(RangeBits::Bits16, 2, &mut rng);
    let shifted = |by: i8| {
        let mut bytes = good.proof.as_bytes().to_vec();
        let at = bytes.len() - 64..bytes.len() - 32;
        let mut part = [0; 32];
        part.copy_from_slice(&bytes[at.clone()]);
        let scalar = SecretScalar::decode(&part).unwrap();
        let one = SecretScalar::new(Scalar::ONE);
        let moved = if by > 0 { scalar.plus(&one) } else { scalar.minus(&one) };
        bytes[at].copy_from_slice(&moved.to_bytes()[..]);
        RangeClaim { proof: RangeProof::decode(&bytes).unwrap(), ..good.clone() }
    };
    assert_eq!(verify_batch(&[shifted(1), shifted(-1)], &mut rng), Err(vec![0, 1]));
    let alone = shifted(1);
    assert_eq!(verify_batch(&[alone.clone(), alone], &mut rng), Err(vec![0, 1]));
}

#[test]
fn empty_batches_and_repeated_claims_verify() {
    let mut rng = rng(12);
    assert_eq!(verify_batch(&[], &mut rng), Ok(()));
    let claim = claim(RangeBits::Bits64, 2, &mut rng);
    assert_eq!(verify_batch(&vec![claim; 5], &mut rng), Ok(()));
}

#[test]
fn the_largest_reading_proof_of_a_day_verifies() {
    // 24 windows of 15-minute readings, both registers: 192 values of 16 bits, padded to 256.
    let mut rng = rng(13);
    let claim = claim(RangeBits::Bits16, 192, &mut rng);
    assert_eq!(claim.verify(&mut rng), Ok(()));
    assert!(crate_verifies(&claim));
}

#[test]
fn a_broken_random_number_generator_gives_two_values_different_masks() {
    let mut rng = rng(14);
    let blinding = SecretScalar::random(&mut rng);
    let prove = |value: u64| {
        prove(&NETWORK, &[0; 64], RangeBits::Bits16, &[Opening::new(value, blinding.clone())], &mut Broken).unwrap()
    };
    // S commits to masks alone: equal masks would show here.
    assert_ne!(prove(1).as_bytes()[32..64], prove(2).as_bytes()[32..64]);
    assert_eq!(prove(1).as_bytes(), prove(1).as_bytes());
}
