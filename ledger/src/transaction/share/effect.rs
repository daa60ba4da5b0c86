//! What a Share changes: it stands beside the commitments that it opens.

use super::Share;
use crate::state::{LedgerState, ShareRecord, StateError};

impl Share {
    /// Phase 3. A light state has no records of periods: there nothing changes. In every other a rule has made sure that the
    /// record is there.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let share = ShareRecord { sharings: self.statement.sharings.clone(), wrong: false };
        state.set_shared(self.statement.period, self.statement.subject, share)
    }
}
