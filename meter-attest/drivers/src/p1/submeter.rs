//! Meters behind the electricity meter, on its M-Bus channels: gas, water, heat, cooling, other electricity meters.

use super::amount::{self, Amount, Quantity};
use super::clock::Zone;
use super::line::{Code, Line, Lines, name};
use super::reading::bounded;
use super::unsummed::short;
use crate::{Direction, DriverError, Medium, MeterReading, RegisterReading};

/// DSMR has four channels, the Lithuanian and Hungarian papers no more.
const CHANNELS: core::ops::RangeInclusive<u8> = 1..=8;

/// Those that say a value. One of an unknown kind is left out, with a complaint.
pub(super) fn all(
    lines: &Lines<'_>,
    main: &str,
    zone: Zone,
    complaints: &mut Vec<String>,
) -> Result<Vec<MeterReading>, DriverError> {
    let mut found = Vec::new();
    for channel in CHANNELS {
        match read(lines, main, channel, zone)? {
            Channel::Empty => {}
            Channel::Meter(reading) => found.push(reading),
            Channel::Odd(why) => complaints.push(format!("the meter on channel {channel} is left out: {why}")),
        }
    }
    Ok(found)
}

enum Channel {
    Empty,
    Meter(MeterReading),
    Odd(String),
}

/// A value as it was sent.
struct Sent<'a> {
    code: Code,
    stamp: Option<&'a str>,
    amount: Option<Amount>,
    text: &'a str,
    status: Option<&'a str>,
}

fn read(lines: &Lines<'_>, main: &str, channel: u8, zone: Zone) -> Result<Channel, DriverError> {
    let Some(sent) = sent(lines, channel)? else { return Ok(Channel::Empty) };
    let first = |code| {
        Ok::<_, DriverError>(lines.one(Code(code))?.and_then(|line| line.values.first().copied()).unwrap_or_default())
    };
    let kind = first([0, channel, 24, 1, 0])?;
    let numbers = [[0, channel, 96, 1, 0], [0, channel, 96, 1, 1]];
    let mut number = String::new();
    for code in numbers {
        if number.is_empty() {
            number = bounded(Code(code), name(first(code)?))?;
        }
    }
    let Some(amount) = sent.amount else {
        // A channel without a meter may be sent as zero without a unit.
        let nothing = sent.text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let why = || format!("'{}' is no amount", short(sent.text));
        return Ok(if nothing { Channel::Empty } else { Channel::Odd(why()) });
    };
    let (medium, quantity) = match kind.parse::<u8>() {
        Ok(2) => (Medium::Electricity, Quantity::Energy),
        Ok(3) => (Medium::Gas, Quantity::Volume),
        Ok(4 | 12 | 13) => (Medium::Heat, Quantity::Energy),
        Ok(6 | 7 | 21 | 22) => (Medium::Water, Quantity::Volume),
        Ok(10 | 11) => (Medium::Cooling, Quantity::Energy),
        _ => return Ok(Channel::Odd(format!("its kind is '{}'", short(kind)))),
    };
    if amount.quantity != quantity {
        return Ok(Channel::Odd(format!("'{}' is not in a unit of its kind {kind}", short(sent.text))));
    }
    let at = sent.stamp.and_then(|stamp| zone.read(stamp));
    let mut complaints = Vec::new();
    if let (Some(stamp), None) = (sent.stamp.filter(|stamp| stamp.len() == 13), at) {
        complaints.push(format!("the time of its value is not known: {}", short(stamp)));
    }
    // Of the status: critical error, clock invalid, value not valid. Others, such as summer time, are no reason to
    // complain.
    let status = sent.status.and_then(|status| u64::from_str_radix(status, 16).ok());
    if let Some(status) = status.filter(|status| status & 7 != 0) {
        complaints.push(format!("the status of its value is {status:02X}"));
    }
    let register = RegisterReading {
        code: sent.code.to_string(),
        direction: Direction::Import,
        tariff: None,
        value: amount.value,
        step: amount.step,
        modulus: amount.modulus,
    };
    let meter = if number.is_empty() { format!("{main}/{channel}") } else { number };
    Ok(Channel::Meter(MeterReading { meter, medium, at, registers: vec![register], complaints }))
}

/// The last value of a channel: converted to normal temperature (24.2.1), else as counted (24.2.3), else in the way of
/// DSMR 3.
fn sent<'a>(lines: &Lines<'a>, channel: u8) -> Result<Option<Sent<'a>>, DriverError> {
    for kind in [1, 3] {
        let code = Code([0, channel, 24, 2, kind]);
        if let Some(sent) = lines.one(code)?.and_then(|line| last(line, code)) {
            return Ok(Some(sent));
        }
    }
    let code = Code([0, channel, 24, 3, 0]);
    Ok(lines.one(code)?.and_then(|line| old(line, channel)))
}

/// Of DSMR 2.2 and 3.0: time, status, period, number of values, their code, their unit; then the value.
fn old<'a>(line: &Line<'a>, channel: u8) -> Option<Sent<'a>> {
    let given = line.values.get(4).and_then(|code| Code::read(code));
    let code = given.filter(|Code([a, b, c, d, _])| [*a, *b, *c, *d] == [0, channel, 24, 2]);
    match (&line.values[..], code) {
        ([stamp, status, _, "1", _, unit, text], Some(code)) => {
            Some(Sent { code, stamp: Some(stamp), amount: amount::with_unit(text, unit), text, status: Some(status) })
        }
        (values, _) => {
            let text = values.last().copied().filter(|text| !text.is_empty())?;
            Some(Sent { code: Code([0, channel, 24, 3, 0]), stamp: None, amount: None, text, status: None })
        }
    }
}

/// `(time)(value)`, or only a value; nothing of an empty line.
fn last<'a>(line: &Line<'a>, code: Code) -> Option<Sent<'a>> {
    let (text, before) = line.values.split_last()?;
    let stamp = before.first().copied();
    (!text.is_empty()).then(|| Sent { code, stamp, amount: amount::read(text), text, status: None })
}
