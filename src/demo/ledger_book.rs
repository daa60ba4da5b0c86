//! Plain bookkeeping beside the ledger: what everybody must end up with, by arithmetic over readings and matches alone.

use std::collections::BTreeMap;

use hushwatt_ledger::units::{Credit, Quantity, Utility};

use super::roles::Trade;

/// The demo's own book. It knows everything, which no role of the community does.
#[derive(Default)]
pub(super) struct Book {
    pub(super) trades: Vec<Trade>,
    /// Prepaid so far, by home.
    pub(super) topped_up: Vec<Credit>,
    /// What was metered and shared, by utility.
    pub(super) metered: BTreeMap<Utility, Metered>,
    /// Credit the treasury minted.
    pub(super) minted: Credit,
    /// Credit the treasury burned.
    pub(super) burned: Credit,
    /// Matches that a buyer could not lock money for, since it was not sealed yet.
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

    /// What a home must own in the end.
    pub(super) fn expected_credit(&self, home: usize) -> Option<Credit> {
        let side = |pick: fn(&Trade) -> usize| {
            let own = self.trades.iter().filter(move |trade| pick(trade) == home);
            Credit::checked_sum(own.map(|trade| trade.price.times(Quantity(trade.delivered.unwrap_or(0)))))
        };
        let (earned, paid) = (side(|trade| trade.seller)?, side(|trade| trade.buyer)?);
        self.topped_up.get(home)?.checked_add(earned)?.checked_sub(paid)
    }

    /// What was attested of a utility and a home must still hold.
    pub(super) fn expected_energy(&self, utility: Utility, home: usize) -> Option<u64> {
        let own = self.trades_of(utility).filter(|trade| trade.seller == home);
        let sold: u64 = own.map(|trade| u64::from(trade.delivered.unwrap_or(0))).sum();
        self.metered.get(&utility)?.attested.get(home)?.checked_sub(sold)
    }

    /// The contracts of a utility.
    pub(super) fn trades_of(&self, utility: Utility) -> impl Iterator<Item = &Trade> {
        self.trades.iter().filter(move |trade| trade.utility == utility)
    }

    /// What of a utility changed hands.
    pub(super) fn shared(&self, utility: Utility) -> u64 {
        self.trades_of(utility).map(|trade| u64::from(trade.delivered.unwrap_or(0))).sum()
    }

    /// Money that changed hands for it.
    pub(super) fn moved(&self, utility: Utility) -> Credit {
        let paid = self.trades_of(utility).map(|trade| trade.price.times(Quantity(trade.delivered.unwrap_or(0))));
        Credit::checked_sum(paid).unwrap_or_default()
    }
}
