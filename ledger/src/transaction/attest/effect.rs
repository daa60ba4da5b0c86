//! What an Attest changes: energy notes, running sums, the meter's chain.

use hushwatt_crypto::Element;

use super::Attest;
use crate::{
    note::{Asset, Note},
    state::{LedgerState, MeterRecord, StateError},
    transaction::TransactionId,
    units::Window,
};

impl Attest {
    /// Phase 3.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, id: &TransactionId, origin: u64) -> Result<(), StateError> {
        let statement = &self.statement;
        let genesis = state.genesis();
        let meter = genesis.meter(statement.meter).ok_or(StateError::Missing("an attesting meter"))?;
        let group = genesis.energy_group(statement.meter).ok_or(StateError::Missing("a meter's group"))?;
        let mut record = state.meter(statement.meter)?;
        for (window, attested) in statement.indexed_windows() {
            let (export, import) = (attested.export_sum(), attested.import_sum());
            if let Some(key) = attested.note_key.filter(|_| attested.status.mints()) {
                let asset = Asset::Energy { utility: meter.utility, window };
                let deadline = genesis.parameters.attest_until(window);
                state.add_metered_energy(Note { asset, key, commitment: export }, group, deadline, origin)?;
            }
            record.export_sum = Element::new(record.export_sum.point() + export.point());
            record.import_sum = Element::new(record.import_sum.point() + import.point());
        }
        let next_window = Window(statement.first_window.0.saturating_add(statement.windows.len() as u64));
        state.set_meter(
            statement.meter,
            &MeterRecord { sequence: statement.sequence, last: *id, next_window, ..record },
        );
        Ok(())
    }
}
