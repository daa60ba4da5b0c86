//! Frames of the data link layer (EN 13757-2): found in a stream of bytes with noise, and checked.

use crate::DriverError;

/// A frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Frame {
    /// The single character E5h.
    Acknowledge,
    /// Five bytes: what a master asks, heard as an echo.
    Short,
    /// Data.
    Long {
        /// C field.
        control: u8,
        /// A field: the primary address.
        address: u8,
        /// CI field: what the data are.
        information: u8,
        /// What follows it.
        data: Vec<u8>,
    },
}

/// What stands at the beginning of some bytes.
pub(crate) enum Found {
    /// A frame, and how many bytes it has.
    Frame(Frame, usize),
    /// Perhaps one, if more bytes come.
    More,
    /// Not a frame.
    Noise,
    /// What would be one, were it not for this.
    Bad(DriverError),
}

/// The sum that ends a frame.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Looks for a long frame at the beginning of the bytes.
pub(crate) fn long(bytes: &[u8], format: &'static str) -> Found {
    let (head, rest) = match bytes {
        [0x68, first, second, 0x68, rest @ ..] if first == second && *first >= 3 => (usize::from(*first), rest),
        [0x68, first, second, 0x68, ..] if first != second || *first < 3 => return Found::Noise,
        [0x68, first, second] if first != second => return Found::Noise,
        [0x68] | [0x68, _] | [0x68, _, _] => return Found::More,
        _ => return Found::Noise,
    };
    let (Some(body), Some([check, stop])) = (rest.get(..head), rest.get(head..head + 2)) else { return Found::More };
    if *stop != 0x16 {
        let what = format!("a frame does not end with 16h but {stop:02X}h");
        return Found::Bad(DriverError::Malformed { format, what });
    }
    if sum(body) != *check {
        return Found::Bad(DriverError::Checksum { format, what: "the sum over the frame" });
    }
    let [control, address, information, data @ ..] = body else { return Found::Noise };
    let frame = Frame::Long { control: *control, address: *address, information: *information, data: data.to_vec() };
    Found::Frame(frame, head + 6)
}

/// Looks for any frame at the beginning of the bytes.
fn any(bytes: &[u8], format: &'static str) -> Found {
    match bytes {
        [0xe5, ..] => Found::Frame(Frame::Acknowledge, 1),
        [0x10, control, address, check, 0x16, ..] if control.wrapping_add(*address) == *check => {
            Found::Frame(Frame::Short, 5)
        }
        [0x10] | [0x10, _] | [0x10, _, _] => Found::More,
        [0x10, control, address, check] if control.wrapping_add(*address) == *check => Found::More,
        _ => long(bytes, format),
    }
}

/// Bytes of a line, of which frames are taken.
pub(crate) struct Line {
    format: &'static str,
    find: fn(&[u8], &'static str) -> Found,
    bytes: Vec<u8>,
}

impl Line {
    /// For frames of M-Bus.
    pub(crate) fn new(format: &'static str) -> Self {
        Self { format, find: any, bytes: Vec::new() }
    }

    /// Takes bytes. Whoever takes all frames after each few hundred bytes keeps this below a kilobyte.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Forgets what has come.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The next frame or broken frame, or `None` if more bytes must come. `last` says that none will.
    pub(crate) fn next(&mut self, last: bool) -> Option<Result<Frame, DriverError>> {
        let mut start = 0;
        let found = loop {
            let rest = self.bytes.get(start..).unwrap_or_default();
            if rest.is_empty() {
                break None;
            }
            match (self.find)(rest, self.format) {
                Found::Frame(frame, length) => {
                    start += length;
                    break Some(Ok(frame));
                }
                Found::Bad(error) => {
                    start += 1;
                    break Some(Err(error));
                }
                Found::More if !last => break None,
                Found::More if rest.len() >= 4 => {
                    start += 1;
                    break Some(Err(DriverError::CutOff { format: self.format, bytes: rest.len() }));
                }
                Found::More | Found::Noise => start += 1,
            }
        };
        self.bytes.drain(..start.min(self.bytes.len()));
        found
    }
}
