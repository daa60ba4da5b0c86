//! How many threads share the work changes neither proofs nor verdicts; generators are what they say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../tests/common/mod.rs"]
mod common;

use std::num::NonZeroUsize;

use commonware_math::algebra::{Additive, HashToGroup};
use commonware_parallel::{Rayon, Sequential, Strategy};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{Label, generators::generators as ledger};

use self::common::{Case, amount, delivered, delivery, rng};
use super::{
    CircuitProof, generators,
    prove::make_on,
    verify::{equation, verify_batch_on, verify_on},
};
use crate::{Error, group::PublicPoint};

/// More gates than one share of a multi-scalar multiplication.
fn large() -> Case {
    let values: Vec<u64> = (0..140).map(|place| place * 7_919).collect();
    Case::new(1, &values[..], |builder, values| {
        let committed: Result<Vec<_>, _> =
            (0..140).map(|place| builder.committed(values.map(|values| values[place]))).collect();
        committed?.iter().try_for_each(|value| builder.range(value, 32))
    })
}

fn prove_on(case: &Case, strategy: &impl Strategy) -> CircuitProof {
    let wires = case.circuit.wires(&case.assignment).unwrap();
    make_on(&case.statement(), &wires, &case.blindings, &mut rng(2), strategy).unwrap()
}

fn damaged(proof: &CircuitProof) -> CircuitProof {
    let mut bytes = proof.as_bytes().to_vec();
    let last = bytes.len() - 32;
    bytes[last] ^= 1;
    CircuitProof::decode(&bytes).unwrap()
}

#[test]
fn threads_change_neither_proofs_nor_verdicts() {
    let cases = [large(), delivery(3, delivered(7, 1000, 900)), amount(4, &common::Amount::of(vec![1, 2, 3], 500))];
    assert!(cases[0].circuit.stats().gates > 4_096);
    let proofs: Vec<CircuitProof> = cases.iter().map(|case| prove_on(case, &Sequential)).collect();
    let wrong: Vec<CircuitProof> = proofs.iter().map(damaged).collect();
    fn check(cases: &[Case], proofs: &[CircuitProof], wrong: &[CircuitProof], strategy: &impl Strategy) {
        let batch = |proofs: &[CircuitProof]| {
            let items: Vec<_> = cases.iter().zip(proofs).map(|(case, proof)| (case.statement(), proof)).collect();
            verify_batch_on(&items, strategy)
        };
        for ((case, proof), wrong) in cases.iter().zip(proofs).zip(wrong) {
            assert_eq!(verify_on(&case.statement(), proof, strategy), Ok(()));
            assert_eq!(verify_on(&case.statement(), wrong, strategy), Err(Error::Rejected));
        }
        assert_eq!(batch(proofs), Ok(()));
        for place in 0..cases.len() {
            let mut one = proofs.to_vec();
            one[place] = wrong[place].clone();
            assert_eq!(batch(&one), Err(Error::Rejected));
        }
    }
    check(&cases, &proofs, &wrong, &Sequential);
    for threads in [1, 3] {
        let pool = Rayon::new(NonZeroUsize::new(threads).unwrap()).unwrap();
        check(&cases, &proofs, &wrong, &pool);
        for (case, proof) in cases.iter().zip(&proofs) {
            assert_eq!(prove_on(case, &pool), *proof);
        }
    }
}

#[test]
fn generators_are_all_different_and_larger_sizes_extend_smaller_ones() {
    let (small, large) = (&generators::for_verifier(3).unwrap().flat, &generators::for_verifier(6).unwrap().flat);
    let halves = |flat: &[PublicPoint]| {
        let n = (flat.len() - 3) / 2;
        let encoded: Vec<[u8; 32]> = flat.iter().map(|point| point.compress().to_bytes()).collect();
        (encoded[..n].to_vec(), encoded[n..2 * n].to_vec(), encoded[2 * n..].to_vec())
    };
    let ((g, h, last), (large_g, large_h, large_last)) = (halves(small), halves(large));
    assert_eq!((g.len(), large_g.len()), (8, 64));
    assert_eq!((&large_g[..8], &large_h[..8], &large_last), (&g[..], &h[..], &last));
    let mut all: Vec<_> = [large_g, large_h, large_last].concat();
    assert_eq!(all[all.len() - 2..], [*ledger().h.as_bytes(), *ledger().g.as_bytes()]);
    all.push(*ledger().j.as_bytes());
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2 * 64 + 4);
    // Nothing but their names makes them.
    let third = PublicPoint::hash_to_group(Label::CircuitGenerators.as_str().as_bytes(), b"g\x03\0\0\0\0\0\0\0");
    assert_eq!(third.compress().to_bytes(), g[3]);
    let third = PublicPoint::hash_to_group(Label::CircuitGenerators.as_str().as_bytes(), b"h\x03\0\0\0\0\0\0\0");
    assert_eq!(third.compress().to_bytes(), h[3]);
}

#[test]
fn there_are_no_setups_beyond_the_largest_size() {
    assert_eq!(generators::for_prover(generators::MAX_LG + 1).err(), Some(Error::TooLarge));
    assert_eq!(generators::for_verifier(u8::MAX).err(), Some(Error::TooLarge));
}

/// The scalar that ends so many bytes before the end, moved.
fn shifted(proof: &CircuitProof, before_end: usize, by: Scalar) -> CircuitProof {
    let mut bytes = proof.as_bytes().to_vec();
    let at = bytes.len() - before_end;
    let moved = Scalar::from_canonical_bytes(bytes[at..at + 32].try_into().unwrap()).unwrap() + by;
    bytes[at..at + 32].copy_from_slice(moved.as_bytes());
    CircuitProof::decode(&bytes).unwrap()
}

/// The last scalars of a proof are in no challenge. Moved up in one copy and down in another, they are wrong in both, and
/// the equations of the two cancel: only the weights of a batch find it.
#[test]
fn faults_that_cancel_are_found() {
    let mut rng = rng(5);
    let (case, other) = (delivery(3, delivered(7, 1000, 900)), amount(4, &common::Amount::of(vec![1, 2, 3], 500)));
    let (proof, fine) = (case.prove().unwrap(), other.prove().unwrap());
    let setup = generators::for_verifier(case.circuit.lg_len()).unwrap();
    for round in 0..crate::effort(30, 1_000) {
        let by = if round == 0 { Scalar::ONE } else { Scalar::random(&mut rng) };
        for before_end in [32, 64] {
            let (up, down) = (shifted(&proof, before_end, by), shifted(&proof, before_end, -by));
            let mut sum = equation(setup, &case.statement(), &up).unwrap();
            sum += &equation(setup, &case.statement(), &down).unwrap();
            assert_eq!(sum.eval(&setup.flat, &Sequential), PublicPoint::zero(), "the faults cancel");
            for pair in [[&up, &down], [&down, &up]] {
                let mut batch = vec![(other.statement(), &fine)];
                batch.extend(pair.map(|proof| (case.statement(), proof)));
                assert_eq!(verify_batch_on(&batch, &Sequential), Err(Error::Rejected));
                assert_eq!(verify_batch_on(&batch[1..], &Sequential), Err(Error::Rejected));
            }
        }
        // Faults elsewhere in the proof, opposite too.
        let at = 32 * (3 + 2 * usize::from(case.circuit.lg_len())) + 1 + 32 * (2 + (round % 3) as usize);
        let (up, down) = (shifted(&proof, at, by), shifted(&proof, at, -by));
        let batch = [(case.statement(), &up), (case.statement(), &down)];
        assert_eq!(verify_batch_on(&batch, &Sequential), Err(Error::Rejected));
    }
}
