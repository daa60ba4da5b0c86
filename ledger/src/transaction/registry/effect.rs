//! What a Registry changes: the validators of the epochs after this one.

use super::{Registry, RegistryChange};
use crate::state::{LedgerState, StateError};

impl Registry {
    /// Phase 3. A later change in the same epoch replaces this one.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let mut counters = state.counters()?;
        counters.registry_serial = self.statement.serial;
        state.set_counters(&counters);
        let epoch = state.genesis().parameters.epoch_of(counters.blocks);
        let RegistryChange::Validators(validators) = &self.statement.change;
        state.set_validators(epoch.next(), validators);
        Ok(())
    }
}
