//! `bill`: what a household pays for a period, over the commitments of its meter's intervals; only the amount is shown.
//!
//! Which zone an interval is in is public, so the commitments of each zone are added up outside the circuit, which is about
//! their sums only: it has as many gates for a day as for a year.

mod circuit;
#[cfg(test)]
pub(crate) mod determined;
mod rule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::{Element, NetworkId, Rng, SecretScalar, commitment::Opening};

use crate::{
    CircuitProof, Error,
    bridge::{Compiled, Stats},
    cache::Cache,
    frontend::{Builder, Fr},
    proof,
};

pub use rule::{Bill, CENT, MAX_DAYS, MAX_STANDING, MAX_TIERS, MAX_ZONES, Rates, Tier, WHOLE};

/// Most intervals of a bill: a year of five minutes.
pub const MAX_INTERVALS: usize = 1 << 17;

/// An interval of the period. The ledger has proven its value to be in 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Metered {
    /// Which zone it is in.
    pub zone: u8,
    /// The commitment to what was consumed, in base units.
    pub consumed: Element,
}

/// A bill: who consumed what is committed to in these intervals pays this amount.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// The network.
    pub network: &'a NetworkId,
    /// Digest of everything else that is claimed and for whom.
    pub digest: &'a [u8; 64],
    /// The tariff's numbers.
    pub rates: &'a Rates,
    /// Days of the period, for the standing charge.
    pub days: u32,
    /// All intervals of the period that have readings, in their order; at least one.
    pub intervals: &'a [Metered],
    /// What is to be paid, in cents.
    pub gross: u64,
}

/// Proves a bill. `consumed` opens the commitments of the intervals, in their order.
///
/// # Errors
/// [`Error::Unsatisfied`] if the amount is another; [`Error::Bounds`] and [`Error::Arity`] for what is no statement;
/// [`Error::Opening`] for openings that do not fit.
pub fn prove(statement: &Statement<'_>, consumed: &[Opening], rng: &mut impl Rng) -> Result<CircuitProof, Error> {
    let prepared = statement.prepare()?;
    if consumed.len() != statement.intervals.len() {
        return Err(Error::Arity);
    }
    let zones = statement.rates.zones.len();
    let (mut sums, mut blindings) = (vec![0u64; zones], vec![SecretScalar::zero(); zones]);
    for (interval, opening) in statement.intervals.iter().zip(consumed) {
        let zone = usize::from(interval.zone);
        sums[zone] = sums[zone].checked_add(opening.value).ok_or(Error::Unsatisfied)?;
        blindings[zone] = blindings[zone].plus(&opening.blinding);
    }
    let bill = statement.rates.bill(statement.days, &sums).ok_or(Error::Unsatisfied)?;
    if bill.gross != statement.gross {
        return Err(Error::Unsatisfied);
    }
    let mut builder = Builder::assigned();
    let publics = statement.publics();
    circuit::build(&mut builder, &statement.shape(), Some((&sums, &publics)))?;
    proof::prove(&prepared.statement(statement), &builder, &blindings, rng)
}

/// Checks a bill.
///
/// # Errors
/// [`Error::Rejected`] if it is another amount, or the proof is another's.
pub fn verify(statement: &Statement<'_>, proof: &CircuitProof) -> Result<(), Error> {
    proof::verify(&statement.prepare()?.statement(statement), proof)
}

/// Checks many bills at once: all hold, or at least one does not.
///
/// # Errors
/// As [`verify`].
pub fn verify_batch(items: &[(Statement<'_>, &CircuitProof)]) -> Result<(), Error> {
    let prepared = items.iter().map(|(statement, _)| statement.prepare()).collect::<Result<Vec<_>, _>>()?;
    let items: Vec<_> = items
        .iter()
        .zip(&prepared)
        .map(|((statement, proof), prepared)| (prepared.statement(statement), *proof))
        .collect();
    proof::verify_batch(&items)
}

/// The size of the circuit for tariffs of so many zones and tiers.
///
/// # Errors
/// [`Error::Bounds`] for none or too many zones, or too many tiers.
pub fn stats(zones: usize, tiers: usize) -> Result<Stats, Error> {
    if !(1..=MAX_ZONES).contains(&zones) || tiers > MAX_TIERS {
        return Err(Error::Bounds);
    }
    Ok(compiled(&circuit::Shape { zones, tiers })?.stats())
}

fn compiled(shape: &circuit::Shape) -> Result<Arc<Compiled>, Error> {
    static CIRCUITS: Cache<circuit::Shape> = Cache::new();
    CIRCUITS.get(shape, |builder| circuit::build(builder, shape, None))
}

/// The circuit of a statement with its inputs.
struct Prepared {
    circuit: Arc<Compiled>,
    sums: Vec<Element>,
    publics: Vec<Fr>,
    context: Vec<u8>,
}

impl Prepared {
    fn statement<'a>(&'a self, of: &Statement<'a>) -> proof::Statement<'a> {
        proof::Statement {
            network: of.network,
            kind: "bill/1",
            circuit: &self.circuit,
            commitments: &self.sums,
            publics: &self.publics,
            context: &self.context,
        }
    }
}

impl Statement<'_> {
    /// The digest of the circuit: another one is another statement.
    ///
    /// # Errors
    /// [`Error::Bounds`] and [`Error::Arity`] for what is no statement.
    pub fn circuit_digest(&self) -> Result<[u8; 32], Error> {
        Ok(self.prepare()?.circuit.digest())
    }

    fn shape(&self) -> circuit::Shape {
        circuit::Shape { zones: self.rates.zones.len(), tiers: self.rates.tiers.len() }
    }

    fn publics(&self) -> Vec<u64> {
        circuit::publics(self.rates, self.days, self.gross)
    }

    fn prepare(&self) -> Result<Prepared, Error> {
        if !self.rates.hold() || self.days > MAX_DAYS {
            return Err(Error::Bounds);
        }
        if !(1..=MAX_INTERVALS).contains(&self.intervals.len()) {
            return Err(Error::Arity);
        }
        let mut sums = vec![RistrettoPoint::identity(); self.rates.zones.len()];
        // The sums are what the circuit is about; the proof names each interval beside that.
        let mut context = self.digest.to_vec();
        context.extend(self.days.to_le_bytes());
        for interval in self.intervals {
            *sums.get_mut(usize::from(interval.zone)).ok_or(Error::Bounds)? += interval.consumed.point();
            context.push(interval.zone);
            context.extend(interval.consumed.as_bytes());
        }
        Ok(Prepared {
            circuit: compiled(&self.shape())?,
            sums: sums.into_iter().map(Element::new).collect(),
            publics: self.publics().into_iter().map(Fr::from).collect(),
            context,
        })
    }
}
