//! What validators check of a Mint.

use hushwatt_crypto::range::{RangeBits, RangeClaim};

use super::Mint;
use crate::{
    CheckError, Rejection,
    rules::{money, structure},
    state::LedgerState,
    transaction::check::Facts,
};

impl Mint {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        structure::keys_are_distinct(statement.outputs.iter().map(|output| &output.key))?;
        let genesis = facts.genesis;
        money::treasury_signed(genesis.network(), &genesis.treasury, facts.digest, &self.signature)?;
        money::mint_balances(&statement.outputs, statement.total, &statement.excess)?;
        let commitments = statement.outputs.iter().map(|output| output.commitment.into()).collect();
        Ok(vec![facts.range_claim(RangeBits::Bits64, commitments, &self.range)])
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, state: &LedgerState<'_>) -> Result<(), CheckError> {
        let counters = state.counters()?;
        money::mint_is_next(&counters, self.statement.serial)?;
        money::supply_stays_bounded(&counters, self.statement.total)?;
        Ok(())
    }
}
