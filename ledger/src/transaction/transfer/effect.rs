//! What a Transfer changes: its outputs wait for a bucket, the fee is gone.

use super::Transfer;
use crate::state::{LedgerState, StateError};

impl Transfer {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, origin: u64) -> Result<(), StateError> {
        for output in &self.statement.outputs {
            state.add_credit(output.key, output.commitment.into(), origin)?;
        }
        state.burn_fee()
    }
}
