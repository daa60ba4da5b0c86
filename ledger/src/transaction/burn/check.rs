//! What validators check of a Burn.

use hushwatt_crypto::{
    commitment::value_part,
    range::{RangeBits, RangeClaim},
};

use super::Burn;
use crate::{
    CheckError, Rejection,
    rules::{money, spending},
    state::{LedgerState, Resolved},
    transaction::{check::Facts, spend::Spend},
};

impl Burn {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let (statement, genesis) = (&self.statement, facts.genesis);
        money::treasury_signed(genesis.network(), &genesis.treasury, facts.digest, &self.signature)?;
        let spends: Vec<Spend> = statement.inputs.iter().map(|input| input.spend).collect();
        let outputs = statement.change.commitment.point() + value_part(statement.total.0);
        spending::inputs_balance(&spends, outputs)?;
        let ring_of = |place: usize| facts.resolved.rings.get(place).cloned();
        spending::ring_signatures_verify(&spends, &self.signatures, ring_of, facts.digest)?;
        Ok(vec![facts.range_claim(RangeBits::Bits64, vec![statement.change.commitment.into()], &self.range)])
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, state: &LedgerState<'_>, resolved: &Resolved) -> Result<(), CheckError> {
        resolved.assets.iter().try_for_each(spending::bucket_holds_credit)?;
        money::supply_covers(&state.counters()?, self.statement.total)?;
        Ok(())
    }
}
