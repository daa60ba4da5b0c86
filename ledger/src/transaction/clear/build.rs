//! How the operator builds a Clear: from the orders on the ledger and what their owners told him, prices and fills by the
//! rule, commits, proves, signs.

use std::collections::BTreeMap;

use hushwatt_circuits::clearing::{self, Book, Bounds, Claim, Committed, Opened, PlainOrder};
use hushwatt_crypto::{
    CryptoError, Label, NetworkId, Point, Rng,
    commitment::Opening,
    handle::{self, HandleProof, HandleWitness},
    signature::SigningKey,
};

use super::{Clear, ClearStatement, Fill, Outcome};
use crate::{
    block::BlockDigest,
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction, TransactionId,
        order::{OrderId, OrderOpening, OrderTerms, Side, ranked},
        signing_digest,
    },
    units::{Price, Quantity, Timestamp, Utility, Window},
};

/// Why no Clear was built. Nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClearError {
    /// Nobody told him, or what he was told does not open it: the auction can only expire.
    #[error("the opening of order {0} is not known, so that the auction cannot be cleared")]
    Unopened(OrderId),
    /// There is nothing to clear.
    #[error("an auction is cleared only if it has orders on both sides, at most 200 in all, each within its bounds")]
    Uncleared,
    /// The circuit proof could not be made.
    #[error("the clearing could not be proven: {0}")]
    Circuit(#[from] hushwatt_circuits::Error),
    /// Cryptography refused an input.
    #[error("{0}")]
    Crypto(#[from] CryptoError),
}

/// An auction as its operator sees it.
pub struct ClearPlan<'a> {
    /// What is traded.
    pub utility: Utility,
    /// Of which window.
    pub window: Window,
    /// All orders that the ledger accepted, in any order.
    pub orders: &'a [(OrderId, OrderTerms, Side)],
    /// Digest of the first block after orders closed.
    pub rank: BlockDigest,
    /// What opens each of them.
    pub openings: &'a BTreeMap<OrderId, OrderOpening>,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// What the operator knows of the outcome. For his own eyes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cleared {
    /// No bid reaches an ask.
    NoTrade,
    /// One price, and what each order gets, by id.
    Trade {
        /// The clearing price.
        price: Price,
        /// What is traded of each order.
        fills: Vec<(OrderId, Quantity)>,
    },
}

/// One order with all that is known of it.
struct Entry<'a> {
    id: OrderId,
    terms: &'a OrderTerms,
    opening: &'a OrderOpening,
    /// What it gets, if anything is traded at all.
    filled: Option<Filled>,
}

/// What an order gets, with its commitment.
struct Filled {
    quantity: Quantity,
    opening: Opening,
    commitment: Point,
}

impl Entry<'_> {
    fn plain(&self) -> PlainOrder {
        PlainOrder { limit: self.opening.limit().micro_euro(), quantity: self.opening.quantity().0 }
    }

    fn fill(&mut self, quantity: Quantity) -> Result<(), CryptoError> {
        let opening = self.opening.fill_opening(quantity);
        self.filled = Some(Filled { quantity, commitment: opening.commit_point()?, opening });
        Ok(())
    }

    fn committed(&self) -> Committed {
        Committed {
            limit: self.terms.limit.into(),
            quantity: self.terms.quantity.into(),
            fill: self.filled.as_ref().map(|filled| filled.commitment.into()),
        }
    }

    fn opened(&self) -> Opened {
        Opened {
            limit: self.opening.limit_opening(),
            quantity: self.opening.quantity_opening(),
            fill: self.filled.as_ref().map(|filled| filled.opening.clone()),
        }
    }
}

impl<'a> ClearPlan<'a> {
    /// The orders of one side in the order of their ranks.
    fn side(&self, side: Side, ranks: &[OrderId], genesis: &Genesis) -> Result<Vec<Entry<'a>>, ClearError> {
        let orders = self.orders.iter().filter(|(_, _, of)| *of == side);
        let known: BTreeMap<OrderId, &'a OrderTerms> = orders.map(|(id, terms, _)| (*id, terms)).collect();
        let ranked = ranks.iter().filter_map(|id| Some((*id, *known.get(id)?)));
        let entry = |(id, terms)| {
            let opening = self.openings.get(&id).filter(|opening| opening.opens(terms, &genesis.parameters));
            Ok(Entry { id, terms, opening: opening.ok_or(ClearError::Unopened(id))?, filled: None })
        };
        ranked.map(entry).collect()
    }

    /// Clears by the rule, proves and signs.
    ///
    /// # Errors
    /// [`ClearError`]: above all an order that the operator cannot open.
    pub fn build(
        &self,
        genesis: &Genesis,
        operator: &SigningKey,
        rng: &mut impl Rng,
    ) -> Result<(Transaction, Cleared), ClearError> {
        let network = genesis.network();
        let ranks = ranked(network, &self.rank, self.orders.iter().map(|(id, ..)| *id));
        let mut bids = self.side(Side::Buy, &ranks, genesis)?;
        let mut asks = self.side(Side::Sell, &ranks, genesis)?;
        let prices = genesis.parameters.prices_of(self.utility);
        let bounds = Bounds { floor: prices.floor, cap: prices.cap };
        let plain = |side: &[Entry<'_>]| side.iter().map(Entry::plain).collect();
        let book = Book { bids: plain(&bids), asks: plain(&asks) };
        let price = match clearing::clear(&bounds, &book).ok_or(ClearError::Uncleared)? {
            clearing::Cleared::NoTrade => None,
            clearing::Cleared::Trade { price, bid_fills, ask_fills } => {
                let entries = bids.iter_mut().zip(bid_fills).chain(asks.iter_mut().zip(ask_fills));
                entries.into_iter().try_for_each(|(entry, much)| entry.fill(Quantity(much)))?;
                Some(Price::new(price).ok_or(ClearError::Uncleared)?)
            }
        };

        let mut listed: Vec<&Entry<'_>> = bids.iter().chain(&asks).collect();
        listed.sort_by_key(|entry| entry.id);
        let (outcome, cleared) = outcome(price, &listed);
        let statement = ClearStatement { utility: self.utility, window: self.window, outcome };
        let hints = HintsDigest::of(network, &[]);
        let envelope = Envelope { network: *network, valid_until: self.valid_until, hints };
        let digest = signing_digest(&envelope, &statement);

        let handles = price.map(|_| prove_handles(network, &digest, &listed, rng)).transpose()?;
        let committed = |side: &[Entry<'_>]| side.iter().map(Entry::committed).collect::<Vec<_>>();
        let opened = |side: &[Entry<'_>]| side.iter().map(Entry::opened).collect::<Vec<_>>();
        let circuit = clearing::Statement {
            network,
            digest: &digest.0,
            bounds,
            claim: price.map_or(Claim::NoTrade, |price| Claim::Trade { price: price.micro_euro() }),
            bids: &committed(&bids),
            asks: &committed(&asks),
        };
        let proof = clearing::prove(&circuit, &opened(&bids), &opened(&asks), rng)?;
        let signature = operator.sign(network, Label::OperatorSignature, &digest.0);
        let clear = Clear { statement, handles, proof, signature };
        Ok((Transaction::new(envelope, Action::Clear(clear)), cleared))
    }
}

/// What is published, and the same in plain numbers.
fn outcome(price: Option<Price>, listed: &[&Entry<'_>]) -> (Outcome, Cleared) {
    let Some(price) = price else {
        return (Outcome::NoTrade { orders: listed.iter().map(|entry| entry.id).collect() }, Cleared::NoTrade);
    };
    let filled = listed.iter().filter_map(|entry| Some((entry.id, entry.filled.as_ref()?)));
    let (fills, plain) =
        filled.map(|(id, filled)| (Fill { order: id, fill: filled.commitment }, (id, filled.quantity))).unzip();
    (Outcome::Trade { price, fills }, Cleared::Trade { price, fills: plain })
}

/// That every fill keeps the blinding its order asks for.
fn prove_handles(
    network: &NetworkId,
    digest: &TransactionId,
    listed: &[&Entry<'_>],
    rng: &mut impl Rng,
) -> Result<HandleProof, CryptoError> {
    let filled = || listed.iter().filter_map(|entry| Some((entry, entry.filled.as_ref()?)));
    let fills: Vec<Point> = filled().map(|(_, filled)| filled.commitment).collect();
    let handles: Vec<Point> = filled().map(|(entry, _)| entry.terms.handle).collect();
    let witnesses: Vec<HandleWitness<'_>> =
        filled().map(|(entry, filled)| HandleWitness { delivered: filled.quantity.0, t: entry.opening.t() }).collect();
    handle::prove(network, &digest.0, &fills, &handles, &witnesses, rng)
}
