//! What validators check of a complaint: that the share is the one that was sealed, and that it is wrong. Members of the committee
//! hold the same rules against it.

use hushwatt_crypto::range::RangeClaim;

use super::Complain;
use crate::{
    CheckError, Rejection,
    committee::CommitteeMember,
    rules::totals,
    state::{LedgerState, Shared},
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
        let member = self.is_a_members(state, id, now)?;
        let shared = totals::share_is_there(state.shared(&self.statement.place)?)?;
        Ok(self.shows_a_wrong_share(state, &member, &shared)?)
    }

    /// All that is asked of a complaint but that it is the first of what it is about: for whoever replayed its block, which came at
    /// `now`, and holds no other rules against it. The state is as of the block.
    ///
    /// # Errors
    /// [`CheckError::Rejected`] with the rule that it breaks, [`CheckError::State`].
    pub fn holds(&self, state: &LedgerState<'_>, id: &TransactionId, now: Timestamp) -> Result<(), CheckError> {
        let member = self.is_a_members(state, id, now)?;
        let shared = totals::share_is_there(state.ever_shared(&self.statement.place)?)?;
        Ok(self.shows_a_wrong_share(state, &member, &shared)?)
    }

    /// A member of the period's committee complains, in time: which one.
    fn is_a_members(
        &self,
        state: &LedgerState<'_>,
        id: &TransactionId,
        now: Timestamp,
    ) -> Result<CommitteeMember, CheckError> {
        let (place, genesis) = (&self.statement.place, state.genesis());
        let parameters = totals::totals_are_made(&genesis.parameters)?;
        totals::complained_in_time(&parameters.times(place.period), now)?;
        let committee = totals::committee_is_in_force(state.committee_of(place.period)?)?;
        let member = totals::member_is_in_the_committee(&committee, place.member)?;
        totals::member_signed(genesis.network(), member, id, &self.signature)?;
        Ok(*member)
    }

    fn shows_a_wrong_share(
        &self,
        state: &LedgerState<'_>,
        member: &CommitteeMember,
        shared: &Shared,
    ) -> Result<(), Rejection> {
        let (statement, network) = (&self.statement, state.genesis().network());
        totals::sealed_share_is_the_one(network, shared, &statement.place, &statement.sealed)?;
        totals::share_is_wrong(network, member, shared, statement)
    }
}
