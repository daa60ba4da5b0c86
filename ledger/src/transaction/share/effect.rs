//! What a Share changes: it stands beside the commitments that it opens.

use super::Share;
use crate::state::{LedgerState, ShareRecord, StateError};

impl Share {
    /// Phase 3. A light state has no records of periods: there nothing changes. In every other a rule has made sure that the
    /// record is there.
    ///
    /// The first Share stands, for the reason for which the first [`super::super::request`] does: a replay holds no rules, and a
    /// second one would put other digests beside what members were given.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        if state.share_of(self.statement.period, &self.statement.subject)?.is_some() {
            return Ok(());
        }
        let share = ShareRecord { sharings: self.statement.sharings.clone(), wrong: false };
        state.set_shared(self.statement.period, self.statement.subject, share)
    }
}
