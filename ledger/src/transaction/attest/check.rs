//! What validators check of an Attest.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Element, Point,
    range::{RangeBits, RangeClaim},
};

use super::{Attest, AttestedWindow};
use crate::{
    CheckError, Rejection,
    rules::{metering, structure},
    state::LedgerState,
    transaction::check::Facts,
    units::Timestamp,
};

/// The commitments a range proof of this class covers, in the order of the builder.
fn range_commitments(class: RangeBits, windows: &[AttestedWindow]) -> Vec<Element> {
    let mut all = Vec::new();
    for window in windows {
        all.extend(window.export.iter().chain(&window.import).map(|commitment| *commitment.element()));
        if class == RangeBits::Bits32 {
            all.extend([window.export_sum(), window.import_sum()]);
        }
    }
    all
}

fn sum(commitments: &[Point]) -> Element {
    Element::new(commitments.iter().map(|commitment| commitment.point()).sum::<RistrettoPoint>())
}

impl AttestedWindow {
    /// `sum_t E[t]`: the commitment of the window's energy note.
    pub fn export_sum(&self) -> Element {
        sum(&self.export)
    }

    /// `sum_t I[t]`.
    pub fn import_sum(&self) -> Element {
        sum(&self.import)
    }
}

impl Attest {
    /// Phase 1.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        let statement = &self.statement;
        let meter = metering::meter_is_registered(facts.genesis.meter(statement.meter))?;
        for window in &statement.windows {
            metering::intervals_are_complete(window, &facts.genesis.parameters)?;
        }
        structure::keys_are_distinct(statement.windows.iter().filter_map(|window| window.note_key.as_ref()))?;
        metering::meter_signed(facts.genesis.network(), &meter.key, facts.digest, &self.signature)?;
        let commitments = range_commitments(meter.class, &statement.windows);
        metering::proof_work_is_bounded(meter.class, commitments.len())?;
        Ok(vec![facts.range_claim(meter.class, commitments, &self.range)])
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
