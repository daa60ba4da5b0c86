//! The matcher: brings declared offers and wishes of a window together at one price. It learns what is declared to it,
//! and that is printed as one more role.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::address::Address;
use hushwatt_ledger::{
    parameters::Parameters,
    units::{Price, Utility},
};

/// What a household tells the matcher after a window, of one utility.
pub(super) struct Declaration {
    pub(super) household: usize,
    pub(super) address: Address,
    pub(super) export: u32,
    pub(super) import: u32,
}

/// What the matcher proposes to a buyer.
pub(super) struct Match {
    pub(super) buyer: usize,
    pub(super) seller: usize,
    pub(super) seller_address: Address,
    pub(super) quantity: u32,
}

/// What the matcher has learned so far.
#[derive(Default)]
pub(super) struct Matcher {
    pub(super) declarations: usize,
    pub(super) households: BTreeSet<usize>,
    /// Offered and wanted so far, in base units.
    pub(super) sums: BTreeMap<Utility, (u64, u64)>,
}

impl Matcher {
    /// Largest offers meet largest wishes. The price lies between the utility's lowest (what the grid pays) and highest (what it
    /// takes): the scarcer the offer, the higher.
    pub(super) fn propose(
        &mut self,
        parameters: &Parameters,
        utility: Utility,
        declarations: &[Declaration],
    ) -> Option<(Price, Vec<Match>)> {
        self.declarations += declarations.len();
        self.households.extend(declarations.iter().map(|declaration| declaration.household));
        let mut offers: Vec<(&Declaration, u32)> =
            declarations.iter().map(|d| (d, d.export)).filter(|(_, quantity)| *quantity > 0).collect();
        let mut wishes: Vec<(&Declaration, u32)> =
            declarations.iter().map(|d| (d, d.import)).filter(|(_, quantity)| *quantity > 0).collect();
        let offered: u64 = offers.iter().map(|(_, quantity)| u64::from(*quantity)).sum();
        let wanted: u64 = wishes.iter().map(|(_, quantity)| u64::from(*quantity)).sum();
        let sums = self.sums.entry(utility).or_default();
        *sums = (sums.0 + offered, sums.1 + wanted);
        if offered == 0 || wanted == 0 {
            return None;
        }
        let bounds = parameters.prices_of(utility);
        let scarcity = u64::from(bounds.cap - bounds.floor) * wanted / (offered + wanted);
        let price = bounds.nearest(bounds.floor + scarcity as u32)?;
        offers.sort_by_key(|(declaration, quantity)| (std::cmp::Reverse(*quantity), declaration.household));
        wishes.sort_by_key(|(declaration, quantity)| (std::cmp::Reverse(*quantity), declaration.household));
        let mut matches = Vec::new();
        let mut offers = offers.into_iter();
        let mut current = offers.next();
        for (buyer, mut wish) in wishes {
            while wish > 0 {
                let Some((seller, left)) = current.as_mut() else { return Some((price, matches)) };
                let quantity = wish.min(*left);
                // A home that both imports and exports within a window does not trade with itself.
                if seller.household != buyer.household {
                    matches.push(Match {
                        buyer: buyer.household,
                        seller: seller.household,
                        seller_address: seller.address,
                        quantity,
                    });
                }
                wish -= quantity;
                *left -= quantity;
                if *left == 0 {
                    current = offers.next();
                }
            }
        }
        Some((price, matches))
    }
}
