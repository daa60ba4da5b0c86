//! The Clear of an auction (protocol section 6.4): all orders that the ledger has, opened from the book, cleared by the rule,
//! proven and signed.

use std::collections::BTreeMap;

use hushwatt_client::AuctionDetail;
use hushwatt_crypto::Rng;
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{
        Envelope, Transaction,
        clear::{ClearError, ClearPlan, Cleared},
        order::{OrderId, OrderOpening, OrderTerms, Side},
    },
    units::Timestamp,
};

use crate::{book::AuctionBook, keys::Keys};

/// Why there is no Clear. Nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClearingError {
    /// The ledger does not know yet in which order equal limits are served.
    #[error("the auction has no rank yet: it is fixed by the second block after its orders closed")]
    NoRank,
    /// The book does not open them.
    #[error(
        "{} orders on the ledger cannot be opened from the book, so the auction cannot be cleared: they expire, and everybody gets back what he put in",
        .0.len()
    )]
    Unopened(Vec<OrderId>),
    /// Nothing to clear, or no proof.
    #[error(transparent)]
    Clear(#[from] ClearError),
}

/// An auction's orders, each with what opens it, which is wiped when this is dropped.
#[derive(Clone)]
pub struct OpenedOrders {
    orders: Vec<(OrderId, OrderTerms, Side)>,
    openings: BTreeMap<OrderId, OrderOpening>,
}

impl OpenedOrders {
    /// Opens all orders that the ledger has.
    ///
    /// # Errors
    /// [`ClearingError::Unopened`] names all that the book does not open.
    pub fn open(
        genesis: &Genesis,
        keys: &Keys,
        book: Option<&AuctionBook>,
        on_ledger: impl IntoIterator<Item = OrderId>,
    ) -> Result<Self, ClearingError> {
        let (mut opened, mut unopened) = (OpenedOrders { orders: Vec::new(), openings: BTreeMap::new() }, Vec::new());
        for id in on_ledger {
            let order = book.and_then(|auction| auction.orders().get(&id));
            let opening = order.and_then(|order| order.open(genesis.network(), &genesis.parameters, &keys.sealing));
            match order.zip(opening) {
                Some((order, opening)) => {
                    opened.orders.push((id, order.terms, order.side));
                    opened.openings.insert(id, opening);
                }
                None => unopened.push(id),
            }
        }
        if unopened.is_empty() { Ok(opened) } else { Err(ClearingError::Unopened(unopened)) }
    }

    /// Clears, proves and signs: seconds of work for many orders. The Clear can be included from `now` on, for 20 to 30
    /// minutes.
    ///
    /// # Errors
    /// [`ClearingError::NoRank`], [`ClearingError::Clear`].
    pub fn clear(
        &self,
        genesis: &Genesis,
        keys: &Keys,
        auction: &AuctionDetail,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<(Transaction, Cleared), ClearingError> {
        let plan = ClearPlan {
            utility: auction.summary.utility,
            window: auction.summary.window,
            orders: &self.orders,
            rank: auction.rank.ok_or(ClearingError::NoRank)?,
            openings: &self.openings,
            valid_until: Envelope::validity_from(now),
        };
        Ok(plan.build(genesis, &keys.signing, rng)?)
    }
}

/// Opens an auction's orders from the book, if it has one, and builds its Clear.
///
/// # Errors
/// [`ClearingError`].
pub fn build(
    genesis: &Genesis,
    keys: &Keys,
    book: Option<&AuctionBook>,
    auction: &AuctionDetail,
    now: Timestamp,
    rng: &mut impl Rng,
) -> Result<(Transaction, Cleared), ClearingError> {
    let ids = auction.orders.iter().map(|order| OrderId(order.order));
    OpenedOrders::open(genesis, keys, book, ids)?.clear(genesis, keys, auction, now, rng)
}
