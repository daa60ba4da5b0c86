//! The exports of Fluvius, the Flemish grid operator, from its portal: consumption history by quarter of an hour, hour, day or month.
//!
//! Semicolons, decimal commas, Dutch or English. Times are Belgian local time: the hour that comes twice in autumn is told apart by
//! the order of the rows of each register, also where the two are interleaved; it is refused if the file has it only once. The volumes
//! of the day and night registers of one interval are added. A row without a volume ("Geen verbruik") is an interval without a value,
//! not a zero. Registers of power (kW) and reactive energy are passed over, and so is gas in kWh, which is reckoned from the volume.

mod columns;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::civil::{Date, DateTime, Time};

use crate::file::collect::{BASE, Collector, KILO, Key, Piece};
use crate::file::decimal::{Decimal, Marks, Unit};
use crate::file::local::{self, Order};
use crate::file::{WholeFile, malformed, quoted, text};
use crate::format::head;
use crate::{DriverError, Format, Kind, Likeness, Medium, Series};

use columns::{Columns, Register, Status};

const NAME: &str = "fluvius";
/// The zone of all times.
const ZONE: &str = "Europe/Brussels";
/// Most registers of all meters of a file.
const MAX_REGISTERS: usize = 1000;

pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "CSV export of the Fluvius portal (Flanders): consumption history by quarter, hour, day or month",
    kind: Kind::File,
    likeness,
    open: |_| Ok(WholeFile::boxed(NAME, Box::new(read))),
};

fn likeness(bytes: &[u8]) -> Likeness {
    let text = head(bytes);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let missing = columns::missing(first).len();
    Likeness(match missing {
        0 => 95,
        1 | 2 if first.contains(';') => 40,
        _ => 0,
    })
}

/// What a header lacks, for the message of a file that is not recognised.
pub(crate) fn missing(first_line: &str) -> Vec<&'static str> {
    columns::missing(first_line)
}

fn read(bytes: &[u8]) -> Result<Vec<Series>, DriverError> {
    let text = text::decode(NAME, bytes, true)?;
    let mut lines = text::lines(&text);
    let header = lines.next().ok_or_else(|| malformed(NAME, "an empty file"))?;
    let columns = Columns::find(header)?;
    let zone = local::zone(ZONE).ok_or_else(|| malformed(NAME, "the time zone is not known"))?;
    let mut rows = Vec::new();
    for line in lines {
        rows.push(row(&columns, line)?);
        if rows.len() > crate::file::MAX_VALUES {
            return Err(malformed(NAME, format!("more than {} rows", crate::file::MAX_VALUES)));
        }
    }
    let mut table = Table { order: Order::new(zone), numbers: HashMap::new(), collector: Collector::new(NAME, "line") };
    let names = Names::of(&rows);
    for row in &rows {
        if row.unit == Measure::Other || row.unit == Measure::Energy(KILO) && names.gas.contains(&row.ean) {
            continue;
        }
        table.add(row, names.name(row))?;
    }
    if let Some(line) = table.order.single() {
        let what = "a local time that exists twice in autumn is in the file once; it cannot be told which it is";
        return Err(malformed(NAME, format!("line {line}: {what}")));
    }
    let series = table.collector.finish()?;
    if series.is_empty() {
        let what =
            "no row has a volume; the meter was not read by quarter of an hour then, or the file is of reactive energy"
                .to_owned();
        return Err(DriverError::NothingToRead { format: NAME, what });
    }
    Ok(series)
}

/// What must be known of all rows before any is read.
struct Names<'a> {
    /// The meters of each connection.
    meters: HashMap<&'a str, HashSet<&'a str>>,
    /// Connections with volumes: they are of gas, and the energy that they have too is reckoned from the volumes.
    gas: HashSet<String>,
}

impl<'a> Names<'a> {
    fn of(rows: &'a [Row]) -> Self {
        let mut meters: HashMap<&str, HashSet<&str>> = HashMap::new();
        for row in rows {
            meters.entry(&row.ean).or_default().insert(&row.meter);
        }
        let gas = rows.iter().filter(|row| row.unit == Measure::Volume).map(|row| row.ean.clone()).collect();
        Self { meters, gas }
    }

    /// The number of the connection, with that of the meter if the meter was exchanged.
    fn name(&self, row: &Row) -> String {
        let several = self.meters.get(row.ean.as_str()).is_some_and(|meters| meters.len() > 1);
        match (row.ean.is_empty(), several) {
            (true, _) => row.meter.clone(),
            (_, true) => format!("{}/{}", row.ean, row.meter),
            _ => row.ean.clone(),
        }
    }
}

/// What a row's unit measures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Energy(Unit),
    Volume,
    /// Power, reactive energy.
    Other,
}

struct Row {
    line: u64,
    start: DateTime,
    end: DateTime,
    ean: String,
    meter: String,
    register: Register,
    unit: Measure,
    volume: Option<Decimal>,
    status: Status,
}

fn row(columns: &Columns, (line, text): (u64, &str)) -> Result<Row, DriverError> {
    let wrong = |what: String| malformed(NAME, format!("line {line}: {what}"));
    let fields = text::fields(NAME, (line, text), ';')?;
    if fields.len() != columns.count {
        let what = format!("{} columns in place of {}; the line is cut off or damaged", fields.len(), columns.count);
        return Err(wrong(what));
    }
    let field = |column: usize| fields.get(column).map_or("", Cow::as_ref);
    let moment = |(date, time): (usize, Option<usize>)| {
        let (date_text, time_text) = (field(date), time.map_or("", field));
        let moment = columns::date(date_text).zip(columns::time(time_text));
        moment.ok_or_else(|| wrong(format!("not a date and time: {}", quoted(&format!("{date_text} {time_text}")))))
    };
    let ((start_date, start_time), (end_date, end_time)) = (moment(columns.start)?, moment(columns.end)?);
    let at = |date: Date, time: Time| date.to_datetime(time);
    let register = Register::parse(field(columns.register));
    let register =
        register.ok_or_else(|| wrong(format!("the register {} is not known", quoted(field(columns.register)))))?;
    let unit = match field(columns.unit).to_lowercase().as_str() {
        "kwh" => Measure::Energy(KILO),
        "wh" => Measure::Energy(BASE),
        "m3" | "m³" | "m\u{fffd}" => Measure::Volume,
        "kw" | "w" | "kva" | "kvar" | "kvarh" | "kvah" => Measure::Other,
        _ => return Err(wrong(format!("the unit {} is not known", quoted(field(columns.unit))))),
    };
    let volume = match field(columns.volume) {
        "" => None,
        text => {
            Some(Decimal::parse(text, Marks::COMMA).ok_or_else(|| wrong(format!("not a volume: {}", quoted(text))))?)
        }
    };
    let status = Status::parse(field(columns.status));
    let status =
        status.ok_or_else(|| wrong(format!("the validation status {} is not known", quoted(field(columns.status)))))?;
    let own = |column: Option<usize>| column.map_or("", field).chars().take(40).collect::<String>();
    let (ean, meter) = (own(columns.ean), own(columns.meter));
    Ok(Row {
        line,
        start: at(start_date, start_time),
        end: at(end_date, end_time),
        ean,
        meter,
        register,
        unit,
        volume,
        status,
    })
}

struct Table {
    order: Order,
    /// Numbers of the registers, by meter.
    numbers: HashMap<(String, Register, bool), u32>,
    collector: Collector,
}

impl Table {
    fn add(&mut self, row: &Row, name: String) -> Result<(), DriverError> {
        let wrong = |what: String| malformed(NAME, format!("line {}: {what}", row.line));
        let new = self.numbers.len() as u32;
        let volume = row.unit == Measure::Volume;
        let series = *self.numbers.entry((name.clone(), row.register, volume)).or_insert(new);
        if self.numbers.len() > MAX_REGISTERS {
            return Err(wrong(format!("more than {MAX_REGISTERS} registers")));
        }
        let (start, first) = self
            .order
            .next(series, row.start, row.line)
            .map_err(|why| wrong(format!("{} {}", row.start, why.text())))?;
        let end = local::end(self.order.zone(), start, (row.start, row.end), first);
        let end = end.ok_or_else(|| wrong(format!("the end {} is not after the start", row.end)))?;
        let (medium, unit) = match row.unit {
            Measure::Energy(unit) => (Medium::Electricity, unit),
            Measure::Volume => (Medium::Gas, KILO),
            Measure::Other => return Ok(()),
        };
        let fine = match (row.volume, row.status.quality()) {
            (Some(volume), Some(_)) => {
                Some(volume.fine(unit).map_err(|unfit| wrong(format!("the volume {}", unfit.text())))?)
            }
            (None, _) => None,
            (Some(_), None) => return Err(wrong("a volume, and the status that there is none".to_owned())),
        };
        let quality = row.status.quality().unwrap_or(crate::SeriesQuality::Estimated);
        let key = Key { meter: name, medium, direction: row.register.direction };
        let start =
            u64::try_from(start).map_err(|_| wrong("the time is not between the years 2000 and 2100".to_owned()))?;
        let seconds =
            u64::try_from(end).map_err(|_| wrong("the end is out of range".to_owned()))?.saturating_sub(start);
        self.collector.add(key, Piece { start, seconds, tariff: row.register.tariff, fine, quality, place: row.line })
    }
}
