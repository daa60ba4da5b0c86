//! The columns, in the languages of the portal, and what stands in them.

use jiff::civil::{Date, Time};

use super::NAME;
use crate::file::{malformed, quoted, text};
use crate::{Direction, DriverError, SeriesQuality};

/// Where each column is.
pub(super) struct Columns {
    pub(super) count: usize,
    /// Date, and time if there is one: exports by day may have none.
    pub(super) start: (usize, Option<usize>),
    pub(super) end: (usize, Option<usize>),
    pub(super) ean: Option<usize>,
    pub(super) meter: Option<usize>,
    pub(super) register: usize,
    pub(super) volume: usize,
    pub(super) unit: usize,
    pub(super) status: usize,
}

/// The columns that must be there, as people know them, and how they are spelt: small letters only.
const NEEDED: [(&str, &[&str]); 6] = [
    ("From (date) / Van (datum)", &["fromdate", "vandatum"]),
    ("Until (date) / Tot (datum)", &["untildate", "todate", "totdatum"]),
    ("Register", &["register"]),
    ("Volume", &["volume"]),
    ("Unit / Eenheid", &["unit", "eenheid"]),
    ("Validation status / Validatiestatus", &["validationstatus", "validatiestatus"]),
];
const FROM_TIME: &[&str] = &["fromtime", "vantijdstip"];
const TO_TIME: &[&str] = &["untiltime", "totime", "tottijdstip"];
const EAN: &[&str] = &["ean", "eancode"];
const METER: &[&str] = &["meter"];

fn spelt(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The columns of [`NEEDED`] that a first line lacks.
pub(super) fn missing(first_line: &str) -> Vec<&'static str> {
    let names: Vec<String> = first_line.split(';').take(64).map(spelt).collect();
    let lacks = |spellings: &&[&str]| !names.iter().any(|name| spellings.contains(&name.as_str()));
    NEEDED.iter().filter(|(_, spellings)| lacks(spellings)).map(|(shown, _)| *shown).collect()
}

impl Columns {
    pub(super) fn find(header: (u64, &str)) -> Result<Self, DriverError> {
        let fields = text::fields(NAME, header, ';')?;
        let names: Vec<String> = fields.iter().map(|field| spelt(field)).collect();
        let position = |spellings: &[&str]| names.iter().position(|name| spellings.contains(&name.as_str()));
        let needed = |index: usize| {
            let (shown, spellings) = NEEDED.get(index).copied().unwrap_or(("", &[]));
            position(spellings).ok_or_else(|| malformed(NAME, format!("line {}: no column '{shown}'", header.0)))
        };
        Ok(Self {
            count: fields.len(),
            start: (needed(0)?, position(FROM_TIME)),
            end: (needed(1)?, position(TO_TIME)),
            ean: position(EAN),
            meter: position(METER),
            register: needed(2)?,
            volume: needed(3)?,
            unit: needed(4)?,
            status: needed(5)?,
        })
        .and_then(|columns: Self| {
            // A header with the same name twice is not of this portal.
            let mut sorted = names.clone();
            sorted.sort_unstable();
            match sorted.array_windows().find(|[a, b]| a == b && !a.is_empty()) {
                Some([name, _]) => Err(malformed(NAME, format!("line {}: two columns {}", header.0, quoted(name)))),
                None => Ok(columns),
            }
        })
    }
}

/// `dd-mm-yyyy` or `dd/mm/yyyy`.
pub(super) fn date(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse::<i16>().ok()).flatten()
    };
    let (day, month, year) = (number(2)?, number(2)?, number(4)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    parts.next().is_none().then_some(date)
}

/// `hh:mm` or `hh:mm:ss`; nothing is midnight.
pub(super) fn time(text: &str) -> Option<Time> {
    if text.is_empty() {
        return Some(Time::midnight());
    }
    let mut parts = text.split(':');
    let mut number = |needed: bool| match parts.next() {
        Some(part) if part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()) => part.parse::<i8>().ok(),
        None if !needed => Some(0),
        _ => None,
    };
    let time = Time::new(number(true)?, number(true)?, number(false)?, 0).ok()?;
    parts.next().is_none().then_some(time)
}

/// A register of the meter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Register {
    pub(super) direction: Direction,
    /// 1 for the day, 2 for the night, 3 for the meter that counts only at night; `None` for all.
    pub(super) tariff: Option<u8>,
}

impl Register {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let mut words = name.split_whitespace();
        let direction = match words.next()? {
            "afname" | "offtake" | "consumption" | "verbruik" => Direction::Import,
            "injectie" | "injection" => Direction::Export,
            _ => return None,
        };
        let tariff = match (words.next(), words.next()) {
            (None | Some("totaal" | "total"), None) => None,
            (Some("dag" | "day"), None) => Some(1),
            (Some("nacht" | "night"), None) => Some(2),
            (Some("exclusief" | "exclusive"), Some("nacht" | "night")) => Some(3),
            _ => return None,
        };
        Some(Self { direction, tariff })
    }
}

/// What the operator says of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    Read,
    Estimated,
    None,
}

impl Status {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match spelt(text).as_str() {
            "gevalideerd" | "validated" | "uitgelezen" | "gelezen" | "read" => Self::Read,
            "geschat" | "estimated" => Self::Estimated,
            "geenverbruik" | "noconsumption" | "ontbrekend" | "missing" => Self::None,
            _ => return None,
        })
    }

    /// The quality of a value that there is.
    pub(super) const fn quality(self) -> Option<SeriesQuality> {
        match self {
            Self::Read => Some(SeriesQuality::Measured),
            Self::Estimated => Some(SeriesQuality::Estimated),
            Self::None => None,
        }
    }
}
