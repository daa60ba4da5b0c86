//! Modbus TCP with the SunSpec map: inverters and meters.
//!
//! The few bytes of Modbus TCP that are needed are made here: one header of seven bytes and one function. The crates for it either
//! own the connection, or bring a runtime; a driver of this crate neither opens connections nor waits.

mod frame;
mod models;
mod walk;

use crate::{DriverError, Format, Kind, Likeness, Options};

/// The name in errors and on the command line.
const NAME: &str = "sunspec";

/// SunSpec over Modbus TCP.
pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "SunSpec over Modbus TCP: lifetime energy of inverters, import and export of meters",
    kind: Kind::Poll,
    likeness,
    open,
};

/// Answers of Modbus have no mark of their own; only a description of a model is recognised, to be refused by its name.
fn likeness(bytes: &[u8]) -> Likeness {
    let text = bytes.get(..bytes.len().min(65_536)).unwrap_or_default();
    let has = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    let json = text.trim_ascii_start().starts_with(b"{");
    let model = json && has(b"\"group\"") && has(b"\"points\"") && has(b"\"type\"");
    Likeness(if model { 70 } else { 0 })
}

fn open(options: &Options) -> Result<Box<dyn crate::Driver>, DriverError> {
    Ok(Box::new(walk::SunSpec::new(options)))
}
