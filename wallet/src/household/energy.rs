//! The household's own readings, window by window, with what of them was traded.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_ledger::{
    transaction::order::Side,
    units::{Timestamp, Utility, Window},
};

use super::{Household, views::EnergyRow};
use crate::PurchaseState;

impl Household {
    /// All windows that start in a stretch of time, in order, each meter of its own.
    pub fn energy(&self, from: Timestamp, until: Timestamp) -> Vec<EnergyRow> {
        let traded = self.traded();
        let mut counted = BTreeSet::new();
        let mut windows: Vec<_> = self.wallet.windows().iter().collect();
        windows.sort_by_key(|opened| (opened.window, opened.meter));
        let rows = windows.into_iter().filter_map(|opened| {
            let start = self.genesis.parameters.window_start(opened.window);
            if start < from || start >= until {
                return None;
            }
            let utility = self.genesis.meter(opened.meter)?.utility;
            // What was traded is the household's, not a meter's: it counts once.
            let first = counted.insert((utility, opened.window));
            let (bought, sold) = traded.get(&(utility, opened.window)).copied().filter(|_| first).unwrap_or_default();
            Some(EnergyRow {
                meter: opened.meter,
                utility,
                window: opened.window,
                start,
                imported: opened.readings.iter().map(|(_, imported)| u64::from(*imported)).sum(),
                exported: opened.readings.iter().map(|(exported, _)| u64::from(*exported)).sum(),
                bought,
                sold,
                status: opened.status,
            })
        });
        rows.collect()
    }

    /// What was bought and sold, by utility and window, in base units.
    pub(super) fn traded(&self) -> BTreeMap<(Utility, Window), (u64, u64)> {
        let mut traded: BTreeMap<_, (u64, u64)> = BTreeMap::new();
        for purchase in self.wallet.purchases() {
            if let PurchaseState::Delivered(quantity) = purchase.state {
                traded.entry((purchase.terms.utility, purchase.terms.window)).or_default().0 += u64::from(quantity.0);
            }
        }
        for claim in self.wallet.claims() {
            if let Some(quantity) = claim.delivered {
                traded.entry((claim.terms.utility, claim.terms.window)).or_default().1 += u64::from(quantity.0);
            }
        }
        for order in self.wallet.orders() {
            let sums: &mut (u64, u64) = traded.entry((order.terms.utility, order.terms.window)).or_default();
            match order.side() {
                Side::Buy => sums.0 += u64::from(order.filled().0),
                Side::Sell => sums.1 += u64::from(order.filled().0),
            }
        }
        traded
    }
}
