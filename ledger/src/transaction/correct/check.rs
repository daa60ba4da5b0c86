//! What validators check of a Correct.

use hushwatt_crypto::range::RangeClaim;

use super::Correct;
use crate::{CheckError, Rejection, rules::metering, state::LedgerState, transaction::check::Facts, units::Timestamp};

impl Correct {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        facts.metered(statement.meter, &[statement.values()], &self.range, &self.signature)
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, state: &LedgerState<'_>, now: Timestamp) -> Result<(), CheckError> {
        let (statement, genesis) = (&self.statement, state.genesis());
        metering::meter_is_registered(genesis.meter(statement.meter))?;
        let record = state.meter(statement.meter)?;
        metering::sequence_is_next(&record, statement.sequence)?;
        metering::predecessor_is_last(&record, &statement.previous)?;
        metering::correction_is_in_time(&genesis.parameters, statement.window, now)?;
        metering::window_was_attested(state.window(statement.meter, statement.window)?)?;
        Ok(())
    }
}
