//! What validators check of an Open.

use hushwatt_crypto::{
    commitment::value_part,
    range::{RangeBits, RangeClaim},
};

use super::Open;
use crate::{
    CheckError, Rejection,
    rules::{spending, structure, trading},
    state::{LedgerState, Resolved},
    transaction::check::Facts,
    units::Timestamp,
};

impl Open {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        let contract = &statement.contract;
        structure::keys_are_distinct([&statement.change.key, &contract.refund_key, &contract.claim_key])?;
        let price = curve25519_dalek::scalar::Scalar::from(contract.price.micro_euro());
        let lock = price * contract.quantity.point();
        let outputs = statement.change.commitment.point() + lock + value_part(facts.genesis.parameters.fee);
        spending::inputs_balance(&statement.inputs, outputs)?;
        facts.signatures_over_one_bucket(&statement.inputs, &self.signatures)?;
        Ok(vec![
            facts.range_claim(RangeBits::Bits64, vec![statement.change.commitment.into()], &self.change_range),
            facts.range_claim(RangeBits::Bits32, vec![contract.quantity.into()], &self.quantity_range),
        ])
    }

    /// Phase 2.
    pub(crate) fn check_state(
        &self,
        state: &LedgerState<'_>,
        resolved: &Resolved,
        now: Timestamp,
    ) -> Result<(), CheckError> {
        let (contract, parameters) = (&self.statement.contract, &state.genesis().parameters);
        resolved.assets.iter().try_for_each(spending::bucket_holds_credit)?;
        trading::utility_is_measured(state.genesis().has_utility(contract.utility))?;
        let bounds = parameters.prices_of(contract.utility);
        trading::price_is_on_the_step(&bounds, contract.price)?;
        trading::price_is_allowed(&bounds, contract.price)?;
        trading::opened_not_too_early(parameters, contract.window, now)?;
        trading::opened_not_too_late(parameters, contract.window, now)?;
        Ok(())
    }
}
