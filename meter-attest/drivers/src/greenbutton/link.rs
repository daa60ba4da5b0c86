//! Which block belongs to which meter reading, and that to which type and usage point.

use super::NAME;
use super::feed::{Block, Entry, Feed, ReadingType};
use crate::DriverError;
use crate::file::malformed;

/// Most usage points, meter readings and reading types of a file: each block is looked up among them.
const MAX_OF_A_KIND: usize = 100;

/// The blocks of one meter reading, with what is known of them.
pub(super) struct Linked<'a> {
    /// The name of the usage point, empty if there is none.
    pub(super) meter: String,
    /// The code of its service.
    pub(super) usage_kind: Option<u32>,
    pub(super) kind: &'a ReadingType,
    pub(super) blocks: Vec<&'a Block>,
}

/// All blocks of a file, by meter reading, in the order of the file.
pub(super) fn resolve(feed: &Feed) -> Result<Vec<Linked<'_>>, DriverError> {
    let index = Index::new(feed)?;
    let mut found: Vec<(Option<&Entry>, Linked<'_>)> = Vec::new();
    for entry in feed.entries.iter().filter(|entry| entry.blocks.iter().any(|block| !block.readings.is_empty())) {
        let reading = index.meter_reading(entry);
        let kind = index.reading_type(entry, reading).ok_or_else(|| {
            let at =
                entry.blocks.iter().flat_map(|block| &block.readings).map(|reading| reading.at).next().unwrap_or(0);
            malformed(NAME, format!("byte {at}: the links do not tell which ReadingType this IntervalBlock is of"))
        })?;
        let usage = index.usage_point(entry, reading);
        let meter = usage.map(|usage| last_part(&usage.own)).unwrap_or_default();
        let same = found.iter_mut().find(|(by, linked)| {
            core::ptr::eq(linked.kind, kind)
                && linked.meter == meter
                && by.map(core::ptr::from_ref) == reading.map(core::ptr::from_ref)
        });
        if let Some((_, linked)) = same {
            linked.blocks.extend(&entry.blocks);
        } else {
            if found.len() >= MAX_OF_A_KIND {
                return Err(too_many());
            }
            let usage_kind = usage.and_then(|usage| usage.usage_point.flatten());
            found.push((reading, Linked { meter, usage_kind, kind, blocks: entry.blocks.iter().collect() }));
        }
    }
    Ok(found.into_iter().map(|(_, linked)| linked).collect())
}

fn too_many() -> DriverError {
    malformed(NAME, format!("more than {MAX_OF_A_KIND} usage points, meter readings or reading types"))
}

/// The entries by kind.
struct Index<'a> {
    usage_points: Vec<&'a Entry>,
    meter_readings: Vec<&'a Entry>,
    reading_types: Vec<(&'a Entry, &'a ReadingType)>,
}

impl<'a> Index<'a> {
    fn new(feed: &'a Feed) -> Result<Self, DriverError> {
        let entries = || feed.entries.iter();
        let index = Self {
            usage_points: entries().filter(|entry| entry.usage_point.is_some()).collect(),
            meter_readings: entries().filter(|entry| entry.meter_reading).collect(),
            reading_types: entries().filter_map(|entry| Some((entry, entry.reading_type.as_ref()?))).collect(),
        };
        let longest = index.usage_points.len().max(index.meter_readings.len()).max(index.reading_types.len());
        if longest > MAX_OF_A_KIND { Err(too_many()) } else { Ok(index) }
    }

    /// The meter reading that a block is of: by the block's own address, by its links, or because there is only one.
    fn meter_reading(&self, block: &Entry) -> Option<&'a Entry> {
        let by_address = before(&block.own, "IntervalBlock").or_else(|| before(&block.up, "IntervalBlock"));
        let matches = |reading: &&&Entry| {
            by_address.is_some_and(|address| same(address, &reading.own))
                || block.related.iter().any(|link| same(link, &reading.own))
                || reading.related.iter().any(|link| same(link, &block.up) || same(link, &block.own))
        };
        self.meter_readings.iter().find(matches).copied().or_else(|| only(&self.meter_readings).copied())
    }

    /// The type of a meter reading: by links, or because there is only one.
    fn reading_type(&self, block: &Entry, reading: Option<&Entry>) -> Option<&'a ReadingType> {
        // Type, meter reading and block may all be in one entry.
        let own = self.reading_types.iter().find(|(entry, _)| core::ptr::eq(*entry, block));
        let linked = |from: &Entry| {
            let matches = |(entry, _): &&(&Entry, &ReadingType)| {
                from.related.iter().any(|link| same(link, &entry.own)) || same(&entry.up, &from.own)
            };
            self.reading_types.iter().find(matches)
        };
        let found = own.or_else(|| reading.and_then(linked)).or_else(|| linked(block));
        found.or_else(|| only(&self.reading_types)).map(|(_, kind)| *kind)
    }

    /// The usage point: by addresses, or because there is only one.
    fn usage_point(&self, block: &Entry, reading: Option<&Entry>) -> Option<&'a Entry> {
        let address = reading
            .and_then(|reading| before(&reading.own, "MeterReading"))
            .or_else(|| before(&block.own, "MeterReading"));
        let matches = |usage: &&&Entry| {
            address.is_some_and(|address| same(address, &usage.own))
                || reading.is_some_and(|reading| usage.related.iter().any(|link| same(link, &reading.up)))
        };
        self.usage_points.iter().find(matches).copied().or_else(|| only(&self.usage_points).copied())
    }
}

fn only<T>(all: &[T]) -> Option<&T> {
    match all {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether two links are of the same thing; one may be relative to the other.
fn same(a: &str, b: &str) -> bool {
    let ends =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    !a.is_empty() && !b.is_empty() && (ends(a, b) || ends(b, a))
}

/// What stands before a part of an address.
fn before<'a>(address: &'a str, part: &str) -> Option<&'a str> {
    let mut end = 0;
    for piece in address.split('/') {
        if piece == part {
            return address.get(..end).map(|head| head.trim_end_matches('/')).filter(|head| !head.is_empty());
        }
        end += piece.len() + 1;
    }
    None
}

fn last_part(address: &str) -> String {
    address.rsplit('/').next().unwrap_or("").chars().take(64).collect()
}
