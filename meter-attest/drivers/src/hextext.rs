//! Hex dumps: what people save of a bus is often text of hex digits, so drivers of binary telegrams take that too.

use std::borrow::Cow;

use crate::{Driver, DriverError, Report, UnixTime};

/// The longest dump that is held.
const MOST: usize = 1 << 20;

/// Whether a byte may stand in a hex dump.
fn is_text(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte.is_ascii_whitespace()
}

/// The bytes that a dump of hex digits and white space stands for; `None` if it is not one, or a digit is missing.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = u8::try_from(char::from(*byte).to_digit(16)?).ok()?;
        match high.take() {
            None => high = Some(digit),
            Some(first) => bytes.push(first << 4 | digit),
        }
    }
    (high.is_none() && !bytes.is_empty()).then_some(bytes)
}

/// The first bytes of binary data or of a dump, for recognising it: a digit that stands alone at the end is left out.
pub(crate) fn beginning(bytes: &[u8]) -> Cow<'_, [u8]> {
    let text = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    if text.iter().all(|byte| is_text(*byte)) {
        let shorter = text.trim_ascii_end();
        let shorter = shorter.get(..shorter.len().saturating_sub(1)).unwrap_or_default();
        if let Some(decoded) = decode(text).or_else(|| decode(shorter)) {
            return Cow::Owned(decoded);
        }
    }
    Cow::Borrowed(bytes)
}

/// A driver of binary telegrams that takes a hex dump as well: as long as nothing but hex digits and white space has come, it may
/// be a dump, and is held until the end; at the first other byte it is binary, and stays so.
pub(crate) struct MaybeHex<D> {
    format: &'static str,
    driver: D,
    held: Vec<u8>,
    binary: bool,
}

impl<D: Driver> MaybeHex<D> {
    /// Around a driver of the format.
    pub(crate) fn new(format: &'static str, driver: D) -> Self {
        Self { format, driver, held: Vec::new(), binary: false }
    }
}

impl<D: Driver> Driver for MaybeHex<D> {
    fn request(&mut self, now: UnixTime) -> Option<Vec<u8>> {
        let request = self.driver.request(now);
        // What answers a question is no file.
        self.binary |= request.is_some();
        request
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        if !self.binary && bytes.iter().all(|byte| is_text(*byte)) {
            if self.held.len() + bytes.len() > MOST {
                self.held.clear();
                return vec![Err(DriverError::TooLong { format: self.format, limit: MOST })];
            }
            self.held.extend_from_slice(bytes);
            return Vec::new();
        }
        self.binary = true;
        let mut reports = Vec::new();
        if !self.held.is_empty() {
            reports = self.driver.receive(&core::mem::take(&mut self.held));
        }
        reports.extend(self.driver.receive(bytes));
        reports
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let held = core::mem::take(&mut self.held);
        let text = held.trim_ascii();
        if self.binary || text.is_empty() {
            return self.driver.finish();
        }
        let Some(bytes) = decode(text) else {
            return vec![Err(DriverError::Malformed {
                format: self.format,
                what: "the hex dump has an odd number of digits".to_owned(),
            })];
        };
        let mut reports = self.driver.receive(&bytes);
        reports.extend(self.driver.finish());
        reports
    }
}
