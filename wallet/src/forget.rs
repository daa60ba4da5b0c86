//! Forgetting readings (protocol sections 6.2 and 9): past the retention the reading keys of own meters and what they opened are
//! deleted; sums by day stay, and the opening of the running sum of all that was forgotten.
//!
//! Money, contracts and orders need none of it: their openings are the wallet's own.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{SecretScalar, commitment::Opening};
use hushwatt_ledger::units::{MeterId, Timestamp, Window};

use crate::{OpenedWindow, Wallet, meters::DayKeys};

/// What is kept of a meter's day whose readings were forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayTotal {
    /// Exported, in base units.
    pub exported: u64,
    /// Imported, in base units.
    pub imported: u64,
    /// Windows of that day that had been opened.
    pub windows: u32,
}

/// Opens the sum of the ledger's commitments to all readings of a meter that were forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgottenSum {
    /// Sum of what was exported.
    pub export: Opening,
    /// Sum of what was imported.
    pub import: Opening,
}

impl Default for ForgottenSum {
    fn default() -> Self {
        let zero = || Opening::new(0, SecretScalar::zero());
        ForgottenSum { export: zero(), import: zero() }
    }
}

/// What [`Wallet::forget_readings`] forgot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForgottenReadings {
    /// Windows.
    pub windows: usize,
    /// Pairings whose key moved on.
    pub keys: usize,
    /// Requests for totals of periods that are over as long.
    pub totals: usize,
}

impl ForgottenReadings {
    /// Whether it was nothing.
    pub fn is_empty(&self) -> bool {
        *self == ForgottenReadings::default()
    }
}

/// What is left of forgotten readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// The first UTC day whose readings are kept.
    pub(crate) until: u64,
    pub(crate) days: BTreeMap<(MeterId, u64), DayTotal>,
    pub(crate) sums: BTreeMap<MeterId, ForgottenSum>,
}

impl Wallet {
    /// What [`Self::forget_readings`] would forget.
    pub fn forgettable(&self, until: u64) -> ForgottenReadings {
        ForgottenReadings {
            windows: self.windows.iter().filter(|opened| self.day_of(opened.window) < until).count(),
            keys: self.pairings.iter().filter(|pairing| pairing.day_key.day() < until).count(),
            totals: self.forgettable_totals(until),
        }
    }

    /// Forgets the readings of all UTC days before this one, and the keys that open them: what is read again later stays closed.
    /// So do requests for totals of periods that were over by then.
    pub fn forget_readings(&mut self, until: u64) -> ForgottenReadings {
        let forgotten = self.forgettable(until);
        let (genesis, mut keys) = (self.genesis.clone(), DayKeys::default());
        let windows = std::mem::take(&mut self.windows);
        let (old, kept): (Vec<OpenedWindow>, Vec<OpenedWindow>) =
            windows.into_iter().partition(|opened| self.day_of(opened.window) < until);
        let mut seen = BTreeSet::new();
        for window in old {
            // A window that was read twice is on the ledger once.
            if !seen.insert((window.meter, window.window)) {
                continue;
            }
            let day = self.forgotten.days.entry((window.meter, self.day_of(window.window))).or_default();
            day.exported = day.exported.saturating_add(window.exported());
            day.imported = day.imported.saturating_add(window.imported());
            day.windows = day.windows.saturating_add(1);
            let sum = self.forgotten.sums.entry(window.meter).or_default();
            for reading in window.openings(&genesis, &self.pairings, &mut keys) {
                sum.export = plus(&sum.export, &reading.export);
                sum.import = plus(&sum.import, &reading.import);
            }
        }
        self.windows = kept;
        for pairing in &mut self.pairings {
            if let Some(later) = pairing.day_key.advance(genesis.network(), until) {
                pairing.day_key = later;
            }
        }
        self.day_keys = DayKeys::default();
        self.forget_totals(until);
        self.forgotten.until = self.forgotten.until.max(until);
        forgotten
    }

    /// Sums of the days whose readings were forgotten, by meter and UTC day.
    pub fn forgotten_days(&self) -> &BTreeMap<(MeterId, u64), DayTotal> {
        &self.forgotten.days
    }

    /// What opens the sum of a meter's forgotten readings.
    pub fn forgotten_sum(&self, meter: MeterId) -> Option<&ForgottenSum> {
        self.forgotten.sums.get(&meter)
    }

    /// Whether readings of this window were forgotten: whoever reads the ledger again must not count them twice.
    pub(crate) fn has_forgotten(&self, window: Window) -> bool {
        self.day_of(window) < self.forgotten.until
    }

    fn day_of(&self, window: Window) -> u64 {
        let start: Timestamp = self.genesis.parameters.window_start(window);
        start.day()
    }
}

fn plus(one: &Opening, other: &Opening) -> Opening {
    Opening::new(one.value.saturating_add(other.value), one.blinding.plus(&other.blinding))
}
