//! The format of the chain log, of hint files and of their exports: a header, then numbered records of two parts.
//!
//! ```text
//! header  [magic 7][version u8][content_len u32][content][checksum 16]
//! record  [number u64][a_len u32][b_len u32][prefix check 8][a][b][checksum 16]
//! ```
//!
//! Integers are little-endian. `checksum` of the header is the first 16 bytes of SHA-256 over all before it, and serves as
//! the `seed` of the records, so that a record copied from another file is not valid here. The prefix check (SHA-256 over
//! seed, number and lengths, 8 bytes) exists so that a damaged length is known as such: without it a flipped bit in a length
//! would look like an append cut short, and everything behind it would be thrown away. The record's checksum covers seed,
//! number, lengths and both parts.
//!
//! These checksums find accidents. They are no defence against somebody who may write the file: certificates are.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Bytes before a record's parts.
pub(crate) const PREFIX_LEN: usize = 24;
/// Bytes of a checksum.
pub(crate) const CHECK_LEN: usize = 16;
/// Bytes before a header's content.
const HEADER_START: usize = 12;

/// Ties a record to the file it was written for.
pub(crate) type Seed = [u8; CHECK_LEN];

/// A kind of file.
#[derive(Debug)]
pub struct Format {
    /// Its kind, for messages.
    pub what: &'static str,
    /// Its first bytes.
    pub magic: [u8; 7],
    /// The one version of it that this program reads and writes.
    pub version: u8,
    /// What the header holds, and its cap in bytes.
    pub content: (&'static str, u32),
    /// What part `a` of a record is, and its cap in bytes.
    pub a: (&'static str, u32),
    /// What part `b` of a record is, and its cap in bytes.
    pub b: (&'static str, u32),
}

impl Format {
    /// Length in bytes of the longest record.
    pub fn longest_record(&self) -> u64 {
        record_len(self.a.1, self.b.1)
    }
}

/// What is wrong with a stretch of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Another magic.
    #[error("it is no {what}")]
    AnotherKind {
        /// What it should be.
        what: &'static str,
    },
    /// A version that this program does not know.
    #[error(
        "it has format version {found}, and this program reads version {known} only: use the hushwatt that wrote it"
    )]
    UnknownVersion {
        /// The version in the file.
        found: u8,
        /// The version of this program.
        known: u8,
    },
    /// A length above its cap.
    #[error("a {what} of {len} bytes is claimed, the cap is {cap}")]
    AboveCap {
        /// What it is.
        what: &'static str,
        /// The claimed length in bytes.
        len: u32,
        /// The cap in bytes.
        cap: u32,
    },
    /// The bytes end too early.
    #[error("it ends in the middle of a record")]
    CutShort,
    /// Number and lengths do not match their check.
    #[error("the number or lengths of the record were altered")]
    PrefixCheck,
    /// A whole record of another number.
    #[error("record {found} stands here")]
    OutOfOrder {
        /// Its number.
        found: u64,
    },
    /// The contents do not match their checksum.
    #[error("the checksum does not match")]
    Checksum,
    /// The checksum holds but the parts do not fit together.
    #[error("the parts of the record contradict each other")]
    Contradiction,
}

/// Why a reader stopped.
#[derive(Debug)]
pub(crate) enum FrameError {
    /// The bytes could not be read, which says nothing about them.
    Io(io::Error),
    /// They were read, and are wrong.
    Bad(Flaw),
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Flaw> for FrameError {
    fn from(flaw: Flaw) -> Self {
        Self::Bad(flaw)
    }
}

/// Length in bytes of a record with parts of these lengths.
pub(crate) fn record_len(a: u32, b: u32) -> u64 {
    (PREFIX_LEN + CHECK_LEN) as u64 + u64::from(a) + u64::from(b)
}

/// Number and lengths of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub number: u64,
    pub a: u32,
    pub b: u32,
}

impl Prefix {
    /// Length in bytes of the whole record.
    pub fn record_len(&self) -> u64 {
        record_len(self.a, self.b)
    }

    fn plain(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.a.to_le_bytes());
        bytes[12..].copy_from_slice(&self.b.to_le_bytes());
        bytes
    }

    fn encode(&self, seed: &Seed) -> [u8; PREFIX_LEN] {
        let plain = self.plain();
        let check =
            Sha256::new().chain_update(b"hushwatt record prefix").chain_update(seed).chain_update(plain).finalize();
        let mut bytes = [0; PREFIX_LEN];
        bytes[..16].copy_from_slice(&plain);
        bytes[16..].copy_from_slice(&check[..8]);
        bytes
    }

    /// Number and lengths as they stand there, unchecked.
    fn peek(bytes: &[u8; PREFIX_LEN]) -> Self {
        Self { number: le(&bytes[..8]), a: le(&bytes[8..12]) as u32, b: le(&bytes[12..16]) as u32 }
    }

    /// The prefix in these bytes, if its check holds and its lengths are within the caps.
    pub fn decode(bytes: &[u8; PREFIX_LEN], seed: &Seed, format: &Format) -> Result<Self, Flaw> {
        let prefix = Self::peek(bytes);
        for ((what, cap), len) in [(format.a, prefix.a), (format.b, prefix.b)] {
            if len > cap {
                return Err(Flaw::AboveCap { what, len, cap });
            }
        }
        if prefix.encode(seed) != *bytes {
            return Err(Flaw::PrefixCheck);
        }
        Ok(prefix)
    }
}

/// Up to 8 bytes as a little-endian integer.
pub(crate) fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn checksum(seed: &Seed, prefix: &Prefix, a: &[u8], b: &[u8]) -> [u8; CHECK_LEN] {
    let hash = Sha256::new()
        .chain_update(b"hushwatt record")
        .chain_update(seed)
        .chain_update(prefix.plain())
        .chain_update(a)
        .chain_update(b)
        .finalize();
    first_16(&hash)
}

/// The first 16 bytes of a hash.
pub(crate) fn first_16(hash: &[u8]) -> [u8; CHECK_LEN] {
    let mut bytes = [0; CHECK_LEN];
    bytes.copy_from_slice(&hash[..CHECK_LEN]);
    bytes
}

/// The header of a file, and the seed of its records. `content` is within the format's cap.
pub(crate) fn encode_header(format: &Format, content: &[u8]) -> (Vec<u8>, Seed) {
    let mut bytes = Vec::with_capacity(HEADER_START + content.len() + CHECK_LEN);
    bytes.extend_from_slice(&format.magic);
    bytes.push(format.version);
    bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
    bytes.extend_from_slice(content);
    let seed = first_16(&Sha256::digest(&bytes));
    bytes.extend_from_slice(&seed);
    (bytes, seed)
}

/// A whole record. The parts are within the format's caps.
pub(crate) fn encode_record(seed: &Seed, number: u64, a: &[u8], b: &[u8]) -> Vec<u8> {
    let prefix = Prefix { number, a: a.len() as u32, b: b.len() as u32 };
    let mut bytes = Vec::with_capacity(a.len() + b.len() + PREFIX_LEN + CHECK_LEN);
    bytes.extend_from_slice(&prefix.encode(seed));
    bytes.extend_from_slice(a);
    bytes.extend_from_slice(b);
    bytes.extend_from_slice(&checksum(seed, &prefix, a, b));
    bytes
}

/// A valid record.
#[derive(Debug)]
pub struct Frame {
    /// Its place, from 0.
    pub number: u64,
    /// Its first part.
    pub a: Vec<u8>,
    /// Its second part.
    pub b: Vec<u8>,
}

/// Reads records one after the other from any source of bytes, believing nothing.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    source: R,
    format: &'static Format,
    seed: Seed,
    next: u64,
    offset: u64,
}

impl<R: Read> FrameReader<R> {
    /// Reads the header; gives its content too.
    pub fn open(mut source: R, format: &'static Format) -> Result<(Self, Vec<u8>), FrameError> {
        let mut bytes = take(&mut source, HEADER_START)?;
        if !format.magic.starts_with(&bytes[..bytes.len().min(7)]) {
            return Err(Flaw::AnotherKind { what: format.what }.into());
        }
        if bytes.len() < HEADER_START {
            return Err(Flaw::CutShort.into());
        }
        if bytes[7] != format.version {
            return Err(Flaw::UnknownVersion { found: bytes[7], known: format.version }.into());
        }
        let (what, cap) = format.content;
        let len = le(&bytes[8..]) as u32;
        if len > cap {
            return Err(Flaw::AboveCap { what, len, cap }.into());
        }
        let content = take_exactly(&mut source, len as usize)?;
        let found = take_exactly(&mut source, CHECK_LEN)?;
        bytes.extend_from_slice(&content);
        let seed = first_16(&Sha256::digest(&bytes));
        if found != seed {
            return Err(Flaw::Checksum.into());
        }
        let offset = (bytes.len() + CHECK_LEN) as u64;
        Ok((Self { source, format, seed, next: 0, offset }, content))
    }

    /// Starts at a record boundary of a file whose header is known.
    pub fn resume(source: R, format: &'static Format, seed: Seed, next: u64, offset: u64) -> Self {
        Self { source, format, seed, next, offset }
    }

    /// Ties the records to the header.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Number of the record that is read next, or that was bad.
    pub fn number(&self) -> u64 {
        self.next
    }

    /// Where that record starts, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record; `None` when the bytes end with the record before.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let start = take(&mut self.source, PREFIX_LEN)?;
        if start.is_empty() {
            return Ok(None);
        }
        let start = start.first_chunk().ok_or(Flaw::CutShort)?;
        let prefix = Prefix::decode(start, &self.seed, self.format)?;
        if prefix.number != self.next {
            return Err(Flaw::OutOfOrder { found: prefix.number }.into());
        }
        let a = take_exactly(&mut self.source, prefix.a as usize)?;
        let b = take_exactly(&mut self.source, prefix.b as usize)?;
        let found = take_exactly(&mut self.source, CHECK_LEN)?;
        if found != checksum(&self.seed, &prefix, &a, &b) {
            return Err(Flaw::Checksum.into());
        }
        self.next += 1;
        self.offset += prefix.record_len();
        Ok(Some(Frame { number: prefix.number, a, b }))
    }
}

/// Up to `len` bytes, fewer only at the end. The buffer grows with what arrives: a lying length costs no memory.
fn take(source: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn take_exactly(source: &mut impl Read, len: usize) -> Result<Vec<u8>, FrameError> {
    let bytes = take(source, len)?;
    if bytes.len() < len { Err(Flaw::CutShort.into()) } else { Ok(bytes) }
}
