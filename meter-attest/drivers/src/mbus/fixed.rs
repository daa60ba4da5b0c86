//! The fixed data structure (CI 73h, EN 1434-3), of meters of before about 2000: two counters, no records.

use crate::exact::Worth;
use crate::{Direction, DriverError, Medium, MeterReading, RegisterReading};

use super::NAME;
use super::header::{Kind, condition, kind};
use super::records::hex;
use super::value::{Number, Quantity, decimal};

/// What a counter of this unit code counts.
fn unit(code: u8) -> Option<(Quantity, Worth)> {
    let ten = |exponent: u8| Worth::power_of_ten(i32::from(exponent));
    Some(match code {
        0x02..=0x0a => (Quantity::Energy, ten(code - 0x02)?),
        0x0b..=0x13 => (Quantity::Energy, ten(code - 0x0b + 3)?.times(Worth::ratio(1, 3600))?),
        0x26..=0x2e => (Quantity::Volume, Worth::power_of_ten(i32::from(code) - 0x29)?),
        _ => return None,
    })
}

/// Reads the whole telegram.
///
/// # Errors
/// It is cut short, of a medium that is not settled, of stored values only, or has no counter of that medium.
pub(super) fn read(data: &[u8]) -> Result<Vec<MeterReading>, DriverError> {
    let [i0, i1, i2, i3, _, status, u1, u2, counters @ ..] = data else {
        return Err(length(data.len()));
    };
    let (Some(first), Some(second), 8) = (counters.get(..4), counters.get(4..), counters.len()) else {
        return Err(length(data.len()));
    };
    // Medium codes 10 to 14 are the same media with the bytes the other way round, which CI 73h contradicts.
    let medium = match kind(u1 >> 6 | u2 >> 6 << 2)? {
        Kind::One(medium @ (Medium::Electricity | Medium::Gas | Medium::Heat | Medium::Water)) => medium,
        _ => return Err(malformed("a medium of the other byte order")),
    };
    let mut complaints = Vec::new();
    // As in the variable structure, but for bits 0 and 1, which say how the counters are coded.
    condition(status & !3, &mut complaints)?;
    if status & 2 != 0 {
        let what = "the counters are of a stored date, not of now".to_owned();
        return Err(DriverError::NothingToRead { format: NAME, what });
    }
    let wanted = if matches!(medium, Medium::Water | Medium::Gas) { Quantity::Volume } else { Quantity::Energy };
    for (index, counter, code) in [(1, first, u1 & 0x3f), (2, second, u2 & 0x3f)] {
        let Some((_, worth)) = unit(code).filter(|(quantity, _)| *quantity == wanted) else { continue };
        let (value, modulus) = if status & 1 == 0 {
            (decimal(counter), worth.modulus(100_000_000))
        } else {
            let value = counter.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
            (Number::Counts(value), worth.modulus(1 << 32))
        };
        let Number::Counts(counts) = value else {
            let what = format!("no valid value in counter {index}");
            return Err(DriverError::MeterFault { format: NAME, what });
        };
        let Some(value) = worth.of(counts) else { continue };
        let register = RegisterReading {
            code: format!("counter {index}"),
            direction: Direction::Import,
            tariff: None,
            value,
            step: worth.step(),
            modulus,
        };
        let meter = hex(&[*i3, *i2, *i1, *i0]);
        return Ok(vec![MeterReading { meter, medium, at: None, registers: vec![register], complaints }]);
    }
    let what = "neither counter is of the meter's medium".to_owned();
    Err(DriverError::NothingToRead { format: NAME, what })
}

fn length(bytes: usize) -> DriverError {
    malformed(&format!("the fixed data have {bytes} bytes, not 16"))
}

fn malformed(what: &str) -> DriverError {
    DriverError::Malformed { format: NAME, what: what.to_owned() }
}
