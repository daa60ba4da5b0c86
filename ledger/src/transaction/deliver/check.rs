//! What validators check of a Deliver.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Element, Point,
    range::{RangeBits, RangeClaim},
};

use super::Deliver;
use crate::{
    CheckError, Rejection,
    rules::{ensure, spending, structure, trading},
    state::{LedgerState, Resolved},
    transaction::check::Facts,
    units::Timestamp,
};

impl Deliver {
    /// Phase 1. The contracts come from the ledger, never from the message.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        let contracts = &facts.resolved.contracts;
        let network = facts.genesis.network();
        structure::keys_are_distinct([&statement.change.key, &statement.payout_key])?;
        trading::contracts_ascend(&statement.deliveries)?;
        ensure(contracts.len() == statement.deliveries.len(), Rejection::UnknownContract)?;
        let receipts: Vec<Point> = statement.deliveries.iter().map(|delivery| delivery.delivered).collect();
        let delivered: RistrettoPoint = receipts.iter().map(|receipt| receipt.point()).sum();
        spending::inputs_balance(&statement.inputs, statement.change.commitment.point() + delivered)?;
        ensure(self.claims.len() == contracts.len(), Rejection::ClaimSignature)?;
        for (contract, claim) in contracts.iter().zip(&self.claims) {
            trading::claim_is_signed(network, &contract.terms, facts.digest, claim)?;
        }
        let handles: Vec<Point> = contracts.iter().map(|contract| contract.terms.handle).collect();
        trading::receipts_keep_blindings(network, facts.digest, &receipts, &handles, &self.handles)?;
        facts.signatures_over_one_bucket(&statement.inputs, &self.signatures)?;
        let rests = contracts
            .iter()
            .zip(&receipts)
            .map(|(contract, receipt)| Element::new(contract.terms.quantity.point() - receipt.point()));
        let change = [statement.change.commitment.into()];
        let values = receipts.iter().map(|receipt| *receipt.element()).chain(rests).chain(change).collect();
        Ok(vec![facts.range_claim(RangeBits::Bits32, values, &self.range)])
    }

    /// Phase 2.
    pub(crate) fn check_state(
        &self,
        state: &LedgerState<'_>,
        resolved: &Resolved,
        now: Timestamp,
    ) -> Result<(), CheckError> {
        for asset in &resolved.assets {
            spending::bucket_holds_energy(asset)?;
            for contract in &resolved.contracts {
                trading::contract_is_for(&contract.terms, asset)?;
                trading::delivered_in_time(&state.genesis().parameters, &contract.terms, now)?;
            }
        }
        Ok(())
    }
}
