//! What validators check of a Registry.

use hushwatt_crypto::range::RangeClaim;

use super::{Registry, RegistryChange};
use crate::{CheckError, Rejection, rules::registry, state::LedgerState, transaction::check::Facts};

impl Registry {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let genesis = facts.genesis;
        registry::signers_ascend_and_are_registrars(genesis, &self.signatures)?;
        registry::enough_registrars_signed(genesis, &self.signatures)?;
        registry::registrars_signed(genesis, facts.digest, &self.signatures)?;
        let RegistryChange::Validators(validators) = &self.statement.change;
        registry::validator_keys_are_free(genesis, validators)?;
        Ok(Vec::new())
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, state: &LedgerState<'_>) -> Result<(), CheckError> {
        registry::change_is_next(&state.counters()?, self.statement.serial)?;
        Ok(())
    }
}
