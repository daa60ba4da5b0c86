//! Orders of auctions as a snapshot holds them.

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::order::{OrderId, OrderTerms, Side},
    units::{Price, Quantity},
};
use serde::{Deserialize, Serialize};

use super::{SnapshotError, hexed::Hex, table::Table};
use crate::{Order, OrderKey, OrderKeys, OrderState};

/// A side's word, in a snapshot as in a movement.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredSide {
    Sell,
    Buy,
}

impl StoredSide {
    pub(super) fn of(side: Side) -> Self {
        match side {
            Side::Sell => StoredSide::Sell,
            Side::Buy => StoredSide::Buy,
        }
    }

    pub(super) fn back(self) -> Side {
        match self {
            StoredSide::Sell => Side::Sell,
            StoredSide::Buy => Side::Buy,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    key: Hex<Point>,
    tweak: Hex<SecretScalar>,
}

impl StoredKey {
    fn of(own: &OrderKey) -> Self {
        StoredKey { key: Hex(own.key), tweak: Hex(own.tweak.clone()) }
    }

    fn back(self) -> OrderKey {
        OrderKey { key: self.key.0, tweak: self.tweak.0 }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a wallet has few orders: a box would cost more than it saves")]
enum StoredKeys {
    Sell { payout: StoredKey, rest: StoredKey },
    Buy { refund: StoredKey },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredState {
    Open,
    Cleared { price: u32, filled: u32 },
    NothingTraded,
    Expired,
}

/// An order. Its id follows from the transaction that placed it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredOrder {
    terms: Hex<OrderTerms>,
    quantity: u64,
    quantity_blinding: Hex<SecretScalar>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    fill_blinding: Hex<SecretScalar>,
    keys: StoredKeys,
    /// Block and transaction.
    placed: (u64, usize),
    /// Block and, if it was one, Clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<(u64, Option<usize>)>,
    state: StoredState,
}

impl StoredOrder {
    pub(super) fn of(order: &Order, table: &mut Table) -> Self {
        StoredOrder {
            terms: Hex(order.terms),
            quantity: order.quantity.value,
            quantity_blinding: Hex(order.quantity.blinding.clone()),
            limit: order.limit.map(Price::micro_euro),
            fill_blinding: Hex(order.fill_blinding.clone()),
            keys: match &order.keys {
                OrderKeys::Sell { payout, rest } => {
                    StoredKeys::Sell { payout: StoredKey::of(payout), rest: StoredKey::of(rest) }
                }
                OrderKeys::Buy { refund } => StoredKeys::Buy { refund: StoredKey::of(refund) },
            },
            placed: (order.placed.0, table.place(order.placed.1)),
            ended: order.ended.map(|(height, clear)| (height, clear.map(|id| table.place(id)))),
            state: match order.state {
                OrderState::Open => StoredState::Open,
                OrderState::Cleared { price, filled } => {
                    StoredState::Cleared { price: price.micro_euro(), filled: filled.0 }
                }
                OrderState::NothingTraded => StoredState::NothingTraded,
                OrderState::Expired => StoredState::Expired,
            },
        }
    }

    pub(super) fn back(self, genesis: &Genesis, table: &Table) -> Result<Order, SnapshotError> {
        let damaged = SnapshotError::Damaged("an order's price");
        let placed = table.at(self.placed.1)?;
        let terms = self.terms.0;
        let ended = self.ended.map(|(height, clear)| {
            let clear = clear.map(|place| table.at(place)).transpose()?;
            Ok((height, clear))
        });
        Ok(Order {
            id: OrderId::of(genesis.network(), &placed),
            terms,
            quantity: Opening::new(self.quantity, self.quantity_blinding.0),
            limit: self.limit.map(|limit| Price::new(limit).ok_or(damaged)).transpose()?,
            fill_blinding: self.fill_blinding.0,
            keys: match self.keys {
                StoredKeys::Sell { payout, rest } => OrderKeys::Sell { payout: payout.back(), rest: rest.back() },
                StoredKeys::Buy { refund } => OrderKeys::Buy { refund: refund.back() },
            },
            cap: genesis.parameters.prices_of(terms.utility).cap,
            placed: (self.placed.0, placed),
            ended: ended.transpose()?,
            state: match self.state {
                StoredState::Open => OrderState::Open,
                StoredState::Cleared { price, filled } => {
                    OrderState::Cleared { price: Price::new(price).ok_or(damaged)?, filled: Quantity(filled) }
                }
                StoredState::NothingTraded => OrderState::NothingTraded,
                StoredState::Expired => OrderState::Expired,
            },
        })
    }
}
