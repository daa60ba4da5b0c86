//! What a release changes: the member has answered.

use super::Release;
use crate::state::{LedgerState, StateError};

impl Release {
    /// Phase 3. A light state has no totals: there nothing changes.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let statement = &self.statement;
        if let Some(mut total) = state.total(statement.period, statement.target)? {
            total.released.push(statement.member);
            total.released.sort_unstable();
            state.set_total(statement.period, statement.target, &total);
        }
        Ok(())
    }
}
