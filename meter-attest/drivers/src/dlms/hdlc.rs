//! HDLC frames (IEC 62056-46, format type 3): found in a stream of bytes, and checked.
//!
//! The frame says its length, and meters send its bytes as they are; some converters escape the flag byte within it nevertheless
//! (7Dh, then the byte with bit 5 turned), so that is tried where the frame does not fit as it is.

use crate::DriverError;

use super::NAME;

/// The flag before and after each frame.
pub(super) const FLAG: u8 = 0x7e;

/// The escape.
const ESCAPE: u8 = 0x7d;

/// A frame's contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Frame {
    /// Whether the message goes on in the next frame.
    pub(super) segmented: bool,
    /// What it carries.
    pub(super) information: Vec<u8>,
}

/// What stands at the beginning of some bytes.
pub(super) enum Found {
    /// A frame, and how many bytes it has, without the closing flag, which may open the next.
    Frame(Frame, usize),
    /// Perhaps one, if more bytes come.
    More,
    /// Not a frame.
    Noise,
    /// What would be one, were it not for this.
    Bad(DriverError),
}

/// The frame check sequence of HDLC (CRC-16/X-25).
fn check(bytes: &[u8]) -> u16 {
    !bytes.iter().fold(0xffff, |check, byte| {
        (0..8).fold(check ^ u16::from(*byte), |check, _| if check & 1 == 1 { check >> 1 ^ 0x8408 } else { check >> 1 })
    })
}

/// Whether the last two bytes are the check sequence of those before.
fn checked(bytes: &[u8]) -> bool {
    match bytes.split_last_chunk::<2>() {
        Some((body, end)) => check(body).to_le_bytes() == *end,
        None => false,
    }
}

/// Length that a frame says it has, without flags: at least format, two addresses, control, and check.
fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [first, second, ..] if first >> 4 == 0x0a => {
            Some(usize::from(u16::from_be_bytes([first & 0x07, *second]))).filter(|length| *length >= 7)
        }
        _ => None,
    }
}

/// Reads a frame without its flags. Its length and check sequence are right.
pub(super) fn inside(frame: &[u8]) -> Result<Frame, DriverError> {
    let malformed = |what: &str| DriverError::Malformed { format: NAME, what: what.to_owned() };
    if length(frame) != Some(frame.len()) {
        return Err(malformed("a frame of another length than it says"));
    }
    if !checked(frame) {
        return Err(DriverError::Checksum { format: NAME, what: "the check sequence of an HDLC frame" });
    }
    let mut at = 2;
    for _ in 0..2 {
        let address = frame.get(at..).unwrap_or_default().iter().take(4).position(|byte| byte & 1 == 1);
        at += address.ok_or_else(|| malformed("an HDLC address that does not end"))? + 1;
    }
    // After the control byte follows the header's own check, if there is anything to check after it.
    let header = at + 3;
    let segmented = frame.first().is_some_and(|first| first & 0x08 != 0);
    if frame.len() <= header {
        return Ok(Frame { segmented, information: Vec::new() });
    }
    if !frame.get(..header).is_some_and(checked) {
        return Err(DriverError::Checksum { format: NAME, what: "the check sequence of an HDLC header" });
    }
    let information = frame.get(header..frame.len() - 2).unwrap_or_default().to_vec();
    Ok(Frame { segmented, information })
}

/// Takes escapes out.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        plain.push(if *byte == ESCAPE { bytes.next().map_or(*byte, |next| next ^ 0x20) } else { *byte });
    }
    plain
}

/// Looks for a frame at a flag.
pub(super) fn find(bytes: &[u8]) -> Found {
    let Some((&FLAG, body)) = bytes.split_first() else { return Found::Noise };
    let length = match body {
        [] => return Found::More,
        [first] if first >> 4 == 0x0a => return Found::More,
        _ => match length(body) {
            Some(length) => length,
            None => return Found::Noise,
        },
    };
    let closed = body.get(length).map(|byte| *byte == FLAG);
    let plain = body.get(..length).filter(|_| closed == Some(true));
    let whole = plain.map(inside);
    if let Some(Ok(frame)) = whole {
        return Found::Frame(frame, 1 + length);
    }
    // As it is, it is wrong or does not end where it says: escaped it is longer.
    let most = (2 * length + 1).min(body.len());
    let end = body.get(..most).unwrap_or_default().iter().position(|byte| *byte == FLAG);
    if let Some(end) = end {
        let escaped = body.get(..end).unwrap_or_default();
        if escaped.contains(&ESCAPE)
            && let Ok(frame) = inside(&unescaped(escaped))
        {
            return Found::Frame(frame, 1 + end);
        }
    }
    match (whole, closed, end) {
        (Some(Err(error)), _, _) => Found::Bad(error),
        (_, None, None) => Found::More,
        // Ends early: cut off, or a flag in the middle of what is still coming.
        (_, None, Some(_)) => Found::More,
        (_, Some(false), None) if body.len() < 2 * length + 1 && body.contains(&ESCAPE) => Found::More,
        _ => Found::Noise,
    }
}

/// A frame that was saved without its flags, if it is one.
pub(super) fn bare(bytes: &[u8]) -> Option<Frame> {
    inside(bytes).ok()
}

/// The information of a frame behind the LLC bytes with which a message begins.
pub(super) fn message(information: &[u8]) -> Option<&[u8]> {
    match information {
        [0xe6, 0xe6 | 0xe7, 0x00, rest @ ..] => Some(rest),
        _ => None,
    }
}
