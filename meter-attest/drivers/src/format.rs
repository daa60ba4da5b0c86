//! The table of all formats, and which of them given bytes are.

use std::borrow::Cow;

use crate::{Driver, DriverError, Options, Report, shape};

/// What a format is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Telegrams of a meter that speaks unasked.
    Push,
    /// Telegrams of a meter that is asked.
    Poll,
    /// A file from a portal.
    File,
    /// Known, and refused.
    Refused,
}

/// How much bytes look like a format: 0 not at all, 100 certainly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Likeness(pub u8);

/// One format.
pub struct Format {
    /// Its name on the command line and in errors.
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// How much the beginning of a file looks like it. Total, and cheap.
    pub likeness: fn(&[u8]) -> Likeness,
    /// A driver. Fails if an option is needed and not given; always for a refused format, saying what to use instead.
    pub open: fn(&Options) -> Result<Box<dyn Driver>, DriverError>,
}

/// All formats, in the order in which they are listed to people.
pub static FORMATS: &[&Format] = &[
    &crate::p1::FORMAT,
    &crate::sml::FORMAT,
    &crate::dlms::FORMAT,
    &crate::mbus::FORMAT,
    &crate::modbus::FORMAT,
    &crate::greenbutton::FORMAT,
    &crate::fluvius::FORMAT,
    &crate::at_edanet::FORMAT,
    &crate::csvmap::FORMAT,
    &crate::refused::MSCONS,
    &crate::refused::NEM12,
    &crate::refused::DATADIS,
    &crate::refused::ENEDIS,
    &crate::refused::FLUVIUS_JSON,
    &crate::refused::AT_RAW_JSON,
    &crate::refused::AMEREN,
    &crate::refused::ENGIE,
];

/// Likeness from which on bytes are taken for a format.
const CERTAIN: Likeness = Likeness(50);

/// How much of the beginning of a file is looked at.
const HEAD_BYTES: usize = 64 << 10;

/// The beginning of a file as text, whatever it is: UTF-16 where a byte order mark says so, else UTF-8 with what is damaged replaced.
pub(crate) fn head(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = rest.as_chunks::<2>();
        let units = pairs.iter().take(HEAD_BYTES / 2).map(|pair| unit(*pair));
        char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest.get(..HEAD_BYTES).unwrap_or(rest)),
        _ => String::from_utf8_lossy(bytes.get(..HEAD_BYTES).unwrap_or(bytes)),
    }
}

/// Whether a text has a word.
pub(crate) fn has(text: &str, word: &str) -> bool {
    text.contains(word)
}

/// The format of these bytes: the one that they look most like, if they do enough.
///
/// # Errors
/// [`DriverError::Unknown`] names the closest, says what the bytes are, and what they lack.
pub fn recognise(bytes: &[u8]) -> Result<&'static Format, DriverError> {
    let best =
        FORMATS.iter().map(|format| ((format.likeness)(bytes), *format)).reduce(|a, b| if b.0 > a.0 { b } else { a });
    let Some((likeness, format)) = best else {
        return Err(DriverError::Unknown { closest: "nothing", why: "there are no formats".to_owned() });
    };
    if likeness >= CERTAIN {
        return Ok(format);
    }
    let usual = || shape::usual(shape::shape(bytes)).iter().find_map(|name| by_name(name));
    let closest = if likeness > Likeness(0) { format } else { usual().unwrap_or(format) };
    Err(DriverError::Unknown { closest: closest.name, why: shape::why(closest, bytes) })
}

/// The format of a name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).copied()
}

/// Reads all of some bytes: a file, or telegrams that were recorded. The format is the named one; or, if there is a mapping, `csv`; or
/// what the bytes look like.
///
/// # Errors
/// [`DriverError`]: no such format, not recognised, or the first error of the driver. Nothing is given of bytes that are partly wrong.
pub fn read_all(bytes: &[u8], name: Option<&str>, options: &Options) -> Result<Vec<Report>, DriverError> {
    let format = match name {
        Some(name) => by_name(name).ok_or_else(|| no_such(name))?,
        None if options.mapping.is_some() => &crate::csvmap::FORMAT,
        None => recognise(bytes)?,
    };
    let mut driver = (format.open)(options)?;
    let mut reports = driver.receive(bytes);
    reports.extend(driver.finish());
    let reports: Vec<Report> = reports.into_iter().collect::<Result<_, _>>()?;
    if reports.is_empty() {
        let what = "no telegram in it".to_owned();
        return Err(DriverError::NothingToRead { format: format.name, what });
    }
    Ok(reports)
}

/// No format has this name.
fn no_such(name: &str) -> DriverError {
    let likeness = |format: &&&Format| (strsim::jaro_winkler(format.name, name) * 1000.0) as u32;
    let closest = FORMATS.iter().max_by_key(likeness).map_or("nothing", |format| format.name);
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let why = format!("there is no format called {}; there are {}", crate::file::quoted(name), names.join(", "));
    DriverError::Unknown { closest, why }
}
