//! What a Correct changes: the window's record, running sums, the meter's chain. No note.

use hushwatt_crypto::Element;

use super::Correct;
use crate::{
    state::{LedgerState, MeterRecord, StateError, WindowRecord},
    transaction::TransactionId,
};

/// `sum + new - old`.
fn replaced(sum: &Element, new: &Element, old: &Element) -> Element {
    Element::new(sum.point() + new.point() - old.point())
}

impl Correct {
    /// Phase 3. A light state has no records of windows: there only the meter's chain goes on. In every other a rule has made
    /// sure that the record is there.
    pub(crate) fn apply(&self, state: &mut LedgerState<'_>, id: &TransactionId) -> Result<(), StateError> {
        let statement = &self.statement;
        let mut meter = state.meter(statement.meter)?;
        if let Some(old) = state.window(statement.meter, statement.window)? {
            let (export_sum, import_sum) = (statement.values().export_sum(), statement.values().import_sum());
            meter.export_sum = replaced(&meter.export_sum, &export_sum, &old.export_sum);
            meter.import_sum = replaced(&meter.import_sum, &import_sum, &old.import_sum);
            let corrections = old.corrections.saturating_add(1);
            let record = WindowRecord { export_sum, import_sum, corrections, missing: false };
            state.recount_window(statement.meter, statement.window, &old, &record)?;
            state.set_window(statement.meter, statement.window, &record);
        }
        state.set_meter(statement.meter, &MeterRecord { sequence: statement.sequence, last: *id, ..meter });
        Ok(())
    }
}
