//! What validators check of a release: that it is the member's share of what was asked for.

use hushwatt_crypto::range::RangeClaim;

use super::Release;
use crate::{
    CheckError, Rejection,
    rules::totals,
    state::LedgerState,
    transaction::{TransactionId, check::Facts},
    units::Timestamp,
};

impl Release {
    /// Phase 1. All that it depends on is in the state: see phase 2.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        totals::totals_are_made(&facts.genesis.parameters)?;
        Ok(Vec::new())
    }

    /// Phase 2.
    pub(crate) fn check_state(
        &self,
        state: &LedgerState<'_>,
        id: &TransactionId,
        now: Timestamp,
    ) -> Result<(), CheckError> {
        let (statement, genesis) = (&self.statement, state.genesis());
        let parameters = totals::totals_are_made(&genesis.parameters)?;
        totals::released_in_time(&parameters.times(statement.period), now)?;
        let committee = totals::committee_is_in_force(state.committee_of(statement.period)?)?;
        let member = totals::member_is_in_the_committee(&committee, statement.member)?;
        let total = totals::total_was_asked(state.total(statement.period, statement.target)?)?;
        totals::member_released_nothing(&total, statement.member)?;
        totals::member_signed(genesis.network(), member, id, &self.signature)?;
        totals::released_shares_open(&total, statement.member, &statement.shares)?;
        Ok(())
    }
}
