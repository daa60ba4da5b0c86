//! What is left of forgotten readings, as a snapshot holds it.

use hushwatt_crypto::{SecretScalar, commitment::Opening};
use hushwatt_ledger::units::MeterId;
use serde::{Deserialize, Serialize};

use super::{SnapshotError, hexed::Hex};
use crate::{DayTotal, ForgottenSum, forget::Forgotten};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredForgotten {
    /// The first UTC day whose readings are kept.
    until: u64,
    days: Vec<StoredDay>,
    sums: Vec<StoredSum>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDay {
    meter: MeterId,
    day: u64,
    exported: u64,
    imported: u64,
    windows: u32,
}

/// Values and blindings of the sums.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSum {
    meter: MeterId,
    export: (u64, Hex<SecretScalar>),
    import: (u64, Hex<SecretScalar>),
}

impl StoredForgotten {
    /// `None` if nothing was forgotten: such a snapshot is as those of older programs.
    pub(super) fn of(forgotten: &Forgotten) -> Option<Self> {
        let Forgotten { until, days, sums } = forgotten;
        let stored = |opening: &Opening| (opening.value, Hex(opening.blinding.clone()));
        let days = days.iter().map(|((meter, day), total)| {
            let DayTotal { exported, imported, windows } = *total;
            StoredDay { meter: *meter, day: *day, exported, imported, windows }
        });
        let sums = sums.iter().map(|(meter, sum)| StoredSum {
            meter: *meter,
            export: stored(&sum.export),
            import: stored(&sum.import),
        });
        (*until > 0).then(|| StoredForgotten { until: *until, days: days.collect(), sums: sums.collect() })
    }

    pub(super) fn back(self) -> Result<Forgotten, SnapshotError> {
        let mut forgotten = Forgotten { until: self.until, ..Forgotten::default() };
        for StoredDay { meter, day, exported, imported, windows } in self.days {
            let twice = forgotten.days.insert((meter, day), DayTotal { exported, imported, windows }).is_some();
            if twice || day >= self.until {
                return Err(SnapshotError::Damaged("a day's sums"));
            }
        }
        for StoredSum { meter, export, import } in self.sums {
            let opening = |(value, blinding): (u64, Hex<SecretScalar>)| Opening::new(value, blinding.0);
            let sum = ForgottenSum { export: opening(export), import: opening(import) };
            if forgotten.sums.insert(meter, sum).is_some() {
                return Err(SnapshotError::Damaged("a meter's sums"));
            }
        }
        Ok(forgotten)
    }
}
