//! Making proofs.

use commonware_codec::Encode;
use commonware_cryptography::zk::bulletproofs::circuit;
use commonware_math::algebra::Space;
use commonware_parallel::{Sequential, Strategy};
use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_TABLE, scalar::Scalar};
use hushwatt_crypto::{Rng, SecretScalar, generators::generators as ledger};
use zeroize::Zeroizing;

use super::{CircuitProof, Statement, generators};
use crate::{
    Error,
    bridge::Wires,
    frontend::{Builder, Fr},
    group::{F, PublicPoint},
};

/// Proves a statement. `values` is the statement built with values; `blindings` are those of the commitments, in order.
///
/// Multiplications of points by secrets run in constant time in these. The arithmetic of the circuit before them is arkworks'
/// and does not promise that: who can measure a prover closely may learn something about the sizes of its numbers.
///
/// # Errors
/// If the values do not satisfy the statement, or are not those of the commitments: no proof of a false statement is made.
pub fn prove(
    statement: &Statement<'_>,
    values: &Builder,
    blindings: &[SecretScalar],
    rng: &mut impl Rng,
) -> Result<CircuitProof, Error> {
    let assignment = values.assignment()?;
    statement.check_arity()?;
    let wires = statement.circuit.wires(&assignment).ok_or(Error::Arity)?;
    // The proof system checks none of this.
    let publics = assignment.get(1..=statement.publics.len());
    if publics != Some(statement.publics) || !statement.circuit.holds(&wires) {
        return Err(Error::Unsatisfied);
    }
    if blindings.len() != statement.commitments.len() {
        return Err(Error::Arity);
    }
    check_openings(statement, &wires.values, blindings, rng)?;
    make(statement, &wires, blindings, rng)
}

fn make(
    statement: &Statement<'_>,
    wires: &Wires,
    blindings: &[SecretScalar],
    rng: &mut impl Rng,
) -> Result<CircuitProof, Error> {
    match generators::pool() {
        Some(pool) => make_on(statement, wires, blindings, rng, pool),
        None => make_on(statement, wires, blindings, rng, &Sequential),
    }
}

/// The same for any assignment of the statement's variables, without checking that it satisfies the statement or opens the
/// commitments: for tests of verifiers, which must refuse what comes out.
///
/// # Errors
/// If it is another statement's assignment.
#[doc(hidden)]
pub fn prove_unchecked(
    statement: &Statement<'_>,
    assignment: &[Fr],
    blindings: &[SecretScalar],
    rng: &mut impl Rng,
) -> Result<CircuitProof, Error> {
    let wires = statement.circuit.wires(assignment).ok_or(Error::Arity)?;
    make(statement, &wires, blindings, rng)
}

/// The proof hangs on what is given, randomness included, not on the threads that share the work.
pub(super) fn make_on(
    statement: &Statement<'_>,
    wires: &Wires,
    blindings: &[SecretScalar],
    rng: &mut impl Rng,
    strategy: &impl Strategy,
) -> Result<CircuitProof, Error> {
    let exposed = Zeroizing::new(blindings.iter().map(|b| *b.expose()).collect::<Vec<Scalar>>());
    let witness = statement.circuit.witness(wires, &exposed).ok_or(Error::Arity)?;
    let setup = generators::for_prover(statement.circuit.lg_len())?;
    let claim = statement.claim::<true>();
    let mut transcript = statement.transcript();
    // Hedged: nonces hang on the statement, all secrets and fresh randomness.
    let mut hedge = transcript.fork(b"nonces");
    let mut fresh = Zeroizing::new([0u8; 64]);
    rng.fill_bytes(&mut fresh[..]);
    hedge.commit(&fresh[..]);
    for secret in wires.values.iter().chain(wires.left.iter()).chain(wires.right.iter()) {
        hedge.append(&secret.0.as_bytes()[..]);
    }
    for blinding in exposed.iter() {
        hedge.append(&blinding.as_bytes()[..]);
    }
    hedge.commit(&b""[..]);
    let mut noise = hedge.noise(b"nonces");
    let circuit = &statement.circuit.circuit;
    let proof = circuit::prove(&mut noise, &mut transcript, setup, circuit, &claim, &witness, strategy);
    CircuitProof::decode(&proof.ok_or(Error::TooLarge)?.encode())
}

/// One random linear combination instead of an opening for each commitment.
fn check_openings(
    statement: &Statement<'_>,
    values: &[F],
    blindings: &[SecretScalar],
    rng: &mut impl Rng,
) -> Result<(), Error> {
    let weights: Vec<F> = blindings.iter().map(|_| F(*SecretScalar::random(rng).expose())).collect();
    let value: Scalar = weights.iter().zip(values).map(|(w, v)| w.0 * v.0).sum();
    let blinding: Scalar = weights.iter().zip(blindings).map(|(w, b)| w.0 * b.expose()).sum();
    let points: Vec<PublicPoint> = statement.commitments.iter().map(PublicPoint::of).collect();
    let combined = PublicPoint::msm(&points, &weights, &Sequential).point();
    // Term by term: in constant time.
    let expected = ledger().h.point() * value + &blinding * RISTRETTO_BASEPOINT_TABLE;
    if combined == expected { Ok(()) } else { Err(Error::Opening) }
}
