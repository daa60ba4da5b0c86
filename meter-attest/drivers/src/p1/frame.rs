//! Where a telegram begins and ends in a stream, and that its checksum fits.
//!
//! A telegram runs from `/` to a `!` at the beginning of a line. From DSMR 4.0 on, four hexadecimal digits follow it:
//! CRC-16/ARC of all bytes from `/` to `!`. A text file whose line ends an editor turned from CRLF to LF has the
//! checksum of the original: it is accepted when the checksum fits with CRLF put back.

use super::{NAME, malformed, sealed};
use crate::DriverError;

/// The longest telegram. A Luxembourg telegram with five texts of 1,024 characters has less than 12 KiB.
pub(super) const LIMIT: usize = 16 * 1024;
/// The longest identification line.
const LONGEST_NAME: usize = 100;
/// In how many places the true beginning is looked for when the checksum does not fit from the first `/`.
const OTHER_STARTS: usize = 4;

/// A complete frame.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text from `/` to `!`.
    Plain {
        /// The text.
        text: Vec<u8>,
        /// It has a checksum, and it fits; else it has none.
        summed: bool,
    },
    /// An encrypted frame, not consumed yet: see [`Framer::advance`].
    Sealed(Vec<u8>),
}

/// Whether a telegram begins with these bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Start {
    No,
    /// Too few bytes to tell.
    Maybe,
    Yes,
}

/// Collects bytes until a telegram is complete.
#[derive(Default)]
pub(super) struct Framer {
    buffer: Vec<u8>,
    /// How far the telegram at the front was searched for its end, to a beginning of a line.
    searched: usize,
}

impl Framer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Drops bytes from the front.
    pub(super) fn advance(&mut self, bytes: usize) {
        if bytes > 0 {
            self.buffer.drain(..bytes.min(self.buffer.len()));
            self.searched = 0;
        }
    }

    /// The next telegram. Noise before it is dropped. With `ended`, nothing of it is left after the last.
    pub(super) fn next_piece(&mut self, ended: bool) -> Option<Result<Piece, DriverError>> {
        let (noise, sealed) = self.beginning(ended);
        self.advance(noise);
        match sealed {
            _ if self.buffer.is_empty() => None,
            Some(length) => match self.buffer.get(..length) {
                Some(frame) => Some(Ok(Piece::Sealed(frame.to_vec()))),
                None => ended.then(|| Err(self.cut_off())),
            },
            // It may be only the beginning of a beginning.
            None if start(&self.buffer) == Start::Yes => self.plain(ended),
            None => None,
        }
    }

    /// How much noise is before what may begin a telegram, and the length of an encrypted frame, if it is that.
    fn beginning(&self, ended: bool) -> (usize, Option<usize>) {
        for (at, byte) in self.buffer.iter().enumerate() {
            let rest = self.buffer.get(at..).unwrap_or_default();
            match byte {
                b'/' if start(rest) == Start::Yes || (!ended && start(rest) == Start::Maybe) => return (at, None),
                &sealed::TAG => match sealed::length(rest) {
                    sealed::Length::Is(length) if length <= LIMIT => return (at, Some(length)),
                    sealed::Length::Unknown if !ended => return (at, None),
                    _ => {}
                },
                _ => {}
            }
        }
        (self.buffer.len(), None)
    }

    /// What is left is not whole.
    fn cut_off(&mut self) -> DriverError {
        let bytes = self.buffer.len();
        self.advance(bytes);
        DriverError::CutOff { format: NAME, bytes }
    }

    /// The telegram at the front, once its end has come.
    fn plain(&mut self, ended: bool) -> Option<Result<Piece, DriverError>> {
        loop {
            let line = self.searched;
            match self.buffer.get(line) {
                Some(b'!') => match end_of(self.buffer.get(line + 1..).unwrap_or_default(), ended) {
                    Sum::More => return None,
                    Sum::None => return Some(Ok(self.take(line + 1, false))),
                    Sum::Is(sum, digits) => return Some(self.check(line, sum, digits)),
                    Sum::Bad => {
                        self.advance(line + 1);
                        return Some(Err(no_digits()));
                    }
                },
                Some(b'/') if line > 0 => {
                    self.advance(line);
                    return Some(Err(DriverError::CutOff { format: NAME, bytes: line }));
                }
                _ => {}
            }
            let rest = self.buffer.get(line..).unwrap_or_default();
            match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => self.searched = line + end + 1,
                None if ended => return Some(Err(self.cut_off())),
                None => {
                    let full = self.buffer.len() >= LIMIT;
                    return full.then(|| {
                        self.buffer.clear();
                        self.searched = 0;
                        Err(DriverError::TooLong { format: NAME, limit: LIMIT })
                    });
                }
            }
            if self.searched > LIMIT {
                self.advance(self.searched);
                return Some(Err(DriverError::TooLong { format: NAME, limit: LIMIT }));
            }
        }
    }

    fn take(&mut self, bytes: usize, summed: bool) -> Piece {
        let text = self.buffer.get(..bytes).unwrap_or_default().to_vec();
        self.advance(bytes);
        Piece::Plain { text, summed }
    }

    /// A telegram with its `!` at `mark`. If its checksum does not fit, the one before it may have been cut off: then
    /// it begins at a later `/`.
    fn check(&mut self, mark: usize, sum: u16, digits: usize) -> Result<Piece, DriverError> {
        let text = self.buffer.get(..=mark).unwrap_or_default();
        let others = text.iter().enumerate().rev().filter(|(at, byte)| **byte == b'/' && *at > 0).take(OTHER_STARTS);
        let starts = core::iter::once(0).chain(others.map(|(at, _)| at));
        let found = starts.filter_map(|at| text.get(at..)).find(|text| start(text) == Start::Yes && fits(text, sum));
        let piece = found.map(|text| Piece::Plain { text: text.to_vec(), summed: true });
        self.advance(mark + 1 + digits);
        piece.ok_or(DriverError::Checksum { format: NAME, what: "CRC-16 after '!'" })
    }
}

/// The one telegram that an opened frame holds, and whether it has a checksum.
pub(super) fn whole(text: &[u8]) -> Result<(Vec<u8>, bool), DriverError> {
    let mut framer = Framer::default();
    framer.push(text);
    match framer.next_piece(true) {
        Some(Ok(Piece::Plain { text, summed })) => Ok((text, summed)),
        Some(Err(error)) => Err(error),
        Some(Ok(Piece::Sealed(_))) | None => {
            Err(malformed("the encrypted frame holds no text of P1, but perhaps DLMS"))
        }
    }
}

/// Whether a telegram begins here: `/`, three letters or digits, a digit, a name, and a line that begins with a digit
/// or ends it.
pub(super) fn start(bytes: &[u8]) -> Start {
    let Some((b'/', rest)) = bytes.split_first() else {
        return if bytes.is_empty() { Start::Maybe } else { Start::No };
    };
    for (at, byte) in rest.iter().take(4).enumerate() {
        if if at < 3 { !byte.is_ascii_alphanumeric() } else { !byte.is_ascii_digit() } {
            return Start::No;
        }
    }
    let Some(end) = rest.iter().take(LONGEST_NAME).position(|byte| *byte == b'\n') else {
        let long = rest.len() >= LONGEST_NAME;
        let odd = rest.iter().any(|byte| !(byte.is_ascii_graphic() || matches!(*byte, b' ' | b'\r')));
        return if long || odd { Start::No } else { Start::Maybe };
    };
    if end < 4 {
        return Start::No;
    }
    let body = rest.get(end..).unwrap_or_default();
    match body.iter().find(|byte| !matches!(**byte, b'\r' | b'\n')) {
        Some(byte) if byte.is_ascii_digit() || *byte == b'!' => Start::Yes,
        Some(_) => Start::No,
        None if body.len() > 8 => Start::No,
        None => Start::Maybe,
    }
}

/// What follows a telegram's `!`.
enum Sum {
    /// More has to come to tell.
    More,
    /// No checksum.
    None,
    /// A checksum, and how many digits it has.
    Is(u16, usize),
    /// Neither.
    Bad,
}

fn end_of(after: &[u8], ended: bool) -> Sum {
    let digits: Vec<u32> = after.iter().take(4).map_while(|byte| char::from(*byte).to_digit(16)).collect();
    match (digits.len(), after.get(digits.len())) {
        (4, _) => {
            let sum = digits.iter().fold(0u32, |sum, digit| (sum << 4) | digit);
            u16::try_from(sum).map_or(Sum::Bad, |sum| Sum::Is(sum, 4))
        }
        (0, Some(b'\r' | b'\n')) => Sum::None,
        (0, None) if ended => Sum::None,
        (_, None) if !ended => Sum::More,
        _ => Sum::Bad,
    }
}

fn no_digits() -> DriverError {
    DriverError::Checksum { format: NAME, what: "what follows '!' is not four hexadecimal digits" }
}

fn fits(text: &[u8], sum: u16) -> bool {
    if crc(text.iter().copied()) == sum {
        return true;
    }
    // Line ends turned to LF: none may be left as it was.
    let restored = text.iter().flat_map(|byte| [Some(b'\r').filter(|_| *byte == b'\n'), Some(*byte)]).flatten();
    !text.contains(&b'\r') && crc(restored) == sum
}

/// CRC-16/ARC: x^16 + x^15 + x^2 + 1, reflected, from zero.
fn crc(bytes: impl Iterator<Item = u8>) -> u16 {
    bytes.fold(0u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xA001 } else { sum >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_16_arc() {
        assert_eq!(crc(b"123456789".iter().copied()), 0xBB3D);
    }
}
