//! From the values of a transmission to the state of the meter.

use std::collections::{BTreeMap, VecDeque};

use super::message::{Entry, List};
use super::{NAME, malformed};
use crate::{Direction, DriverError, Medium, MeterReading, RegisterReading};

/// DLMS unit of the watt-hour.
const WATT_HOUR: u64 = 30;
/// What meters count by that keep the finer digits for who has their PIN.
const KILO: u64 = 1_000;
/// How many meters are remembered that were seen to count finer than kilowatt-hours.
const REMEMBERED: usize = 16;

/// Which meters show digits below the kilowatt-hour.
///
/// Without the PIN many meters send whole kilowatt-hours with the scaler of the finer digits. One telegram cannot tell
/// these from a meter that happens to stand at a whole one, so a meter counts as coarse until a register of it is seen
/// that is not.
#[derive(Default)]
pub(super) struct Resolution {
    fine: VecDeque<String>,
}

impl Resolution {
    /// Whether this meter is known to show them, with these registers.
    fn is_fine(&mut self, meter: &str, shows: bool) -> bool {
        if self.fine.iter().any(|known| known == meter) {
            return true;
        }
        if shows {
            self.fine.truncate(REMEMBERED - 1);
            self.fine.push_front(meter.to_owned());
        }
        shows
    }
}

/// The meters of a transmission, by their numbers.
pub(super) fn read(lists: &[List<'_>], resolution: &mut Resolution) -> Result<Vec<MeterReading>, DriverError> {
    let mut meters: BTreeMap<String, Meter> = BTreeMap::new();
    for list in lists {
        let meter = meters.entry(number(list)?).or_default();
        for entry in &list.entries {
            if let Some((code, direction, tariff)) = register(entry) {
                let value = Value::read(entry).map_err(|why| why.error(&code))?;
                let at = entry.at.or(list.at);
                meter.at = meter.at.max(at);
                let before = meter.values.insert(code.clone(), (direction, tariff, value));
                if before.is_some_and(|before| before.2 != value) {
                    return Err(malformed(format!("{code} comes twice, with different values")));
                }
            }
        }
    }
    let readings = meters.into_iter().filter(|(_, meter)| !meter.values.is_empty());
    let readings: Vec<MeterReading> = readings.map(|(number, meter)| meter.reading(number, resolution)).collect();
    if readings.is_empty() {
        let what = "no energy register (1-0:1.8.x or 1-0:2.8.x) in the telegram".to_owned();
        return Err(DriverError::NothingToRead { format: NAME, what });
    }
    Ok(readings)
}

#[derive(Default)]
struct Meter {
    at: Option<crate::UnixTime>,
    values: BTreeMap<String, (Direction, Option<u8>, Value)>,
}

impl Meter {
    fn reading(self, meter: String, resolution: &mut Resolution) -> MeterReading {
        let shows = self.values.values().any(|(_, _, value)| !value.whole_kilo);
        let coarse = if resolution.is_fine(&meter, shows) { 1 } else { KILO };
        let registers = self.values.into_iter().map(|(code, (direction, tariff, value))| RegisterReading {
            code,
            direction,
            tariff,
            value: value.base,
            step: value.step.max(coarse),
            modulus: None,
        });
        MeterReading {
            meter,
            medium: Medium::Electricity,
            at: self.at,
            registers: registers.collect(),
            complaints: Vec::new(),
        }
    }
}

/// Code, direction and tariff of an energy register's current value.
fn register(entry: &Entry<'_>) -> Option<(String, Direction, Option<u8>)> {
    let [1, channel @ 0..=1, quantity @ 1..=2, 8, tariff @ 0..=63, 255] = *entry.name else { return None };
    if entry.unit != Some(WATT_HOUR) {
        return None;
    }
    let direction = if quantity == 1 { Direction::Import } else { Direction::Export };
    Some((format!("1-{channel}:{quantity}.8.{tariff}"), direction, (tariff > 0).then_some(tariff)))
}

/// A register's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Value {
    /// In watt-hours, rounded down.
    base: u64,
    /// Of its last digit, in watt-hours, at least 1.
    step: u64,
    /// Exactly a multiple of a kilowatt-hour.
    whole_kilo: bool,
}

enum NoValue {
    Negative,
    Nothing,
    TooLarge,
}

impl NoValue {
    fn error(&self, code: &str) -> DriverError {
        match self {
            Self::Negative => DriverError::MeterFault { format: NAME, what: format!("a negative value of {code}") },
            Self::Nothing => malformed(format!("{code} has no number")),
            Self::TooLarge => malformed(format!("{code} is too large for a meter")),
        }
    }
}

impl Value {
    fn read(entry: &Entry<'_>) -> Result<Self, NoValue> {
        let number = entry.value.number().ok_or(NoValue::Nothing)?;
        let number = u128::try_from(number).map_err(|_| NoValue::Negative)?;
        let digits =
            u32::try_from(entry.scaler.unsigned_abs()).ok().filter(|digits| *digits <= 12).ok_or(NoValue::TooLarge)?;
        let scale = 10u128.pow(digits);
        let (base, step, kilo) = if entry.scaler < 0 {
            (number / scale, 1, number % (scale * u128::from(KILO)) == 0)
        } else {
            let base = number.checked_mul(scale).ok_or(NoValue::TooLarge)?;
            (base, scale, base % u128::from(KILO) == 0)
        };
        let base = u64::try_from(base).map_err(|_| NoValue::TooLarge)?;
        let step = u64::try_from(step).map_err(|_| NoValue::TooLarge)?;
        Ok(Self { base, step, whole_kilo: kilo })
    }
}

/// The meter's number, from the server's name or else from the values that hold it.
fn number(list: &List<'_>) -> Result<String, DriverError> {
    const NAMES: [[u8; 6]; 3] = [[1, 0, 96, 1, 0, 255], [1, 0, 0, 0, 9, 255], [1, 0, 0, 0, 0, 255]];
    let value =
        |name: [u8; 6]| list.entries.iter().find(|entry| entry.name == name).and_then(|entry| entry.value.bytes());
    let server = Some(list.server).filter(|server| !server.is_empty());
    let name = server.or_else(|| NAMES.into_iter().find_map(value));
    let name = name.ok_or_else(|| malformed("the meter does not say its number"))?;
    if name.len() > 32 {
        return Err(malformed("the meter's number is longer than 32 bytes"));
    }
    Ok(written(name))
}

/// As on the meter's plate: `1ISK0012345678` after DIN 43863-5, text, or hexadecimal digits.
fn written(name: &[u8]) -> String {
    if let [9 | 10, medium @ 0..=15, a, b, c, block, n0, n1, n2, n3] = name
        && [a, b, c].iter().all(|letter| letter.is_ascii_uppercase())
    {
        let number = u32::from_be_bytes([*n0, *n1, *n2, *n3]);
        let maker: String = [a, b, c].map(|letter| char::from(*letter)).iter().collect();
        return format!("{medium:X}{maker}{block:02X}{number:08}");
    }
    match core::str::from_utf8(name) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => text.to_owned(),
        _ => name.iter().map(|byte| format!("{byte:02X}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_on_the_plate() {
        assert_eq!(written(&[10, 1, b'A', b'B', b'C', 0x11, 0, 0, 0x30, 0x39]), "1ABC1100012345");
        assert_eq!(written(b"0012345"), "0012345");
        assert_eq!(written(&[6, b'A', 1, 2]), "06410102");
    }
}
