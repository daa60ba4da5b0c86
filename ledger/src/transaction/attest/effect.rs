//! What an Attest changes: energy notes, running sums, the records of its windows, the meter's chain.

use hushwatt_crypto::Element;

use super::{Attest, WindowStatus};
use crate::{
    note::{Asset, Note},
    state::{LedgerState, MeterRecord, StateError, WindowRecord},
    transaction::TransactionId,
    units::Window,
};

/// Most records of past windows that one Attest removes: twice as many as it can add.
const MOST_FORGOTTEN: usize = 48;

impl Attest {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, id: &TransactionId, origin: u64) -> Result<(), StateError> {
        let statement = &self.statement;
        let genesis = state.genesis();
        let meter = genesis.meter(statement.meter).ok_or(StateError::Missing("an attesting meter"))?;
        let group = genesis.energy_group(statement.meter).ok_or(StateError::Missing("a meter's group"))?;
        let mut record = state.meter(statement.meter)?;
        // Where windows can be corrected, their sums stay on record for as long.
        let correctable = genesis.parameters.first_correctable(state.counters()?.time);
        if let Some(first) = correctable {
            state.forget_windows(statement.meter, first, MOST_FORGOTTEN)?;
        }
        for (window, attested) in statement.indexed_windows() {
            let (export, import) = (attested.export_sum(), attested.import_sum());
            if let Some(key) = attested.note_key.filter(|_| attested.status.mints()) {
                let asset = Asset::Energy { utility: meter.utility, window };
                let deadline = genesis.parameters.attest_until(window);
                state.add_metered_energy(Note { asset, key, commitment: export }, group, deadline, origin)?;
            }
            record.export_sum = Element::new(record.export_sum.point() + export.point());
            record.import_sum = Element::new(record.import_sum.point() + import.point());
            // Nobody knows what a missing window had: a period is not complete before it is corrected.
            let missing = attested.status == WindowStatus::Missing;
            if !missing {
                state.count_window(statement.meter, window, &export, &import)?;
            }
            if correctable.is_some_and(|first| first <= window) {
                let missing = missing && genesis.parameters.totals.is_some();
                let sums = WindowRecord { export_sum: export, import_sum: import, corrections: 0, missing };
                state.set_window(statement.meter, window, &sums);
            }
        }
        let next_window = Window(statement.first_window.0.saturating_add(statement.windows.len() as u64));
        state.set_meter(
            statement.meter,
            &MeterRecord { sequence: statement.sequence, last: *id, next_window, ..record },
        );
        Ok(())
    }
}
