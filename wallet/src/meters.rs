//! The household's side of its meters: the shared day key opens attestations (protocol section 6.2).

use hushwatt_crypto::{
    NetworkId, Point, SecretScalar,
    commitment::{Opening, find_value},
    meter::{DayKey, Register},
};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::attest::{AttestStatement, AttestedWindow, WindowStatus},
    units::{Interval, MeterId, Quantity, Window},
};

/// A meter that belongs to this household.
#[derive(Clone)]
pub struct Pairing {
    /// Which.
    pub meter: MeterId,
    /// The key of the day on which they were paired, or of the oldest day that is still kept.
    pub day_key: DayKey,
}

/// One interval of an own meter, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedReading {
    /// Which meter.
    pub meter: MeterId,
    /// Which interval.
    pub interval: Interval,
    /// How the window's values came about.
    pub status: WindowStatus,
    /// Exported.
    pub export: Opening,
    /// Imported.
    pub import: Opening,
}

/// A window of an own meter, opened: its readings, and the energy note if it made one.
pub(crate) struct OpenedWindow {
    pub(crate) readings: Vec<OpenedReading>,
    pub(crate) note: Option<(SecretScalar, Opening)>,
}

impl Pairing {
    /// The key of the day in which a window starts.
    fn key_for(&self, genesis: &Genesis, window: Window) -> Option<DayKey> {
        let day = genesis.parameters.window_start(window).day();
        self.day_key.advance(genesis.network(), day)
    }

    /// Opens a window of this meter; `None` if the key does not fit, which means another household's meter or a gateway
    /// that lost its key.
    pub(crate) fn open(
        &self,
        genesis: &Genesis,
        statement: &AttestStatement,
        window: Window,
        attested: &AttestedWindow,
    ) -> Option<OpenedWindow> {
        let key = self.key_for(genesis, window)?;
        let network = genesis.network();
        let first = genesis.parameters.first_interval(window);
        // The range proof bounds a reading to the meter's class, so the search is bounded too.
        let max = u32::try_from(genesis.meter(self.meter)?.class.max()).unwrap_or(u32::MAX);
        let mut readings = Vec::with_capacity(attested.export.len());
        for (offset, (export, import)) in (0u64..).zip(attested.export.iter().zip(&attested.import)) {
            let interval = Interval(first.0 + offset);
            let open = |register, commitment: &Point| {
                let blinding = key.reading_blinding(network, self.meter.0, &statement.salt, register, interval.0);
                open_value(commitment, blinding, max)
            };
            readings.push(OpenedReading {
                meter: self.meter,
                interval,
                status: attested.status,
                export: open(Register::Export, export)?,
                import: open(Register::Import, import)?,
            });
        }
        let note = attested.note_key.map(|_| {
            let value = readings.iter().map(|reading| reading.export.value).sum();
            let blinding = SecretScalar::sum(readings.iter().map(|reading| &reading.export.blinding));
            (self.note_tweak(network, &key, window), Opening::new(value, blinding))
        });
        Some(OpenedWindow { readings, note })
    }

    fn note_tweak(&self, network: &NetworkId, key: &DayKey, window: Window) -> SecretScalar {
        key.note_tweak(network, self.meter.0, window.0)
    }
}

fn open_value(commitment: &Point, blinding: SecretScalar, max: u32) -> Option<Opening> {
    let value = find_value(&(commitment.point() - blinding.public().point()), max)?;
    Some(Opening::new(value.into(), blinding))
}

impl OpenedReading {
    /// Exported in base units.
    pub fn exported(&self) -> Quantity {
        Quantity(u32::try_from(self.export.value).unwrap_or(u32::MAX))
    }

    /// Imported in base units.
    pub fn imported(&self) -> Quantity {
        Quantity(u32::try_from(self.import.value).unwrap_or(u32::MAX))
    }
}
