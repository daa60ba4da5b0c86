//! Many range proofs in one multiscalar multiplication.
//!
//! If any claim is wrong, the sum of all equations with random weights is the identity with probability below 2^-250.
//! The weights come from a transcript that has absorbed every byte of every claim *and* fresh randomness: a forger
//! knows them neither in advance nor by computing them himself.

use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{Identity, IsIdentity, VartimeMultiscalarMul},
};
use rayon::prelude::*;

use super::{
    RangeClaim,
    equation::{Equation, Sum},
    gens,
};
use crate::{CryptoError, Label, NetworkId, Rng, generators::generators, transcript::transcript};

/// Below this many terms a multiplication is not worth sharing between cores.
const PARALLEL_TERMS: usize = 512;

/// Checks many claims of any widths, sizes and networks at once. Variable time: everything is public.
///
/// # Errors
/// The index of every claim that fails, in order. One wrong claim among `k` costs about `2 log k` further, smaller
/// multiplications.
pub fn verify_batch(claims: &[RangeClaim], rng: &mut impl Rng) -> Result<(), Vec<usize>> {
    let weights = weights(claims, rng);
    let prepared: Vec<Result<Equation<'_>, CryptoError>> =
        claims.par_iter().zip(weights).map(|(claim, [c, weight])| Equation::new(claim, c, weight)).collect();
    let mut failing = Vec::new();
    let mut sound = Vec::with_capacity(claims.len());
    for (i, equation) in prepared.into_iter().enumerate() {
        match equation {
            Ok(equation) => sound.push((i, equation)),
            Err(_) => failing.push(i),
        }
    }
    if !holds(&sound) {
        bisect(&sound, &mut failing);
    }
    failing.sort_unstable();
    if failing.is_empty() { Ok(()) } else { Err(failing) }
}

/// Checks one claim.
pub(super) fn verify_one(claim: &RangeClaim, rng: &mut impl Rng) -> Result<(), CryptoError> {
    let [c, weight] = weights(std::slice::from_ref(claim), rng)[0];
    let equation = Equation::new(claim, c, weight)?;
    if holds(&[(0, equation)]) { Ok(()) } else { Err(CryptoError::RangeProofInvalid) }
}

/// Names all failing claims of a batch that is known to fail.
fn bisect(claims: &[(usize, Equation<'_>)], failing: &mut Vec<usize>) {
    if let [(i, _)] = claims {
        failing.push(*i);
        return;
    }
    let (left, right) = claims.split_at(claims.len() / 2);
    if holds(left) {
        // Then the right half is to blame for the whole.
        bisect(right, failing);
    } else {
        bisect(left, failing);
        if !holds(right) {
            bisect(right, failing);
        }
    }
}

/// Two random scalars for each claim.
fn weights(claims: &[RangeClaim], rng: &mut impl Rng) -> Vec<[Scalar; 2]> {
    let mut transcript = transcript(&NetworkId::NONE, Label::RangeBatch);
    transcript.append_u64(b"claims", claims.len() as u64);
    for claim in claims {
        transcript.append_message(b"network", &claim.network.0);
        transcript.append_message(b"digest", &claim.digest);
        transcript.append_u64(b"bits", claim.bits.bits() as u64);
        transcript.append_u64(b"values", claim.commitments.len() as u64);
        for commitment in &claim.commitments {
            transcript.append_message(b"commitment", commitment.as_bytes());
        }
        transcript.append_message(b"proof", claim.proof.as_bytes());
    }
    let mut hedged = transcript.build_rng().finalize(rng);
    claims.iter().map(|_| [Scalar::random(&mut hedged), Scalar::random(&mut hedged)]).collect()
}

/// Whether the sum of these equations holds.
fn holds(claims: &[(usize, Equation<'_>)]) -> bool {
    let sum = if claims.len() < 4 {
        claims.iter().fold(Sum::empty(), add)
    } else {
        claims.par_iter().fold(Sum::empty, add).reduce(Sum::empty, Sum::merge)
    };
    is_zero(sum)
}

fn add(mut sum: Sum, (_, equation): &(usize, Equation<'_>)) -> Sum {
    equation.add_to(&mut sum);
    sum
}

fn is_zero(sum: Sum) -> bool {
    let base = generators();
    let Sum { vectors, value, blinding, mut scalars, mut points } = sum;
    scalars.extend([value, blinding]);
    points.extend([base.h.point(), base.g.point()]);
    for (position, (g, h)) in vectors.iter().enumerate() {
        scalars.extend_from_slice(g);
        scalars.extend_from_slice(h);
        points.extend(gens::for_verifier(position, g.len()).flat_map(|run| run.g.iter()));
        points.extend(gens::for_verifier(position, h.len()).flat_map(|run| run.h.iter()));
    }
    debug_assert_eq!(scalars.len(), points.len(), "each coefficient has its point");
    let total = if scalars.len() < PARALLEL_TERMS {
        RistrettoPoint::vartime_multiscalar_mul(&scalars, &points)
    } else {
        let share = scalars.len().div_ceil(rayon::current_num_threads());
        let shares = scalars.par_chunks(share).zip(points.par_chunks(share));
        let sums = shares.map(|(scalars, points)| RistrettoPoint::vartime_multiscalar_mul(scalars, points));
        sums.reduce(RistrettoPoint::identity, |a, b| a + b)
    };
    total.is_identity()
}
