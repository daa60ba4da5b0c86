//! What a Burn changes: the change waits for a bucket, the supply shrinks.

use super::Burn;
use crate::{
    state::{LedgerState, StateError},
    units::Credit,
};

impl Burn {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, origin: u64) -> Result<(), StateError> {
        let mut counters = state.counters()?;
        counters.burned = Credit(counters.burned.0.saturating_add(self.statement.total.0));
        state.set_counters(&counters);
        state.add_credit(self.statement.change.key, self.statement.change.commitment.into(), origin)?;
        Ok(())
    }
}
