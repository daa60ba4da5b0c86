//! What validators check of a request for a total. Members of the committee hold the same rules against it.

use hushwatt_crypto::range::RangeClaim;

use super::{Request, Target};
use crate::{
    CheckError, Rejection,
    rules::totals,
    state::LedgerState,
    transaction::{TransactionId, check::Facts},
    units::Timestamp,
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
        let parameters = totals::totals_are_made(&genesis.parameters)?;
        totals::registrar_asked(genesis, statement.registrar, id, &self.signature)?;
        let times = parameters.times(statement.period);
        totals::asked_not_too_early(&times, now)?;
        totals::asked_not_too_late(&times, now)?;
        totals::committee_is_in_force(state.committee_of(statement.period)?)?;
        totals::nothing_was_asked(state.total(statement.period, statement.target)?.as_ref())?;
        match statement.target {
            Target::Cohort(place) => {
                let cohort = totals::cohort_is_known(state.cohort(statement.period, place)?)?;
                totals::left_out_are_of_the_cohort(&cohort, &statement.left_out)?;
                let shared = state.sharers(statement.period, &cohort)?;
                totals::who_is_in_has_shared(&cohort, &statement.left_out, &shared)?;
                totals::none_or_three_are_left_out(&cohort, &statement.left_out, &shared)?;
                totals::enough_meters_are_in(parameters, &cohort, &statement.left_out)?;
                totals::nobody_owns_over_a_third(&cohort, &statement.left_out)?;
            }
            Target::Trades(utility) => {
                totals::no_trades_are_left_out(&statement.left_out)?;
                totals::enough_trades_are_in(state.trades_within(statement.period, utility)?.len())?;
            }
        }
        Ok(())
    }
}
