//! Data records (EN 13757-3, 6): data information block, value information block, value.

use std::fmt::Write as _;

/// Most extensions of a data or value information block (EN 13757-3, 6.3.2).
const EXTENSIONS: usize = 10;

/// A value as it stands, least significant byte first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Raw<'a> {
    /// Two's complement.
    Integer(&'a [u8]),
    /// Two digits a byte.
    Decimal(&'a [u8]),
    /// IEEE 754 binary32.
    Binary32(u32),
    /// Text, or without a number.
    Other,
}

/// Which table the value information is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Table {
    /// The primary one.
    Primary,
    /// First extension, FBh.
    Fb,
    /// Second extension, FDh.
    Fd,
    /// Told in plain text.
    Text,
    /// Of the manufacturer, or reserved.
    Unknown,
}

/// What a value is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Function {
    /// The value of now.
    Instantaneous,
    /// Maximum, minimum, or during an error.
    Other,
}

/// A record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Record<'a> {
    /// Its data and value information in hex: its name.
    pub(super) code: String,
    /// Of now or not.
    pub(super) function: Function,
    /// 0 for the present, others for stored values.
    pub(super) storage: u64,
    /// 0 for the total of all.
    pub(super) tariff: u32,
    /// Part of the device.
    pub(super) subunit: u32,
    /// Table of `unit`.
    pub(super) table: Table,
    /// Value information without its extension bit.
    pub(super) unit: u8,
    /// Further value information, without extension bits.
    pub(super) more: Vec<u8>,
    /// The value.
    pub(super) raw: Raw<'a>,
}

/// What the records of a telegram are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Records<'a> {
    /// In order.
    pub(super) list: Vec<Record<'a>>,
    /// Whether the device says that another telegram follows.
    pub(super) follows: bool,
}

/// Reads bytes one after the other, remembering where it is.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte.ok_or_else(|| format!("the telegram ends within record data at byte {}", self.bytes.len()))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let taken = self.bytes.get(self.at..self.at.saturating_add(length));
        let taken = taken.ok_or_else(|| format!("the telegram ends within the value at byte {}", self.at))?;
        self.at += length;
        Ok(taken)
    }
}

/// The records of a telegram, all of them, or why not: a length that does not fit means that what was read before it may be wrong.
pub(super) fn walk(bytes: &[u8]) -> Result<Records<'_>, String> {
    let mut reader = Reader { bytes, at: 0 };
    let mut list = Vec::new();
    while reader.at < bytes.len() {
        let begin = reader.at;
        match reader.byte()? {
            0x2f => {}
            0x0f => return Ok(Records { list, follows: false }),
            0x1f => return Ok(Records { list, follows: true }),
            dif if dif & 0x0f == 0x0f => return Err(format!("reserved data information {dif:02X}h at byte {begin}")),
            dif => list.push(record(&mut reader, begin, dif)?),
        }
    }
    Ok(Records { list, follows: false })
}

fn record<'a>(reader: &mut Reader<'a>, begin: usize, dif: u8) -> Result<Record<'a>, String> {
    let (mut storage, mut tariff, mut subunit) = (u64::from(dif >> 6 & 1), 0u32, 0u32);
    let mut more = dif & 0x80 != 0;
    let mut count = 0;
    while more {
        if count == EXTENSIONS {
            return Err(format!("more than {EXTENSIONS} data information extensions at byte {begin}"));
        }
        let extension = reader.byte()?;
        storage |= u64::from(extension & 0x0f) << (1 + 4 * count);
        tariff |= u32::from(extension >> 4 & 3) << (2 * count);
        subunit |= u32::from(extension >> 6 & 1) << count;
        more = extension & 0x80 != 0;
        count += 1;
    }
    let vif = reader.byte()?;
    let mut last = vif;
    let (table, unit) = match vif {
        0xfb | 0xfd | 0xef => {
            last = reader.byte()?;
            (
                if vif == 0xfb {
                    Table::Fb
                } else if vif == 0xfd {
                    Table::Fd
                } else {
                    Table::Unknown
                },
                last & 0x7f,
            )
        }
        0x7c | 0xfc => {
            let length = reader.byte()?;
            reader.take(usize::from(length))?;
            (Table::Text, vif & 0x7f)
        }
        0x7e | 0xfe | 0x7f | 0xff => (Table::Unknown, vif & 0x7f),
        _ => (Table::Primary, vif & 0x7f),
    };
    let mut extensions = Vec::new();
    while last & 0x80 != 0 {
        if extensions.len() == EXTENSIONS {
            return Err(format!("more than {EXTENSIONS} value information extensions at byte {begin}"));
        }
        last = reader.byte()?;
        extensions.push(last & 0x7f);
    }
    let code = hex(reader.bytes.get(begin..reader.at).unwrap_or_default());
    let raw = value(reader, dif & 0x0f)?;
    let function = if dif & 0x30 == 0 { Function::Instantaneous } else { Function::Other };
    Ok(Record { code, function, storage, tariff, subunit, table, unit, more: extensions, raw })
}

fn value<'a>(reader: &mut Reader<'a>, field: u8) -> Result<Raw<'a>, String> {
    Ok(match field {
        0x1..=0x4 => Raw::Integer(reader.take(usize::from(field))?),
        0x5 => Raw::Binary32(binary32(reader.take(4)?)),
        0x6 => Raw::Integer(reader.take(6)?),
        0x7 => Raw::Integer(reader.take(8)?),
        0x9..=0xc => Raw::Decimal(reader.take(usize::from(field - 8))?),
        0xd => match reader.byte()? {
            length @ 0x00..=0xbf => reader.take(usize::from(length)).map(|_| Raw::Other)?,
            length @ 0xc0..=0xc9 => Raw::Decimal(reader.take(usize::from(length - 0xc0))?),
            length @ 0xd0..=0xd9 => reader.take(usize::from(length - 0xd0)).map(|_| Raw::Other)?,
            length @ 0xe0..=0xef => reader.take(usize::from(length - 0xe0)).map(|_| Raw::Other)?,
            length @ 0xf0..=0xf4 => reader.take(4 * usize::from(length - 0xec)).map(|_| Raw::Other)?,
            0xf5 => reader.take(48).map(|_| Raw::Other)?,
            0xf6 => reader.take(64).map(|_| Raw::Other)?,
            length => return Err(format!("reserved variable length {length:02X}h at byte {}", reader.at)),
        },
        0xe => Raw::Decimal(reader.take(6)?),
        _ => Raw::Other,
    })
}

fn binary32(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Hex digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}
