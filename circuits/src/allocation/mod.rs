//! `allocation`: what a community generated in an interval was shared by its public key, and no reading is shown
//! (`docs/circuits/allocation.md`).

mod circuit;
mod rule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hushwatt_crypto::{Element, NetworkId, Rng, SecretScalar, commitment::Opening};

use crate::{
    CircuitProof, Error,
    bridge::{Compiled, Stats},
    cache::Cache,
    frontend::{Builder, Fr},
    proof,
};

pub use rule::{Key, WHOLE, allocate};

/// Most members of one allocation: the largest circuit of so many has 25,193 gates, of the 2^15 that a proof may have.
pub const MAX_MEMBERS: usize = 100;
/// Largest generation of one interval, in base units: that of 256 meters.
pub const MAX_GENERATION: u64 = (1 << 40) - 1;

static CIRCUITS: Cache<circuit::Shape> = Cache::new();

/// The public face of one member. The ledger has proven that the consumption is below 2^32.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Committed {
    /// What he consumed in the interval, in base units.
    pub consumption: Element,
    /// What he gets of the generation.
    pub allocation: Element,
}

/// One interval of a community.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// The network.
    pub network: &'a NetworkId,
    /// Which community, members and interval: the proof cannot be moved away from it.
    pub context: &'a [u8],
    /// How it is shared.
    pub key: &'a Key,
    /// The sum of what was generated: of commitments that the ledger has proven to be below 2^32, at most 256 of them.
    pub generation: Element,
    /// In the public order.
    pub members: &'a [Committed],
}

/// What opens a member's commitments.
#[derive(Clone)]
pub struct Opened {
    /// What he consumed.
    pub consumption: Opening,
    /// What he gets.
    pub allocation: Opening,
}

/// Proves an allocation.
///
/// # Errors
/// [`Error::Unsatisfied`] if it is not what the key says; the others for openings that do not fit.
pub fn prove(
    statement: &Statement<'_>,
    generation: &Opening,
    members: &[Opened],
    rng: &mut impl Rng,
) -> Result<CircuitProof, Error> {
    let (circuit, inputs) = statement.prepare()?;
    if members.len() != statement.members.len() {
        return Err(Error::Arity);
    }
    let readings = || members.iter().map(|member| member.consumption.value);
    if generation.value > MAX_GENERATION || readings().any(|value| u32::try_from(value).is_err()) {
        return Err(Error::Bounds);
    }
    let allocation = members.iter().map(|member| member.allocation.value).collect();
    let values = circuit::Values::new(statement.key, generation.value, readings().collect(), allocation);
    let mut builder = Builder::assigned();
    circuit::build(&mut builder, &statement.shape(), Some(&values))?;
    let opened = members.iter().flat_map(|member| [&member.consumption, &member.allocation]);
    let blindings: Vec<SecretScalar> =
        core::iter::once(generation).chain(opened).map(|opening| opening.blinding.clone()).collect();
    proof::prove(&inputs.statement(statement, &circuit), &builder, &blindings, rng)
}

/// Checks an allocation.
///
/// # Errors
/// [`Error::Rejected`] if it is not what the key says, or the proof is another's.
pub fn verify(statement: &Statement<'_>, proof: &CircuitProof) -> Result<(), Error> {
    let (circuit, inputs) = statement.prepare()?;
    proof::verify(&inputs.statement(statement, &circuit), proof)
}

/// Checks many allocations at once: all hold, or at least one does not.
///
/// # Errors
/// As [`verify`].
pub fn verify_batch(items: &[(Statement<'_>, &CircuitProof)]) -> Result<(), Error> {
    let prepared = items.iter().map(|(statement, _)| statement.prepare()).collect::<Result<Vec<_>, _>>()?;
    let items: Vec<_> = items
        .iter()
        .zip(&prepared)
        .map(|((statement, proof), (circuit, inputs))| (inputs.statement(statement, circuit), *proof))
        .collect();
    proof::verify_batch(&items)
}

/// The size of the circuit for a key and so many members.
///
/// # Errors
/// [`Error::Bounds`] if it is no key for so many.
pub fn stats(key: &Key, members: usize) -> Result<Stats, Error> {
    Ok(circuit_of(key, members)?.stats())
}

fn circuit_of(key: &Key, members: usize) -> Result<Arc<Compiled>, Error> {
    if !key.fits(members) {
        return Err(Error::Bounds);
    }
    let shape = circuit::Shape::of(key, members);
    CIRCUITS.get(&shape, |builder| circuit::build(builder, &shape, None))
}

/// Commitments and public values in the circuit's order.
struct Inputs {
    commitments: Vec<Element>,
    publics: Vec<Fr>,
}

impl Inputs {
    fn statement<'a>(&'a self, of: &Statement<'a>, circuit: &'a Compiled) -> proof::Statement<'a> {
        proof::Statement {
            network: of.network,
            kind: match of.key {
                Key::Static { .. } => "allocation-static/1",
                Key::Dynamic => "allocation-dynamic/1",
                Key::Hybrid { .. } => "allocation-hybrid/1",
                Key::Priority => "allocation-priority/1",
            },
            circuit,
            commitments: &self.commitments,
            publics: &self.publics,
            context: of.context,
        }
    }
}

impl Statement<'_> {
    /// Digest of the statement's circuit, which hangs on the rule and the number of members only.
    ///
    /// # Errors
    /// [`Error::Bounds`] if it is no key for so many.
    pub fn circuit_digest(&self) -> Result<[u8; 32], Error> {
        Ok(circuit_of(self.key, self.members.len())?.digest())
    }

    fn shape(&self) -> circuit::Shape {
        circuit::Shape::of(self.key, self.members.len())
    }

    fn prepare(&self) -> Result<(Arc<Compiled>, Inputs), Error> {
        let circuit = circuit_of(self.key, self.members.len())?;
        let members = self.members.iter().flat_map(|member| [member.consumption, member.allocation]);
        let commitments = core::iter::once(self.generation).chain(members).collect();
        let publics = self.key.shares().unwrap_or_default().iter().map(|share| Fr::from(*share)).collect();
        Ok((circuit, Inputs { commitments, publics }))
    }
}
