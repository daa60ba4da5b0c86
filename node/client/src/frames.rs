//! The frames in which blocks travel, one a block, integers little-endian:
//!
//! ```text
//! [height u64][flags u8][body_len u32][certificate_len u32][hints_len u32][body][certificate][hints]
//! ```
//!
//! Bit 0 of `flags` says that hints follow: `[length u32][hints]` for each transaction of the block, in its order.

use crate::BlockRecord;

/// Bytes before a frame's parts.
const HEAD: usize = 8 + 1 + 3 * 4;
/// Bit of the flags that says that hints follow.
const WITH_HINTS: u8 = 1;
/// No part of a frame is longer: a reader need not believe a length.
const MAX_PART: usize = 64 << 20;

/// Why bytes are no frames of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A flag that this program does not know.
    #[error("a frame carries flags that this version does not know: use a newer program")]
    Flags,
    /// A length above 64 MiB.
    #[error("a frame claims a part of more than 64 MiB: this is no stream of blocks")]
    TooLong,
    /// The lengths within the hints do not add up.
    #[error("the hints of a frame do not end where the frame says")]
    Hints,
}

/// Appends a block.
pub fn encode(record: &BlockRecord, out: &mut Vec<u8>) {
    let hints: Option<usize> = record.hints.as_ref().map(|hints| hints.iter().map(|one| 4 + one.len()).sum());
    out.extend_from_slice(&record.height.to_le_bytes());
    out.push(if hints.is_some() { WITH_HINTS } else { 0 });
    for length in [record.body.len(), record.certificate.len(), hints.unwrap_or(0)] {
        out.extend_from_slice(&(length as u32).to_le_bytes());
    }
    out.extend_from_slice(&record.body);
    out.extend_from_slice(&record.certificate);
    for one in record.hints.iter().flatten() {
        out.extend_from_slice(&(one.len() as u32).to_le_bytes());
        out.extend_from_slice(one);
    }
}

/// Takes frames off a stream as its bytes arrive, believing nothing.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    bytes: Vec<u8>,
    /// How many of them were taken.
    taken: usize,
}

impl FrameDecoder {
    /// Before the first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether bytes of an unfinished frame are left. At the end of a stream that means that it was cut off: what was taken
    /// is whole, and the rest comes with a request from the next height on.
    pub fn is_mid_frame(&self) -> bool {
        self.taken < self.bytes.len()
    }

    /// The next whole frame, if it has arrived.
    pub fn next_frame(&mut self) -> Result<Option<BlockRecord>, FrameError> {
        let mut rest = &self.bytes[self.taken..];
        let Some((head, after)) = rest.split_first_chunk::<HEAD>() else { return Ok(None) };
        rest = after;
        let flags = head[8];
        if flags & !WITH_HINTS != 0 {
            return Err(FrameError::Flags);
        }
        let length = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let lengths = [length(9), length(13), length(17)];
        if lengths.iter().any(|length| *length > MAX_PART) {
            return Err(FrameError::TooLong);
        }
        let whole: usize = lengths.iter().sum();
        let Some(parts) = rest.get(..whole) else { return Ok(None) };
        let (body, parts) = parts.split_at(lengths[0]);
        let (certificate, hints) = parts.split_at(lengths[1]);
        let hints = match flags & WITH_HINTS {
            0 if hints.is_empty() => None,
            0 => return Err(FrameError::Hints),
            _ => Some(split_hints(hints)?),
        };
        let mut height = [0; 8];
        height.copy_from_slice(&head[..8]);
        let record = BlockRecord {
            height: u64::from_le_bytes(height),
            body: body.to_vec(),
            certificate: certificate.to_vec(),
            hints,
        };
        self.taken += HEAD + whole;
        Ok(Some(record))
    }
}

fn split_hints(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, FrameError> {
    let mut hints = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FrameError::Hints)?;
        let (one, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(FrameError::Hints)?;
        hints.push(one.to_vec());
        bytes = rest;
    }
    Ok(hints)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn records() -> Vec<BlockRecord> {
        let record = |height, certificate: &[u8], hints| BlockRecord {
            height,
            body: vec![height as u8; 5],
            certificate: certificate.to_vec(),
            hints,
        };
        vec![
            record(1, b"certificate", Some(vec![b"one".to_vec(), Vec::new(), b"three".to_vec()])),
            record(2, b"", None),
            record(3, b"", Some(Vec::new())),
        ]
    }

    fn encoded() -> Vec<u8> {
        let mut bytes = Vec::new();
        records().iter().for_each(|record| encode(record, &mut bytes));
        bytes
    }

    fn decode(decoder: &mut FrameDecoder) -> Result<Vec<BlockRecord>, FrameError> {
        std::iter::from_fn(|| decoder.next_frame().transpose()).collect()
    }

    #[test]
    fn frames_come_out_as_they_went_in_however_they_are_cut() {
        for size in 1..40 {
            let (mut decoder, mut found) = (FrameDecoder::new(), Vec::new());
            for part in encoded().chunks(size) {
                decoder.push(part);
                found.extend(decode(&mut decoder).unwrap());
            }
            assert_eq!(found, records());
            assert!(!decoder.is_mid_frame());
        }
    }

    #[test]
    fn a_stream_cut_off_gives_its_whole_frames_and_says_so() {
        let bytes = encoded();
        let mut decoder = FrameDecoder::new();
        decoder.push(&bytes[..bytes.len() - 1]);
        assert_eq!(decode(&mut decoder).unwrap(), records()[..2]);
        assert!(decoder.is_mid_frame());
    }

    #[test]
    fn nonsense_is_refused() {
        let mutated = |at: usize, value: u8| {
            let mut bytes = encoded();
            bytes[at] = value;
            let mut decoder = FrameDecoder::new();
            decoder.push(&bytes);
            decode(&mut decoder).err()
        };
        assert_eq!(mutated(8, 2), Some(FrameError::Flags));
        assert_eq!(mutated(8, 0), Some(FrameError::Hints));
        assert_eq!(mutated(12, 255), Some(FrameError::TooLong));
        assert_eq!(mutated(HEAD + 5 + 11, 200), Some(FrameError::Hints));
    }
}
