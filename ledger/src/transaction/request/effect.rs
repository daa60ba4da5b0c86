//! What a request changes: what the total is over is fixed, and what its shares must open.

use super::{Request, Target};
use crate::state::{LedgerState, StateError};

impl Request {
    /// Phase 3. A light state has no records of periods: there nothing changes.
    ///
    /// The first request stands. Where rules are held a second one never gets here, so for validators and auditors this changes
    /// nothing; a replay holds no rules, and there a second one that validators certified all the same would fix another set.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let statement = &self.statement;
        if state.total(statement.period, statement.target)?.is_some() {
            return Ok(());
        }
        let total = match statement.target {
            Target::Cohort(place) => state.total_of_cohort(statement.period, place, &statement.left_out)?,
            Target::Trades(utility) => state.total_of_trades(statement.period, utility)?,
        };
        if let Some(total) = total {
            state.set_total(statement.period, statement.target, &total);
        }
        Ok(())
    }
}
