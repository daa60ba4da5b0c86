//! The household's side of its meters: the shared day key opens attestations and corrections (protocol section 6.2).

use std::collections::BTreeMap;

use hushwatt_crypto::{
    Point, SecretScalar,
    commitment::{Opening, find_value},
    meter::{DayKey, Register},
    range::RangeBits,
};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{TransactionId, attest::WindowStatus, metered::Values},
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

/// A window of an own meter as it is kept: the openings follow from the pairing's key. What it says is in force: what was
/// attested, or what it was corrected to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedWindow {
    /// Which meter.
    pub meter: MeterId,
    /// Which window.
    pub window: Window,
    /// How its values came about when they were attested.
    pub status: WindowStatus,
    /// The block it was posted in.
    pub height: u64,
    /// The attestation or correction.
    pub transaction: TransactionId,
    /// Its salt.
    pub salt: [u8; 32],
    /// Exported and imported in each of its intervals, in base units.
    pub readings: Vec<(u32, u32)>,
    /// What was in force before, the attestation first, if the meter corrected it. A note that was minted stays as attested.
    pub before: Vec<Superseded>,
    /// Place of the pairing whose key opened it.
    pub(crate) pairing: usize,
}

/// What was in force of a window before a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// The block it was posted in.
    pub height: u64,
    /// The attestation or correction.
    pub transaction: TransactionId,
    /// Exported and imported in each of its intervals, in base units.
    pub readings: Vec<(u32, u32)>,
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

/// What a meter posted of a window.
#[derive(Clone, Copy)]
pub(crate) struct Posted<'a> {
    pub(crate) meter: MeterId,
    pub(crate) window: Window,
    pub(crate) salt: &'a [u8; 32],
    pub(crate) values: Values<'a>,
    /// The range proof bounds a reading to the meter's class, so the search is bounded too.
    pub(crate) class: RangeBits,
}

/// A window's readings, and the opening of the sum of its exports.
pub(crate) struct Opened {
    pub(crate) readings: Vec<(u32, u32)>,
    pub(crate) export_sum: Opening,
}

impl Pairing {
    /// Opens a window of this meter; `None` if the key does not fit, which means another household's meter or a gateway
    /// that lost its key.
    pub(crate) fn open(
        &self,
        genesis: &Genesis,
        keys: &mut DayKeys,
        place: usize,
        posted: &Posted<'_>,
    ) -> Option<Opened> {
        let key = keys.of(genesis, place, self, posted.window)?;
        let max = u32::try_from(posted.class.max()).unwrap_or(u32::MAX);
        let blindings = Blindings { genesis, key: &key, meter: self.meter, salt: posted.salt };
        let Values { export, import } = posted.values;
        let mut readings = Vec::with_capacity(export.len());
        let (mut sum, mut blinding) = (0u64, SecretScalar::zero());
        for (interval, (export, import)) in intervals(genesis, posted.window).zip(export.iter().zip(import)) {
            let exported = blindings.of(Register::Export, interval);
            let export = value_of(export, &exported, max)?;
            readings.push((export, value_of(import, &blindings.of(Register::Import, interval), max)?));
            sum = sum.saturating_add(export.into());
            blinding = blinding.plus(&exported);
        }
        Some(Opened { readings, export_sum: Opening::new(sum, blinding) })
    }

    /// The tweak of the note that a window of this meter mints.
    pub(crate) fn note_tweak(
        &self,
        genesis: &Genesis,
        keys: &mut DayKeys,
        place: usize,
        window: Window,
    ) -> Option<SecretScalar> {
        let key = keys.of(genesis, place, self, window)?;
        Some(key.note_tweak(genesis.network(), self.meter.0, window.0))
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

    /// How often the meter corrected it.
    pub fn corrections(&self) -> usize {
        self.before.len()
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
