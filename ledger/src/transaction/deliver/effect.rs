//! What a Deliver changes: one payout, a refund per contract, energy change; the delivered energy is consumed.

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::Element;

use super::Deliver;
use crate::{
    state::{LedgerState, Resolved, StateError, buckets::times_price},
    transaction::open::ContractTerms,
};

impl Deliver {
    /// Phase 3. Notes follow in the order payout, refunds by contract id, change.
    pub(crate) fn apply(
        &self,
        state: &mut LedgerState<'_>,
        resolved: &Resolved,
        origin: u64,
    ) -> Result<(), StateError> {
        let statement = &self.statement;
        let mut payout = RistrettoPoint::identity();
        let mut refunds = Vec::new();
        for (delivery, contract) in statement.deliveries.iter().zip(&resolved.contracts) {
            let paid = times_price(contract, delivery.delivered.element());
            let lock = times_price(contract, contract.terms.quantity.element());
            payout += paid.point();
            refunds.push((contract, Element::new(lock.point() - paid.point())));
            let ContractTerms { utility, window, price, claim_key, .. } = contract.terms;
            state.delivered((utility, window), delivery.contract.into(), delivery.delivered, price, claim_key);
            state.close_contract(&delivery.contract, contract);
        }
        state.add_credit(statement.payout_key, Element::new(payout), origin)?;
        for (contract, refund) in refunds {
            state.add_credit(contract.terms.refund_key, refund, contract.origin)?;
        }
        if let Some(asset) = resolved.assets.first() {
            state.add_energy_change(statement.change.note(*asset), statement.bucket.id, origin)?;
        }
        Ok(())
    }
}
