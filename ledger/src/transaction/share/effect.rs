//! What a Share changes: it stands beside the commitments that it opens.

use super::{Share, Subject};
use crate::state::{LedgerState, ShareRecord, StateError};

impl Share {
    /// Phase 3. A light state has no records of periods: there nothing changes. In every other a rule has made sure that the
    /// record is there.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let period = self.statement.period;
        let share = Some(ShareRecord { sharings: self.statement.sharings.clone(), wrong: false });
        match self.statement.subject {
            Subject::Meter(meter) => {
                if let Some(record) = state.metered_period(period, meter)? {
                    state.set_metered_period(period, meter, &crate::state::MeteredPeriod { share, ..record });
                }
            }
            Subject::Trade { utility, trade } => {
                if let Some(record) = state.trade(period, utility, &trade)? {
                    state.set_trade(period, utility, &trade, &crate::state::TradeRecord { share, ..record });
                }
            }
        }
        Ok(())
    }
}
