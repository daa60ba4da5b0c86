//! The mapping file: what the columns of a table are, in a few lines of TOML.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::NAME;
use crate::file::collect::{BASE, CUBIC_FOOT, IMPERIAL_GALLON, KILO, US_GALLON};
use crate::file::decimal::{Marks, Unit};
use crate::file::{LONGEST_SECONDS, local, malformed, quoted};
use crate::{Direction, DriverError, Medium, Options};

/// Most columns with values.
const MAX_VALUES_OF_ROW: usize = 32;

/// A column, by its name in the header, or by its number from 1 on.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
pub(super) enum Column {
    Number(usize),
    Name(String),
}

/// The keys of a mapping, as they are written. README.md explains each.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Written {
    separator: Option<String>,
    decimal: Option<String>,
    thousands: Option<String>,
    #[serde(default)]
    skip_rows: usize,
    #[serde(default)]
    skip_last: usize,
    header: Option<bool>,
    time: Option<Column>,
    date: Option<Column>,
    clock: Option<Column>,
    time_format: String,
    zone: Option<String>,
    time_is: Option<TimeIs>,
    end: Option<Column>,
    interval: Option<Interval>,
    repeated_hour: Option<RepeatedHour>,
    meter: Option<Column>,
    meter_name: Option<String>,
    missing: Option<Vec<String>>,
    quality: Option<WrittenQuality>,
    #[serde(default)]
    only: BTreeMap<String, String>,
    #[serde(default)]
    value: Vec<WrittenValue>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum TimeIs {
    Start,
    End,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum RepeatedHour {
    /// Both are in the file, the earlier first.
    Order,
    /// It may be there only once, and is left out then.
    Missing,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
enum Interval {
    Seconds(u64),
    Text(String),
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct WrittenQuality {
    column: Column,
    #[serde(default)]
    measured: Vec<String>,
    #[serde(default)]
    substituted: Vec<String>,
    #[serde(default)]
    estimated: Vec<String>,
    #[serde(default)]
    missing: Vec<String>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct WrittenValue {
    column: Column,
    direction: WrittenDirection,
    medium: Option<WrittenMedium>,
    unit: String,
    kind: Option<ValueKind>,
    tariff: Option<u8>,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
enum WrittenDirection {
    Import,
    Export,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
enum WrittenMedium {
    Electricity,
    Water,
    Heat,
    Cooling,
    Gas,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum ValueKind {
    /// What flowed in the interval.
    Interval,
    /// The state of a register that counts up, at the row's time.
    Register,
}

/// How long intervals are.
#[derive(Clone, Debug)]
pub(super) enum Length {
    Seconds(u64),
    /// A day of local time, of 23 to 25 hours.
    Day,
    /// Until the time in another column.
    Until(Column),
}

/// How times are written.
#[derive(Clone, Debug)]
pub(super) enum TimeFormat {
    /// With its offset.
    Rfc3339,
    /// Seconds since 1970.
    Unix,
    /// A pattern as `strftime` has them.
    Pattern(String),
}

#[derive(Clone, Debug)]
pub(super) enum TimeColumn {
    One(Column),
    /// Date and time of day apart.
    Two(Column, Column),
}

#[derive(Debug)]
pub(super) struct Quality {
    pub(super) column: Column,
    pub(super) measured: Vec<String>,
    pub(super) substituted: Vec<String>,
    pub(super) estimated: Vec<String>,
    pub(super) missing: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Value {
    pub(super) column: Column,
    pub(super) medium: Medium,
    pub(super) direction: Direction,
    pub(super) unit: Unit,
    pub(super) kind: ValueKind,
    pub(super) tariff: Option<u8>,
}

/// A mapping, checked.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) separator: char,
    pub(super) marks: Marks,
    pub(super) skip_rows: usize,
    pub(super) skip_last: usize,
    pub(super) header: bool,
    pub(super) time: TimeColumn,
    pub(super) time_format: TimeFormat,
    pub(super) zone: Option<TimeZone>,
    pub(super) time_is: TimeIs,
    pub(super) length: Length,
    pub(super) repeated_hour: RepeatedHour,
    pub(super) meter: Option<Column>,
    pub(super) meter_name: String,
    pub(super) missing: Vec<String>,
    pub(super) quality: Option<Quality>,
    pub(super) only: Vec<(String, String)>,
    pub(super) values: Vec<Value>,
}

impl Mapping {
    /// Reads and checks a mapping.
    pub(super) fn parse(options: &Options) -> Result<Self, DriverError> {
        let text = options.mapping.as_deref().ok_or_else(|| {
            let what = "a table is read with a mapping, which says what its columns are; see 'Reading any portal's CSV' in the manual";
            malformed(NAME, what)
        })?;
        let written: Written = toml::from_str(text)
            .map_err(|error| malformed(NAME, format!("the mapping is wrong: {}", error.to_string().trim())))?;
        Self::check(written, options.utc_offset)
            .map_err(|what| malformed(NAME, format!("the mapping is wrong: {what}")))
    }

    fn check(written: Written, utc_offset: Option<i32>) -> Result<Self, String> {
        let separator = one_char("separator", written.separator.as_deref().unwrap_or(","))?;
        let decimal = one_char("decimal", written.decimal.as_deref().unwrap_or("."))?;
        let thousands = written.thousands.as_deref().filter(|mark| !mark.is_empty());
        let thousands = thousands.map(|mark| one_char("thousands", mark)).transpose()?;
        if separator == decimal || thousands == Some(decimal) || thousands == Some(separator) {
            return Err("separator, decimal and thousands must differ".to_owned());
        }
        let time = match (written.time, written.date, written.clock) {
            (Some(time), None, None) => TimeColumn::One(time),
            (None, Some(date), Some(clock)) => TimeColumn::Two(date, clock),
            (None, Some(date), None) => TimeColumn::One(date),
            _ => return Err("give either 'time', or 'date' and 'clock'".to_owned()),
        };
        let zone = match (written.zone.as_deref(), utc_offset) {
            (Some(name), _) => {
                Some(local::zone(name).ok_or_else(|| format!("the zone {} is not known", quoted(name)))?)
            }
            (None, Some(offset)) => local::fixed(offset),
            (None, None) => None,
        };
        let time_format = match written.time_format.as_str() {
            "rfc3339" => TimeFormat::Rfc3339,
            "unix" => TimeFormat::Unix,
            pattern if pattern.contains('%') => TimeFormat::Pattern(pattern.to_owned()),
            other => {
                return Err(format!(
                    "the time_format {} is neither rfc3339, unix nor a pattern such as %Y-%m-%d %H:%M",
                    quoted(other)
                ));
            }
        };
        if let TimeFormat::Pattern(pattern) = &time_format
            && zone.is_none()
            && !pattern.contains("%z")
            && !pattern.contains("%:z")
        {
            return Err("the times have no offset, so give 'zone', such as \"Europe/Vienna\" or \"+01:00\"".to_owned());
        }
        let length = match (written.interval, written.end) {
            (Some(interval), None) => interval.length()?,
            (None, Some(end)) => Length::Until(end),
            (Some(_), Some(_)) => return Err("give 'interval' or 'end', not both".to_owned()),
            (None, None) => return Err("give 'interval', such as 900 or \"15 min\", or the column 'end'".to_owned()),
        };
        if matches!(length, Length::Day) && zone.is_none() {
            return Err("the interval \"day\" is of local time, so give 'zone'".to_owned());
        }
        let time_is = written.time_is.unwrap_or(TimeIs::Start);
        if time_is == TimeIs::End && !matches!(length, Length::Seconds(_)) {
            return Err("time_is = \"end\" needs an interval in seconds, minutes or hours".to_owned());
        }
        let values: Vec<Value> = written.value.into_iter().map(WrittenValue::check).collect::<Result<_, _>>()?;
        if values.is_empty() || values.len() > MAX_VALUES_OF_ROW {
            return Err(format!("give one to {MAX_VALUES_OF_ROW} [[value]] tables, one for each column with values"));
        }
        let registers = values.iter().filter(|value| value.kind == ValueKind::Register).count();
        if registers > 0 && (time_is == TimeIs::End || !matches!(length, Length::Seconds(_))) {
            return Err("register columns need an interval in seconds, minutes or hours, and no time_is".to_owned());
        }
        Ok(Self {
            separator,
            marks: Marks { decimal, thousands },
            skip_rows: written.skip_rows,
            skip_last: written.skip_last,
            header: written.header.unwrap_or(true),
            time,
            time_format,
            zone,
            time_is,
            length,
            repeated_hour: written.repeated_hour.unwrap_or(RepeatedHour::Order),
            meter: written.meter,
            meter_name: written.meter_name.unwrap_or_default().chars().take(64).collect(),
            missing: written.missing.unwrap_or_else(|| vec![String::new()]),
            quality: written.quality.map(|quality| Quality {
                column: quality.column,
                measured: quality.measured,
                substituted: quality.substituted,
                estimated: quality.estimated,
                missing: quality.missing,
            }),
            only: written.only.into_iter().collect(),
            values,
        })
    }
}

fn one_char(key: &str, text: &str) -> Result<char, String> {
    let text = if text == "\\t" { "\t" } else { text };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c != '"' && !c.is_ascii_digit() => Ok(c),
        _ => Err(format!("'{key}' must be one character")),
    }
}

impl Interval {
    /// `900`, `"900"`, `"15 min"`, `"1 h"`, `"day"`.
    fn length(self) -> Result<Length, String> {
        let text = match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Text(text) => text.trim().to_owned(),
        };
        if text == "day" {
            return Ok(Length::Day);
        }
        let wrong = || format!("the interval {} is not such as 900, \"15 min\", \"1 h\" or \"day\"", quoted(&text));
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let factor = match unit.trim() {
            "" | "s" => 1,
            "min" => 60,
            "h" => 3600,
            _ => return Err(wrong()),
        };
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        let seconds = seconds.filter(|seconds| (1..=LONGEST_SECONDS).contains(seconds)).ok_or_else(wrong)?;
        Ok(Length::Seconds(seconds))
    }
}

impl WrittenValue {
    fn check(self) -> Result<Value, String> {
        let medium = match self.medium.unwrap_or(WrittenMedium::Electricity) {
            WrittenMedium::Electricity => Medium::Electricity,
            WrittenMedium::Water => Medium::Water,
            WrittenMedium::Heat => Medium::Heat,
            WrittenMedium::Cooling => Medium::Cooling,
            WrittenMedium::Gas => Medium::Gas,
        };
        let volume = matches!(medium, Medium::Water | Medium::Gas);
        let unit = match (self.unit.to_ascii_lowercase().as_str(), volume) {
            ("wh", false) | ("l" | "litre" | "liter", true) => BASE,
            ("kwh", false) | ("m3" | "m³", true) => KILO,
            ("mwh", false) => KILO.times_ten(3),
            ("ft3" | "cf", true) => CUBIC_FOOT,
            ("ccf", true) => CUBIC_FOOT.times_ten(2),
            ("gal", true) => US_GALLON,
            ("imperial gal", true) => IMPERIAL_GALLON,
            _ => {
                return Err(format!(
                    "the unit {} is not one of {medium:?}: Wh, kWh, MWh, or l, m3, ft3, ccf, gal",
                    quoted(&self.unit)
                ));
            }
        };
        let direction = match self.direction {
            WrittenDirection::Import => Direction::Import,
            WrittenDirection::Export => Direction::Export,
        };
        let kind = self.kind.unwrap_or(ValueKind::Interval);
        Ok(Value { column: self.column, medium, direction, unit, kind, tariff: self.tariff })
    }
}
