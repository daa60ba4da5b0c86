//! Checking proofs, one by one or many at once.

use commonware_codec::Encode;
use commonware_cryptography::zk::bulletproofs::circuit;
use commonware_math::{
    algebra::{Additive, Random},
    synthetic::Synthetic,
};
use commonware_parallel::{Sequential, Strategy};
use hushwatt_crypto::{Label, NetworkId};

use super::{
    CircuitProof, Statement,
    generators::{self, VerifierSetup},
    started,
};
use crate::{
    Error,
    group::{F, PublicPoint},
};

type Equation = Synthetic<F, PublicPoint>;

/// Checks a proof.
///
/// The verdict is a function of statement and proof alone: weights are hashes of both, and how many threads share the work
/// changes no sum.
///
/// # Errors
/// [`Error::Rejected`] if it does not show the statement; [`Error::Arity`], [`Error::TooLarge`] if there is no such statement.
pub fn verify(statement: &Statement<'_>, proof: &CircuitProof) -> Result<(), Error> {
    match generators::pool() {
        Some(pool) => verify_on(statement, proof, pool),
        None => verify_on(statement, proof, &Sequential),
    }
}

pub(super) fn verify_on(
    statement: &Statement<'_>,
    proof: &CircuitProof,
    strategy: &impl Strategy,
) -> Result<(), Error> {
    let setup = generators::for_verifier(statement.circuit.lg_len())?;
    holds(equation(setup, statement, proof)?, setup, strategy)
}

/// Checks many proofs, of whatever statements and sizes, with one multi-scalar multiplication: all or nothing. To find the
/// culprit, verify one by one.
///
/// # Errors
/// As [`verify`].
pub fn verify_batch(items: &[(Statement<'_>, &CircuitProof)]) -> Result<(), Error> {
    match generators::pool() {
        Some(pool) => verify_batch_on(items, pool),
        None => verify_batch_on(items, &Sequential),
    }
}

pub(super) fn verify_batch_on(items: &[(Statement<'_>, &CircuitProof)], strategy: &impl Strategy) -> Result<(), Error> {
    let largest = items.iter().map(|(statement, _)| statement.circuit.lg_len()).max();
    let Some(largest) = largest else { return Ok(()) };
    let setup = generators::for_verifier(largest)?;
    let mut transcript = started(&NetworkId::NONE, Label::CircuitBatch);
    for (statement, proof) in items {
        transcript.commit(statement.transcript().summarize().encode()).commit(proof.as_bytes());
    }
    // Nobody can choose proofs whose faults cancel: each weight hangs on all of them.
    let mut noise = transcript.noise(b"weights");
    let weighed: Vec<_> = items.iter().map(|item| (item, F::random(&mut noise))).collect();
    let equations = strategy.map_collect_vec(weighed, |((statement, proof), weight)| {
        equation(setup, statement, proof).map(|equation| equation * &weight)
    });
    let mut sum = Equation::default();
    for equation in equations {
        sum += &equation?;
    }
    holds(sum, setup, strategy)
}

fn holds(equation: Equation, setup: &VerifierSetup, strategy: &impl Strategy) -> Result<(), Error> {
    if equation.eval(&setup.flat, strategy) == PublicPoint::zero() { Ok(()) } else { Err(Error::Rejected) }
}

/// What is zero if the proof is valid, as a linear combination of the setup's points and the proof's.
pub(super) fn equation(
    setup: &VerifierSetup,
    statement: &Statement<'_>,
    proof: &CircuitProof,
) -> Result<Equation, Error> {
    statement.check_arity()?;
    let claim = statement.claim::<false>();
    let mut transcript = statement.transcript();
    // The weights that join the parts of the equation hang on all of statement and proof, so that all validators agree.
    let mut weights = transcript.fork(b"weights");
    weights.commit(proof.as_bytes());
    let mut noise = weights.noise(b"parts");
    let decoded = proof.decoded()?;
    let circuit = &statement.circuit.circuit;
    circuit::verify(&mut noise, &mut transcript, &setup.symbolic, circuit, &claim, decoded, &Sequential)
        .ok_or(Error::Rejected)
}
