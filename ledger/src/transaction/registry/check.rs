//! What validators check of a Registry.

use hushwatt_crypto::{range::RangeClaim, signature::VerifyingKey};

use super::{Registry, RegistryChange};
use crate::{
    CheckError, Rejection,
    genesis::Genesis,
    rules::{auction, metering, registry, totals},
    state::{LedgerState, StateError},
    transaction::{TransactionId, check::Facts},
};

impl Registry {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let genesis = facts.genesis;
        self.registrars_agreed(genesis, facts.digest)?;
        match &self.statement.change {
            RegistryChange::Validators(validators) => registry::validator_keys_are_free(genesis, validators)?,
            RegistryChange::Meter { meter, .. } => {
                metering::meter_is_registered(genesis.meter(*meter))?;
            }
            RegistryChange::Operator { .. } => {
                auction::auctions_are_held(&genesis.parameters)?;
            }
            RegistryChange::Committee(_) => {
                totals::totals_are_made(&genesis.parameters)?;
            }
            RegistryChange::Cohorts(cohorts) => totals::cohorts_hold(genesis, cohorts)?,
        }
        Ok(Vec::new())
    }

    /// A quorum of registrars signed. The one rule that a replay holds too: what households' secrets hang on (who votes, to whom
    /// openings are shared) is believed of nobody else.
    pub(crate) fn registrars_agreed(&self, genesis: &Genesis, id: &TransactionId) -> Result<(), Rejection> {
        registry::signers_ascend_and_are_registrars(genesis, &self.signatures)?;
        registry::enough_registrars_signed(genesis, &self.signatures)?;
        registry::registrars_signed(genesis, id, &self.signatures)
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, state: &LedgerState<'_>) -> Result<(), CheckError> {
        registry::change_is_next(&state.counters()?, self.statement.serial)?;
        match &self.statement.change {
            RegistryChange::Validators(validators) => {
                registry::validators_are_no_meters(&state.replaced_meters()?, validators)?;
                registry::validators_are_no_operators(&state.named_operators()?, validators)?;
                registry::validators_are_no_members(&state.committee_keys()?, validators)?;
            }
            RegistryChange::Meter { key, .. } => registry::meter_key_is_new(&keys_in_use(state)?, key)?,
            RegistryChange::Operator { key } => registry::operator_key_is_new(&keys_in_use(state)?, key)?,
            // Who was in a committee before may be in the next one.
            RegistryChange::Committee(committee) => {
                totals::committee_keys_are_free(&state.keys_in_use()?, committee)?;
            }
            RegistryChange::Cohorts(_) => {}
        }
        Ok(())
    }
}

/// The keys of everybody, members of committees too.
fn keys_in_use(state: &LedgerState<'_>) -> Result<Vec<VerifyingKey>, StateError> {
    let mut keys = state.keys_in_use()?;
    keys.extend(state.committee_keys()?);
    Ok(keys)
}
