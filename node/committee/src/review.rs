//! The member's own look at a final request: he holds the rules of totals against it himself, by what the chain says
//! (protocol section 10).

use hushwatt_ledger::{
    CheckError,
    rules::totals,
    state::{LedgerState, StateError},
    transaction::{
        TransactionId,
        request::{Request, RequestStatement, Target},
    },
    units::{MeterId, Timestamp},
};

use crate::answers::Over;

/// What a request that may be answered is over, by the ledger as of its block, which came at `asked_at`. That nothing else was
/// answered of its period and target is the caller's to know.
///
/// # Errors
/// [`CheckError::Rejected`] with the rule it breaks, [`CheckError::State`].
pub fn review(
    state: &LedgerState<'_>,
    id: &TransactionId,
    request: &Request,
    asked_at: Timestamp,
) -> Result<Over, CheckError> {
    let genesis = state.genesis();
    totals::totals_are_made(&genesis.parameters)?;
    totals::registrar_asked(genesis, request.statement.registrar, id, &request.signature)?;
    request.statement.holds(state, asked_at)?;
    let over = over(state, &request.statement)?;
    if let Over::Meters(meters) = &over {
        // Of validators that is asked when a meter shares.
        for meter in meters {
            totals::period_is_complete(&genesis.parameters, state.metered_period(request.statement.period, *meter)?)?;
        }
    }
    Ok(over)
}

/// What a request is over by the ledger as it is.
///
/// # Errors
/// [`CheckError::Rejected`] if there is no such cohort, [`CheckError::State`].
pub(crate) fn over(state: &LedgerState<'_>, statement: &RequestStatement) -> Result<Over, CheckError> {
    Ok(match statement.target {
        Target::Cohort(place) => {
            let cohort = totals::cohort_is_known(state.cohort(statement.period, place)?)?;
            let all = cohort.meters().iter().map(|entry| entry.meter);
            let mut meters: Vec<MeterId> = all.filter(|meter| !statement.left_out.contains(meter)).collect();
            meters.sort_unstable();
            Over::Meters(meters)
        }
        Target::Trades(_) => {
            let total = state.total(statement.period, statement.target)?;
            let total = total.ok_or(StateError::Missing("the total that a request fixed"))?;
            Over::Trades(*total.sums[0].commitment.as_bytes())
        }
    })
}
