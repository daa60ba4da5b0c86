//! What validators check of a Transfer.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    commitment::value_part,
    range::{RangeBits, RangeClaim},
};

use super::Transfer;
use crate::{
    CheckError, Rejection,
    rules::{spending, structure},
    state::Resolved,
    transaction::check::Facts,
};

impl Transfer {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        structure::keys_are_distinct(statement.outputs.iter().map(|output| &output.key))?;
        let made: RistrettoPoint = statement.outputs.iter().map(|output| output.commitment.point()).sum();
        spending::inputs_balance(&statement.inputs, made + value_part(facts.genesis.parameters.fee))?;
        facts.signatures_over_one_bucket(&statement.inputs, &self.signatures)?;
        let commitments = statement.outputs.iter().map(|output| output.commitment.into()).collect();
        Ok(vec![facts.range_claim(RangeBits::Bits64, commitments, &self.range)])
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, resolved: &Resolved) -> Result<(), CheckError> {
        resolved.assets.iter().try_for_each(spending::bucket_holds_credit)?;
        Ok(())
    }
}
