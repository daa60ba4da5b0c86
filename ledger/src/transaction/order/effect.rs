//! What an order changes: its change, and the order itself, which stands until the auction is cleared or expires.

use super::{Buy, OrderId, Sell};
use crate::{
    note::Asset,
    state::{LedgerState, OrderKeys, OrderRecord, StateError},
    transaction::TransactionId,
};

impl Sell {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, id: &TransactionId, origin: u64) -> Result<(), StateError> {
        let statement = &self.statement;
        let terms = statement.terms;
        let asset = Asset::Energy { utility: terms.utility, window: terms.window };
        state.add_energy_change(statement.change.note(asset), statement.bucket.id, origin)?;
        let keys =
            OrderKeys::Sell { payout: statement.payout_key, rest: statement.rest_key, bucket: statement.bucket.id };
        let order = OrderId::of(state.genesis().network(), id);
        state.accept_order(&order, &OrderRecord { terms, keys, origin })
    }
}

impl Buy {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, id: &TransactionId, origin: u64) -> Result<(), StateError> {
        let statement = &self.statement;
        state.add_credit(statement.change.key, statement.change.commitment.into(), origin)?;
        let keys = OrderKeys::Buy { refund: statement.refund_key };
        let order = OrderId::of(state.genesis().network(), id);
        state.accept_order(&order, &OrderRecord { terms: statement.terms, keys, origin })?;
        state.burn_fee()
    }
}
