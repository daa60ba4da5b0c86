//! What all files of portals share: they are read as a whole, their numbers are exact decimals, their local times become UTC, and
//! their values become ascending series without overlap.

pub(crate) mod collect;
pub(crate) mod decimal;
pub(crate) mod local;
pub(crate) mod text;
pub(crate) mod xml;

use crate::{Driver, DriverError, Report, Series};

/// Most bytes of a file: ten years of quarter hours in the wordiest format.
pub(crate) const MAX_FILE_BYTES: usize = 64 << 20;
/// Most values of a file: 28 years of quarter hours.
pub(crate) const MAX_VALUES: usize = 1_000_000;
/// 2000-01-01T00:00:00Z and 2100-01-01T00:00:00Z: what a meter's data may be of.
pub(crate) const ERA: std::ops::Range<u64> = 946_684_800..4_102_444_800;
/// The longest interval: a year.
pub(crate) const LONGEST_SECONDS: u64 = 366 * 86_400;

/// Reads the series of a whole file.
pub(crate) type Read = Box<dyn Fn(&[u8]) -> Result<Vec<Series>, DriverError> + Send>;

/// The driver of a file: it keeps what arrives until the end, within [`MAX_FILE_BYTES`], and reads it then.
pub(crate) struct WholeFile {
    format: &'static str,
    bytes: Vec<u8>,
    too_long: bool,
    read: Read,
}

impl WholeFile {
    pub(crate) fn boxed(format: &'static str, read: Read) -> Box<dyn Driver> {
        Box::new(Self { format, bytes: Vec::new(), too_long: false, read })
    }
}

impl Driver for WholeFile {
    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        if self.bytes.len().saturating_add(bytes.len()) > MAX_FILE_BYTES {
            self.too_long = true;
            self.bytes = Vec::new();
        }
        if !self.too_long {
            self.bytes.extend_from_slice(bytes);
        }
        Vec::new()
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let bytes = core::mem::take(&mut self.bytes);
        let format = self.format;
        if core::mem::take(&mut self.too_long) {
            return vec![Err(DriverError::TooLong { format, limit: MAX_FILE_BYTES })];
        }
        if bytes.is_empty() {
            return vec![Err(DriverError::CutOff { format, bytes: 0 })];
        }
        vec![(self.read)(&bytes).map(Report::Series)]
    }
}

/// What is wrong, at a place.
pub(crate) fn malformed(format: &'static str, what: impl Into<String>) -> DriverError {
    DriverError::Malformed { format, what: what.into() }
}

/// Text from outside for a message: short, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() { format!("'{shown}…'") } else { format!("'{shown}'") }
}
