//! The readings file: `timestamp,meter_id,import_wh,export_wh`, in both directions.
//!
//! The timestamp is the interval's start, RFC 3339 in UTC; values are integer Wh of the interval; a
//! missing interval has no row. Rows may come by time or by meter, as long as each meter's are in
//! increasing time order. A byte order mark, CRLF, blank lines, quoted fields, spaces around a field
//! and a last line without its end are accepted, for exports have them; nothing else is repaired.
//!
//! Reading is total: any bytes give readings or a [`ReadingsError`] with its line, within the caps
//! of [`ReadOptions`]. It takes the input line by line (no valid field contains a line end, so lines
//! are rows) and holds the rows only until their common step is known (`step.rs`).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use hushwatt_drivers::unquote;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{Column, HeaderHint, Quoted, ReadingsError};
use super::step::{self, Row};
use super::{ALLOWED_INTERVALS, LONGEST_INTERVAL, MAX_METERS, MeterReadings, Reading, Readings};

/// The first line of every readings file.
pub const HEADER: &str = "timestamp,meter_id,import_wh,export_wh";

/// Most bytes of a meter's name.
const MAX_NAME_BYTES: usize = 64;
/// 2000-01-01T00:00:00Z and 2100-01-01T00:00:00Z.
const ERA: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// The caps of reading, and what is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// The interval length in seconds, if it is known; inferred from the file if `None`.
    pub interval_secs: Option<u32>,
    /// Most average power that a value may mean. 276 kW is a three-phase connection of 400 A.
    pub max_watts: u32,
    /// Most meters.
    pub max_meters: usize,
    /// Most rows, the header not counted.
    pub max_rows: u64,
    /// Most bytes of the whole file.
    pub max_bytes: u64,
    /// Most bytes of a line, its end not counted.
    pub max_line_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            interval_secs: None,
            max_watts: 276_000,
            max_meters: MAX_METERS,
            max_rows: 5_000_000,
            max_bytes: 64 << 20,
            max_line_bytes: 1024,
        }
    }
}

/// Reads a file by its path.
///
/// # Errors
/// [`ReadingsError`], with the line.
pub fn read_csv_file(path: impl AsRef<Path>) -> Result<Readings, ReadingsError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|source| ReadingsError::CannotOpen { path: path.to_owned(), source })?;
    read_csv(file)
}

/// Reads from anything with the default options. No need to buffer it first.
///
/// # Errors
/// [`ReadingsError`], with the line.
pub fn read_csv(input: impl Read) -> Result<Readings, ReadingsError> {
    read_csv_with(input, &ReadOptions::default())
}

/// Reads from anything.
///
/// # Errors
/// [`ReadingsError`], with the line.
pub fn read_csv_with(input: impl Read, options: &ReadOptions) -> Result<Readings, ReadingsError> {
    if let Some(found) = options.interval_secs
        && !ALLOWED_INTERVALS.contains(&found)
    {
        return Err(ReadingsError::IntervalNotAllowed { found });
    }
    let mut lines = Lines::new(input, options);
    let header_line = read_header(&mut lines)?;
    let mut table = Table::new(options);
    while let Some((line, text)) = lines.next()? {
        table.add(line, text)?;
    }
    if table.rows.is_empty() {
        return Err(ReadingsError::NoReadings { line: header_line });
    }
    table.into_readings()
}

impl Readings {
    /// Writes the readings in the same format, by time and then by meter, missing ones as no row.
    /// Read again they are the same, except that a meter without any reading leaves no trace, and
    /// that the interval of a few scattered readings may be inferred longer than it was.
    ///
    /// # Errors
    /// That of the writer; or `InvalidInput` for an interval beyond the calendar, which neither
    /// reading nor the sample produces.
    pub fn write_csv(&self, mut output: impl Write) -> io::Result<()> {
        let mut rows: Vec<(u64, &str, Reading)> = self
            .meters
            .iter()
            .flat_map(|(name, readings)| readings.iter().map(|(i, r)| (i, name.as_str(), r)))
            .collect();
        rows.sort_unstable_by_key(|(index, name, _)| (*index, *name));
        writeln!(output, "{HEADER}")?;
        for (index, name, reading) in rows {
            let start = rfc3339(index.saturating_mul(u64::from(self.interval_secs)))?;
            let Reading { import, export } = reading;
            writeln!(output, "{start},{},{import},{export}", quote(name))?;
        }
        output.flush()
    }
}

/// The lines that are not blank, each with its number, within the caps.
struct Lines<'o, R> {
    input: BufReader<R>,
    options: &'o ReadOptions,
    buffer: Vec<u8>,
    line: u64,
    bytes: u64,
}

impl<'o, R: Read> Lines<'o, R> {
    fn new(input: R, options: &'o ReadOptions) -> Self {
        let input = BufReader::with_capacity(1 << 16, input);
        Self { input, options, buffer: Vec::new(), line: 0, bytes: 0 }
    }

    fn next(&mut self) -> Result<Option<(u64, &str)>, ReadingsError> {
        loop {
            let cap = self.options.max_line_bytes;
            self.buffer.clear();
            self.line += 1;
            let line = self.line;
            // Two more bytes than the cap: the line's end.
            let read = (&mut self.input)
                .take((cap as u64).saturating_add(2))
                .read_until(b'\n', &mut self.buffer)
                .map_err(|source| ReadingsError::Unreadable { line, source })?;
            if read == 0 {
                return Ok(None);
            }
            self.bytes = self.bytes.saturating_add(read as u64);
            if self.bytes > self.options.max_bytes {
                return Err(ReadingsError::FileTooLong { line, cap: self.options.max_bytes });
            }
            if self.buffer.last() == Some(&b'\n') {
                self.buffer.pop();
                if self.buffer.last() == Some(&b'\r') {
                    self.buffer.pop();
                }
            }
            if self.buffer.len() > cap {
                return Err(ReadingsError::LineTooLong { line, cap });
            }
            if line == 1 && self.buffer.starts_with("\u{feff}".as_bytes()) {
                self.buffer.drain(..3);
            }
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        let line = self.line;
        match std::str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some((line, text))),
            Err(_) => Err(ReadingsError::NotUtf8 { line }),
        }
    }
}

/// Takes the header off, or says what is there instead; returns its line.
fn read_header<R: Read>(lines: &mut Lines<'_, R>) -> Result<u64, ReadingsError> {
    let Some((line, text)) = lines.next()? else {
        return Err(ReadingsError::Empty);
    };
    let expected: Vec<&str> = HEADER.split(',').collect();
    let fields = split(line, text)?;
    if fields.iter().map(|field| field.trim()).eq(expected.iter().copied()) {
        return Ok(line);
    }
    let spelt = |field: &str| field.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let names: Vec<String> = fields.iter().map(|field| spelt(field)).collect();
    let has_all = expected.iter().all(|name| names.iter().any(|found| found == name));
    let hint = if has_all && names == expected {
        HeaderHint::OtherSpelling
    } else if has_all && names.len() == expected.len() {
        HeaderHint::OtherOrder
    } else if has_all {
        HeaderHint::MoreColumns
    } else if text.contains(';') {
        HeaderHint::Semicolons
    } else if text.contains('\t') {
        HeaderHint::Tabs
    } else if names.len() == expected.len()
        && fields.first().is_some_and(|field| OffsetDateTime::parse(field.trim(), &Rfc3339).is_ok())
    {
        HeaderHint::NoHeader
    } else {
        HeaderHint::OtherFormat
    };
    Err(ReadingsError::WrongHeader { line, found: Quoted::new(text), hint })
}

/// The rows so far, and per meter where its rows are.
struct Table<'o> {
    options: &'o ReadOptions,
    rows: Vec<Row>,
    meters: HashMap<String, usize>,
    /// By meter: positions in `rows`, increasing in time.
    rows_of: Vec<Vec<usize>>,
}

impl<'o> Table<'o> {
    fn new(options: &'o ReadOptions) -> Self {
        Self { options, rows: Vec::new(), meters: HashMap::new(), rows_of: Vec::new() }
    }

    /// Checks all of a row that needs no step, and keeps it.
    fn add(&mut self, line: u64, text: &str) -> Result<(), ReadingsError> {
        if self.rows.len() as u64 >= self.options.max_rows {
            return Err(ReadingsError::TooManyRows { line, cap: self.options.max_rows });
        }
        let fields = split(line, text)?;
        let [timestamp, name, import, export] = fields.as_slice() else {
            return Err(ReadingsError::WrongFieldCount { line, found: fields.len() });
        };
        let secs = parse_timestamp(line, timestamp.trim())?;
        let name = check_name(line, name.trim())?;
        let reading = Reading {
            import: self.parse_wh(line, Column::Import, import.trim())?,
            export: self.parse_wh(line, Column::Export, export.trim())?,
        };
        let meter = self.meter(line, name)?;
        self.check_order(line, meter, name, secs)?;
        if let Some(own) = self.rows_of.get_mut(meter) {
            own.push(self.rows.len());
        }
        self.rows.push(Row { line, meter, secs, reading });
        Ok(())
    }

    /// The meter's number, a new one for a new name.
    fn meter(&mut self, line: u64, name: &str) -> Result<usize, ReadingsError> {
        if let Some(meter) = self.meters.get(name) {
            return Ok(*meter);
        }
        let cap = self.options.max_meters;
        if self.meters.len() >= cap {
            return Err(ReadingsError::TooManyMeters { line, found: Quoted::new(name), cap });
        }
        let meter = self.meters.len();
        self.meters.insert(name.to_owned(), meter);
        self.rows_of.push(Vec::new());
        Ok(meter)
    }

    /// A meter's rows increase in time; one that does not is a duplicate or out of order.
    fn check_order(&self, line: u64, meter: usize, name: &str, secs: u64) -> Result<(), ReadingsError> {
        let own = self.rows_of.get(meter).map_or(&[][..], Vec::as_slice);
        let row = |at: &usize| self.rows.get(*at);
        let Some(last) = own.last().and_then(row).filter(|last| secs <= last.secs) else {
            return Ok(());
        };
        let (meter, found) = (Quoted::new(name), Quoted::new(&shown(secs)));
        let earlier = own.partition_point(|at| row(at).is_some_and(|row| row.secs < secs));
        match own.get(earlier).and_then(row).filter(|row| row.secs == secs) {
            Some(first) => Err(ReadingsError::Duplicate { line, first_line: first.line, meter, found }),
            None => Err(ReadingsError::OutOfOrder { line, meter, found, later_line: last.line }),
        }
    }

    fn parse_wh(&self, line: u64, column: Column, text: &str) -> Result<u32, ReadingsError> {
        let found = || Quoted::new(text);
        if text.is_empty() {
            return Err(ReadingsError::MissingValue { line, column });
        }
        if let Some(rest) = text.strip_prefix('-')
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(ReadingsError::Negative { line, column, found: found() });
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ReadingsError::NotAnInteger { line, column, found: found() });
        }
        // All digits: the only failure left is a number too large, absurd at any interval length.
        text.parse().map_err(|_| {
            let limit = limit_wh(self.options, LONGEST_INTERVAL);
            self.absurd(line, column, found(), limit)
        })
    }

    /// Finds the step, holds every row against it in file order, and sorts the rows by meter.
    fn into_readings(self) -> Result<Readings, ReadingsError> {
        let step = match self.options.interval_secs {
            Some(step) => step,
            None => step::infer(&self.rows, self.meters.len())?,
        };
        let limit = limit_wh(self.options, step);
        for Row { line, secs, reading, .. } in &self.rows {
            let past = secs % u64::from(step);
            if past != 0 {
                let found = Quoted::new(&shown(*secs));
                return Err(ReadingsError::OffStep { line: *line, found, step, past });
            }
            for (column, value) in [(Column::Import, reading.import), (Column::Export, reading.export)] {
                if u64::from(value) > limit {
                    let found = Quoted::new(&value.to_string());
                    return Err(self.absurd(*line, column, found, limit));
                }
            }
        }
        let mut names = vec![""; self.meters.len()];
        for (name, meter) in &self.meters {
            if let Some(slot) = names.get_mut(*meter) {
                *slot = name;
            }
        }
        step::check_meters(&self.rows, &names, step)?;
        let readings_of = |own: &Vec<usize>| {
            let rows = own.iter().filter_map(|at| self.rows.get(*at));
            MeterReadings(rows.map(|row| (row.secs / u64::from(step), row.reading)).collect())
        };
        let meters: BTreeMap<String, MeterReadings> =
            names.iter().zip(&self.rows_of).map(|(name, own)| ((*name).to_owned(), readings_of(own))).collect();
        Ok(Readings { interval_secs: step, meters })
    }

    fn absurd(&self, line: u64, column: Column, found: Quoted, limit: u64) -> ReadingsError {
        ReadingsError::AbsurdValue { line, column, found, limit, watts: self.options.max_watts }
    }
}

/// Most Wh that the connection carries in an interval.
fn limit_wh(options: &ReadOptions, step: u32) -> u64 {
    u64::from(options.max_watts) * u64::from(step) / 3600
}

fn parse_timestamp(line: u64, text: &str) -> Result<u64, ReadingsError> {
    let found = || Quoted::new(text);
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .filter(|moment| moment.nanosecond() == 0)
        .ok_or_else(|| ReadingsError::NotRfc3339 { line, found: found() })?;
    if !moment.offset().is_utc() {
        return Err(ReadingsError::NotUtc { line, found: found() });
    }
    let secs = moment.unix_timestamp();
    u64::try_from(secs)
        .ok()
        .filter(|_| ERA.contains(&secs))
        .ok_or_else(|| ReadingsError::OutOfEra { line, found: found() })
}

fn check_name(line: u64, name: &str) -> Result<&str, ReadingsError> {
    if name.is_empty() {
        return Err(ReadingsError::NoMeterName { line });
    }
    if name.len() > MAX_NAME_BYTES {
        let found = Quoted::new(name);
        return Err(ReadingsError::LongMeterName { line, found, cap: MAX_NAME_BYTES });
    }
    if name.contains(char::is_control) {
        return Err(ReadingsError::ControlInMeterName { line, found: Quoted::new(name) });
    }
    Ok(name)
}

/// The fields of a line (RFC 4180): separated by commas, a quoted one in quotation marks with each
/// mark of its own doubled. A line has few commas (its length is capped), so this is bounded.
fn split(line: u64, text: &str) -> Result<Vec<Cow<'_, str>>, ReadingsError> {
    let bad = || ReadingsError::BadQuoting { line };
    let mut fields = Vec::with_capacity(4);
    let mut rest = text;
    loop {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let (field, after) = unquote(quoted).ok_or_else(bad)?;
            fields.push(Cow::Owned(field));
            after
        } else {
            let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            if field.contains('"') {
                return Err(bad());
            }
            fields.push(Cow::Borrowed(field));
            after
        };
        if after.is_empty() {
            return Ok(fields);
        }
        rest = after.strip_prefix(',').ok_or_else(bad)?;
    }
}

fn quote(name: &str) -> Cow<'_, str> {
    if name.contains([',', '"']) {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(name)
    }
}

/// A moment as the file writes it.
fn rfc3339(secs: u64) -> io::Result<String> {
    let invalid = |e: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidInput, e.to_string());
    let secs = i64::try_from(secs).map_err(|e| invalid(&e))?;
    let moment = OffsetDateTime::from_unix_timestamp(secs).map_err(|e| invalid(&e))?;
    moment.format(&Rfc3339).map_err(|e| invalid(&e))
}

/// A moment that was read from a file, for a message.
fn shown(secs: u64) -> String {
    rfc3339(secs).unwrap_or_else(|_| secs.to_string())
}
