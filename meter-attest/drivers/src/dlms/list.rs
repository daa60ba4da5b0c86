//! From the body of a notification to registers: lists that name their values, and the few known ones that do not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::exact::Worth;
use crate::{Direction, DriverError, Medium, MeterReading, RegisterReading};

use super::NAME;
use super::apdu::Notification;
use super::axdr::Data;
use super::clock::clock;

/// Unit code of the watt-hour (IEC 62056-6-2, table of units).
const WATT_HOUR: u8 = 30;

/// An OBIS code.
type Obis = [u8; 6];

/// A value with its name.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    obis: Obis,
    value: &'a Data,
    /// Power of ten and unit, if the list has them.
    scale: Option<(i8, u8)>,
}

/// What a list says, whatever its form.
#[derive(Default, Debug)]
struct Content<'a> {
    entries: Vec<Entry<'a>>,
    /// Values without a name.
    loose: Vec<&'a Data>,
    /// What a count of energy is worth where the list has no scale, if its form is known.
    worth: Option<Worth>,
    /// Number of the meter, where the form of the list says where it is.
    meter: Option<&'a [u8]>,
    /// What is taken for granted, in words.
    complaints: Vec<String>,
}

/// Turns a notification into the reading of its meter.
///
/// # Errors
/// It has no registers of energy, or is of a form that is not known.
pub(super) fn reading(notification: &Notification, offset: Option<i32>) -> Result<MeterReading, DriverError> {
    let Data::List(root) = &notification.body else {
        return Err(nothing("a single value"));
    };
    let mut content = described(root).or_else(|| unnamed(root)).unwrap_or_else(|| named(root));
    let mut complaints = core::mem::take(&mut content.complaints);
    if content.entries.is_empty() {
        return Err(unknown_form(root));
    }
    let registers = registers(&content, &mut complaints)?;
    let meter = meter(&content, notification.title.as_deref()).unwrap_or_else(|| {
        complaints.push("the meter says no number, so that an exchange of it is not seen".to_owned());
        "unnumbered".to_owned()
    });
    let of_list = content.entries.iter().filter(|entry| entry.obis == [0, 0, 1, 0, 0, 255]).map(|entry| entry.value);
    let candidates = of_list.chain(content.loose.iter().copied());
    let stated = candidates.filter_map(|value| match value {
        Data::Octets(bytes) => clock(bytes, offset),
        _ => None,
    });
    let header = notification.at.as_deref().and_then(|bytes| clock(bytes, offset));
    let clock = stated.chain(header).next();
    complaints.extend(clock.and_then(|clock| clock.complaint).map(str::to_owned));
    let at = clock.and_then(|clock| clock.at);
    Ok(MeterReading { meter, medium: Medium::Electricity, at, registers, complaints })
}

fn nothing(what: &str) -> DriverError {
    DriverError::NothingToRead { format: NAME, what: format!("{what}, without cumulative registers of energy") }
}

/// Values without names, in no known form.
fn unknown_form(root: &[Data]) -> DriverError {
    let first = root.iter().find_map(text).unwrap_or_else(|| "no text".to_owned());
    let what = format!("{NAME}: a list of {} values without names, of {first}: its form is not known", root.len());
    DriverError::Unsupported { what }
}

/// The text or octets of a value that has some.
fn bytes(value: &Data) -> Option<&[u8]> {
    match value {
        Data::Octets(bytes) | Data::Text(bytes) => Some(bytes),
        _ => None,
    }
}

/// Printable text of at least six characters.
fn text(value: &Data) -> Option<String> {
    let bytes = bytes(value).filter(|bytes| bytes.len() >= 6 && bytes.iter().all(u8::is_ascii_graphic))?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// An OBIS code among octets. All that meters push end in 255.
fn obis(value: &Data) -> Option<Obis> {
    match value {
        Data::Octets(bytes) => Obis::try_from(bytes.as_slice()).ok().filter(|obis| obis[5] == 255 && obis[0] < 16),
        _ => None,
    }
}

/// Scaler and unit.
fn scale(value: &Data) -> Option<(i8, u8)> {
    match value {
        Data::List(pair) => match pair.as_slice() {
            [Data::Number(0x0f, scaler), Data::Number(0x16, unit)] => {
                Some((i8::try_from(*scaler).ok()?, u8::try_from(*unit).ok()?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A list in which a name comes before each value and perhaps scaler and unit after it, flat or in structures: Aidon, Kamstrup,
/// and most of Austria.
fn named(root: &[Data]) -> Content<'_> {
    let mut content = Content::default();
    gather(root, &mut content);
    // Kamstrup's list has no scalers. That of Norway has up to 35 values, and energy in kWh with two decimals; the longer ones of
    // other countries have other decimals, which are not known here.
    if root.len() <= 35 && root.first().and_then(text).is_some_and(|version| version == "Kamstrup_V0001") {
        content.worth = Some(Worth::ratio(10, 1));
    }
    content
}

fn gather<'a>(list: &'a [Data], content: &mut Content<'a>) {
    let mut name = None;
    // Whether the last thing was a value with a name, to which a scale may belong.
    let mut fresh = false;
    for value in list {
        if let Some(scale) = scale(value).filter(|_| fresh) {
            if let Some(last) = content.entries.last_mut() {
                last.scale = Some(scale);
            }
            fresh = false;
            continue;
        }
        fresh = false;
        match (name.take(), obis(value), value) {
            (_, _, Data::List(inner)) => gather(inner, content),
            (None, Some(obis), _) => name = Some(obis),
            (_, _, Data::Null | Data::Other) => {}
            (Some(obis), _, value) => {
                content.entries.push(Entry { obis, value, scale: None });
                fresh = true;
            }
            (None, None, value) => content.loose.push(value),
        }
    }
}

/// A list that begins with the description of its own objects, as Landis+Gyr's E450 and E570 have it: class, name, attribute, index.
fn described(root: &[Data]) -> Option<Content<'_>> {
    let Data::List(descriptions) = root.first()? else { return None };
    if descriptions.len() != root.len() || root.len() < 2 {
        return None;
    }
    let mut content = Content { worth: Some(Worth::ONE), ..Content::default() };
    for (description, value) in descriptions.iter().zip(root) {
        let Data::List(parts) = description else { return None };
        let [Data::Number(0x12, class), name, Data::Number(0x0f, attribute), Data::Number(0x12, _)] = parts.as_slice()
        else {
            return None;
        };
        let obis = obis(name)?;
        // The value of data, a register or a clock is attribute 2.
        if matches!((class, attribute), (1 | 3 | 4 | 8, 2)) {
            content.entries.push(Entry { obis, value, scale: None });
        }
    }
    content.complaints.push("the list has no scalers; counts are taken for watt-hours".to_owned());
    Some(content)
}

/// The known lists that do not name their values.
fn unnamed(root: &[Data]) -> Option<Content<'_>> {
    let number = |value: &Data| matches!(value, Data::Number(0x06, _));
    let octets = |value: &Data| matches!(value, Data::Octets(_));
    let energy = |import: usize, export: usize| -> Option<Vec<Entry<'_>>> {
        let entry = |tariff_less: u8, index: usize| {
            let value = root.get(index).filter(|value| number(value))?;
            Some(Entry { obis: [1, 0, tariff_less, 8, 0, 255], value, scale: None })
        };
        Some(vec![entry(1, import)?, entry(2, export)?])
    };
    let mut content = Content { worth: Some(Worth::ONE), ..Content::default() };
    match root {
        // Kaifa's lists 1 (power), 2 (9 or 13 values) and 3 (14 or 18 values, with a clock and registers in Wh at the end).
        [version, meter, ..] if text(version).is_some_and(|version| version.starts_with("KFM_")) => {
            content.meter = bytes(meter);
            if let 14 | 18 = root.len() {
                content.entries = energy(root.len() - 4, root.len() - 3)?;
                content.loose.extend(root.get(root.len() - 5));
            } else if let 9 | 13 = root.len() {
                let value = root.get(3)?;
                content.entries = vec![Entry { obis: [1, 0, 1, 7, 0, 255], value, scale: None }];
            } else {
                return None;
            }
        }
        [Data::Number(0x06, _)] => {
            let value = root.first()?;
            content.entries = vec![Entry { obis: [1, 0, 1, 7, 0, 255], value, scale: None }];
        }
        // Iskra in Vienna: a clock, then eight values: registers of energy, registers of reactive energy, powers.
        [first, values @ ..] if octets(first) && values.len() == 8 && values.iter().all(number) => {
            content.entries = energy(1, 2)?;
            content.loose.push(first);
        }
        // Iskra in Carinthia: its own name, number, time, date; then six values; then two messages.
        [own, meter, time, date, values @ .., message, other]
            if obis(own) == Some([0, 6, 25, 9, 0, 255])
                && [meter, time, date, message, other].into_iter().all(octets)
                && values.len() == 6
                && values.iter().all(number) =>
        {
            content.entries = energy(4, 5)?;
            content.meter = bytes(meter);
        }
        _ => return None,
    }
    Some(content)
}

/// The registers of energy.
fn registers(content: &Content<'_>, complaints: &mut Vec<String>) -> Result<Vec<RegisterReading>, DriverError> {
    let mut found: BTreeMap<(Direction, Option<u8>), RegisterReading> = BTreeMap::new();
    for entry in &content.entries {
        let [a, b, c, d, e, _] = entry.obis;
        let code = format!("{a}-{b}:{c}.{d}.{e}");
        if [a, c, d, e] == [0, 97, 97, 0] && matches!(entry.value, Data::Number(_, flags) if *flags != 0) {
            complaints.push(format!("error register {code} is set"));
        }
        let direction = match (a, c, d) {
            (1, 1, 8) => Direction::Import,
            (1, 2, 8) => Direction::Export,
            _ => continue,
        };
        if e > 63 {
            continue;
        }
        let worth = match entry.scale {
            Some((scaler @ -10..=10, WATT_HOUR)) => Worth::power_of_ten(i32::from(scaler)),
            Some((scaler, unit)) => {
                let what =
                    format!("{NAME}: {code} in unit {unit} with scaler {scaler}; only watt-hours are known here");
                return Err(DriverError::Unsupported { what });
            }
            None => content.worth,
        };
        let Some(worth) = worth else {
            let what = format!("{NAME}: {code} without unit, in a list whose form is not known");
            return Err(DriverError::Unsupported { what });
        };
        let counts = match entry.value {
            Data::Number(_, counts) => u64::try_from(*counts).ok(),
            _ => None,
        };
        let Some(value) = counts.and_then(|counts| worth.of(counts)) else {
            return Err(DriverError::MeterFault { format: NAME, what: format!("no valid value in {code}") });
        };
        let tariff = if e == 0 { None } else { Some(e) };
        let register = RegisterReading { code, direction, tariff, value, step: worth.step(), modulus: None };
        if let Some(other) = found.insert((direction, tariff), register.clone()).filter(|other| other.value != value) {
            let what = format!("{} and {} say different things of the same register", other.code, register.code);
            return Err(DriverError::Malformed { format: NAME, what });
        }
    }
    if found.is_empty() {
        return Err(nothing(&format!("a list of {} values", content.entries.len())));
    }
    Ok(found.into_values().collect())
}

/// The meter's number: where the list says it, else a text without name, else the sender of an encrypted message.
fn meter(content: &Content<'_>, title: Option<&[u8]>) -> Option<String> {
    let named = |wanted: fn(&Obis) -> bool| {
        let entry = content.entries.iter().find(|entry| wanted(&entry.obis))?;
        bytes(entry.value).filter(|bytes| !bytes.is_empty())
    };
    let number = named(|obis| matches!(obis, [0, 0, 96, 1, 0, _]))
        .or_else(|| named(|obis| matches!(obis, [1, _, 0, 0, 5, _])))
        .or_else(|| named(|obis| matches!(obis, [0, 0, 96, 1, 1, _])))
        .or_else(|| named(|obis| matches!(obis, [1, _, 0, 0, 0, _])))
        .or_else(|| named(|obis| matches!(obis, [0, 0, 42, 0, 0, _])))
        .or(content.meter);
    if let Some(number) = number {
        return Some(printed(number));
    }
    // Versions of lists stand first; a number is the last text.
    let loose = content.loose.iter().rev().filter_map(|value| text(value));
    let loose = loose.filter(|text| !text.contains("_V") && text.chars().any(|letter| letter.is_ascii_digit()));
    loose.into_iter().next().or_else(|| title.map(system_title))
}

/// Text as text, anything else in hex.
fn printed(bytes: &[u8]) -> String {
    if bytes.iter().all(u8::is_ascii_graphic) { String::from_utf8_lossy(bytes).into_owned() } else { hex(bytes) }
}

/// Three letters of the manufacturer, then the rest in hex.
fn system_title(title: &[u8]) -> String {
    match title.split_first_chunk::<3>() {
        Some((letters, rest)) if letters.iter().all(u8::is_ascii_alphanumeric) => printed(letters) + &hex(rest),
        _ => hex(title),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}
