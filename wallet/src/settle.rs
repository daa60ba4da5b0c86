//! Contracts while scanning: orders and claims are remembered, deliveries and expiries settle them (protocol section 6.3).

use hushwatt_crypto::{
    SecretScalar,
    commitment::{Opening, find_value},
    handle::handle,
    hint::{HintBody, Recognised},
};
use hushwatt_ledger::{
    note::NoteNumber,
    transaction::{
        TransactionId,
        deliver::{Deliver, Delivery},
        open::{ContractId, ContractTerms},
    },
    units::Quantity,
};

use crate::{
    Claim, ClaimState, Purchase, PurchaseState, Wallet,
    history::Effect,
    scan::{Claimed, Scene},
};

/// A contract's hint, if it opens the contract on the ledger: anything else is unpaid.
fn contract_secrets(terms: &ContractTerms, body: &HintBody) -> Option<(Opening, SecretScalar, SecretScalar)> {
    let quantity = Opening::new(body.value, body.blinding.clone());
    let (delivered, t) = body.handle_secrets()?;
    let right = quantity.opens(terms.quantity.element()) && handle(&delivered, &t).ok()? == terms.handle;
    right.then_some((quantity, delivered, t))
}

impl Wallet {
    pub(crate) fn remember_purchase(
        &mut self,
        scene: Scene<'_>,
        id: ContractId,
        terms: &ContractTerms,
        opened: &Recognised,
        transaction: TransactionId,
    ) {
        if let Some((quantity, delivered_blinding, _)) = contract_secrets(terms, &opened.body) {
            let purchase = Purchase {
                id,
                terms: *terms,
                quantity,
                delivered_blinding,
                refund_tweak: opened.tweak.clone(),
                opened: (scene.header.height, transaction),
                settled: None,
                state: PurchaseState::Open,
            };
            self.purchases.entry(id).or_insert(purchase);
        }
    }

    pub(crate) fn remember_claim(
        &mut self,
        scene: Scene<'_>,
        id: ContractId,
        terms: &ContractTerms,
        opened: &Recognised,
        transaction: TransactionId,
    ) {
        // A handle seen before would give two receipts one blinding, and their difference away (section 6.3).
        if self.handles.contains(terms.handle.as_bytes()) {
            return;
        }
        if let Some((quantity, delivered_blinding, t)) = contract_secrets(terms, &opened.body) {
            let claim = Claim {
                id,
                terms: *terms,
                quantity,
                delivered_blinding,
                t,
                handle: terms.handle,
                claim_tweak: opened.tweak.clone(),
                opened: (scene.header.height, transaction),
                settled: None,
                delivered: None,
                state: ClaimState::Open,
            };
            self.handles.insert(*terms.handle.as_bytes());
            self.claims.insert(id, claim);
        }
    }

    /// A Deliver settles our purchases and claims. Neither side needs any of its hints: the receipt's blinding is known to
    /// both.
    pub(crate) fn settle(
        &mut self,
        scene: Scene<'_>,
        deliver: &Deliver,
        transaction: TransactionId,
        effect: &mut Effect,
    ) {
        let settled = Some((scene.header.height, transaction));
        for delivery in &deliver.statement.deliveries {
            if let Some(claim) = self.claims.get_mut(&delivery.contract) {
                (claim.state, claim.settled) = (ClaimState::Settled, settled);
                claim.delivered = delivered(delivery, &claim.quantity, &claim.delivered_blinding);
                effect.sold.push(claim.id);
            }
            let Some(purchase) = self.purchases.get_mut(&delivery.contract) else { continue };
            let found = delivered(delivery, &purchase.quantity, &purchase.delivered_blinding);
            let Some(found) = found else { continue };
            purchase.settled = settled;
            effect.bought.push(purchase.id);
            let price = u64::from(purchase.terms.price.micro_euro());
            let value = price.saturating_mul(purchase.quantity.value.saturating_sub(found.0.into()));
            let blinding = purchase.quantity.blinding.minus(&purchase.delivered_blinding).times(price);
            let refund = Opening::new(value, blinding);
            effect.made.extend(self.close_purchase(scene, &delivery.contract, PurchaseState::Delivered(found), refund));
        }
    }

    pub(crate) fn expire(&mut self, scene: Scene<'_>, id: &ContractId) {
        if let Some(claim) = self.claims.get_mut(id) {
            claim.state = ClaimState::Expired;
        }
        let Some(purchase) = self.purchases.get(id) else { return };
        let price = u64::from(purchase.terms.price.micro_euro());
        let refund = Opening::new(purchase.lock().0, purchase.quantity.blinding.times(price));
        self.close_purchase(scene, id, PurchaseState::Expired, refund);
        self.record_expiry(scene.header.height, scene.header.time, id);
    }

    fn close_purchase(
        &mut self,
        scene: Scene<'_>,
        id: &ContractId,
        state: PurchaseState,
        opening: Opening,
    ) -> Option<NoteNumber> {
        let purchase = self.purchases.get_mut(id)?;
        purchase.state = state;
        let (key, tweak) = (purchase.terms.refund_key, purchase.refund_tweak.clone());
        self.own(scene, Claimed { key, tweak, opening, output: None })
    }
}

/// What a delivery says to who knows its receipt's blinding.
fn delivered(delivery: &Delivery, quantity: &Opening, blinding: &SecretScalar) -> Option<Quantity> {
    let max = u32::try_from(quantity.value).unwrap_or(u32::MAX);
    find_value(&(delivery.delivered.point() - blinding.public().point()), max).map(Quantity)
}
