//! Contracts between neighbours (`--bilateral`): matched when a window is over, delivered once its energy is sealed, expired
//! if that never happens.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_ledger::{
    transaction::{build::Built, open::ContractId},
    units::{Quantity, Timestamp, Utility, Window},
};
use hushwatt_wallet::{ClaimState, Delivery, Offer, WalletError};
use rand_core::OsRng;
use rayon::prelude::*;

use super::Day;
use crate::demo::{
    DemoError,
    community::Community,
    matcher::Declaration,
    roles::{Fulfilment, Household, Trade},
};

impl Day<'_> {
    /// Matches the window that ended, opens its contracts, delivers the window whose energy has been sealed.
    pub(super) fn contracts(&mut self, done: Window, now: Timestamp) -> Result<(), DemoError> {
        let mut built = Vec::new();
        for utility in self.data.utilities() {
            built.extend(self.open_contracts(utility, done, now)?);
        }
        built.extend(self.deliver_due(now)?);
        built.extend(self.split(now)?);
        self.community.submit(now, built)?;
        self.top_up(now)?;
        self.block(now)?;
        self.book_expired();
        Ok(())
    }

    fn declarations(&self, utility: Utility, window: Window) -> Vec<Declaration> {
        let declare = |household: &Household| {
            // A household whose meter is away has no reading that could be attested in time.
            if self.is_away(utility, household.home, window) {
                return None;
            }
            let (export, import) = self.data.window(&self.parameters, utility, household.home, window)?;
            Some(Declaration {
                household: household.home,
                address: household.address(),
                export: u32::try_from(export).ok()?,
                import: u32::try_from(import).ok()?,
            })
        };
        self.community.households.iter().filter_map(declare).collect()
    }

    fn open_contracts(&mut self, utility: Utility, window: Window, now: Timestamp) -> Result<Vec<Built>, DemoError> {
        if window > self.last_window {
            return Ok(Vec::new());
        }
        let declarations = self.declarations(utility, window);
        let proposed = self.community.matcher.propose(&self.parameters, utility, &declarations);
        let Some((price, matches)) = proposed else {
            return Ok(Vec::new());
        };
        let mut by_buyer: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for proposed in matches {
            by_buyer.entry(proposed.buyer).or_default().push(proposed);
        }
        let network = *self.community.genesis.network();
        let Community { households, follower, .. } = &mut *self.community;
        let opened: Vec<Result<Opened, DemoError>> = households
            .par_iter_mut()
            .filter_map(|household| Some((by_buyer.get(&household.home)?, household)))
            .map(|(proposals, household)| {
                let (mut opened, mut unfunded) = (Vec::new(), 0);
                for proposed in proposals {
                    let offer = Offer {
                        seller: proposed.seller_address,
                        utility,
                        window,
                        price,
                        quantity: Quantity(proposed.quantity),
                    };
                    match household.wallet.open(follower, &offer, now, &mut OsRng) {
                        Ok(built) => {
                            let trade = Trade {
                                contract: ContractId::of(&network, built.transaction.id()),
                                seller: proposed.seller,
                                buyer: proposed.buyer,
                                utility,
                                window,
                                price,
                                quantity: proposed.quantity,
                                delivered: None,
                            };
                            opened.push((built, trade));
                        }
                        Err(WalletError::InsufficientCredit { .. } | WalletError::Scattered { .. }) => unfunded += 1,
                        Err(source) => return Err(DemoError::Wallet { who: household.name.clone(), source }),
                    }
                }
                Ok(Opened { unfunded, contracts: opened })
            })
            .collect();
        let mut built = Vec::new();
        for result in opened {
            let opened = result?;
            self.book.unfunded += opened.unfunded;
            for (transaction, trade) in opened.contracts {
                built.push(transaction);
                self.book.trades.push(trade);
            }
        }
        Ok(built)
    }

    /// Every seller with sealed energy serves the contracts its wallet knows of, up to seven at a time: the rest when
    /// the energy change of the first delivery has joined its bucket.
    fn deliver_due(&mut self, now: Timestamp) -> Result<Vec<Built>, DemoError> {
        let sealed =
            self.parameters.window_at(now.minus(self.parameters.window + self.parameters.attestation_deadline));
        let mut built = Vec::new();
        for home in 0..self.community.households.len() {
            let claims = self.community.households[home].wallet.claims();
            let due = claims.filter(|claim| claim.state == ClaimState::Open && claim.terms.window <= sealed);
            let ready: BTreeSet<(Utility, Window)> =
                due.map(|claim| (claim.terms.utility, claim.terms.window)).collect();
            for (utility, window) in ready {
                let fulfilment = if window == sealed { self.decide(utility) } else { Fulfilment::Full };
                if fulfilment == Fulfilment::Forgotten {
                    self.forgotten.insert((home, utility, window));
                }
                if self.forgotten.contains(&(home, utility, window)) {
                    continue;
                }
                let deliveries = self.plan_delivery(home, utility, window, fulfilment);
                let Community { households, follower, .. } = &mut *self.community;
                let household = &mut households[home];
                match household.wallet.deliver(follower, &deliveries, now, &mut OsRng) {
                    Ok(transaction) => {
                        self.book_delivery(&deliveries);
                        built.push(transaction);
                    }
                    // The change is on its way, or no other meter posted in this window: the contracts wait, or expire.
                    Err(WalletError::InsufficientEnergy { .. } | WalletError::SmallRing { .. }) => {}
                    Err(source) => return Err(DemoError::Wallet { who: household.name.clone(), source }),
                }
            }
        }
        Ok(built)
    }

    fn decide(&mut self, utility: Utility) -> Fulfilment {
        let decided = self.deliveries.entry(utility).or_default();
        *decided += 1;
        match decided {
            3 => Fulfilment::Forgotten,
            5 => Fulfilment::Half,
            _ => Fulfilment::Full,
        }
    }

    fn plan_delivery(&self, home: usize, utility: Utility, window: Window, fulfilment: Fulfilment) -> Vec<Delivery> {
        let wallet = &self.community.households[home].wallet;
        let mut deliveries: Vec<Delivery> = wallet
            .open_claims(utility, window)
            .map(|claim| Delivery {
                contract: claim.id,
                quantity: Quantity(u32::try_from(claim.quantity.value).unwrap_or(u32::MAX)),
            })
            .collect();
        deliveries.sort_by_key(|delivery| std::cmp::Reverse(delivery.quantity));
        deliveries.truncate(hushwatt_ledger::transaction::deliver::MAX_CONTRACTS);
        if let (Fulfilment::Half, Some(first)) = (fulfilment, deliveries.first_mut()) {
            first.quantity = Quantity(first.quantity.0 / 2);
        }
        deliveries
    }

    fn book_delivery(&mut self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            let trade = self.book.trades.iter_mut().find(|trade| trade.contract == delivery.contract);
            let Some(trade) = trade else { continue };
            trade.delivered = Some(delivery.quantity.0);
        }
        if deliveries.len() > 1 {
            self.book.bundled += 1;
        }
    }

    /// Contracts past their deadline: nothing was delivered.
    fn book_expired(&mut self) {
        let now = self.community.follower.tip().time;
        for trade in self.book.trades.iter_mut().filter(|trade| trade.delivered.is_none()) {
            if now > self.parameters.deliver_until(trade.window) {
                trade.delivered = Some(0);
            }
        }
    }
}

/// What one buyer opened in a window.
struct Opened {
    /// Matches whose lock the buyer could not pay yet.
    unfunded: usize,
    contracts: Vec<(Built, Trade)>,
}
