//! What validators check of a complaint: that the share is the one that was sealed, and that it is wrong.

use hushwatt_crypto::range::RangeClaim;

use super::Complain;
use crate::{
    CheckError, Rejection,
    rules::totals,
    state::LedgerState,
    transaction::{TransactionId, check::Facts},
    units::Timestamp,
};

impl Complain {
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
        let (place, network) = (&statement.place, genesis.network());
        let parameters = totals::totals_are_made(&genesis.parameters)?;
        totals::complained_in_time(&parameters.times(place.period), now)?;
        let committee = totals::committee_is_in_force(state.committee_of(place.period)?)?;
        let member = totals::member_is_in_the_committee(&committee, place.member)?;
        totals::member_signed(network, member, id, &self.signature)?;
        let shared = totals::share_is_there(state.shared(place)?)?;
        totals::sealed_share_is_the_one(network, &shared, place, &statement.sealed)?;
        totals::share_is_wrong(network, member, &shared, statement)?;
        Ok(())
    }
}
