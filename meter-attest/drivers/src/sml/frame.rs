//! Transport protocol, version 1: where a transmission begins and ends in a stream, and that its checksum fits.
//!
//! `1B1B1B1B 01010101`, the messages, zeros up to a multiple of four, `1B1B1B1B 1A`, how many zeros, checksum. Four
//! bytes `1B` in the messages are sent twice.

use super::{NAME, malformed};
use crate::DriverError;

/// How a transmission begins.
pub(super) const START: [u8; 8] = [0x1B, 0x1B, 0x1B, 0x1B, 1, 1, 1, 1];
/// The longest transmission. Those of meters have less than 1 KiB.
pub(super) const LIMIT: usize = 8 * 1024;

const ESCAPE: [u8; 4] = [0x1B; 4];

/// Collects bytes until a transmission is complete.
#[derive(Default)]
pub(super) struct Framer {
    buffer: Vec<u8>,
    /// How far the transmission at the front was read; 0 if none has begun.
    at: usize,
    /// Its messages, without escapes.
    messages: Vec<u8>,
}

impl Framer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The messages of the next transmission. Noise before it is dropped. With `ended`, nothing of it is left after the
    /// last.
    pub(super) fn next_transmission(&mut self, ended: bool) -> Option<Result<Vec<u8>, DriverError>> {
        if self.at == 0 && !self.begin(ended) {
            return None;
        }
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let escape = rest.iter().take(4).all(|byte| *byte == 0x1B);
            match (rest.first_chunk::<8>(), rest) {
                (_, [_, ..]) if !escape => self.literal(1),
                (Some([_, _, _, _, next @ ..]), _) => {
                    let next = *next;
                    if let Some(done) = self.escape(next) {
                        return Some(done);
                    }
                }
                _ if ended => {
                    let cut = DriverError::CutOff { format: NAME, bytes: self.buffer.len() };
                    return Some(self.give_up(cut));
                }
                _ => return None,
            }
            if self.at > LIMIT {
                return Some(self.give_up(DriverError::TooLong { format: NAME, limit: LIMIT }));
            }
        }
    }

    /// Drops what is before the next beginning; whether there is one.
    fn begin(&mut self, ended: bool) -> bool {
        let found = self.buffer.windows(START.len()).position(|window| window == START);
        let keep = if ended { 0 } else { START.len() - 1 };
        let noise = found.unwrap_or_else(|| self.buffer.len().saturating_sub(keep));
        self.buffer.drain(..noise.min(self.buffer.len()));
        if found.is_some() {
            self.at = START.len();
            self.messages.clear();
        }
        found.is_some()
    }

    fn literal(&mut self, bytes: usize) {
        let end = self.at + bytes;
        self.messages.extend_from_slice(self.buffer.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// Four bytes `1B`, and the four after them. What came of it, if the transmission is over.
    fn escape(&mut self, next: [u8; 4]) -> Option<Result<Vec<u8>, DriverError>> {
        let aligned = self.at.is_multiple_of(4);
        match next {
            ESCAPE => {
                self.literal(4);
                self.at += 4;
                None
            }
            [0x1A, zeros, low, high] if aligned => Some(self.end(zeros, u16::from_le_bytes([low, high]))),
            [1, 1, 1, 1] => {
                let cut = DriverError::CutOff { format: NAME, bytes: self.at };
                self.buffer.drain(..self.at);
                self.at = 0;
                Some(Err(cut))
            }
            // The messages end with 1B; the escape begins one to three bytes later.
            _ if !aligned => {
                self.literal(1);
                None
            }
            _ => Some(self.give_up(malformed("an unknown escape sequence within a transmission"))),
        }
    }

    fn end(&mut self, zeros: u8, sum: u16) -> Result<Vec<u8>, DriverError> {
        let end = self.at + 8;
        let summed = self.buffer.get(..end - 2).unwrap_or_default();
        if !fits(summed, sum) {
            return self.give_up(DriverError::Checksum { format: NAME, what: "of the transmission" });
        }
        let length = self.messages.len().checked_sub(usize::from(zeros)).filter(|_| zeros < 4);
        self.buffer.drain(..end);
        self.at = 0;
        self.messages.truncate(length.ok_or_else(|| malformed(format!("{zeros} filling bytes")))?);
        Ok(core::mem::take(&mut self.messages))
    }

    /// Goes on after the beginning that led to nothing: another may be within what was taken for this transmission.
    fn give_up(&mut self, error: DriverError) -> Result<Vec<u8>, DriverError> {
        self.buffer.drain(..START.len().min(self.buffer.len()));
        self.at = 0;
        Err(error)
    }
}

/// Whether a checksum, as it stands in the bytes from low to high, is right: CRC-16/X-25, or the CRC-16/Kermit of
/// Holley's meters.
pub(super) fn fits(bytes: &[u8], sum: u16) -> bool {
    let crc = |first: u16| {
        bytes.iter().fold(first, |sum, byte| {
            (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0x8408 } else { sum >> 1 })
        })
    };
    !crc(0xFFFF) == sum || crc(0) == sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_checksums_are_those_of_their_catalogue() {
        assert!(fits(b"123456789", 0x906E), "X-25");
        assert!(fits(b"123456789", 0x2189), "Kermit");
        assert!(!fits(b"123456789", 0x29B1));
    }
}
