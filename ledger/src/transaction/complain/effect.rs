//! What a complaint changes: whoever shared wrongly is out.

use super::Complain;
use crate::{
    state::{LedgerState, MeteredPeriod, ShareRecord, StateError, TradeRecord},
    transaction::share::Subject,
};

fn wrong(share: Option<ShareRecord>) -> Option<ShareRecord> {
    share.map(|share| ShareRecord { wrong: true, ..share })
}

impl Complain {
    /// Phase 3. A light state has no records of periods: there nothing changes.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>) -> Result<(), StateError> {
        let place = &self.statement.place;
        match place.subject {
            Subject::Meter(meter) => {
                if let Some(record) = state.metered_period(place.period, meter)? {
                    let record = MeteredPeriod { share: wrong(record.share), ..record };
                    state.set_metered_period(place.period, meter, &record);
                }
            }
            Subject::Trade { utility, trade } => {
                if let Some(record) = state.trade(place.period, utility, &trade)? {
                    let record = TradeRecord { share: wrong(record.share), ..record };
                    state.set_trade(place.period, utility, &trade, &record);
                }
            }
        }
        Ok(())
    }
}
