//! Any portal's CSV, with a mapping that says what the columns are (README.md, "Reading any portal's CSV").

mod mapping;
mod registers;
mod table;

use std::borrow::Cow;

use crate::file::collect::Collector;
use crate::file::{MAX_VALUES, WholeFile, malformed, text};
use crate::format::head;
use crate::{DriverError, Format, Kind, Likeness, Series};

use mapping::Mapping;
use registers::Registers;
use table::Table;

pub(crate) const NAME: &str = "csv";

pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "any portal's CSV, read with a mapping file that says what its columns are",
    kind: Kind::File,
    likeness,
    open: |options| {
        let mapping = Mapping::parse(options)?;
        Ok(WholeFile::boxed(NAME, Box::new(move |bytes| read(&mapping, bytes))))
    },
};

/// A table may be of anything, so it is never taken for certain.
fn likeness(bytes: &[u8]) -> Likeness {
    let text = head(bytes);
    Likeness(if shape(&text).is_some() { 35 } else { 0 })
}

/// The separator and the number of columns of a table: of the first lines most have the same number of separators.
pub(crate) fn shape(text: &str) -> Option<(char, usize)> {
    if text.chars().take(4096).any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')) {
        return None;
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(40).collect();
    let regular = |separator: char| {
        let counts = || lines.iter().map(|line| line.matches(separator).count());
        let most = counts().filter(|count| *count > 0).max()?;
        let same = counts().filter(|count| *count == most).count();
        (same >= 2 && same * 2 > lines.len()).then_some((separator, most + 1))
    };
    [';', '\t', ',', '|'].into_iter().find_map(regular)
}

fn read(mapping: &Mapping, bytes: &[u8]) -> Result<Vec<Series>, DriverError> {
    let text = text::decode(NAME, bytes, true)?;
    let all: Vec<(u64, &str)> =
        text.lines().zip(1u64..).map(|(line, number)| (number, line)).skip(mapping.skip_rows).collect();
    let mut lines: Vec<(u64, &str)> = all.into_iter().filter(|(_, line)| !line.trim().is_empty()).collect();
    lines.truncate(lines.len().saturating_sub(mapping.skip_last));
    if lines.len() > MAX_VALUES {
        return Err(malformed(NAME, format!("more than {MAX_VALUES} rows")));
    }
    let mut lines = lines.into_iter();
    let header: Option<Vec<Cow<'_, str>>> = if mapping.header {
        let line = lines.next().ok_or_else(|| malformed(NAME, "no row is left for the header"))?;
        Some(text::fields(NAME, line, mapping.separator)?)
    } else {
        None
    };
    let mut table = Table::new(mapping, header)?;
    for line in lines {
        table.row(line)?;
    }
    let mut collector = Collector::new(NAME, "line");
    let mut registers = Registers::default();
    table.finish(&mut collector, &mut registers)?;
    registers.finish(&mut collector)?;
    let series = collector.finish()?;
    if series.is_empty() {
        let what = "no row has a value in the columns of the mapping, or 'only' fits none".to_owned();
        return Err(DriverError::NothingToRead { format: NAME, what });
    }
    Ok(series)
}
