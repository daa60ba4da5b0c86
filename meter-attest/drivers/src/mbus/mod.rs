//! Wired M-Bus: water, heat, cold, gas and electricity meters that are asked (EN 13757-2 and -3, formerly EN 1434-3).
//!
//! The records are decoded here and not by the crate m-bus-parser: that one gives values as floating point numbers, of which whole
//! watt-hours do not follow exactly, refuses a seventh of the recorded frames, and lets some frames that report an error pass as
//! data. What is needed of the variable data structure is small: lengths, ten kinds of numbers, energy and volume.
//!
//! What counts: present values (storage 0) that are instantaneous, of energy or volume as the device's medium has it. For
//! electricity tariffs 0 (total) to 255 of subunit 0; for heat, cold, water and gas only the total, since their tariff registers
//! count parts by temperature or flow. A record that says something about itself that is not understood is not read.

mod driver;
mod fixed;
mod header;
pub(crate) mod link;
mod records;
mod registers;
mod value;

use crate::hextext::{MaybeHex, beginning};
use crate::{DriverError, Format, Kind, Likeness, Options};

/// The name in errors and on the command line.
const NAME: &str = "mbus";

/// Wired M-Bus.
pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "wired M-Bus: water, heat, cold, gas and electricity meters, asked by their primary address",
    kind: Kind::Poll,
    likeness,
    open,
};

fn likeness(bytes: &[u8]) -> Likeness {
    let bytes = beginning(bytes);
    let begin = bytes.iter().take(64).position(|byte| *byte == 0x68).unwrap_or(0);
    let rest = bytes.get(begin..).unwrap_or_default();
    let dlms =
        matches!(rest, [_, _, _, _, control, _, information, ..] if control & 0xdf == 0x53 && *information < 0x20);
    match link::long(rest, NAME) {
        link::Found::Frame(..) if dlms => Likeness(30),
        link::Found::Frame(..) => Likeness(95),
        link::Found::More | link::Found::Bad(_) if rest.len() >= 4 && !dlms && begin == 0 => Likeness(60),
        _ => Likeness(0),
    }
}

fn open(options: &Options) -> Result<Box<dyn crate::Driver>, DriverError> {
    if let Some(address @ (251..=253 | 255)) = options.address {
        let what =
            format!("mbus: address {address} is not that of a meter; use 0 to 250, or 254 if it is the only one");
        return Err(DriverError::Unsupported { what });
    }
    Ok(Box::new(MaybeHex::new(NAME, driver::MBus::new(options))))
}
