//! Every way a readings file can be wrong: one variant each, with the line (1-based, as an editor
//! counts; the header is line 1), what is wrong there, and what to do about it.
//!
//! Quoted text of the file is cut to [`MAX_QUOTED`] characters and escaped, so that a hostile file
//! can neither flood nor steer a terminal.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::csv::HEADER;

/// Longest piece of a file that a message repeats, in characters.
const MAX_QUOTED: usize = 40;

/// Why a readings file was refused.
#[derive(Debug, Error)]
pub enum ReadingsError {
    /// The file could not be opened.
    #[error("cannot open {}: {source}; check the path and that you may read the file", path.display())]
    CannotOpen {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading stopped in the middle.
    #[error("line {line}: reading the file failed: {source}; check the disk or the pipe and try again")]
    Unreadable {
        /// The line that was being read.
        line: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not UTF-8 text.
    #[error("line {line}: not UTF-8 text; save the file as UTF-8 (a spreadsheet calls it \"CSV UTF-8\")")]
    NotUtf8 {
        /// The line.
        line: u64,
    },
    /// A line is longer than the cap.
    #[error("line {line}: longer than {cap} bytes; this is not a readings file, or its line ends are lost")]
    LineTooLong {
        /// The line.
        line: u64,
        /// Most bytes of a line.
        cap: usize,
    },
    /// The file is longer than the cap.
    #[error("line {line}: the file is longer than {cap} bytes here; split it by months")]
    FileTooLong {
        /// The line that passes the cap.
        line: u64,
        /// Most bytes of a file.
        cap: u64,
    },
    /// The file has more rows than the cap.
    #[error("line {line}: more than {cap} readings; split the file by months")]
    TooManyRows {
        /// The line of the first row over the cap.
        line: u64,
        /// Most rows of a file.
        cap: u64,
    },
    /// The file has no text at all.
    #[error("line 1: the file is empty; it must begin with the header {HEADER}")]
    Empty,
    /// The file has a header and no reading.
    #[error("line {line}: the file ends after its header; add at least one reading")]
    NoReadings {
        /// The header's line.
        line: u64,
    },
    /// The first line is not the header.
    #[error("line {line}: the header is {found}, expected {HEADER}; {hint}")]
    WrongHeader {
        /// The line.
        line: u64,
        /// What it says.
        found: Quoted,
        /// What seems to be the matter.
        hint: HeaderHint,
    },
    /// A quotation mark is not where a quoted field begins or ends.
    #[error(
        "line {line}: a quotation mark is unbalanced or inside a field; quote the whole field and double the marks in it"
    )]
    BadQuoting {
        /// The line.
        line: u64,
    },
    /// The row has not four fields.
    #[error(
        "line {line}: {found} fields instead of the 4 of {HEADER}; separate by commas and write numbers without any"
    )]
    WrongFieldCount {
        /// The line.
        line: u64,
        /// How many fields it has.
        found: usize,
    },
    /// The timestamp cannot be read.
    #[error("line {line}: timestamp {found} is not RFC 3339 in whole seconds; write it like 2025-06-01T12:00:00Z")]
    NotRfc3339 {
        /// The line.
        line: u64,
        /// What it says.
        found: Quoted,
    },
    /// The timestamp is local time.
    #[error("line {line}: timestamp {found} is not UTC; convert it and write it with a Z at its end")]
    NotUtc {
        /// The line.
        line: u64,
        /// What it says.
        found: Quoted,
    },
    /// The timestamp is before 2000 or after 2099.
    #[error(
        "line {line}: timestamp {found} is outside the years 2000 to 2099; check the clock of the meter or the export"
    )]
    OutOfEra {
        /// The line.
        line: u64,
        /// What it says.
        found: Quoted,
    },
    /// The timestamp breaks the step that the rest of the file has.
    #[error("line {line}: timestamp {found} is of the wrong step: this file's intervals are {} long, and this one would \
             begin {past} s after the beginning of one; correct the timestamp or remove the row", minutes(*step))]
    OffStep {
        /// The line.
        line: u64,
        /// What it says.
        found: Quoted,
        /// The file's interval length in seconds.
        step: u32,
        /// Seconds since the last whole interval.
        past: u64,
    },
    /// The file as a whole has an interval length that the protocol does not have.
    #[error(
        "line {line}: the readings are {found} s apart; only 5, 10, 15, 30 and 60 minutes are supported: export the data in one of these"
    )]
    UnsupportedInterval {
        /// A line with that distance to its meter's previous one.
        line: u64,
        /// The most common distance, in seconds.
        found: u64,
    },
    /// One meter is read at another interval than the file.
    #[error(
        "line {line}: meter {meter} is mostly read every {found} s, in a file of {step} s intervals; put meters of \
             different intervals into different files"
    )]
    OtherInterval {
        /// The line of the meter's second reading.
        line: u64,
        /// The meter.
        meter: Quoted,
        /// Its most common distance, in seconds.
        found: u64,
        /// The file's interval length in seconds.
        step: u32,
    },
    /// The caller stated an interval that the protocol does not have.
    #[error("an interval of {found} s was asked for; only 300, 600, 900, 1800 and 3600 s are supported")]
    IntervalNotAllowed {
        /// The stated interval in seconds.
        found: u32,
    },
    /// A row is earlier than the previous row of its meter.
    #[error(
        "line {line}: meter {meter} at {found} comes after a later reading on line {later_line}; sort the file by time \
             (daylight saving time: export in UTC)"
    )]
    OutOfOrder {
        /// The line.
        line: u64,
        /// The meter.
        meter: Quoted,
        /// The row's timestamp.
        found: Quoted,
        /// The line of the meter's latest reading so far.
        later_line: u64,
    },
    /// A meter has two rows for one timestamp.
    #[error(
        "line {line}: meter {meter} has {found} already on line {first_line}; remove one of the two (daylight saving \
             time: export in UTC)"
    )]
    Duplicate {
        /// The line of the second.
        line: u64,
        /// The line of the first.
        first_line: u64,
        /// The meter.
        meter: Quoted,
        /// The timestamp of both.
        found: Quoted,
    },
    /// The meter has no name.
    #[error("line {line}: meter_id is empty; name the meter")]
    NoMeterName {
        /// The line.
        line: u64,
    },
    /// The meter's name is too long.
    #[error("line {line}: meter_id {found} is longer than {cap} bytes; shorten it")]
    LongMeterName {
        /// The line.
        line: u64,
        /// The beginning of the name.
        found: Quoted,
        /// Most bytes of a name.
        cap: usize,
    },
    /// The meter's name has control characters.
    #[error("line {line}: meter_id {found} contains control characters; remove them")]
    ControlInMeterName {
        /// The line.
        line: u64,
        /// The name, escaped.
        found: Quoted,
    },
    /// There are more meters than the cap.
    #[error("line {line}: meter {found} is one more than the {cap} meters a file may have; split the file by meters")]
    TooManyMeters {
        /// The line of the first row of the meter over the cap.
        line: u64,
        /// That meter.
        found: Quoted,
        /// Most meters of a file.
        cap: usize,
    },
    /// A value is absent from its row.
    #[error("line {line}: {column} is empty; a missing reading has no row (remove it), and a reading of nothing is 0")]
    MissingValue {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
    },
    /// A value is below zero.
    #[error("line {line}: {column} is {found}, below zero; write imports and exports as two columns, both 0 or more")]
    Negative {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
        /// What it says.
        found: Quoted,
    },
    /// A value is not a whole number.
    #[error("line {line}: {column} is {found}, not a whole number of Wh; write kWh x 1000, rounded, in digits only")]
    NotAnInteger {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
        /// What it says.
        found: Quoted,
    },
    /// A value is more than the connection can carry.
    #[error(
        "line {line}: {column} is {found} Wh, more than the {limit} Wh that a {watts} W connection carries in an \
             interval; check the unit (Wh per interval, not a running total) or raise the limit"
    )]
    AbsurdValue {
        /// The line.
        line: u64,
        /// The column.
        column: Column,
        /// What it says.
        found: Quoted,
        /// Most Wh in an interval.
        limit: u64,
        /// The power that the limit stands for.
        watts: u32,
    },
}

impl ReadingsError {
    /// The line that is wrong, 1-based; `None` where no line can be named.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::CannotOpen { .. } | Self::IntervalNotAllowed { .. } => None,
            Self::Empty => Some(1),
            Self::Unreadable { line, .. }
            | Self::NotUtf8 { line }
            | Self::LineTooLong { line, .. }
            | Self::FileTooLong { line, .. }
            | Self::TooManyRows { line, .. }
            | Self::NoReadings { line }
            | Self::WrongHeader { line, .. }
            | Self::BadQuoting { line }
            | Self::WrongFieldCount { line, .. }
            | Self::NotRfc3339 { line, .. }
            | Self::NotUtc { line, .. }
            | Self::OutOfEra { line, .. }
            | Self::OffStep { line, .. }
            | Self::UnsupportedInterval { line, .. }
            | Self::OtherInterval { line, .. }
            | Self::OutOfOrder { line, .. }
            | Self::Duplicate { line, .. }
            | Self::NoMeterName { line }
            | Self::LongMeterName { line, .. }
            | Self::ControlInMeterName { line, .. }
            | Self::TooManyMeters { line, .. }
            | Self::MissingValue { line, .. }
            | Self::Negative { line, .. }
            | Self::NotAnInteger { line, .. }
            | Self::AbsurdValue { line, .. } => Some(*line),
        }
    }
}

/// A piece of the file as a message shows it: quoted, escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    pub(super) fn new(text: &str) -> Self {
        let mut shown: String = text.chars().take(MAX_QUOTED).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        Self(shown)
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// One of the two value columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `import_wh`
    Import,
    /// `export_wh`
    Export,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Import => "import_wh",
            Self::Export => "export_wh",
        })
    }
}

/// What seems to be the matter with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderHint {
    /// Separated by semicolons.
    Semicolons,
    /// Separated by tabs.
    Tabs,
    /// The right columns in another order.
    OtherOrder,
    /// The right columns and others.
    MoreColumns,
    /// The right columns in capitals or with spaces.
    OtherSpelling,
    /// A row of data where the header should be.
    NoHeader,
    /// Anything else.
    OtherFormat,
}

impl fmt::Display for HeaderHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Semicolons => "the file is separated by semicolons: save it with commas",
            Self::Tabs => "the file is separated by tabs: save it with commas",
            Self::OtherOrder => "the columns are in another order: rearrange them",
            Self::MoreColumns => "there are other columns too: remove them",
            Self::OtherSpelling => "the names are spelt otherwise: write them exactly so",
            Self::NoHeader => "the file begins with a reading: put the header above it",
            Self::OtherFormat => "this is another format: convert it to these four columns",
        })
    }
}

fn minutes(secs: u32) -> String {
    format!("{} min", secs / 60)
}
