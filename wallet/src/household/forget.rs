//! Readings past the retention: deleted with their keys, kept as sums by day.

use hushwatt_ledger::units::{MeterId, Timestamp};

use super::{Household, HouseholdError, agent::AgentWork, views::DayRow};
use crate::{ForgottenReadings, ForgottenSum};

const DAY: u64 = 86_400;

impl Household {
    /// The first UTC day whose readings are within the retention, by the ledger's time: a clock that runs ahead must not throw
    /// keys away.
    pub fn readings_kept_from(&self) -> Timestamp {
        let kept = self.view.tip().time.minus(self.genesis.parameters.retention);
        Timestamp(kept.day() * DAY)
    }

    /// What [`Self::forget_readings`] would forget.
    pub fn forgettable_readings(&self) -> ForgottenReadings {
        self.wallet.forgettable(self.readings_kept_from().day())
    }

    /// Deletes the readings that are past the retention, and the keys that open them; sums by day stay. The file has none of it
    /// any more when this returns; backups that were made before have.
    ///
    /// # Errors
    /// If the file cannot be written: it is as before then.
    pub fn forget_readings(&mut self) -> Result<ForgottenReadings, HouseholdError> {
        let forgotten = self.wallet.forget_readings(self.readings_kept_from().day());
        self.save()?;
        Ok(forgotten)
    }

    /// What opens the sum of the ledger's commitments to a meter's readings that were deleted.
    pub fn forgotten_sum(&self, meter: MeterId) -> Option<&ForgottenSum> {
        self.wallet.forgotten_sum(meter)
    }

    /// Sums of the days that start in a stretch of time and whose readings were deleted.
    pub fn energy_by_day(&self, from: Timestamp, until: Timestamp) -> Vec<DayRow> {
        let days = self.wallet.forgotten_days().iter().filter_map(|((meter, day), total)| {
            let start = Timestamp(day.saturating_mul(DAY));
            (start >= from && start < until).then_some(())?;
            let utility = self.genesis.meter(*meter)?.utility;
            Some(DayRow { meter: *meter, utility, start, imported: total.imported, exported: total.exported })
        });
        let mut rows: Vec<DayRow> = days.collect();
        rows.sort_by_key(|row| (row.start, row.meter));
        rows
    }

    /// As the agent does it: when something is past the retention.
    pub(super) fn forget_by_itself(&mut self, work: &mut AgentWork) {
        let due = self.forgettable_readings();
        if !due.is_empty() {
            let outcome = self.forget_readings();
            let (windows, totals) = (due.windows, due.totals);
            let requests = if totals == 0 { String::new() } else { format!(" and {totals} requests for totals") };
            work.note(format!("deleted the readings of {windows} windows{requests}, past the retention"), outcome);
        }
    }
}
