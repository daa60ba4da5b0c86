//! From the lines of a telegram to the state of the meters.

use std::collections::BTreeSet;

use super::clock::Zone;
use super::line::{Code, Line, Lines, name};
use super::unsummed::short;
use super::{NAME, amount, malformed, submeter, unsummed};
use crate::{Direction, DriverError, Medium, MeterReading, RegisterReading};

/// Time of the telegram.
const TIME: Code = Code([0, 0, 1, 0, 0]);
/// What a meter's number may be called, the best first: serial number (Netherlands, Belgium), device number (Hungary),
/// logical device name (Luxembourg, Hungary), number on the plate or of the owner (D0 ports, Switzerland).
const NUMBERS: [Code; 7] = [
    Code([0, 0, 96, 1, 1]),
    Code([0, 0, 96, 1, 0]),
    Code([0, 0, 42, 0, 0]),
    Code([0, 0, 96, 1, 255]),
    Code([1, 0, 96, 1, 0]),
    Code([1, 0, 0, 0, 0]),
    Code([0, 0, 0, 0, 0]),
];
/// Error registers.
const FAULTS: [Code; 2] = [Code([0, 0, 97, 97, 0]), Code([0, 0, 97, 97, 1])];
/// The longest number of a meter.
const LONGEST_NUMBER: usize = 64;

/// What a telegram, from `/` to `!`, says: the electricity meter first, then those behind it.
pub(super) fn read(text: &[u8], summed: bool, zone: Zone) -> Result<Vec<MeterReading>, DriverError> {
    let text = match core::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) if summed => String::from_utf8_lossy(text).into_owned(),
        Err(_) => return Err(malformed("it is no text, and there is no checksum")),
    };
    let lines = Lines::read(&text);
    if !summed {
        unsummed::check(&lines)?;
    }
    let mut complaints = Vec::new();
    let registers = registers(&lines)?;
    if registers.is_empty() {
        let what = "no energy register (1-0:1.8.x or 1-0:2.8.x) in the telegram".to_owned();
        return Err(DriverError::NothingToRead { format: NAME, what });
    }
    let meter = number(&lines)?;
    let stamp = lines.one(TIME)?.and_then(|line| line.values.first().copied());
    let at = stamp.and_then(|stamp| zone.read(stamp));
    if let (Some(stamp), None) = (stamp, at) {
        complaints.push(format!("its clock is not set: {}", short(stamp)));
    }
    for fault in FAULTS {
        let value = lines.one(fault)?.and_then(|line| line.values.first().copied()).unwrap_or_default();
        if value.bytes().any(|byte| byte != b'0') {
            complaints.push(format!("error register {fault}: {}", short(value)));
        }
    }
    let behind = submeter::all(&lines, &meter, zone, &mut complaints)?;
    let main = MeterReading { meter, medium: Medium::Electricity, at, registers, complaints };
    Ok(core::iter::once(main).chain(behind).collect())
}

/// Energy registers by direction and tariff. They are of channel 0; in Switzerland of channel 1.
fn registers(lines: &Lines<'_>) -> Result<Vec<RegisterReading>, DriverError> {
    if let Some(odd) = lines.odd.iter().find(|odd| Code::read(head(odd)).is_some_and(|code| is_register(&code))) {
        return Err(malformed(format!("a register without its value: '{}'", short(odd))));
    }
    let codes: BTreeSet<Code> = lines.lines.iter().filter_map(|line| line.code).filter(is_register).collect();
    let channel = codes.first().map(|Code([_, channel, ..])| *channel);
    let codes = codes.into_iter().filter(|Code([_, of, ..])| Some(*of) == channel);
    let mut registers = Vec::new();
    let mut empty = Vec::new();
    for code in codes {
        let Code([_, _, quantity, _, tariff]) = code;
        let direction = if quantity == 1 { Direction::Import } else { Direction::Export };
        let value = lines.one(code)?.and_then(|line| line.values.first().copied()).unwrap_or_default();
        if value.is_empty() {
            empty.push((code, direction));
            continue;
        }
        let amount = amount::read(value).filter(|amount| amount.quantity == amount::Quantity::Energy);
        let amount = amount.ok_or_else(|| malformed(format!("{code} is no amount of energy: '{}'", short(value))))?;
        registers.push(RegisterReading {
            code: code.to_string(),
            direction,
            tariff: (tariff > 0).then_some(tariff),
            value: amount.value,
            step: amount.step,
            modulus: amount.modulus,
        });
    }
    // A direction may be empty as a whole; one tariff may not, or the others would be taken for the sum.
    let partly = |direction| registers.iter().any(|register: &RegisterReading| register.direction == direction);
    match empty.iter().find(|(_, direction)| partly(*direction)) {
        Some((code, _)) => Err(malformed(format!("{code} has no value, and others of its direction have"))),
        None => Ok(registers),
    }
}

/// What is before the first bracket.
fn head(text: &str) -> &str {
    text.split('(').next().unwrap_or_default()
}

/// Import or export, total or one of the tariffs.
fn is_register(Code([a, b, c, d, e]): &Code) -> bool {
    *a == 1 && *b <= 1 && matches!(*c, 1 | 2) && *d == 8 && *e <= 63
}

/// The meter's number; what stands after `/` if it says none.
fn number(lines: &Lines<'_>) -> Result<String, DriverError> {
    for code in NUMBERS {
        let value = lines.one(code)?.and_then(|line| line.values.first().copied());
        if let Some(number) = value.map(name).filter(|number| !number.is_empty()) {
            return bounded(code, number);
        }
    }
    Ok(lines.name.trim().to_owned())
}

/// A number that is not too long for one.
pub(super) fn bounded(code: Code, number: String) -> Result<String, DriverError> {
    if number.len() > LONGEST_NUMBER {
        return Err(malformed(format!("{code} is longer than a meter's number: '{}'", short(&number))));
    }
    Ok(number)
}

impl<'a> Lines<'a> {
    /// The line with this code; one that comes twice must say the same twice.
    pub(super) fn one(&self, code: Code) -> Result<Option<&Line<'a>>, DriverError> {
        let mut lines = self.lines.iter().filter(|line| line.code == Some(code));
        let first = lines.next();
        match first {
            Some(first) if lines.any(|line| line.values != first.values) => {
                Err(malformed(format!("{code} comes twice, with different values")))
            }
            _ => Ok(first),
        }
    }
}
