//! The member's own look at a final request: he holds the rules of totals against it himself, by what the chain says
//! (protocol section 10).

use hushwatt_ledger::{
    CheckError,
    rules::totals,
    state::LedgerState,
    transaction::{
        TransactionId,
        request::{Request, RequestStatement, Target},
    },
    units::Timestamp,
};

/// Whether a request may be answered, by the ledger as of its block, which came at `asked_at`. That nothing else was answered of
/// its period and target is the caller's to know.
///
/// # Errors
/// [`CheckError::Rejected`] with the rule it breaks, [`CheckError::State`].
pub fn review(
    state: &LedgerState<'_>,
    id: &TransactionId,
    request: &Request,
    asked_at: Timestamp,
) -> Result<(), CheckError> {
    let genesis = state.genesis();
    totals::totals_are_made(&genesis.parameters)?;
    totals::registrar_asked(genesis, request.statement.registrar, id, &request.signature)?;
    rules_hold(state, &request.statement, asked_at)
}

/// The rules about what is asked, whoever asks.
///
/// # Errors
/// As [`review`].
pub fn rules_hold(
    state: &LedgerState<'_>,
    statement: &RequestStatement,
    asked_at: Timestamp,
) -> Result<(), CheckError> {
    let genesis = state.genesis();
    let parameters = totals::totals_are_made(&genesis.parameters)?;
    let times = parameters.times(statement.period);
    totals::asked_not_too_early(&times, asked_at)?;
    totals::asked_not_too_late(&times, asked_at)?;
    totals::committee_is_in_force(state.committee_of(statement.period)?)?;
    match statement.target {
        Target::Cohort(place) => {
            let cohort = totals::cohort_is_known(state.cohort(statement.period, place)?)?;
            totals::cohorts_are_disjoint(&state.cohorts(statement.period)?)?;
            totals::cohort_measures_one_utility(genesis, &cohort)?;
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
