//! Auctions in the state: who may admit and clear, which orders stand, how they are settled (protocol section 6.4).

use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{Element, Point, signature::VerifyingKey};

use super::{
    AuctionRecord, LedgerState, OrderKeys, OrderRecord, Resolved, StateError, StateRead, keys,
    ledger_state::read_record,
};
use crate::{
    CheckError,
    block::BlockDigest,
    note::{Asset, Note},
    rules::auction,
    transaction::{
        clear::ClearStatement,
        order::{OrderId, OrderTerms, Side},
    },
    units::{Price, Timestamp, Utility, Window},
};

impl LedgerState<'_> {
    /// The market operator of a window's auctions: who was registered when it started.
    pub fn operator_of(&self, window: Window) -> Result<Option<VerifyingKey>, StateError> {
        let (from, until) = keys::operators_until(self.genesis.parameters.window_start(window));
        match self.store.range(&from, &until)?.last() {
            Some((key, value)) => read_record(key, value).map(Some),
            None => Ok(self.genesis.operator),
        }
    }

    /// The operators that were named since the genesis, in the order of time.
    pub fn named_operators(&self) -> Result<Vec<VerifyingKey>, StateError> {
        let (from, until) = keys::operators_until(Timestamp(u64::MAX));
        self.store.range(&from, &until)?.iter().map(|(key, value)| read_record(key, value)).collect()
    }

    /// Names the market operator of the windows that start from a time on.
    pub fn name_operator(&mut self, from: Timestamp, key: VerifyingKey) {
        self.put(keys::operator(from), &key);
    }

    /// When an auction's orders expire, and where it stands. Only where there are auctions.
    fn deadline_of(&self, window: Window) -> Result<Timestamp, StateError> {
        self.genesis.parameters.clear_until(window).ok_or(StateError::Missing("auctions in the genesis"))
    }

    /// An auction that has orders and is not over.
    pub fn auction(&self, utility: Utility, window: Window) -> Result<Option<AuctionRecord>, StateError> {
        let Some(deadline) = self.genesis.parameters.clear_until(window) else { return Ok(None) };
        self.record(&keys::auction(deadline, utility, window))
    }

    /// An order of an auction that is not over.
    pub fn order(&self, utility: Utility, window: Window, id: &OrderId) -> Result<Option<OrderRecord>, StateError> {
        let Some(deadline) = self.genesis.parameters.clear_until(window) else { return Ok(None) };
        self.record(&keys::order(deadline, utility, window, id))
    }

    /// All orders of an auction that is not over, by id.
    pub fn orders_of(&self, utility: Utility, window: Window) -> Result<Vec<(OrderId, OrderRecord)>, StateError> {
        let Some(deadline) = self.genesis.parameters.clear_until(window) else { return Ok(Vec::new()) };
        let (from, until) = keys::orders_of(deadline, utility, window);
        let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let id = keys::trailing_order(key).ok_or(StateError::Missing("the id of an order"))?;
            Ok((id, read_record(key, value)?))
        };
        self.store.range(&from, &until)?.iter().map(read).collect()
    }

    /// Accepts an order for its auction.
    pub fn accept_order(&mut self, id: &OrderId, order: &OrderRecord) -> Result<(), StateError> {
        let (utility, window) = (order.terms.utility, order.terms.window);
        let deadline = self.deadline_of(window)?;
        let fresh = AuctionRecord { sells: 0, buys: 0, rank: None };
        let mut auction = self.auction(utility, window)?.unwrap_or(fresh);
        match order.side() {
            Side::Sell => auction.sells = auction.sells.saturating_add(1),
            Side::Buy => auction.buys = auction.buys.saturating_add(1),
        }
        self.put(keys::auction(deadline, utility, window), &auction);
        self.put(keys::order(deadline, utility, window, id), order);
        Ok(())
    }

    /// Settles an order of an auction that cleared at a price: a seller gets the price of what he sold and his energy back that
    /// he did not, a buyer what is left of his lock. The order is then gone.
    pub fn fill_order(
        &mut self,
        id: &OrderId,
        order: &OrderRecord,
        price: Price,
        fill: &Point,
    ) -> Result<(), StateError> {
        let terms = &order.terms;
        let paid = Scalar::from(price.micro_euro()) * fill.point();
        match order.keys {
            OrderKeys::Sell { payout, rest, .. } => {
                self.add_credit(payout, Element::new(paid), order.origin)?;
                self.delivered((terms.utility, terms.window), (*id).into(), *fill, price, payout);
                let unsold = Element::new(terms.quantity.point() - fill.point());
                self.return_energy(order, rest, unsold)?;
            }
            OrderKeys::Buy { refund } => {
                let lock = self.locked(terms);
                self.add_credit(refund, Element::new(lock.point() - paid), order.origin)?;
            }
        }
        self.remove_order(id, terms)
    }

    /// Settles an order of an auction in which nothing is traded, or that nobody cleared: everything comes back. The order is
    /// then gone.
    pub fn give_back_order(&mut self, id: &OrderId, order: &OrderRecord) -> Result<(), StateError> {
        match order.keys {
            OrderKeys::Sell { rest, .. } => self.return_energy(order, rest, *order.terms.quantity.element())?,
            OrderKeys::Buy { refund } => {
                self.add_credit(refund, self.locked(&order.terms), order.origin)?;
            }
        }
        self.remove_order(id, &order.terms)
    }

    /// `cap*C_q`: what a buy order locks.
    fn locked(&self, terms: &OrderTerms) -> Element {
        let cap = self.genesis.parameters.prices_of(terms.utility).cap;
        Element::new(Scalar::from(cap) * terms.quantity.point())
    }

    /// Energy of a sell order goes where its inputs came from.
    fn return_energy(&mut self, order: &OrderRecord, key: Point, commitment: Element) -> Result<(), StateError> {
        let OrderKeys::Sell { bucket, .. } = order.keys else { return Ok(()) };
        let asset = Asset::Energy { utility: order.terms.utility, window: order.terms.window };
        self.add_energy_change(Note { asset, key, commitment }, bucket, order.origin)?;
        Ok(())
    }

    fn remove_order(&mut self, id: &OrderId, terms: &OrderTerms) -> Result<(), StateError> {
        let deadline = self.deadline_of(terms.window)?;
        self.store.delete(keys::order(deadline, terms.utility, terms.window, id));
        Ok(())
    }

    /// Takes an auction off whose orders are all settled.
    pub fn end_auction(&mut self, utility: Utility, window: Window) -> Result<(), StateError> {
        let deadline = self.deadline_of(window)?;
        self.store.delete(keys::auction(deadline, utility, window));
        Ok(())
    }

    /// The parent ranks the orders of every auction whose orders it was the first block to come after.
    pub(super) fn fix_ranks(&mut self, parent: &BlockDigest, parent_time: Timestamp) -> Result<(), StateError> {
        let parameters = &self.genesis.parameters;
        if parameters.auction.is_none() {
            return Ok(());
        }
        let (from, until) = keys::all_auctions();
        for (key, value) in self.store.range(&from, &until)? {
            let (_, window) = keys::auction_of(&key).ok_or(StateError::Missing("the window of an auction"))?;
            let auction: AuctionRecord = read_record(&key, &value)?;
            let closed = parameters.order_until(window).is_some_and(|last| parent_time > last);
            if closed && auction.rank.is_none() {
                self.put(key, &AuctionRecord { rank: Some(*parent), ..auction });
            }
        }
        Ok(())
    }

    /// Auctions that nobody cleared in time end: their orders get everything back, auction by auction, in the order of their
    /// ids.
    pub(super) fn expire_auctions(&mut self, now: Timestamp) -> Result<(), StateError> {
        if self.genesis.parameters.auction.is_none() {
            return Ok(());
        }
        let (from, until) = keys::auctions_before(now);
        for (key, _) in self.store.range(&from, &until)? {
            let (utility, window) = keys::auction_of(&key).ok_or(StateError::Missing("the window of an auction"))?;
            for (id, order) in self.orders_of(utility, window)? {
                self.give_back_order(&id, &order)?;
            }
            self.end_auction(utility, window)?;
        }
        Ok(())
    }

    /// Looks up who admits orders of a window.
    pub(super) fn resolve_order(&self, terms: &OrderTerms, resolved: &mut Resolved) -> Result<(), CheckError> {
        auction::auctions_are_held(&self.genesis.parameters)?;
        let operator = auction::operator_is_registered(self.operator_of(terms.window)?)?;
        resolved.digests.push(*operator.as_bytes());
        resolved.operator = Some(operator);
        Ok(())
    }

    /// Looks up the auction that a Clear ends, and holds what it lists against the orders there are. All of phase 2 of a Clear:
    /// what is late, unknown or incomplete has nothing that its proofs could be checked against.
    pub(super) fn resolve_clear(
        &self,
        statement: &ClearStatement,
        now: Timestamp,
        resolved: &mut Resolved,
    ) -> Result<(), CheckError> {
        let (utility, window, parameters) = (statement.utility, statement.window, &self.genesis.parameters);
        auction::auctions_are_held(parameters)?;
        auction::cleared_not_too_early(parameters, window, now)?;
        auction::cleared_not_too_late(parameters, window, now)?;
        let record = auction::auction_is_open(self.auction(utility, window)?)?;
        auction::both_sides_have_orders(&record)?;
        let rank = auction::rank_is_fixed(record.rank)?;
        let operator = auction::operator_is_registered(self.operator_of(window)?)?;
        let (orders, listed) = (self.orders_of(utility, window)?, statement.outcome.orders());
        auction::orders_ascend(&listed)?;
        auction::orders_are_known(&orders, &listed)?;
        auction::orders_are_exactly(&orders, &listed)?;
        resolved.digests.extend([*operator.as_bytes(), rank.0]);
        (resolved.operator, resolved.rank, resolved.orders) = (Some(operator), Some(rank), orders);
        Ok(())
    }
}
