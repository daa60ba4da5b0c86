//! What a meter counted, as its gateway tells the household beside the ledger (protocol section 6.2): at once, and also while
//! no node can be reached.
//!
//! A day's readings are one sealed box of fixed length, so that its size says nothing about what is in it. Its key follows
//! from that day's reading key, which only the gateway and the paired household have, and from a fresh salt, so that no key
//! ever serves two messages; network, meter and day are in the key. What is said here is what the gateway says: the ledger's
//! attestations, once they are there, are what counts.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Nonce},
};
use hushwatt_crypto::{
    Label, NetworkId, Rng,
    hash::{Hasher, hex},
    meter::DayKey,
};
use hushwatt_ledger::units::{Interval, MeterId, Quantity};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// First byte of a day's text.
const VERSION: u8 = 1;
/// Version, length of an interval.
const HEAD: usize = 1 + 4;
/// Quality, exported, imported.
const ENTRY: usize = 1 + 4 + 4;
/// Days in one answer, at most.
pub const MAX_DAYS: usize = 14;

/// How sure the gateway is of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalQuality {
    /// The difference of two readings.
    Measured,
    /// The grid operator's value.
    Substituted,
    /// Its share of a gap.
    Estimated,
}

/// One interval, as the gateway tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalReading {
    /// Which.
    pub interval: Interval,
    /// How sure.
    pub quality: LocalQuality,
    /// Exported.
    pub export: Quantity,
    /// Imported.
    pub import: Quantity,
}

/// A day's readings, sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedDay {
    /// UTC day, counted from 1970-01-01.
    pub day: u64,
    /// 32 random bytes, hexadecimal.
    pub salt: String,
    /// The box, hexadecimal.
    pub sealed: String,
}

/// The answer of a gateway's `/v1/readings`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalReadings {
    /// `hushwatt readings 1`.
    pub format: String,
    /// Network id, hexadecimal.
    pub network: String,
    /// The meter's number on the ledger.
    pub meter: u32,
    /// Days, ascending.
    pub days: Vec<SealedDay>,
}

/// Name and version of the answer.
pub const LOCAL_READINGS: &str = "hushwatt readings 1";

/// Why a day was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocalReadingsError {
    /// Salt or box are no hexadecimal digits of the right number.
    #[error("the gateway's answer cannot be read: is it a newer gateway, or no gateway at all?")]
    Format,
    /// The key does not fit.
    #[error("the readings do not open with this pairing's key: they are another meter's, or were changed on the way")]
    Sealed,
    /// The day is before the pairing.
    #[error("this wallet has no reading key for that day: it is before the pairing")]
    NoKey,
}

impl SealedDay {
    /// Seals what is known of a day. `key` is that day's reading key; `interval` the length of an interval in seconds, which
    /// divides a day; readings of other days are left out.
    pub fn seal(
        network: &NetworkId,
        meter: MeterId,
        key: &DayKey,
        interval: u32,
        readings: &[LocalReading],
        rng: &mut impl Rng,
    ) -> Self {
        let mut salt = [0u8; 32];
        rng.fill_bytes(&mut salt);
        let count = intervals_of_a_day(interval);
        let first = key.day().saturating_mul(count as u64);
        let mut text = Zeroizing::new(vec![0u8; HEAD + count * ENTRY]);
        if let Some((head, entries)) = text.split_at_mut_checked(HEAD) {
            head.copy_from_slice(&[&[VERSION][..], &interval.to_le_bytes()].concat());
            for reading in readings {
                let place = reading.interval.0.checked_sub(first).and_then(|place| usize::try_from(place).ok());
                let Some(entry) = place.and_then(|place| entries.chunks_exact_mut(ENTRY).nth(place)) else { continue };
                let (quality, amounts) = entry.split_at_mut(1);
                quality.copy_from_slice(&[code(reading.quality)]);
                let (export, import) = amounts.split_at_mut(4);
                export.copy_from_slice(&reading.export.0.to_le_bytes());
                import.copy_from_slice(&reading.import.0.to_le_bytes());
            }
        }
        // Encryption fails only above 256 GiB.
        let sealed = cipher(network, meter, key, &salt).encrypt(&Nonce::<ChaCha20Poly1305>::default(), &text[..]);
        SealedDay { day: key.day(), salt: hex(&salt), sealed: hex(&sealed.unwrap_or_default()) }
    }

    /// Opens it, with the pairing's key or that of any day not later than this one. Total on anything.
    ///
    /// # Errors
    /// [`LocalReadingsError`].
    pub fn open(
        &self,
        network: &NetworkId,
        meter: MeterId,
        key: &DayKey,
    ) -> Result<Vec<LocalReading>, LocalReadingsError> {
        let key = key.advance(network, self.day).ok_or(LocalReadingsError::NoKey)?;
        let most = HEAD + intervals_of_a_day(1) * ENTRY;
        if self.sealed.len() > 2 * most {
            return Err(LocalReadingsError::Format);
        }
        let (salt, sealed) = (unhex(&self.salt)?, unhex(&self.sealed)?);
        let salt: [u8; 32] = salt.try_into().map_err(|_| LocalReadingsError::Format)?;
        let opened = cipher(network, meter, &key, &salt).decrypt(&Nonce::<ChaCha20Poly1305>::default(), &sealed[..]);
        let text = Zeroizing::new(opened.map_err(|_| LocalReadingsError::Sealed)?);
        read(self.day, &text).ok_or(LocalReadingsError::Format)
    }
}

fn cipher(network: &NetworkId, meter: MeterId, key: &DayKey, salt: &[u8; 32]) -> ChaCha20Poly1305 {
    let hasher = Hasher::new(network, Label::GatewayReadings).part(key.expose()).part(&meter.0.to_le_bytes());
    let key = Zeroizing::new(hasher.part(&key.day().to_le_bytes()).part(salt).finish32());
    ChaCha20Poly1305::new((&*key).into())
}

fn intervals_of_a_day(interval: u32) -> usize {
    usize::try_from(DAY / u64::from(interval.max(1))).unwrap_or(0)
}

fn read(day: u64, text: &[u8]) -> Option<Vec<LocalReading>> {
    let (head, entries) = text.split_first_chunk::<HEAD>()?;
    let [version, length @ ..] = head;
    let count = intervals_of_a_day(u32::from_le_bytes(*length));
    if *version != VERSION || entries.len() != count * ENTRY {
        return None;
    }
    let first = day.checked_mul(count as u64)?;
    let mut readings = Vec::new();
    for (interval, entry) in (first..).map(Interval).zip(entries.chunks_exact(ENTRY)) {
        let (quality, amounts) = entry.split_first()?;
        let (export, import) = amounts.split_first_chunk::<4>()?;
        let quality = match quality {
            0 => continue,
            1 => LocalQuality::Measured,
            2 => LocalQuality::Substituted,
            3 => LocalQuality::Estimated,
            _ => return None,
        };
        let quantity = |bytes: &[u8; 4]| Quantity(u32::from_le_bytes(*bytes));
        let (export, import) = (quantity(export), quantity(import.first_chunk::<4>()?));
        readings.push(LocalReading { interval, quality, export, import });
    }
    Some(readings)
}

/// 0 is for an interval of which nothing is known.
fn code(quality: LocalQuality) -> u8 {
    match quality {
        LocalQuality::Measured => 1,
        LocalQuality::Substituted => 2,
        LocalQuality::Estimated => 3,
    }
}

fn unhex(digits: &str) -> Result<Vec<u8>, LocalReadingsError> {
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(LocalReadingsError::Format);
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Ok((digit(*high)? * 16 + digit(*low)?) as u8),
        _ => Err(LocalReadingsError::Format),
    });
    pairs.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::OsRng;

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);
    const METER: MeterId = MeterId(3);

    fn key() -> DayKey {
        DayKey::from_bytes(20_000, [9; 32]).advance(&NETWORK, 20_010).unwrap()
    }

    fn readings() -> Vec<LocalReading> {
        let first = 20_010 * 96;
        let reading = |place: u64, quality| LocalReading {
            interval: Interval(first + place),
            quality,
            export: Quantity(place as u32),
            import: Quantity(u32::MAX - place as u32),
        };
        vec![
            reading(0, LocalQuality::Measured),
            reading(40, LocalQuality::Substituted),
            reading(95, LocalQuality::Estimated),
        ]
    }

    fn sealed(readings: &[LocalReading]) -> SealedDay {
        SealedDay::seal(&NETWORK, METER, &key(), 900, readings, &mut OsRng)
    }

    #[test]
    fn the_paired_household_opens_what_the_gateway_sealed() {
        let paired = DayKey::from_bytes(20_000, [9; 32]);
        assert_eq!(sealed(&readings()).open(&NETWORK, METER, &paired), Ok(readings()));
        assert_eq!(sealed(&[]).open(&NETWORK, METER, &paired), Ok(Vec::new()));
        // One entry of the day before and one of the day after are left out.
        let mut more = readings();
        more.push(LocalReading { interval: Interval(20_010 * 96 - 1), ..more[0] });
        more.push(LocalReading { interval: Interval(20_011 * 96), ..more[0] });
        assert_eq!(sealed(&more).open(&NETWORK, METER, &paired), Ok(readings()));
    }

    #[test]
    fn nobody_else_does_and_nothing_of_it_may_be_changed() {
        let day = sealed(&readings());
        let open = |day: &SealedDay, network: &NetworkId, meter, key: &DayKey| day.open(network, meter, key);
        assert_eq!(open(&day, &NetworkId([8; 32]), METER, &key()), Err(LocalReadingsError::Sealed));
        assert_eq!(open(&day, &NETWORK, MeterId(4), &key()), Err(LocalReadingsError::Sealed));
        let other = DayKey::from_bytes(20_010, [1; 32]);
        assert_eq!(open(&day, &NETWORK, METER, &other), Err(LocalReadingsError::Sealed));
        assert_eq!(open(&day, &NETWORK, METER, &key().next(&NETWORK)), Err(LocalReadingsError::NoKey));
        let moved = SealedDay { day: 20_011, ..day.clone() };
        assert_eq!(open(&moved, &NETWORK, METER, &key()), Err(LocalReadingsError::Sealed));
        for place in (0..day.sealed.len()).step_by(37) {
            let mut digits = day.sealed.clone().into_bytes();
            digits[place] = if digits[place] == b'0' { b'1' } else { b'0' };
            let changed = SealedDay { sealed: String::from_utf8(digits).unwrap(), ..day.clone() };
            assert_eq!(open(&changed, &NETWORK, METER, &key()), Err(LocalReadingsError::Sealed));
        }
        for nonsense in ["", "0", "zz", &"00".repeat(3_000_000)] {
            let changed = SealedDay { sealed: nonsense.to_owned(), ..day.clone() };
            assert!(open(&changed, &NETWORK, METER, &key()).is_err());
        }
    }

    #[test]
    fn its_length_tells_nothing_and_no_box_is_like_another() {
        let (full, empty) = (sealed(&readings()), sealed(&[]));
        assert_eq!(full.sealed.len(), empty.sealed.len());
        assert_ne!(full.sealed, sealed(&readings()).sealed);
    }
}
