//! The auction of a market: orders of its wallets, admitted by its operator, and his Clear.

use std::collections::BTreeMap;

use hushwatt_ledger::{
    transaction::{
        Transaction,
        build::Built,
        order::{OrderId, OrderOpening, Side, UnadmittedOrder, admit},
    },
    units::{Price, Quantity, Timestamp, Utility, Window},
};
use hushwatt_node::Produced;
use hushwatt_wallet::{Order, OrderState, Wish};

use super::{Market, clearing::clear_of};
use crate::support::{Community, operator_key};

/// The operator's book of one window.
pub struct Hall {
    pub window: Window,
    openings: BTreeMap<OrderId, OrderOpening>,
}

impl Hall {
    /// Window 0 is over and settled: its auction takes orders.
    pub fn open(market: &mut Market, export: u32) -> Self {
        market.deliverable(export);
        Self::of(market.window(0))
    }

    /// Of a window that takes orders.
    pub fn of(window: Window) -> Self {
        Hall { window, openings: BTreeMap::new() }
    }

    pub fn wish(&self, side: Side, quantity: u32, limit: u32) -> Wish {
        let (quantity, limit) = (Quantity(quantity), Price::new(limit).unwrap());
        Wish { side, utility: Utility::Electricity, window: self.window, quantity, limit }
    }

    /// Built by a wallet, and with nobody else.
    pub fn build(&self, market: &mut Market, who: usize, side: Side, quantity: u32, limit: u32) -> UnadmittedOrder {
        let Community { wallets, follower, rng, .. } = &mut market.community;
        let now = follower.tip().time;
        wallets[who].order(follower, &self.wish(side, quantity, limit), now, rng).unwrap()
    }

    /// Admitted, and in the book.
    pub fn admit(&mut self, market: &Market, order: UnadmittedOrder) -> (OrderId, Built) {
        let network = market.community.genesis.network();
        let id = OrderId::of(network, order.built.transaction.id());
        assert!(
            order
                .opening
                .opens(order.built.transaction.action().order().unwrap().terms, &market.community.genesis.parameters)
        );
        self.openings.insert(id, order.opening.clone());
        let admission = admit(&operator_key(), network, order.built.transaction.id());
        (id, order.admitted(admission))
    }

    /// Placed: built, admitted, in a block.
    pub fn place(&mut self, market: &mut Market, who: usize, side: Side, quantity: u32, limit: u32) -> OrderId {
        let order = self.build(market, who, side, quantity, limit);
        let (id, built) = self.admit(market, order);
        market.community.settle(vec![built]);
        id
    }

    /// The last second for orders.
    pub fn closes(&self, market: &Market) -> Timestamp {
        market.community.genesis.parameters.order_until(self.window).unwrap()
    }

    /// No more orders are taken, and the rank is known; gives the operator's Clear.
    pub fn close(&self, market: &mut Market) -> Transaction {
        let closes = self.closes(market);
        market.community.block_at(closes.plus(1));
        market.community.block_at(closes.plus(11));
        clear_of(&mut market.community, self.window, &self.openings)
    }

    /// Closed and cleared.
    pub fn clear(&self, market: &mut Market) -> Produced {
        let clear = self.close(market);
        market.community.settle(vec![Built::new(clear, Vec::new())])
    }

    /// Nobody clears it.
    pub fn expire(&self, market: &mut Market) -> Produced {
        let until = market.community.genesis.parameters.clear_until(self.window).unwrap();
        market.community.block_at(until.plus(1))
    }
}

impl Market {
    pub fn order(&self, who: usize, id: OrderId) -> &Order {
        self.wallet(who).orders().find(|order| order.id == id).unwrap()
    }

    pub fn order_state(&self, who: usize, id: OrderId) -> OrderState {
        self.order(who, id).state
    }
}
