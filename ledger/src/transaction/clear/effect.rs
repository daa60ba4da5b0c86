//! What a Clear changes: every order of the auction is settled, in the order of their ids, and the auction is over.

use super::{Clear, Outcome};
use crate::state::{LedgerState, Resolved, StateError};

impl Clear {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, resolved: &Resolved) -> Result<(), StateError> {
        let statement = &self.statement;
        match &statement.outcome {
            Outcome::Trade { price, fills } => {
                for ((id, order), fill) in resolved.orders.iter().zip(fills) {
                    state.fill_order(id, order, *price, &fill.fill)?;
                }
            }
            Outcome::NoTrade { .. } => {
                for (id, order) in &resolved.orders {
                    state.give_back_order(id, order)?;
                }
            }
        }
        state.end_auction(statement.utility, statement.window)
    }
}
