//! What a Registry changes: the validators of the epochs after this one, a meter, the market operator, the committee or the
//! cohorts.

use super::{Registry, RegistryChange};
use crate::state::{LedgerState, StateError};

impl Registry {
    /// Phase 3. A later change of the validators in the same epoch replaces this one; a meter's new key is in force at once.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let mut counters = state.counters()?;
        counters.registry_serial = self.statement.serial;
        state.set_counters(&counters);
        match &self.statement.change {
            RegistryChange::Validators(validators) => {
                let epoch = state.genesis().parameters.epoch_of(counters.blocks);
                state.set_validators(epoch.next(), validators);
            }
            RegistryChange::Meter { meter, class, key } => state.replace_meter(*meter, *class, *key),
            RegistryChange::Operator { key } => state.name_operator(counters.time, *key),
            RegistryChange::Committee(committee) => state.name_committee(counters.time, committee),
            RegistryChange::Cohorts(cohorts) => state.name_cohorts(counters.time, cohorts)?,
        }
        Ok(())
    }
}
