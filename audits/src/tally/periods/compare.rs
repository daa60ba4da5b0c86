//! The audit's books of totals against the ledger's records.

use hushwatt_crypto::Element;
use hushwatt_ledger::{
    state::{LedgerState, ShareRecord, StateError},
    transaction::request::Target,
    units::Period,
};

use super::{
    Periods,
    books::{SharedSums, Touched},
};
use crate::tally::Difference;

/// Whether the ledger says the same of what was shared; which coefficients, the totals' sums say.
fn same_share(own: Option<&SharedSums>, ledger: Option<&ShareRecord>) -> bool {
    own.map(|own| (own.sums.len(), own.wrong)) == ledger.map(|ledger| (ledger.sharings.len(), ledger.wrong))
}

impl Periods {
    /// Lots that were drawn, and totals that were asked for and released in the block, are the ledger's; else which transaction it
    /// was.
    pub fn compare_touched(
        &mut self,
        ledger: &LedgerState<'_>,
    ) -> Result<Option<(Option<usize>, Difference)>, StateError> {
        for touched in std::mem::take(&mut self.touched) {
            let (place, same, difference) = match touched {
                Touched::Lot(period) => (None, self.same_lot(ledger, period)?, Difference::Lots),
                Touched::Total { place, period, target } => {
                    (Some(place), self.same_total(ledger, period, target)?, Difference::TotalRecord)
                }
            };
            if !same {
                return Ok(Some((place, difference)));
            }
        }
        Ok(None)
    }

    /// Of a period that is over for good nothing is kept.
    fn same_lot(&self, ledger: &LedgerState<'_>, period: Period) -> Result<bool, StateError> {
        let Some(own) = self.lots.get(&period) else { return Ok(true) };
        Ok(ledger.lot(period)?.as_ref() == Some(own))
    }

    fn same_total(&self, ledger: &LedgerState<'_>, period: Period, target: Target) -> Result<bool, StateError> {
        let Some(own) = self.totals.get(&(period, target)) else { return Ok(true) };
        Ok(ledger.total(period, target)?.is_some_and(|total| {
            total.count == own.count && total.sums == own.sums && total.released.iter().eq(&own.released)
        }))
    }

    /// Everything that the audit still has is on the ledger as it has it.
    pub fn compare_all(&self, ledger: &LedgerState<'_>) -> Result<Option<Difference>, StateError> {
        for period in self.lots.keys() {
            if !self.same_lot(ledger, *period)? {
                return Ok(Some(Difference::Lots));
            }
        }
        for (period, target) in self.totals.keys() {
            if !self.same_total(ledger, *period, *target)? {
                return Ok(Some(Difference::TotalRecord));
            }
        }
        for ((period, meter), own) in &self.metered {
            let same = ledger.metered_period(*period, *meter)?.is_some_and(|record| {
                record.windows == own.windows
                    && record.export_sum == Element::new(own.export)
                    && record.import_sum == Element::new(own.import)
                    && same_share(own.shared.as_ref(), record.share.as_ref())
            });
            if !same {
                return Ok(Some(Difference::PeriodRecord));
            }
        }
        for ((period, utility, trade), own) in &self.trades {
            let same = ledger.trade(*period, *utility, trade)?.is_some_and(|record| {
                record.delivered == own.delivered
                    && record.price.micro_euro() == own.price
                    && same_share(own.shared.as_ref(), record.share.as_ref())
            });
            if !same {
                return Ok(Some(Difference::PeriodRecord));
            }
        }
        Ok(None)
    }
}
