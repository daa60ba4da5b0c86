//! The household's side of its meters: the shared day key opens attestations (protocol section 6.2).

use std::collections::BTreeMap;

use hushwatt_crypto::{
    Point, SecretScalar,
    commitment::{Opening, find_value},
    meter::{DayKey, Register},
};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{
        TransactionId,
        attest::{AttestStatement, AttestedWindow, WindowStatus},
    },
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

/// A window of an own meter as it is kept: the openings follow from the pairing's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedWindow {
    /// Which meter.
    pub meter: MeterId,
    /// Which window.
    pub window: Window,
    /// How its values came about.
    pub status: WindowStatus,
    /// The block it was posted in.
    pub height: u64,
    /// The attestation.
    pub transaction: TransactionId,
    /// The attestation's salt.
    pub salt: [u8; 32],
    /// Exported and imported in each of its intervals, in base units.
    pub readings: Vec<(u32, u32)>,
    /// Place of the pairing whose key opened it.
    pub(crate) pairing: usize,
}

/// Keys of later days, so that not every window starts at the day of the pairing.
#[derive(Default)]
pub(crate) struct DayKeys(BTreeMap<usize, DayKey>);

impl DayKeys {
    /// The key of the day in which a window starts; `None` for a day before the pairing.
    fn of(&mut self, genesis: &Genesis, place: usize, pairing: &Pairing, window: Window) -> Option<DayKey> {
        let day = genesis.parameters.window_start(window).day();
        let nearest = self.0.get(&place).filter(|key| key.day() <= day).unwrap_or(&pairing.day_key);
        let key = nearest.advance(genesis.network(), day)?;
        self.0.insert(place, key.clone());
        Some(key)
    }
}

/// A window's readings, and tweak and opening of the energy note if it made one.
pub(crate) struct Attested {
    pub(crate) readings: Vec<(u32, u32)>,
    pub(crate) note: Option<(SecretScalar, Opening)>,
}

impl Pairing {
    /// Opens a window of this meter; `None` if the key does not fit, which means another household's meter or a gateway
    /// that lost its key.
    pub(crate) fn open(
        &self,
        genesis: &Genesis,
        keys: &mut DayKeys,
        place: usize,
        statement: &AttestStatement,
        window: Window,
        attested: &AttestedWindow,
    ) -> Option<Attested> {
        let key = keys.of(genesis, place, self, window)?;
        // The range proof bounds a reading to the meter's class, so the search is bounded too.
        let max = u32::try_from(genesis.meter(self.meter)?.class.max()).unwrap_or(u32::MAX);
        let blindings = Blindings { genesis, key: &key, meter: self.meter, salt: &statement.salt };
        let mut readings = Vec::with_capacity(attested.export.len());
        let (mut sum, mut blinding) = (0u64, SecretScalar::zero());
        for (interval, (export, import)) in intervals(genesis, window).zip(attested.export.iter().zip(&attested.import))
        {
            let exported = blindings.of(Register::Export, interval);
            let export = value_of(export, &exported, max)?;
            readings.push((export, value_of(import, &blindings.of(Register::Import, interval), max)?));
            sum = sum.saturating_add(export.into());
            blinding = blinding.plus(&exported);
        }
        let tweak = |_: &Point| key.note_tweak(genesis.network(), self.meter.0, window.0);
        let note = attested.note_key.as_ref().map(tweak).map(|tweak| (tweak, Opening::new(sum, blinding)));
        Some(Attested { readings, note })
    }
}

fn intervals(genesis: &Genesis, window: Window) -> impl Iterator<Item = Interval> {
    (genesis.parameters.first_interval(window).0..).map(Interval)
}

/// The blindings of an attestation of one day.
struct Blindings<'a> {
    genesis: &'a Genesis,
    key: &'a DayKey,
    meter: MeterId,
    salt: &'a [u8; 32],
}

impl Blindings<'_> {
    fn of(&self, register: Register, interval: Interval) -> SecretScalar {
        self.key.reading_blinding(self.genesis.network(), self.meter.0, self.salt, register, interval.0)
    }
}

fn value_of(commitment: &Point, blinding: &SecretScalar, max: u32) -> Option<u32> {
    find_value(&(commitment.point() - blinding.public().point()), max)
}

impl OpenedWindow {
    pub(crate) fn openings(&self, genesis: &Genesis, pairings: &[Pairing], keys: &mut DayKeys) -> Vec<OpenedReading> {
        let pairing = pairings.get(self.pairing);
        let key = pairing.and_then(|pairing| keys.of(genesis, self.pairing, pairing, self.window));
        let Some(key) = key else { return Vec::new() };
        let blindings = Blindings { genesis, key: &key, meter: self.meter, salt: &self.salt };
        let opened =
            intervals(genesis, self.window).zip(&self.readings).map(|(interval, (export, import))| OpenedReading {
                meter: self.meter,
                interval,
                status: self.status,
                export: Opening::new((*export).into(), blindings.of(Register::Export, interval)),
                import: Opening::new((*import).into(), blindings.of(Register::Import, interval)),
            });
        opened.collect()
    }

    /// Exported in the whole window, in base units.
    pub fn exported(&self) -> u64 {
        self.readings.iter().map(|(export, _)| u64::from(*export)).sum()
    }

    /// Imported in the whole window, in base units.
    pub fn imported(&self) -> u64 {
        self.readings.iter().map(|(_, import)| u64::from(*import)).sum()
    }
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
