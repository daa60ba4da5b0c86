//! What validators check of an Attest.

use hushwatt_crypto::{Element, range::RangeClaim};

use super::{Attest, AttestedWindow};
use crate::{
    CheckError, Rejection,
    rules::{metering, structure},
    state::LedgerState,
    transaction::{check::Facts, metered::Values},
    units::Timestamp,
};

impl AttestedWindow {
    /// The committed values.
    pub fn values(&self) -> Values<'_> {
        Values { export: &self.export, import: &self.import }
    }

    /// `sum_t E[t]`: the commitment of the window's energy note.
    pub fn export_sum(&self) -> Element {
        self.values().export_sum()
    }

    /// `sum_t I[t]`.
    pub fn import_sum(&self) -> Element {
        self.values().import_sum()
    }
}

impl Attest {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        structure::keys_are_distinct(statement.windows.iter().filter_map(|window| window.note_key.as_ref()))?;
        let windows: Vec<Values<'_>> = statement.windows.iter().map(AttestedWindow::values).collect();
        facts.metered(statement.meter, &windows, &self.range, &self.signature)
    }

    /// Phase 2.
    pub(crate) fn check_state(&self, state: &LedgerState<'_>, now: Timestamp) -> Result<(), CheckError> {
        let (statement, parameters) = (&self.statement, &state.genesis().parameters);
        metering::meter_is_registered(state.genesis().meter(statement.meter))?;
        let record = state.meter(statement.meter)?;
        metering::sequence_is_next(&record, statement.sequence)?;
        metering::predecessor_is_last(&record, &statement.previous)?;
        metering::windows_are_contiguous(&record, statement.first_window)?;
        for (window, attested) in statement.indexed_windows() {
            metering::window_is_over(parameters, window, now)?;
            metering::mints_only_in_time(parameters, window, attested.status, now)?;
            metering::late_only_after_deadline(parameters, window, attested.status, now)?;
        }
        Ok(())
    }
}
