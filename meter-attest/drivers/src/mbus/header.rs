//! What stands before the records: who answers, of what medium, and how it is (EN 13757-3, 5).

use crate::{DriverError, Medium};

use super::NAME;
use super::records::hex;

/// Who answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Device {
    /// Manufacturer and number, as in `KAM-12345678`.
    pub(super) meter: String,
    /// Its manufacturer, as three letters.
    pub(super) manufacturer: String,
    /// What it measures.
    pub(super) kind: Kind,
}

/// What a device is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It measures one thing.
    One(Medium),
    /// Heat and cold.
    HeatAndCold,
}

/// What the device measures by its code (EN 13757-3, table of device types).
///
/// # Errors
/// It is of a kind that is not settled.
pub(super) fn kind(code: u8) -> Result<Kind, DriverError> {
    let kind = match code {
        0x02 => Kind::One(Medium::Electricity),
        0x03 => Kind::One(Medium::Gas),
        0x04 | 0x0c => Kind::One(Medium::Heat),
        0x06 | 0x07 | 0x15 | 0x16 | 0x17 => Kind::One(Medium::Water),
        0x0a | 0x0b => Kind::One(Medium::Cooling),
        0x0d => Kind::HeatAndCold,
        other => {
            let name = match other {
                0x00 => "a device of another kind",
                0x01 => "an oil meter",
                0x05 => "a steam meter",
                0x08 => "a heat cost allocator",
                0x09 => "a compressed air meter",
                0x0e => "a bus or system device",
                0x0f => "a device of unknown kind",
                0x18 => "a pressure meter",
                0x19 => "an analogue converter",
                0x20 => "a breaker",
                0x21 => "a valve",
                0x28 => "a waste water meter",
                0x31 | 0x36 | 0x37 => "a radio converter or communication device",
                _ => "a device of a kind without registers",
            };
            let what = format!("{name} (type {other:02X}h) has no register that is settled");
            return Err(DriverError::NothingToRead { format: NAME, what });
        }
    };
    Ok(kind)
}

/// Reads the long header (12 bytes) and gives what follows it; complaints of the device are added.
///
/// # Errors
/// It is cut short, the data are encrypted, the device reports a permanent error, or it is of a kind that is not settled.
pub(super) fn long<'a>(data: &'a [u8], complaints: &mut Vec<String>) -> Result<(Device, &'a [u8]), DriverError> {
    let [i0, i1, i2, i3, m0, m1, _, medium, _, status, c0, c1, records @ ..] = data else {
        let what = format!("the header has {} bytes, not 12", data.len());
        return Err(DriverError::Malformed { format: NAME, what });
    };
    encrypted(u16::from_le_bytes([*c0, *c1]))?;
    let kind = kind(*medium)?;
    condition(*status, complaints)?;
    let manufacturer = manufacturer(u16::from_le_bytes([*m0, *m1]));
    let meter = format!("{manufacturer}-{}", hex(&[*i3, *i2, *i1, *i0]));
    Ok((Device { meter, manufacturer, kind }, records))
}

/// Three letters of five bits each; the number in hex if they are none.
fn manufacturer(code: u16) -> String {
    let letter = |shift: u32| u8::try_from(code >> shift & 0x1f).unwrap_or_default();
    let letters = [letter(10), letter(5), letter(0)];
    if letters.iter().all(|letter| (1..=26).contains(letter)) {
        letters.iter().map(|letter| char::from(b'@' + letter)).collect()
    } else {
        format!("{code:04X}")
    }
}

/// The configuration word: modes 2 to 13 are encryption, if any block is (old devices have a meaningless signature here).
fn encrypted(word: u16) -> Result<(), DriverError> {
    let blocks = word >> 4 & 0x0f;
    match word >> 8 & 0x1f {
        2..=5 if blocks == 0 => Ok(()),
        mode @ (2..=5 | 7..=10 | 13) => Err(DriverError::Unsupported {
            what: format!(
                "mbus: the records are encrypted (mode {mode}); have the meter's wired bus set to unencrypted"
            ),
        }),
        _ => Ok(()),
    }
}

/// The status byte. Its three upper bits are the manufacturer's, and left alone.
///
/// # Errors
/// A permanent error: what it has counted cannot be relied on.
pub(super) fn condition(status: u8, complaints: &mut Vec<String>) -> Result<(), DriverError> {
    match status & 3 {
        1 => complaints.push("application busy".to_owned()),
        2 => complaints.push("an application error".to_owned()),
        3 => complaints.push("an abnormal condition or alarm".to_owned()),
        _ => {}
    }
    if status & 4 != 0 {
        complaints.push("power or battery low".to_owned());
    }
    if status & 8 != 0 {
        return Err(DriverError::MeterFault { format: NAME, what: "a permanent error".to_owned() });
    }
    if status & 16 != 0 {
        complaints.push("a temporary error".to_owned());
    }
    Ok(())
}
