//! `clearing`: the sealed-bid auction of one window was cleared by the rule, and no order is shown (protocol section 6.4).

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

pub use rule::{Book, Bounds, Cleared, PlainOrder, clear};

/// Most orders of one auction.
pub const MAX_ORDERS: usize = 200;

/// The public face of one order. The ledger has proven that limit and quantity are in range.
#[derive(Clone, Copy, Debug)]
pub struct Committed {
    /// `C_limit`, in micro-euro per base unit, within the bounds.
    pub limit: Element,
    /// `C_q`, in base units, at least 1.
    pub quantity: Element,
    /// `C_a`, if something trades.
    pub fill: Option<Element>,
}

/// What is claimed of the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Every bid is below every ask.
    NoTrade,
    /// The fills and this price, in micro-euro per base unit, are what the rule says.
    Trade {
        /// The clearing price.
        price: u32,
    },
}

/// A clearing: the orders of each side in the order of their ranks.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// The network.
    pub network: &'a NetworkId,
    /// Signing digest of the transaction that clears.
    pub digest: &'a [u8; 64],
    /// Lowest and highest price.
    pub bounds: Bounds,
    /// What is claimed.
    pub claim: Claim,
    /// Who buys.
    pub bids: &'a [Committed],
    /// Who sells.
    pub asks: &'a [Committed],
}

/// What opens an order's commitments.
#[derive(Clone)]
pub struct Opened {
    /// Opens `C_limit`.
    pub limit: Opening,
    /// Opens `C_q`.
    pub quantity: Opening,
    /// Opens `C_a`, if something trades.
    pub fill: Option<Opening>,
}

/// Proves a clearing.
///
/// # Errors
/// [`Error::Unsatisfied`] if it is not what the rule says; the others for openings that do not fit.
pub fn prove(
    statement: &Statement<'_>,
    bids: &[Opened],
    asks: &[Opened],
    rng: &mut impl Rng,
) -> Result<CircuitProof, Error> {
    let (circuit, inputs) = statement.prepare()?;
    if bids.len() != statement.bids.len() || asks.len() != statement.asks.len() {
        return Err(Error::Arity);
    }
    let values = circuit::Values::new(statement, bids, asks)?;
    let mut builder = Builder::assigned();
    circuit::build(&mut builder, &statement.shape(), Some(&values))?;
    let blindings = blindings(statement.claim, bids, asks);
    proof::prove(&inputs.statement(statement, &circuit), &builder, &blindings, rng)
}

/// Of all commitments of a claim, in the circuit's order.
fn blindings(claim: Claim, bids: &[Opened], asks: &[Opened]) -> Vec<SecretScalar> {
    let all = |order: &Opened| -> Vec<SecretScalar> {
        let openings = match claim {
            Claim::NoTrade => [Some(&order.limit), None, None],
            Claim::Trade { .. } => [Some(&order.limit), Some(&order.quantity), order.fill.as_ref()],
        };
        openings.into_iter().flatten().map(|opening| opening.blinding.clone()).collect()
    };
    bids.iter().chain(asks).flat_map(all).collect()
}

/// Checks a clearing.
///
/// # Errors
/// [`Error::Rejected`] if it is not what the rule says, or the proof is another's.
pub fn verify(statement: &Statement<'_>, proof: &CircuitProof) -> Result<(), Error> {
    let (circuit, inputs) = statement.prepare()?;
    proof::verify(&inputs.statement(statement, &circuit), proof)
}

/// Checks many clearings at once: all hold, or at least one does not.
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

/// Commitments and public values in the circuit's order.
struct Inputs {
    commitments: Vec<Element>,
    publics: Vec<Fr>,
}

impl Inputs {
    fn statement<'a>(&'a self, of: &Statement<'a>, circuit: &'a Compiled) -> proof::Statement<'a> {
        proof::Statement {
            network: of.network,
            kind: match of.claim {
                Claim::NoTrade => "no-trade/1",
                Claim::Trade { .. } => "clearing/1",
            },
            circuit,
            commitments: &self.commitments,
            publics: &self.publics,
            context: of.digest,
        }
    }
}

impl Statement<'_> {
    /// What tells the circuit of this statement from every other: golden proofs hold it fast.
    ///
    /// # Errors
    /// [`Error::Arity`] and [`Error::Bounds`] for what is no statement.
    pub fn circuit_digest(&self) -> Result<[u8; 32], Error> {
        Ok(self.prepare()?.0.digest())
    }

    fn shape(&self) -> circuit::Shape {
        circuit::Shape {
            bids: self.bids.len(),
            asks: self.asks.len(),
            trade: self.claim != Claim::NoTrade,
            price_bits: self.bounds.price_bits(),
        }
    }

    fn prepare(&self) -> Result<(Arc<Compiled>, Inputs), Error> {
        check(&self.bounds, self.bids.len(), self.asks.len())?;
        let mut commitments = Vec::with_capacity(3 * (self.bids.len() + self.asks.len()));
        for order in self.bids.iter().chain(self.asks) {
            match (self.claim, order.fill) {
                (Claim::NoTrade, None) => commitments.push(order.limit),
                (Claim::Trade { .. }, Some(fill)) => commitments.extend([order.limit, order.quantity, fill]),
                _ => return Err(Error::Arity),
            }
        }
        let publics = match self.claim {
            Claim::NoTrade => Vec::new(),
            Claim::Trade { price } => [self.bounds.floor, self.bounds.cap, price].map(Fr::from).to_vec(),
        };
        Ok((circuit_of(&self.shape())?, Inputs { commitments, publics }))
    }
}

fn circuit_of(shape: &circuit::Shape) -> Result<Arc<Compiled>, Error> {
    static CIRCUITS: Cache<circuit::Shape> = Cache::new();
    CIRCUITS.get(shape, |builder| circuit::build(builder, shape, None))
}

/// The size of the circuit of so many bids and asks.
///
/// # Errors
/// [`Error::Arity`] for an empty side or too many orders, [`Error::Bounds`] for bounds that do not hold.
pub fn stats(bounds: &Bounds, trade: bool, bids: usize, asks: usize) -> Result<Stats, Error> {
    let shape = circuit::Shape { trade, bids, asks, price_bits: bounds.price_bits() };
    check(bounds, bids, asks)?;
    Ok(circuit_of(&shape)?.stats())
}

fn check(bounds: &Bounds, bids: usize, asks: usize) -> Result<(), Error> {
    if bids == 0 || asks == 0 || bids.saturating_add(asks) > MAX_ORDERS {
        return Err(Error::Arity);
    }
    if bounds.hold() { Ok(()) } else { Err(Error::Bounds) }
}
