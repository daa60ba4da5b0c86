//! What validators check of a request for a total. Members of the committee hold the same rules against it.

use hushwatt_crypto::range::RangeClaim;

use super::{Request, RequestStatement, Target};
use crate::{
    CheckError, Rejection,
    rules::totals,
    state::LedgerState,
    transaction::{TransactionId, check::Facts},
    units::{MeterId, Timestamp},
};

impl Request {
    /// Phase 1. The signature is checked in phase 2, where it comes before what is much work.
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
        totals::registrar_asked(genesis, statement.registrar, id, &self.signature)?;
        totals::nothing_was_asked(state.total(statement.period, statement.target)?.as_ref())?;
        statement.holds(state, now)
    }
}

impl RequestStatement {
    /// All that is asked of a request but that it is a registrar's and the first, by the ledger as of its block, which came at
    /// `asked_at`. Validators and members of the committee hold it against a request.
    ///
    /// # Errors
    /// [`CheckError::Rejected`] with the rule that it breaks, [`CheckError::State`].
    pub fn holds(&self, state: &LedgerState<'_>, asked_at: Timestamp) -> Result<(), CheckError> {
        let genesis = state.genesis();
        let parameters = totals::totals_are_made(&genesis.parameters)?;
        let times = parameters.times(self.period);
        totals::asked_not_too_early(&times, asked_at)?;
        totals::asked_not_too_late(&times, asked_at)?;
        totals::committee_is_in_force(state.committee_of(self.period)?)?;
        match self.target {
            Target::Cohort(place) => {
                let cohorts = state.cohorts(self.period)?;
                totals::cohorts_are_disjoint(&cohorts)?;
                totals::none_or_three_stay_outside(genesis, &cohorts)?;
                let cohort = totals::cohort_is_known(cohorts.into_iter().nth(usize::from(place)))?;
                totals::cohort_measures_one_utility(genesis, &cohort)?;
                let lot = totals::lots_are_drawn(state.lot(self.period)?)?;
                let shared = state.sharers(self.period, &cohort)?;
                let has_shared = |meter: &MeterId| shared.contains_key(meter);
                let right = totals::left_out(genesis.network(), self.period, &cohort, has_shared, &lot);
                totals::nobody_else_is_left_out(&self.left_out, &right)?;
                totals::enough_meters_are_in(parameters, &cohort, &self.left_out)?;
                totals::nobody_owns_over_a_third(&cohort, &self.left_out)?;
            }
            Target::Trades(utility) => {
                totals::nobody_else_is_left_out(&self.left_out, &[])?;
                totals::enough_trades_are_in(state.count_within(self.period, utility)?)?;
            }
        }
        Ok(())
    }
}
