//! What values and their units mean: numbers exactly, energy in watt-hours, volume in litres, dates in UTC.

use crate::UnixTime;
use crate::exact::Worth;

use super::records::{Raw, Record, Table};

/// A number of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Number {
    /// In counts of the unit.
    Counts(u64),
    /// As a binary32 number of the unit.
    Binary32(u32),
    /// Below zero.
    Negative,
    /// Marked as invalid by the device.
    Invalid,
}

/// The number of a record; `None` if it has none.
pub(super) fn number(raw: Raw<'_>) -> Option<Number> {
    match raw {
        Raw::Integer(bytes) => Some(integer(bytes)),
        Raw::Decimal(bytes) => Some(decimal(bytes)),
        Raw::Binary32(bits) if (bits >> 23) & 0xff == 0xff => Some(Number::Invalid),
        Raw::Binary32(bits) if bits >> 31 == 1 && bits << 1 != 0 => Some(Number::Negative),
        Raw::Binary32(bits) => Some(Number::Binary32(bits)),
        Raw::Other => None,
    }
}

fn integer(bytes: &[u8]) -> Number {
    let value = bytes.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    match bytes.split_last() {
        // The least number stands for "no value" (EN 13757-3, annex A, type B).
        Some((0x80, rest)) if rest.iter().all(|byte| *byte == 0) => Number::Invalid,
        Some((last, _)) if last & 0x80 != 0 => Number::Negative,
        Some(_) => Number::Counts(value),
        None => Number::Invalid,
    }
}

/// Binary coded decimal: digits above 9 stand for an error shown on the display, except F at the top, which is a minus.
pub(super) fn decimal(bytes: &[u8]) -> Number {
    let mut value = 0u64;
    let mut negative = false;
    for (index, byte) in bytes.iter().rev().enumerate() {
        for (digit, top) in [(byte >> 4, index == 0), (byte & 0x0f, false)] {
            match digit {
                0..=9 => {
                    let next = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit)));
                    let Some(next) = next else { return Number::Invalid };
                    value = next;
                }
                0x0f if top => negative = true,
                _ => return Number::Invalid,
            }
        }
    }
    if bytes.is_empty() {
        Number::Invalid
    } else if negative {
        Number::Negative
    } else {
        Number::Counts(value)
    }
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantity {
    /// In watt-hours.
    Energy,
    /// In litres.
    Volume,
}

/// Which way a record counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Flow {
    /// It does not say.
    Plain,
    /// Only forward.
    Forward,
    /// Only backward.
    Backward,
    /// At the conditions of the meter, not converted to a norm (gas).
    Uncorrected,
}

/// Quantity, worth of a count, flow, and a record error of a register of energy or volume; `None` for all others, and wherever the
/// record says something about itself that is not understood here.
pub(super) fn meaning(record: &Record<'_>) -> Option<(Quantity, Worth, Flow, u8)> {
    let ten = |exponent: u8, less: i32| Worth::power_of_ten(i32::from(exponent) - less);
    // A watt-hour is 3,600 joules; a megacalorie is 4.1868 megajoules, which is 1,163 watt-hours exactly.
    let (quantity, mut worth) = match (record.table, record.unit) {
        (Table::Primary, unit @ 0x00..=0x07) => (Quantity::Energy, ten(unit, 3)?),
        (Table::Primary, unit @ 0x08..=0x0f) => (Quantity::Energy, ten(unit - 0x08, 0)?.times(Worth::ratio(1, 3600))?),
        (Table::Primary, unit @ 0x10..=0x17) => (Quantity::Volume, ten(unit - 0x10, 3)?),
        (Table::Fb, unit @ 0x00..=0x01) => (Quantity::Energy, ten(unit, -5)?),
        (Table::Fb, unit @ 0x08..=0x09) => (Quantity::Energy, ten(unit - 0x08, -8)?.times(Worth::ratio(1, 3600))?),
        (Table::Fb, unit @ 0x0c..=0x0f) => (Quantity::Energy, ten(unit - 0x0c, 1)?.times(Worth::ratio(1163, 1))?),
        (Table::Fb, unit @ 0x10..=0x11) => (Quantity::Volume, ten(unit - 0x10, -5)?),
        _ => return None,
    };
    let (mut flow, mut error) = (Flow::Plain, 0);
    for code in &record.more {
        match code {
            0x00 => {}
            0x01..=0x1f => error = *code,
            0x3a => flow = Flow::Uncorrected,
            0x3b => flow = Flow::Forward,
            0x3c => flow = Flow::Backward,
            0x70..=0x77 => worth = worth.times(Worth::power_of_ten(i32::from(code - 0x70) - 6)?)?,
            0x7d => worth = worth.times(Worth::ratio(1000, 1))?,
            _ => return None,
        }
    }
    Some((quantity, worth, flow, error))
}

/// Date and time of type F (4 bytes) or I (6 bytes), which are local; `offset` says how many seconds standard time is ahead of
/// UTC. `None` if it is invalid or the offset is not known.
pub(super) fn moment(bytes: &[u8], offset: Option<i32>) -> Option<UnixTime> {
    let (second, minute, hour, day, month, summer) = match bytes {
        [minute, hour, day, month] => (0, *minute, *hour, *day, *month, hour & 0x80 != 0),
        [second, minute, hour, day, month, _] => (second & 0x3f, *minute, *hour, *day, *month, second & 0x40 != 0),
        _ => return None,
    };
    if minute & 0x80 != 0 {
        return None;
    }
    let year = 2000 + i32::from(day >> 5 | (month & 0xf0) >> 1);
    let month = time::Month::try_from(month & 0x0f).ok()?;
    let date = time::Date::from_calendar_date(year, month, day & 0x1f).ok()?;
    let clock = time::Time::from_hms(hour & 0x1f, minute & 0x3f, second).ok()?;
    let local = date.with_time(clock).assume_utc().unix_timestamp();
    let ahead = i64::from(offset?) + if summer { 3600 } else { 0 };
    u64::try_from(local - ahead).ok().map(UnixTime)
}
