//! What an Open changes: the change waits for a bucket, the contract stands until delivered or expired.

use super::{ContractId, Open};
use crate::{
    state::{ContractRecord, LedgerState, StateError},
    transaction::TransactionId,
};

impl Open {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, id: &TransactionId, origin: u64) -> Result<(), StateError> {
        let statement = &self.statement;
        state.add_credit(statement.change.key, statement.change.commitment.into(), origin)?;
        let contract = ContractId::of(state.genesis().network(), id);
        state.open_contract(&contract, &ContractRecord { terms: statement.contract, origin });
        state.burn_fee()
    }
}
