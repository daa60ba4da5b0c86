//! The roles of the community, each with only what is its own.

use hushwatt_crypto::{address::Address, keys::Seed};
use hushwatt_ledger::{
    parameters::PriceBounds,
    transaction::{
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Credit, Price, Utility, Window},
};
use hushwatt_meter_attest::Attestor;
use hushwatt_wallet::{Pairing, Wallet, Wish};

/// A home: one wallet, and its own meters.
pub(super) struct Household {
    /// Its place in the data, which only the demo's own bookkeeping uses.
    pub(super) home: usize,
    pub(super) name: String,
    pub(super) seed: Seed,
    pub(super) wallet: Wallet,
    /// One of each utility, in their order.
    pub(super) meters: Vec<HomeMeter>,
    /// What it asks the treasury for: how many notes of which value.
    pub(super) top_up: TopUp,
}

/// A meter with its gateway, and what it shares with the household's wallet.
pub(super) struct HomeMeter {
    pub(super) utility: Utility,
    pub(super) pairing: Pairing,
    pub(super) attestor: Attestor,
}

/// Prepaid credit a household asks for.
#[derive(Clone, Copy)]
pub(super) struct TopUp {
    /// Transfers of seven notes each.
    pub(super) transfers: usize,
    /// Value of each note.
    pub(super) note: Credit,
}

impl TopUp {
    pub(super) fn total(&self) -> Credit {
        Credit(self.note.0 * 7 * self.transfers as u64)
    }
}

impl Household {
    pub(super) fn address(&self) -> Address {
        *self.wallet.address()
    }

    /// The least this home sells for, and the most it buys for: its own opinion between floor and cap.
    pub(super) fn rule(&self, bounds: &PriceBounds) -> (Option<Price>, Option<Price>) {
        let span = u64::from(bounds.cap - bounds.floor);
        let part = |percent: usize| (span * percent as u64 / 100) as u32;
        let (reserve, limit) = (bounds.floor + part(self.home * 37 % 60), bounds.cap - part(self.home * 23 % 50));
        (Price::new(reserve), Price::new(limit))
    }
}

/// What a seller decided about the contracts of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fulfilment {
    /// Everything that was bought.
    Full,
    /// Only half of the first contract: the battery took the rest.
    Half,
    /// Nothing: the contracts expire.
    Forgotten,
}

/// One contract as its two sides know it, for the plain bookkeeping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trade {
    pub(super) contract: ContractId,
    pub(super) seller: usize,
    pub(super) buyer: usize,
    pub(super) utility: Utility,
    pub(super) window: Window,
    pub(super) price: Price,
    pub(super) quantity: u32,
    /// `None` while open, then what was delivered; a contract that expired was delivered 0 and is marked.
    pub(super) delivered: Option<u32>,
}

/// The auction of one window, as the demo's bookkeeping knows it.
pub(super) struct Auction {
    pub(super) utility: Utility,
    pub(super) window: Window,
    pub(super) orders: Vec<Order>,
    pub(super) ending: Ending,
}

/// One sealed order in plain numbers.
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) home: usize,
    pub(super) side: Side,
    pub(super) quantity: u32,
    /// What was traded of it.
    pub(super) filled: u32,
}

/// How an auction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// One side had no orders: it expires by itself.
    OneSided,
    /// Every bid was below every offer.
    NoTrade,
    /// One price for all.
    Traded {
        /// The price.
        price: Price,
    },
}

impl Order {
    pub(super) fn new(id: OrderId, home: usize, wish: &Wish) -> Self {
        Order { id, home, side: wish.side, quantity: wish.quantity.0, filled: 0 }
    }
}

impl Auction {
    pub(super) fn count(&self, side: Side) -> usize {
        self.orders.iter().filter(|order| order.side == side).count()
    }

    pub(super) fn has_both_sides(&self) -> bool {
        self.count(Side::Sell) > 0 && self.count(Side::Buy) > 0
    }

    /// What changed hands.
    pub(super) fn volume(&self) -> u64 {
        self.orders.iter().filter(|order| order.side == Side::Buy).map(|order| u64::from(order.filled)).sum()
    }

    /// The clearing price, if there is one.
    pub(super) fn price(&self) -> Option<Price> {
        match self.ending {
            Ending::Traded { price } => Some(price),
            Ending::OneSided | Ending::NoTrade => None,
        }
    }
}
