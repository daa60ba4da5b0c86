//! What a Mint changes: new notes wait for a bucket, the supply grows.

use super::Mint;
use crate::{
    state::{LedgerState, StateError},
    units::Credit,
};

impl Mint {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, origin: u64) -> Result<(), StateError> {
        let mut counters = state.counters()?;
        counters.mint_serial = self.statement.serial;
        counters.minted = Credit(counters.minted.0.saturating_add(self.statement.total.0));
        state.set_counters(&counters);
        for output in &self.statement.outputs {
            state.add_credit(output.key, output.commitment.into(), origin)?;
        }
        Ok(())
    }
}
