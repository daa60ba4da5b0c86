//! Plain bookkeeping beside the ledger: what everybody must end up with, by arithmetic over readings and matches alone.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_ledger::{
    transaction::order::Side,
    units::{Credit, Price, Quantity, Utility, Window},
};

use super::roles::{Auction, Trade};

/// The demo's own book. It knows everything, which no role of the community does.
#[derive(Default)]
pub(super) struct Book {
    /// Contracts, in the demo that trades by them.
    pub(super) trades: Vec<Trade>,
    /// Auctions with at least one order.
    pub(super) auctions: Vec<Auction>,
    /// The blocks that drew the ranks of a window's orders, and that cleared it.
    pub(super) rank_blocks: BTreeMap<Window, u64>,
    pub(super) clear_blocks: BTreeMap<Window, u64>,
    /// The longest that the operator took to clear and prove one auction.
    pub(super) slowest_clear: Duration,
    /// Prepaid so far, by home.
    pub(super) topped_up: Vec<Credit>,
    /// What was metered and shared, by utility.
    pub(super) metered: BTreeMap<Utility, Metered>,
    /// Credit the treasury minted.
    pub(super) minted: Credit,
    /// Credit the treasury burned.
    pub(super) burned: Credit,
    /// Matches or bids that a buyer could not lock money for, since it was not sealed yet.
    pub(super) unfunded: usize,
    /// Which home's meter was away.
    pub(super) away: Option<usize>,
    /// Windows that were attested late, and missing.
    pub(super) late_windows: usize,
    pub(super) missing_windows: usize,
    /// Deliveries that served more than one contract.
    pub(super) bundled: usize,
    /// Top-ups that the treasury paid.
    pub(super) top_ups: usize,
    pub(super) blocks: u64,
    /// The validator that was killed, and the height at that time.
    pub(super) killed: Option<(usize, u64)>,
}

/// What was metered of a utility, in base units.
#[derive(Default)]
pub(super) struct Metered {
    /// Export attested in time, by home.
    pub(super) attested: Vec<u64>,
    /// Export that was measured, by home: in time or not.
    pub(super) exported: Vec<u64>,
    /// Import that was measured, by home.
    pub(super) imported: Vec<u64>,
}

impl Book {
    pub(super) fn new(homes: usize, utilities: &[Utility]) -> Self {
        let nothing = || vec![0; homes];
        let metered =
            |utility: &Utility| (*utility, Metered { attested: nothing(), exported: nothing(), imported: nothing() });
        let metered = utilities.iter().map(metered).collect();
        Book { topped_up: vec![Credit::ZERO; homes], metered, ..Book::default() }
    }

    /// Everything that changed hands, by contract or by auction.
    pub(super) fn moves(&self) -> impl Iterator<Item = Move> {
        let contracts = self.trades.iter().flat_map(|trade| {
            let Trade { utility, window, price, .. } = *trade;
            let quantity = trade.delivered.unwrap_or(0);
            [(Side::Sell, trade.seller), (Side::Buy, trade.buyer)].map(|(side, home)| Move {
                side,
                home,
                utility,
                window,
                price,
                quantity,
            })
        });
        let auctions = self.auctions.iter().filter_map(|auction| Some((auction, auction.price()?)));
        let orders = auctions.flat_map(|(auction, price)| {
            let (utility, window) = (auction.utility, auction.window);
            auction.orders.iter().map(move |order| Move {
                side: order.side,
                home: order.home,
                utility,
                window,
                price,
                quantity: order.filled,
            })
        });
        contracts.chain(orders)
    }

    /// What was bought of a utility, once.
    pub(super) fn bought(&self, utility: Utility) -> impl Iterator<Item = Move> {
        self.moves().filter(move |moved| moved.utility == utility && moved.side == Side::Buy)
    }

    /// What a home must own in the end.
    pub(super) fn expected_credit(&self, home: usize) -> Option<Credit> {
        let side = |side: Side| {
            let own = self.moves().filter(move |moved| moved.home == home && moved.side == side);
            Credit::checked_sum(own.map(|moved| moved.money()))
        };
        let (earned, paid) = (side(Side::Sell)?, side(Side::Buy)?);
        self.topped_up.get(home)?.checked_add(earned)?.checked_sub(paid)
    }

    /// What was attested of a utility and a home must still hold.
    pub(super) fn expected_energy(&self, utility: Utility, home: usize) -> Option<u64> {
        let own =
            self.moves().filter(|moved| moved.utility == utility && moved.side == Side::Sell && moved.home == home);
        let sold: u64 = own.map(|moved| u64::from(moved.quantity)).sum();
        self.metered.get(&utility)?.attested.get(home)?.checked_sub(sold)
    }

    /// The contracts of a utility.
    pub(super) fn trades_of(&self, utility: Utility) -> impl Iterator<Item = &Trade> {
        self.trades.iter().filter(move |trade| trade.utility == utility)
    }

    /// What of a utility changed hands.
    pub(super) fn shared(&self, utility: Utility) -> u64 {
        self.bought(utility).map(|moved| u64::from(moved.quantity)).sum()
    }

    /// Money that changed hands for it.
    pub(super) fn moved(&self, utility: Utility) -> Credit {
        Credit::checked_sum(self.bought(utility).map(|moved| moved.money())).unwrap_or_default()
    }
}

/// What one home gave or got in one window.
#[derive(Clone, Copy)]
pub(super) struct Move {
    pub(super) side: Side,
    pub(super) home: usize,
    pub(super) utility: Utility,
    pub(super) window: Window,
    pub(super) price: Price,
    pub(super) quantity: u32,
}

impl Move {
    pub(super) fn money(&self) -> Credit {
        self.price.times(Quantity(self.quantity))
    }
}
