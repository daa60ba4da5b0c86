//! Green Button: the Atom files of North American utilities (NAESB REQ.21, ESPI).
//!
//! A file is a list of entries that point at each other by links: a usage point, its meter readings, the type of each (unit, direction,
//! power of ten), and blocks of intervals. Names are compared without their prefixes, since each utility has others.
//!
//! * The value is `value · 10^powerOfTenMultiplier` of the reading type's unit. A multiplier that stands in the reading itself is not of
//!   the standard and is ignored, as the one file known to have it is wrong by it.
//! * Only interval values of energy or volume are series: power, prices, net flows, minima and maxima are passed over; cumulative
//!   registers and gas in therms too. If nothing is left the error names them.
//! * A utility may write what flows back as negative values of a reverse reading; mixed signs are refused.
//! * Starts are seconds since 1970 in UTC; local time parameters are for showing only, and are not applied.

mod feed;
mod link;
mod units;

use crate::file::collect::{Collector, Key, Piece, worse};
use crate::file::decimal::Decimal;
use crate::file::{WholeFile, malformed, text, xml};
use crate::format::{has, head};
use crate::{Direction, DriverError, Format, Kind, Likeness, Series, SeriesQuality};

use feed::{Block, Feed, IntervalReading, ReadingType};
use link::Linked;

const NAME: &str = "greenbutton";

pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "Green Button XML of a utility (ESPI): interval values of electricity, water or gas",
    kind: Kind::File,
    likeness,
    open: |_| Ok(WholeFile::boxed(NAME, Box::new(read))),
};

fn likeness(bytes: &[u8]) -> Likeness {
    let text = head(bytes);
    Likeness(if has(&text, "naesb.org/espi") {
        95
    } else if has(&text, "IntervalBlock") && has(&text, "<") {
        60
    } else if has(&text, "http://www.w3.org/2005/Atom") {
        40
    } else {
        0
    })
}

fn read(bytes: &[u8]) -> Result<Vec<Series>, DriverError> {
    let latin = has(&head(bytes), "encoding=\"iso-8859-1\"") || has(&head(bytes), "encoding=\"windows-1252\"");
    let text = text::decode(NAME, bytes, latin)?;
    let mut feed = Feed::default();
    xml::walk(NAME, &text, &mut feed)?;
    let mut passed_over: Vec<String> = Vec::new();
    let mut chosen: Vec<Chosen<'_>> = Vec::new();
    let all = link::resolve(&feed)?;
    for linked in &all {
        match chosen_of(linked) {
            Ok(one) => chosen.push(one),
            Err(why) if !passed_over.contains(&why) => passed_over.push(why),
            Err(_) => {}
        }
    }
    finest(&mut chosen);
    let mut collector = Collector::new(NAME, "byte");
    for one in &chosen {
        one.collect(&mut collector)?;
    }
    let series = collector.finish()?;
    if series.is_empty() {
        return Err(DriverError::NothingToRead { format: NAME, what: nothing(&feed, &passed_over) });
    }
    Ok(series)
}

/// What a file has in place of interval values.
fn nothing(feed: &Feed, passed_over: &[String]) -> String {
    if passed_over.is_empty() {
        let has: Vec<&str> = feed.others.iter().map(String::as_str).collect();
        let has = if has.is_empty() { "nothing else either".to_owned() } else { format!("only {}", has.join(", ")) };
        format!("no interval values; the file has {has}. Ask the utility for a download of usage by interval")
    } else {
        format!("no interval values that could be settled; the file has {}", passed_over.join("; "))
    }
}

/// Blocks of one meter reading whose values are settled.
struct Chosen<'a> {
    key: Key,
    unit: crate::file::decimal::Unit,
    tariff: Option<u8>,
    /// The length of an interval where a reading does not say it.
    length: Option<u64>,
    /// The longest interval that there is.
    longest: u64,
    /// Whether values of what flows back are written as negative.
    negated: bool,
    blocks: &'a [&'a Block],
}

/// The series that a meter reading is of, or why it is none.
fn chosen_of<'a>(linked: &'a Linked<'a>) -> Result<Chosen<'a>, String> {
    let kind = linked.kind;
    let (medium, unit) = units::medium_and_unit(linked.usage_kind, kind)?;
    cumulation(kind)?;
    let direction = match kind.flow_direction {
        // Utilities that only deliver leave it away.
        None | Some(0 | 1) => Direction::Import,
        Some(19) => Direction::Export,
        Some(4) => return Err("net values, from which import and export cannot be told".to_owned()),
        Some(other) => return Err(format!("values of flow direction {other}, neither forward (1) nor reverse (19)")),
    };
    let length = kind.interval_length.filter(|length| *length > 0);
    let readings = || linked.blocks.iter().flat_map(|block| &block.readings);
    let longest = readings().filter_map(|reading| reading.duration.or(length)).max().unwrap_or(0);
    let negative = |reading: &IntervalReading| reading.value.is_some_and(Decimal::is_negative);
    let negated = direction == Direction::Export && readings().any(negative);
    let meter = linked.meter.clone();
    let tariff = kind.tou.filter(|tou| *tou > 0);
    Ok(Chosen { key: Key { meter, medium, direction }, unit, tariff, length, longest, negated, blocks: &linked.blocks })
}

/// Whether the values are of intervals.
fn cumulation(kind: &ReadingType) -> Result<(), String> {
    match kind.accumulation {
        None | Some(0 | 4) => {}
        Some(code @ (1..=3 | 9 | 13 | 14)) => {
            let what = "register readings, which count up and belong to moments";
            return Err(format!("{what} (accumulationBehaviour {code}); ask for interval data (4)"));
        }
        Some(code) => return Err(format!("values with accumulationBehaviour {code}, which are no amounts")),
    }
    match kind.data_qualifier {
        None | Some(0 | 12) => Ok(()),
        Some(code) => Err(format!("averages, minima, maxima or the like (dataQualifier {code})")),
    }
}

/// Some files say the same twice, by the quarter of an hour and by the day: of readings of the same series only the finest stay.
fn finest(chosen: &mut Vec<Chosen<'_>>) {
    let shortest: Vec<(Key, u64)> = chosen.iter().map(|one| (one.key.clone(), one.longest)).collect();
    chosen.retain(|one| {
        let same = shortest.iter().filter(|(key, length)| *key == one.key && *length > 0);
        same.map(|(_, length)| *length).min().is_none_or(|length| one.longest <= length)
    });
}

impl Chosen<'_> {
    fn collect(&self, collector: &mut Collector) -> Result<(), DriverError> {
        for reading in self.blocks.iter().flat_map(|block| &block.readings) {
            let wrong = |what: &str| malformed(NAME, format!("byte {}: {what}", reading.at));
            let start = reading.start.ok_or_else(|| wrong("an IntervalReading without a start"))?;
            let seconds = reading.duration.or(self.length);
            let seconds = seconds.ok_or_else(|| wrong("an IntervalReading without a duration"))?;
            let fine = match reading.value {
                Some(value) => Some(self.fine(value).map_err(|what| wrong(&what))?),
                None => None,
            };
            let quality = quality(&reading.qualities).map_err(|what| wrong(&what))?;
            let piece = Piece { start, seconds, tariff: self.tariff, fine, quality, place: reading.at };
            collector.add(self.key.clone(), piece)?;
        }
        Ok(())
    }

    fn fine(&self, value: Decimal) -> Result<u128, String> {
        let value = if self.negated {
            if !value.is_negative() && !value.is_zero() {
                return Err("values of both signs in a reverse reading".to_owned());
            }
            value.magnitude()
        } else {
            value
        };
        value.fine(self.unit).map_err(|unfit| format!("the value {}", unfit.text()))
    }
}

/// The least sure of a reading's qualities (ESPI `QualityOfReading`).
fn quality(codes: &[u32]) -> Result<SeriesQuality, String> {
    let mut all = codes.iter().map(|code| match code {
        // Valid, raw, validated, verified, fit for revenue.
        0 | 14 | 17..=19 => Ok(SeriesQuality::Measured),
        // Edited by hand; derived by a rule.
        7 | 11 => Ok(SeriesQuality::Substituted),
        // Estimated, interpolated, questionable, projected, mixed, normalised for weather, other.
        8..=10 | 12 | 13 | 15 | 16 => Ok(SeriesQuality::Estimated),
        other => Err(format!("the quality {other} is not one of the standard's")),
    });
    let Some(first) = all.next() else { return Ok(SeriesQuality::Unstated) };
    all.try_fold(first?, |so_far, next| Ok(worse(so_far, next?)))
}
