//! Sealed-bid auctions, the demo's own market: every window is announced, takes offers and bids, closes, is cleared at one
//! price, and settles.

use hushwatt_ledger::{
    transaction::{
        build::Built,
        clear::Cleared,
        order::{OrderId, Side},
    },
    units::{Price, Quantity, Timestamp, Utility, Window},
};
use hushwatt_wallet::{WalletError, Wish};
use rand_core::OsRng;
use rayon::prelude::*;

use super::Day;
use crate::demo::{
    DemoError,
    community::Community,
    roles::{Auction, Ending, Household, Order},
};

/// After a window's attestation deadline: when the homes order.
const ORDER_AT: u64 = 600;
/// After orders close: the block that draws the ranks, the one that makes its digest known, and the one with the Clear.
const RANK_AT: u64 = 60;
const KNOWN_AT: u64 = 120;
const CLEAR_AT: u64 = 180;

impl Day<'_> {
    /// The hour's auctions: those of the window whose attestation deadline has just passed.
    pub(super) fn auctions(&mut self, hour: Timestamp) -> Result<(), DemoError> {
        let waited = self.parameters.attestation_deadline + self.parameters.window;
        let window = self.parameters.window_at(hour.minus(waited));
        let now = hour.plus(ORDER_AT);
        let mut built = Vec::new();
        if self.data.windows(&self.parameters).any(|known| known == window) {
            for utility in self.data.utilities() {
                built.extend(self.collect(utility, window, now)?);
            }
        }
        built.extend(self.split(now)?);
        self.community.submit(now, built)?;
        self.top_up(now)?;
        self.block(now)?;
        if self.auctions_of(window).any(|auction| auction.has_both_sides()) { self.clear(window) } else { Ok(()) }
    }

    /// Offers and bids of the homes by their own simple rules, sealed for the operator, admitted by it.
    fn collect(&mut self, utility: Utility, window: Window, now: Timestamp) -> Result<Vec<Built>, DemoError> {
        let network = *self.community.genesis.network();
        let q_min = self.parameters.auction.as_ref().map_or(0, |auction| auction.q_min);
        let wishes: Vec<Vec<Wish>> =
            (0..self.community.households.len()).map(|home| self.wishes(utility, window, home, q_min)).collect();
        let Community { households, follower, operator, .. } = &mut *self.community;
        let Some(operator) = operator else { return Ok(Vec::new()) };
        let placed: Vec<Result<Placed, DemoError>> = households
            .par_iter_mut()
            .map(|household| {
                let mut placed = Placed::default();
                for wish in &wishes[household.home] {
                    match household.wallet.order(follower, wish, now, &mut OsRng) {
                        Ok(order) => {
                            let built = operator.admit(order, now)?;
                            let id = OrderId::of(&network, built.transaction.id());
                            placed.orders.push((built, Order::new(id, household.home, wish)));
                        }
                        Err(WalletError::InsufficientCredit { .. } | WalletError::Scattered { .. }) => {
                            placed.unfunded += 1;
                        }
                        // The home's meter did not post in time, or no other did: there is no energy to offer.
                        Err(WalletError::InsufficientEnergy { .. } | WalletError::SmallRing { .. }) => {}
                        Err(source) => return Err(DemoError::Wallet { who: household.name.clone(), source }),
                    }
                }
                Ok(placed)
            })
            .collect();
        let mut built = Vec::new();
        let mut auction = Auction { utility, window, orders: Vec::new(), ending: Ending::OneSided };
        for placed in placed {
            let placed = placed?;
            self.book.unfunded += placed.unfunded;
            for (transaction, order) in placed.orders {
                built.push(transaction);
                auction.orders.push(order);
            }
        }
        if !auction.orders.is_empty() {
            self.book.auctions.push(auction);
        }
        Ok(built)
    }

    /// A home sells what was attested down to its reserve price, and buys what it consumed up to its limit.
    fn wishes(&self, utility: Utility, window: Window, home: usize, q_min: u32) -> Vec<Wish> {
        let Some((export, import)) = self.data.window(&self.parameters, utility, home, window) else {
            return Vec::new();
        };
        if self.is_away(utility, home, window) {
            return Vec::new();
        }
        let household: &Household = &self.community.households[home];
        let (reserve, limit) = household.rule(&self.parameters.prices_of(utility));
        let wish = |side, quantity: u64, limit: Option<Price>| {
            let quantity = u32::try_from(quantity).ok().filter(|quantity| *quantity >= q_min)?;
            Some(Wish { side, utility, window, quantity: Quantity(quantity), limit: limit? })
        };
        [wish(Side::Sell, export, reserve), wish(Side::Buy, import, limit)].into_iter().flatten().collect()
    }

    fn auctions_of(&self, window: Window) -> impl Iterator<Item = &Auction> {
        self.book.auctions.iter().filter(move |auction| auction.window == window)
    }

    /// Orders close, ranks are drawn, the operator clears, and the ledger settles.
    fn clear(&mut self, window: Window) -> Result<(), DemoError> {
        let Some(close) = self.parameters.order_until(window) else { return Ok(()) };
        self.block(close.plus(RANK_AT))?;
        self.book.rank_blocks.insert(window, self.book.blocks);
        self.block(close.plus(KNOWN_AT))?;
        let now = close.plus(CLEAR_AT);
        let mut clears = Vec::new();
        let held = self.book.auctions.iter_mut().filter(|auction| auction.window == window);
        for auction in held.filter(|auction| auction.has_both_sides()) {
            let Community { network, operator, .. } = &mut *self.community;
            let Some(operator) = operator else { continue };
            let known = network.auction(auction.utility, window)?;
            let started = std::time::Instant::now();
            let (clear, cleared) = operator.clear(&known, now)?;
            self.book.slowest_clear = self.book.slowest_clear.max(started.elapsed());
            clears.push(clear);
            match cleared {
                Cleared::NoTrade => auction.ending = Ending::NoTrade,
                Cleared::Trade { price, fills } => {
                    auction.ending = Ending::Traded { price };
                    for order in &mut auction.orders {
                        let fill = fills.iter().find(|(id, _)| *id == order.id);
                        order.filled = fill.map_or(0, |(_, quantity)| quantity.0);
                    }
                }
            }
        }
        self.community.submit(now, clears)?;
        self.block(now)?;
        self.book.clear_blocks.insert(window, self.book.blocks);
        Ok(())
    }
}

/// What one home ordered.
#[derive(Default)]
struct Placed {
    /// Bids whose lock the home could not pay yet.
    unfunded: usize,
    orders: Vec<(Built, Order)>,
}
