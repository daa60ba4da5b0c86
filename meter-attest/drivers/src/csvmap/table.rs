//! Rows to values, by the mapping.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::NAME;
use super::mapping::{Column, Length, Mapping, Quality, RepeatedHour, TimeColumn, TimeFormat, TimeIs, ValueKind};
use super::registers::{Registers, State};
use crate::file::collect::{Collector, Key, Piece};
use crate::file::decimal::Decimal;
use crate::file::local::{self, Moment, Order};
use crate::file::{malformed, quoted, text};
use crate::{DriverError, SeriesQuality};

/// Most meters of a file.
const MAX_METERS: usize = 10_000;

/// A time as it is written: with an offset, or local.
#[derive(Clone, Copy)]
enum Written {
    Sure(i64),
    Local(DateTime),
}

/// One row's value, still without knowing whether its local time comes only once.
struct Found {
    key: Key,
    piece: Piece,
    kind: ValueKind,
}

pub(super) struct Table<'m> {
    mapping: &'m Mapping,
    places: Places,
    columns: Option<usize>,
    order: Order,
    meters: HashMap<String, u32>,
    found: Vec<Found>,
}

/// The columns of the mapping, as positions.
struct Places {
    time: (usize, Option<usize>),
    end: Option<usize>,
    meter: Option<usize>,
    quality: Option<usize>,
    only: Vec<usize>,
    values: Vec<usize>,
}

impl Places {
    fn find(mapping: &Mapping, header: Option<&[Cow<'_, str>]>) -> Result<Self, DriverError> {
        let find = |column: &Column| position(column, header);
        let time = match &mapping.time {
            TimeColumn::One(time) => (find(time)?, None),
            TimeColumn::Two(date, clock) => (find(date)?, Some(find(clock)?)),
        };
        let end = match &mapping.length {
            Length::Until(column) => Some(find(column)?),
            Length::Seconds(_) | Length::Day => None,
        };
        Ok(Self {
            time,
            end,
            meter: mapping.meter.as_ref().map(find).transpose()?,
            quality: mapping.quality.as_ref().map(|quality| find(&quality.column)).transpose()?,
            only: mapping.only.iter().map(|(name, _)| find(&Column::from_key(name))).collect::<Result<_, _>>()?,
            values: mapping.values.iter().map(|value| find(&value.column)).collect::<Result<_, _>>()?,
        })
    }
}

impl Column {
    /// A key of a TOML table is always text; one of digits is a number.
    fn from_key(key: &str) -> Self {
        key.parse().map_or_else(|_| Self::Name(key.to_owned()), Self::Number)
    }
}

fn position(column: &Column, header: Option<&[Cow<'_, str>]>) -> Result<usize, DriverError> {
    match (column, header) {
        (Column::Number(number), _) => {
            number.checked_sub(1).ok_or_else(|| malformed(NAME, "the mapping is wrong: columns are counted from 1"))
        }
        (Column::Name(name), None) => {
            Err(malformed(NAME, format!("the file has no header, so give the number of column {}", quoted(name))))
        }
        (Column::Name(name), Some(header)) => {
            let mut same = header.iter().zip(0..).filter(|(field, _)| field.as_ref() == name.trim());
            match (same.next(), same.next()) {
                (Some((_, position)), None) => Ok(position),
                (Some(_), Some(_)) => {
                    Err(malformed(NAME, format!("several columns are called {}; give its number", quoted(name))))
                }
                (None, _) => {
                    let names: Vec<String> = header.iter().take(30).map(|field| quoted(field)).collect();
                    Err(malformed(NAME, format!("no column {}; the header has {}", quoted(name), names.join(", "))))
                }
            }
        }
    }
}

impl<'m> Table<'m> {
    pub(super) fn new(mapping: &'m Mapping, header: Option<Vec<Cow<'_, str>>>) -> Result<Self, DriverError> {
        let places = Places::find(mapping, header.as_deref())?;
        // Without a zone every time has its offset, and this one is never asked.
        let zone = mapping.zone.clone().unwrap_or(TimeZone::UTC);
        let columns = header.map(|header| header.len());
        Ok(Self { mapping, places, columns, order: Order::new(zone), meters: HashMap::new(), found: Vec::new() })
    }

    pub(super) fn row(&mut self, (line, text): (u64, &str)) -> Result<(), DriverError> {
        let wrong = |what: String| malformed(NAME, format!("line {line}: {what}"));
        let fields = text::fields(NAME, (line, text), self.mapping.separator)?;
        let columns = *self.columns.get_or_insert(fields.len());
        // Some programs end each row with a separator, and some only the header.
        let excess = fields.get(columns..).is_some_and(|rest| rest.iter().any(|field| !field.is_empty()));
        if fields.len() + 1 < columns || excess {
            return Err(wrong(format!(
                "{} columns in place of {columns}; the line is cut off or damaged",
                fields.len()
            )));
        }
        let field = |position: usize| {
            let found = fields.get(position).map(Cow::as_ref);
            found.ok_or_else(|| wrong(format!("no column {}; the line is cut off or damaged", position + 1)))
        };
        for (position, (_, wanted)) in self.places.only.iter().zip(&self.mapping.only) {
            if field(*position)? != wanted.trim() {
                return Ok(());
            }
        }
        let meter = match self.places.meter {
            Some(position) => field(position)?.chars().take(64).collect(),
            None => self.mapping.meter_name.clone(),
        };
        let (start, seconds) = {
            let written = self.written(&field, self.places.time).map_err(&wrong)?;
            let end = self.places.end.map(|end| self.written(&field, (end, None))).transpose().map_err(&wrong)?;
            self.interval(line, &meter, written, end).map_err(&wrong)?
        };
        let quality = match (&self.mapping.quality, self.places.quality) {
            (Some(quality), Some(position)) => quality.of(field(position)?).map_err(&wrong)?,
            _ => Some(SeriesQuality::Unstated),
        };
        for (position, value) in self.places.values.iter().zip(&self.mapping.values) {
            let text = field(*position)?;
            let missing = self.mapping.missing.iter().any(|mark| mark.trim() == text);
            let fine = if missing || quality.is_none() {
                None
            } else {
                let decimal = Decimal::parse(text, self.mapping.marks);
                let decimal = decimal
                    .ok_or_else(|| wrong(format!("not a number in column {}: {}", position + 1, quoted(text))))?;
                let fine = decimal.fine(value.unit);
                Some(fine.map_err(|unfit| wrong(format!("the value {} {}", quoted(text), unfit.text())))?)
            };
            let key = Key { meter: meter.clone(), medium: value.medium, direction: value.direction };
            let quality = quality.unwrap_or(SeriesQuality::Estimated);
            let piece = Piece { start, seconds, tariff: value.tariff, fine, quality, place: line };
            if self.found.len() >= crate::file::MAX_VALUES {
                return Err(wrong(format!("more than {} values", crate::file::MAX_VALUES)));
            }
            self.found.push(Found { key, piece, kind: value.kind });
        }
        Ok(())
    }

    /// The values, once it is known which local times come only once.
    pub(super) fn finish(self, collector: &mut Collector, registers: &mut Registers) -> Result<(), DriverError> {
        let single: HashSet<u64> = self.order.singles().collect();
        if let Some(line) = self.order.single().filter(|_| self.mapping.repeated_hour == RepeatedHour::Order) {
            let what = "a local time that exists twice in autumn is in the file once; it cannot be told which it is";
            let help = "(with repeated_hour = \"missing\" it is left out)";
            return Err(malformed(NAME, format!("line {line}: {what} {help}")));
        }
        for Found { key, piece, kind } in self.found {
            if single.contains(&piece.place) {
                continue;
            }
            match kind {
                ValueKind::Interval => collector.add(key, piece)?,
                ValueKind::Register => {
                    let Piece { start, seconds, tariff, fine, quality, place } = piece;
                    registers.add(key, tariff, State { at: start, seconds, fine, quality, place });
                }
            }
        }
        Ok(())
    }

    fn written<'a>(
        &self,
        field: &impl Fn(usize) -> Result<&'a str, DriverError>,
        (first, second): (usize, Option<usize>),
    ) -> Result<Written, String> {
        let plain = |error: DriverError| error.to_string();
        let first = field(first).map_err(plain)?;
        let text = match second {
            Some(second) => Cow::Owned(format!("{first} {}", field(second).map_err(plain)?)),
            None => Cow::Borrowed(first),
        };
        let found = match &self.mapping.time_format {
            TimeFormat::Rfc3339 => text.parse().ok().filter(whole).map(|at: Timestamp| Written::Sure(at.as_second())),
            TimeFormat::Unix => text.parse().ok().map(Written::Sure),
            TimeFormat::Pattern(pattern) => {
                strtime::parse(pattern, text.as_ref()).ok().and_then(|parts| match parts.offset() {
                    Some(_) => parts.to_timestamp().ok().filter(whole).map(|at| Written::Sure(at.as_second())),
                    None => {
                        let local =
                            parts.to_datetime().or_else(|_| parts.to_date().map(|date| date.at(0, 0, 0, 0))).ok()?;
                        (local.subsec_nanosecond() == 0 && self.mapping.zone.is_some()).then_some(Written::Local(local))
                    }
                })
            }
        };
        found.ok_or_else(|| format!("not a time of the form that time_format says: {}", quoted(&text)))
    }

    /// Start and length of a row's interval.
    fn interval(
        &mut self,
        line: u64,
        meter: &str,
        written: Written,
        end: Option<Written>,
    ) -> Result<(u64, u64), String> {
        let (at, first) = match written {
            Written::Sure(at) => (at, false),
            Written::Local(local) => {
                let new = self.meters.len() as u32;
                let series = match self.meters.get(meter) {
                    Some(series) => *series,
                    None if self.meters.len() >= MAX_METERS => return Err(format!("more than {MAX_METERS} meters")),
                    None => *self.meters.entry(meter.to_owned()).or_insert(new),
                };
                self.order.next(series, local, line).map_err(|why| format!("{local} {}", why.text()))?
            }
        };
        let (start, until) = match (&self.mapping.length, self.mapping.time_is) {
            (Length::Seconds(seconds), TimeIs::Start) => (at, add(at, *seconds)),
            (Length::Seconds(seconds), TimeIs::End) => {
                let start = i64::try_from(*seconds).ok().and_then(|seconds| at.checked_sub(seconds));
                (start.ok_or("out of range")?, Some(at))
            }
            (Length::Day, _) => (at, self.next_day(at)),
            (Length::Until(_), _) => {
                let until = match (end, written) {
                    (Some(Written::Sure(end)), _) => Some(end),
                    (Some(Written::Local(end)), Written::Local(start)) => {
                        local::end(self.order.zone(), at, (start, end), first)
                    }
                    _ => None,
                };
                (at, until)
            }
        };
        let out_of_range = || "the end is not after the start, or out of range".to_owned();
        let until = until.filter(|until| *until > start).ok_or_else(out_of_range)?;
        let start = u64::try_from(start).map_err(|_| out_of_range())?;
        let until = u64::try_from(until).map_err(|_| out_of_range())?;
        Ok((start, until - start))
    }

    /// The same time of day on the next day.
    fn next_day(&self, at: i64) -> Option<i64> {
        let zone = self.order.zone();
        let local = zone.to_datetime(Timestamp::from_second(at).ok()?);
        let next = local.date().tomorrow().ok()?.to_datetime(local.time());
        match local::moments(zone, next)? {
            Moment::Once(at) | Moment::Twice(at, _) | Moment::Never(at) => Some(at),
        }
    }
}

fn whole(at: &Timestamp) -> bool {
    at.subsec_nanosecond() == 0
}

fn add(at: i64, seconds: u64) -> Option<i64> {
    at.checked_add(i64::try_from(seconds).ok()?)
}

impl Quality {
    /// The quality that a mark means; `None` if it means that there is no value.
    fn of(&self, mark: &str) -> Result<Option<SeriesQuality>, String> {
        let has = |marks: &[String]| marks.iter().any(|known| known.trim() == mark);
        if has(&self.missing) {
            return Ok(None);
        }
        let kinds = [
            (&self.measured, SeriesQuality::Measured),
            (&self.substituted, SeriesQuality::Substituted),
            (&self.estimated, SeriesQuality::Estimated),
        ];
        let found = kinds.into_iter().find(|(marks, _)| has(marks)).map(|(_, quality)| quality);
        found.map(Some).ok_or_else(|| format!("the quality {} is not in the mapping", quoted(mark)))
    }
}
