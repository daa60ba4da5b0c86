//! Orders of the sealed-bid auction as the household that placed them knows them (protocol section 6.4).
//!
//! * `place.rs`: choosing notes and building. `follow.rs`: what scanning finds out, the fill included.

mod follow;
mod place;

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    note::Asset,
    transaction::{
        TransactionId,
        order::{OrderId, OrderTerms, Side},
    },
    units::{Credit, Price, Quantity},
};

pub use place::Wish;

/// How an order stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderState {
    /// Its auction is not over.
    Open,
    /// Its auction found a price.
    Cleared {
        /// What everybody pays and gets per base unit.
        price: Price,
        /// How much of the order was traded; perhaps nothing.
        filled: Quantity,
    },
    /// Its auction was cleared, and nobody's bid met anybody's ask.
    NothingTraded,
    /// Its auction was not cleared in time.
    Expired,
}

/// A one-time key of this wallet that an order's effects pay to.
#[derive(Clone)]
pub struct OrderKey {
    /// The key.
    pub key: Point,
    /// `k`: the one-time secret is `k + s`.
    pub tweak: SecretScalar,
}

/// What an order's effects pay to.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "a wallet has few orders: a box would cost more than it saves")]
pub enum OrderKeys {
    /// Of a sell order.
    Sell {
        /// What was sold is paid here.
        payout: OrderKey,
        /// What was not sold comes back here.
        rest: OrderKey,
    },
    /// Of a buy order.
    Buy {
        /// What was locked and not paid comes back here.
        refund: OrderKey,
    },
}

/// An order that this wallet placed, or another one of the same keys.
#[derive(Clone)]
pub struct Order {
    /// Which.
    pub id: OrderId,
    /// Commitments and handle, as they are on the ledger.
    pub terms: OrderTerms,
    /// Opening of the quantity.
    pub quantity: Opening,
    /// The least a seller takes, the most a buyer pays; unknown where the change's hint was lost.
    pub limit: Option<Price>,
    /// `b_a`: the receipt's blinding, so that the fill can be found.
    pub fill_blinding: SecretScalar,
    /// What its effects pay to.
    pub keys: OrderKeys,
    /// What a buy order locks for each base unit, in micro-euro: the highest price of its utility.
    pub cap: u32,
    /// Block and transaction that placed it.
    pub placed: (u64, TransactionId),
    /// The block that ended it, and the Clear if it was one.
    pub ended: Option<(u64, Option<TransactionId>)>,
    /// How it stands.
    pub state: OrderState,
}

impl Order {
    /// Which side it is on.
    pub fn side(&self) -> Side {
        match self.keys {
            OrderKeys::Sell { .. } => Side::Sell,
            OrderKeys::Buy { .. } => Side::Buy,
        }
    }

    /// What it is about.
    pub fn asset(&self) -> Asset {
        Asset::Energy { utility: self.terms.utility, window: self.terms.window }
    }

    /// How much was offered or asked for.
    pub fn ordered(&self) -> Quantity {
        Quantity(u32::try_from(self.quantity.value).unwrap_or(u32::MAX))
    }

    /// The money in it while it is open: of a buy order the highest price of everything.
    pub fn lock(&self) -> Credit {
        match self.keys {
            OrderKeys::Buy { .. } => Credit(u64::from(self.cap).saturating_mul(self.quantity.value)),
            OrderKeys::Sell { .. } => Credit::ZERO,
        }
    }

    /// How much was traded.
    pub fn filled(&self) -> Quantity {
        match self.state {
            OrderState::Cleared { filled, .. } => filled,
            OrderState::Open | OrderState::NothingTraded | OrderState::Expired => Quantity(0),
        }
    }

    /// What was paid for it, or earned with it.
    pub fn money(&self) -> Credit {
        match self.state {
            OrderState::Cleared { price, filled } => price.times(filled),
            OrderState::Open | OrderState::NothingTraded | OrderState::Expired => Credit::ZERO,
        }
    }
}
