//! `peak`: in none of these intervals was more consumed than a limit; how much it was stays hidden.
//!
//! One proof has at most 2^15 gates, so that memory and time are bounded: longer lists are proven in several parts.

mod circuit;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hushwatt_crypto::{Element, NetworkId, Rng, SecretScalar, commitment::Opening};

use crate::{
    CircuitProof, Error,
    bridge::{Compiled, Stats, compile},
    frontend::{Builder, Fr},
    proof,
};

/// Most gates of one part.
pub const MAX_GATES: usize = 1 << 15;
/// Most intervals of a statement: 31 days of five minutes, and the hour that a day may be longer.
pub const MAX_INTERVALS: usize = 31 * 288 + 12;

/// A peak: each of these commitments hides at most the limit.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// The network.
    pub network: &'a NetworkId,
    /// Digest of everything else that is claimed and for whom.
    pub digest: &'a [u8; 64],
    /// The limit of an interval, in base units.
    pub limit: u32,
    /// The commitments of the intervals, in their order; at least one. The ledger has proven each value to be in 32 bits.
    pub intervals: &'a [Element],
}

/// Intervals of each part but the last, for a limit.
pub fn intervals_per_part(limit: u32) -> usize {
    MAX_GATES / circuit::bits_of(limit).max(1) as usize
}

/// How many parts a proof over so many intervals has.
pub fn parts(limit: u32, intervals: usize) -> usize {
    intervals.div_ceil(intervals_per_part(limit))
}

/// Proves a peak, part by part. `values` opens the commitments, in their order; `progress` is told after each part how
/// many are done.
///
/// # Errors
/// [`Error::Unsatisfied`] if a value is above the limit; [`Error::Arity`] for no or too many intervals, or other openings
/// than commitments; [`Error::Opening`] for openings that do not fit.
pub fn prove(
    statement: &Statement<'_>,
    values: &[Opening],
    rng: &mut impl Rng,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<CircuitProof>, Error> {
    statement.check_length()?;
    if values.len() != statement.intervals.len() {
        return Err(Error::Arity);
    }
    if values.iter().any(|opening| opening.value > statement.limit.into()) {
        return Err(Error::Unsatisfied);
    }
    let length = intervals_per_part(statement.limit);
    let mut latest = None;
    let mut proofs = Vec::with_capacity(parts(statement.limit, values.len()));
    for (number, part) in values.chunks(length).enumerate() {
        let prepared = statement.prepare(number, &mut latest)?;
        let plain: Vec<u64> = part.iter().map(|opening| opening.value).collect();
        let blindings: Vec<SecretScalar> = part.iter().map(|opening| opening.blinding.clone()).collect();
        let mut builder = Builder::assigned();
        circuit::build(&mut builder, &statement.shape(part.len()), Some((&plain, statement.limit)))?;
        proofs.push(proof::prove(&prepared.statement(statement), &builder, &blindings, rng)?);
        progress(proofs.len());
    }
    Ok(proofs)
}

/// Checks all parts of a peak at once.
///
/// # Errors
/// [`Error::Arity`] for another number of parts; [`Error::Rejected`] if one does not hold, or is another's.
pub fn verify(statement: &Statement<'_>, proofs: &[CircuitProof]) -> Result<(), Error> {
    statement.check_length()?;
    if proofs.len() != parts(statement.limit, statement.intervals.len()) {
        return Err(Error::Arity);
    }
    let mut latest = None;
    let prepared =
        (0..proofs.len()).map(|number| statement.prepare(number, &mut latest)).collect::<Result<Vec<_>, _>>()?;
    let items: Vec<_> = prepared.iter().zip(proofs).map(|(part, proof)| (part.statement(statement), proof)).collect();
    proof::verify_batch(&items)
}

/// The size of the circuit of a part.
///
/// # Errors
/// [`Error::Arity`] for no intervals, or more than a part has.
pub fn stats(limit: u32, intervals: usize) -> Result<Stats, Error> {
    if !(1..=intervals_per_part(limit)).contains(&intervals) {
        return Err(Error::Arity);
    }
    Ok(compiled(&circuit::Shape { intervals, limit_bits: circuit::bits_of(limit) })?.stats())
}

fn compiled(shape: &circuit::Shape) -> Result<Compiled, Error> {
    let mut builder = Builder::shape();
    circuit::build(&mut builder, shape, None)?;
    Ok(compile(&builder)?)
}

/// One part with its circuit and inputs.
struct Part<'a> {
    circuit: Arc<Compiled>,
    commitments: &'a [Element],
    publics: [Fr; 1],
    context: Vec<u8>,
}

impl<'a> Part<'a> {
    fn statement<'b>(&'b self, of: &Statement<'b>) -> proof::Statement<'b> {
        proof::Statement {
            network: of.network,
            kind: "peak/1",
            circuit: &self.circuit,
            commitments: self.commitments,
            publics: &self.publics,
            context: &self.context,
        }
    }
}

impl<'a> Statement<'a> {
    fn check_length(&self) -> Result<(), Error> {
        let fits = (1..=MAX_INTERVALS).contains(&self.intervals.len());
        if fits { Ok(()) } else { Err(Error::Arity) }
    }

    fn shape(&self, intervals: usize) -> circuit::Shape {
        circuit::Shape { intervals, limit_bits: circuit::bits_of(self.limit) }
    }

    /// The digest of a part's circuit: another one is another statement.
    ///
    /// # Errors
    /// [`Error::Arity`] for what is no part of a statement.
    pub fn circuit_digest(&self, part: usize) -> Result<[u8; 32], Error> {
        Ok(self.prepare(part, &mut None)?.circuit.digest())
    }

    /// `latest` is the circuit of the part before: all but the last have the same, and it is too large to keep for longer.
    fn prepare(&self, number: usize, latest: &mut Option<(circuit::Shape, Arc<Compiled>)>) -> Result<Part<'a>, Error> {
        let commitments = self.intervals.chunks(intervals_per_part(self.limit)).nth(number).ok_or(Error::Arity)?;
        // A part is of no use in another place, or in a statement about another number of intervals.
        let mut context = self.digest.to_vec();
        context.extend([number, self.intervals.len()].iter().flat_map(|count| (*count as u64).to_le_bytes()));
        let shape = self.shape(commitments.len());
        let circuit = match latest {
            Some((other, circuit)) if *other == shape => circuit.clone(),
            _ => Arc::new(compiled(&shape)?),
        };
        *latest = Some((shape, circuit.clone()));
        Ok(Part { circuit, commitments, publics: [Fr::from(self.limit)], context })
    }
}
