//! The entries of a file, as they stand in it.

use std::collections::BTreeSet;

use super::NAME;
use crate::DriverError;
use crate::file::decimal::{Decimal, Marks};
use crate::file::xml::{Visitor, number};
use crate::file::{MAX_VALUES, malformed, quoted};

/// Most entries of a file.
const MAX_ENTRIES: usize = 50_000;
/// Most links of an entry, and most qualities of a reading.
const MAX_LINKS: usize = 64;

/// What an entry says of the way values are given. The codes are the standard's.
#[derive(Default, Debug)]
pub(super) struct ReadingType {
    pub(super) accumulation: Option<u32>,
    pub(super) commodity: Option<u32>,
    pub(super) data_qualifier: Option<u32>,
    pub(super) flow_direction: Option<u32>,
    pub(super) interval_length: Option<u64>,
    pub(super) kind: Option<u32>,
    pub(super) power_of_ten: Option<i32>,
    pub(super) tou: Option<u8>,
    pub(super) unit: Option<u32>,
}

#[derive(Default, Debug)]
pub(super) struct IntervalReading {
    pub(super) start: Option<u64>,
    pub(super) duration: Option<u64>,
    pub(super) value: Option<Decimal>,
    pub(super) qualities: Vec<u32>,
    pub(super) at: u64,
}

#[derive(Default, Debug)]
pub(super) struct Block {
    pub(super) readings: Vec<IntervalReading>,
}

/// One entry: its links, and what it has of what is read.
#[derive(Default, Debug)]
pub(super) struct Entry {
    pub(super) own: String,
    pub(super) up: String,
    pub(super) related: Vec<String>,
    /// A usage point, with the code of its service if it says one.
    pub(super) usage_point: Option<Option<u32>>,
    pub(super) meter_reading: bool,
    pub(super) reading_type: Option<ReadingType>,
    pub(super) blocks: Vec<Block>,
}

/// A file.
#[derive(Default, Debug)]
pub(super) struct Feed {
    pub(super) entries: Vec<Entry>,
    /// What else there is, for the message if there is nothing to read.
    pub(super) others: BTreeSet<String>,
    /// How long the path to the resource is that is being read.
    resource: Option<usize>,
    readings: usize,
}

/// The resources that are read.
const RESOURCES: [&str; 4] = ["UsagePoint", "MeterReading", "ReadingType", "IntervalBlock"];

impl Visitor for Feed {
    fn open(&mut self, path: &[String], attributes: &[(String, String)], at: u64) -> Result<(), DriverError> {
        let Some(name) = path.last().map(String::as_str) else { return Ok(()) };
        // A file may be a feed of entries, a single entry, or a bare resource.
        if name == "entry" || (path.len() == 1 && name != "feed") {
            if self.entries.len() >= MAX_ENTRIES {
                return Err(malformed(NAME, format!("byte {at}: more than {MAX_ENTRIES} entries")));
            }
            self.entries.push(Entry::default());
        }
        let Some(depth) = self.resource else { return self.open_outside(path, name, attributes) };
        let is_reading = path.get(depth..).is_some_and(|rest| matches!(rest, [one] if one == "IntervalReading"));
        if is_reading && let Some(block) = self.entries.last_mut().and_then(|entry| entry.blocks.last_mut()) {
            self.readings += 1;
            if self.readings > MAX_VALUES {
                return Err(malformed(NAME, format!("byte {at}: more than {MAX_VALUES} readings")));
            }
            block.readings.push(IntervalReading { at, ..IntervalReading::default() });
        }
        Ok(())
    }

    fn close(&mut self, path: &[String], text: &str, at: u64) -> Result<(), DriverError> {
        let Some(depth) = self.resource else { return Ok(()) };
        if path.len() <= depth {
            self.resource = None;
            return Ok(());
        }
        let resource = path.get(depth - 1).map_or("", String::as_str);
        let rest: Vec<&str> = path.get(depth..).unwrap_or_default().iter().map(String::as_str).collect();
        if text.is_empty() {
            return Ok(());
        }
        let Some(entry) = self.entries.last_mut() else { return Ok(()) };
        match (resource, rest.as_slice()) {
            ("UsagePoint", ["ServiceCategory", "kind"]) => {
                entry.usage_point = Some(Some(number(NAME, "kind", text, at)?));
                Ok(())
            }
            ("ReadingType", [field]) => entry.reading_type.get_or_insert_default().take(field, text, at),
            ("IntervalBlock", ["IntervalReading", field @ ..]) => {
                let reading = entry.blocks.last_mut().and_then(|block| block.readings.last_mut());
                reading.map_or(Ok(()), |reading| reading.take(field, text, at))
            }
            _ => Ok(()),
        }
    }
}

impl Feed {
    /// Links of an entry, and the beginning of a resource.
    fn open_outside(
        &mut self,
        path: &[String],
        name: &str,
        attributes: &[(String, String)],
    ) -> Result<(), DriverError> {
        let Some(entry) = self.entries.last_mut() else { return Ok(()) };
        let attribute =
            |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        if name == "link"
            && let Some(href) = attribute("href")
        {
            match attribute("rel") {
                Some("self") => entry.own = plain(href),
                Some("up") => entry.up = plain(href),
                Some("related") if entry.related.len() < MAX_LINKS => entry.related.push(plain(href)),
                _ => {}
            }
        }
        let inside_content = path.len() >= 2 && path.get(path.len() - 2).is_some_and(|parent| parent == "content");
        if RESOURCES.contains(&name) {
            self.resource = Some(path.len());
            match name {
                "UsagePoint" => entry.usage_point = Some(entry.usage_point.flatten()),
                "MeterReading" => entry.meter_reading = true,
                "ReadingType" => entry.reading_type = Some(ReadingType::default()),
                _ => entry.blocks.push(Block::default()),
            }
        }
        if inside_content && name != "IntervalBlock" && self.others.len() < 20 {
            self.others.insert(name.chars().take(40).collect());
        }
        Ok(())
    }
}

impl ReadingType {
    fn take(&mut self, field: &str, text: &str, at: u64) -> Result<(), DriverError> {
        match field {
            "accumulationBehaviour" => self.accumulation = Some(number(NAME, field, text, at)?),
            "commodity" => self.commodity = Some(number(NAME, field, text, at)?),
            "dataQualifier" => self.data_qualifier = Some(number(NAME, field, text, at)?),
            "flowDirection" => self.flow_direction = Some(number(NAME, field, text, at)?),
            "intervalLength" => self.interval_length = Some(number(NAME, field, text, at)?),
            "kind" => self.kind = Some(number(NAME, field, text, at)?),
            "powerOfTenMultiplier" => self.power_of_ten = Some(number(NAME, field, text, at)?),
            "tou" => self.tou = Some(number(NAME, field, text, at)?),
            "uom" => self.unit = Some(number(NAME, field, text, at)?),
            _ => {}
        }
        Ok(())
    }
}

impl IntervalReading {
    fn take(&mut self, field: &[&str], text: &str, at: u64) -> Result<(), DriverError> {
        match field {
            ["value"] => {
                let value = Decimal::parse(text, Marks::POINT);
                let wrong = || malformed(NAME, format!("byte {at}: the value is not a number: {}", quoted(text)));
                self.value = Some(value.ok_or_else(wrong)?);
            }
            ["timePeriod", "start"] => self.start = Some(number(NAME, "start", text, at)?),
            ["timePeriod", "duration"] => self.duration = Some(number(NAME, "duration", text, at)?),
            ["ReadingQuality", "quality"] if self.qualities.len() < MAX_LINKS => {
                self.qualities.push(number(NAME, "quality", text, at)?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A link without scheme, host, query and last slash, so that relative and absolute ones can be compared.
fn plain(href: &str) -> String {
    let href = href.trim();
    let path = match href.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |slash| rest.split_at(slash).1),
        None => href,
    };
    path.split(['?', '#']).next().unwrap_or("").trim_matches('/').to_owned()
}
