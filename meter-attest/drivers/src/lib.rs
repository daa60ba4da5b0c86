#![doc = include_str!("../README.md")]

mod at_edanet;
mod csvmap;
mod dlms;
mod driver;
mod error;
mod exact;
mod file;
mod fluvius;
mod format;
mod greenbutton;
mod hextext;
mod mbus;
mod modbus;
mod p1;
mod refused;
mod shape;
mod sml;
mod telegram;

pub use driver::{Driver, Options, Report, Secret};
pub use error::DriverError;
pub use file::text::unquote;
pub use format::{FORMATS, Format, Kind, Likeness, by_name, read_all, recognise};
pub use telegram::{Direction, IntervalValue, Medium, MeterReading, RegisterReading, Series, SeriesQuality, UnixTime};
