//! Contracts, from both sides.

use hushwatt_ledger::units::{Credit, Quantity};

use super::{
    Household,
    views::{ContractState, ContractView, Side},
};
use crate::{Claim, ClaimState, Purchase, PurchaseState};

impl Household {
    /// All contracts, those of the latest windows first.
    pub fn contracts(&self) -> Vec<ContractView> {
        let bought = self.wallet.purchases().map(|purchase| self.purchase_view(purchase));
        let sold = self.wallet.claims().map(|claim| self.claim_view(claim));
        let mut all: Vec<ContractView> = bought.chain(sold).collect();
        all.sort_by_key(|view| (std::cmp::Reverse(view.window), view.id));
        all
    }

    fn purchase_view(&self, purchase: &Purchase) -> ContractView {
        let (state, delivered, money) = match purchase.state {
            PurchaseState::Open => (ContractState::Open, None, purchase.lock()),
            PurchaseState::Delivered(quantity) => (ContractState::Delivered, Some(quantity), purchase.paid()),
            PurchaseState::Expired => (ContractState::Expired, Some(Quantity(0)), Credit::ZERO),
        };
        let terms = &purchase.terms;
        ContractView {
            id: purchase.id,
            side: Side::Buyer,
            utility: terms.utility,
            window: terms.window,
            start: self.genesis.parameters.window_start(terms.window),
            quantity: quantity_of(purchase.quantity.value),
            price: terms.price,
            state,
            delivered,
            money,
            until: self.genesis.parameters.deliver_until(terms.window),
        }
    }

    fn claim_view(&self, claim: &Claim) -> ContractView {
        let terms = &claim.terms;
        let quantity = quantity_of(claim.quantity.value);
        let (state, delivered, money) = match claim.state {
            ClaimState::Open => (ContractState::Open, None, terms.price.times(quantity)),
            ClaimState::Settled => {
                let money = claim.delivered.map_or(Credit::ZERO, |delivered| terms.price.times(delivered));
                (ContractState::Delivered, claim.delivered, money)
            }
            ClaimState::Expired => (ContractState::Expired, Some(Quantity(0)), Credit::ZERO),
        };
        ContractView {
            id: claim.id,
            side: Side::Seller,
            utility: terms.utility,
            window: terms.window,
            start: self.genesis.parameters.window_start(terms.window),
            quantity,
            price: terms.price,
            state,
            delivered,
            money,
            until: self.genesis.parameters.deliver_until(terms.window),
        }
    }
}

/// A contract's quantity was range-proven to 32 bits.
fn quantity_of(value: u64) -> Quantity {
    Quantity(u32::try_from(value).unwrap_or(u32::MAX))
}
