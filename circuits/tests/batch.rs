//! Many proofs at once hold exactly if each does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use ark_ff::One;
use common::{Amount, Case, amount, delivered, delivery};
use hushwatt_circuits::{
    CircuitProof, Error,
    frontend::Fr,
    proof::{Statement, verify_batch},
};

/// Statements of four sizes.
fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = (0..3).map(|n| delivery(n, delivered(7, 1_000, 900 + n))).collect();
    cases.push(amount(4, &Amount::of(vec![1, 2, 3], 123_456)));
    cases.push(amount(5, &Amount::of((0..20).collect(), 123_456)));
    cases.push(Case::new(6, &5u64, |builder, value| {
        let x = builder.committed(value.copied())?;
        builder.range(&x, 3)
    }));
    cases.push(Case::new(7, &5u64, |builder, value| {
        let x = builder.committed(value.copied())?;
        builder.range(&x, 64)?;
        let square = builder.product(&x, &x)?;
        (0..9).try_for_each(|_| builder.range(&square, 64))
    }));
    cases
}

fn items<'a>(cases: &'a [Case], proofs: &'a [CircuitProof]) -> Vec<(Statement<'a>, &'a CircuitProof)> {
    cases.iter().zip(proofs).map(|(case, proof)| (case.statement(), proof)).collect()
}

#[test]
fn batches_hold_exactly_if_every_proof_does() {
    let cases = cases();
    let sizes: Vec<u8> = cases.iter().map(|case| case.circuit.lg_len()).collect();
    assert_eq!(sizes, [8, 8, 8, 7, 7, 2, 10]);
    let proofs: Vec<CircuitProof> = cases.iter().map(|case| case.prove().unwrap()).collect();
    let items = items(&cases, &proofs);
    assert_eq!(verify_batch(&items), Ok(()));
    assert_eq!(verify_batch(&[]), Ok(()));
    // In any order, the same twice, alone.
    let reversed: Vec<_> = items.iter().rev().copied().collect();
    assert_eq!(verify_batch(&reversed), Ok(()));
    assert_eq!(verify_batch(&[&items[..2], &items[..2]].concat()), Ok(()));
    for place in 0..items.len() {
        assert_eq!(verify_batch(&items[place..=place]), Ok(()));
        // The proof of another statement, and the statement of another proof.
        let mut wrong = items.clone();
        wrong[place].1 = &proofs[(place + 1) % proofs.len()];
        assert_eq!(verify_batch(&wrong), Err(Error::Rejected), "place {place}");
        let mut wrong = items.clone();
        wrong[place].0.context = b"another transaction";
        assert_eq!(verify_batch(&wrong), Err(Error::Rejected), "place {place}");
        let mut wrong = items.clone();
        wrong[place].0.commitments = &cases[place].commitments[1..];
        assert_eq!(verify_batch(&wrong), Err(Error::Arity), "place {place}");
    }
    let publics = [cases[3].publics[0] + Fr::one()];
    let mut wrong = items;
    wrong[3].0.publics = &publics;
    assert_eq!(verify_batch(&wrong), Err(Error::Rejected));
}

#[test]
fn one_forged_proof_spoils_a_batch() {
    let cases = cases();
    let proofs: Vec<CircuitProof> = cases.iter().map(|case| case.prove().unwrap()).collect();
    // True to its commitments, and still not what the rule says.
    let liar = delivery(9, [7, 1_000, 900, 900, 6_301]);
    let forged = liar.force();
    for place in 0..=cases.len() {
        let mut batch = items(&cases, &proofs);
        batch.insert(place, (liar.statement(), &forged));
        assert_eq!(verify_batch(&batch), Err(Error::Rejected), "place {place}");
    }
}
