//! What meter and household derive from their shared day key `k_D` (section 6.2).

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{CryptoError, Label, NetworkId, Point, Rng, SecretScalar, hash::Hasher, onetime::one_time_key};

/// The reading key of one UTC day. The next day's follows from it, an earlier day's does not.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DayKey {
    day: u64,
    key: [u8; 32],
}

/// Which of a meter's two registers a reading belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Register {
    /// Delivered to the grid or community (OBIS 2.8.0 for electricity).
    Export = 0,
    /// Taken from it (OBIS 1.8.0).
    Import = 1,
}

impl DayKey {
    /// A fresh key, made when meter and household are paired on UTC day `day` (unix seconds / 86,400).
    pub fn random(day: u64, rng: &mut impl Rng) -> Self {
        let mut key = [0u8; 32];
        rng.fill_bytes(&mut key);
        DayKey { day, key }
    }

    /// From a backup.
    pub fn from_bytes(day: u64, key: [u8; 32]) -> Self {
        DayKey { day, key }
    }

    /// For a backup. The caller wipes what it copies.
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    /// The UTC day this key is for.
    pub fn day(&self) -> u64 {
        self.day
    }

    /// `k_(D+1) = H("ratchet", k_D)`.
    pub fn next(&self, network: &NetworkId) -> Self {
        let key = Hasher::new(network, Label::Ratchet).part(&self.key).finish32();
        DayKey { day: self.day.saturating_add(1), key }
    }

    /// The key of a later day (or this one); `None` for an earlier day, whose key is gone, and for one more than
    /// 40,000 days ahead.
    pub fn advance(&self, network: &NetworkId, day: u64) -> Option<Self> {
        let steps = day.checked_sub(self.day).filter(|steps| *steps <= 40_000)?;
        Some((0..steps).fold(self.clone(), |key, _| key.next(network)))
    }

    /// `Hs("meter-note", k_D, meter, window)`: the tweak of the window's energy note.
    pub fn note_tweak(&self, network: &NetworkId, meter: u32, window: u64) -> SecretScalar {
        Hasher::new(network, Label::MeterNote)
            .part(&self.key)
            .part(&meter.to_le_bytes())
            .part(&window.to_le_bytes())
            .finish_scalar()
    }

    /// `P` of the window's energy note. The meter knows only the household's public `S`.
    pub fn note_key(&self, network: &NetworkId, meter: u32, window: u64, spend: &Point) -> Result<Point, CryptoError> {
        one_time_key(&self.note_tweak(network, meter, window), spend)
    }

    /// The blinding of one reading; `interval` is the absolute interval index.
    pub fn reading_blinding(
        &self,
        network: &NetworkId,
        meter: u32,
        salt: &[u8; 32],
        register: Register,
        interval: u64,
    ) -> SecretScalar {
        Hasher::new(network, Label::Reading)
            .part(&meter.to_le_bytes())
            .part(&self.key)
            .part(salt)
            .part(&[register as u8])
            .part(&interval.to_le_bytes())
            .finish_scalar()
    }

    /// The salt of an attestation: a hash of the day key, the first interval, all values and fresh randomness, so that
    /// two attestations of a meter never blind different values of an interval alike, even after a restored backup or
    /// a failed random number generator. `values` follow each other from the absolute interval `first_interval` on.
    pub fn attestation_salt(
        &self,
        network: &NetworkId,
        meter: u32,
        first_interval: u64,
        values: &[u32],
        rng: &mut impl Rng,
    ) -> [u8; 32] {
        let mut fresh = [0u8; 32];
        rng.fill_bytes(&mut fresh);
        let mut encoded: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let hasher = Hasher::new(network, Label::AttestSalt).part(&self.key).part(&meter.to_le_bytes());
        let salt = hasher.part(&first_interval.to_le_bytes()).part(&encoded).part(&fresh).finish32();
        encoded.zeroize();
        salt
    }
}

impl core::fmt::Debug for DayKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "DayKey(day {}, ..)", self.day)
    }
}
