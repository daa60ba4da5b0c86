//! What a complaint changes: whoever shared wrongly is out.

use super::Complain;
use crate::state::{LedgerState, StateError};

impl Complain {
    /// Phase 3. A light state has no records of periods: there nothing changes.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        state.set_shared_wrongly(self.statement.place.period, self.statement.place.subject)
    }
}
