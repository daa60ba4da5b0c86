//! The chain log `chain.hwl`: the genesis bytes, then every block's body with its finality certificate, in order. A block
//! that is final by the certificate of a later one may have none of its own.
//!
//! This is the truth of a node (protocol section 7: one block, one durable step). Format: see `frame`, with the genesis in
//! the header, the body as part `a` and the certificate as part `b`. An export is the same format, read by [`ChainReader`].

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::append::{AppendFile, TornTail, check_cap};
use super::disk::{Disk, DiskLock};
use super::error::StorageError;
use super::frame::{Format, Frame, FrameError, FrameReader, Seed, encode_header, encode_record, first_16};

/// The longest genesis, in bytes.
pub const MAX_GENESIS: u32 = 4 << 20;
/// The longest block body, in bytes.
pub const MAX_BODY: u32 = 16 << 20;
/// The longest certificate, in bytes.
pub const MAX_CERT: u32 = 64 << 10;

static CHAIN: Format = Format {
    what: "hushwatt chain file",
    magic: *b"HWCHAIN",
    // Version 1 had the signature of a single validator for a certificate.
    version: 2,
    content: ("genesis", MAX_GENESIS),
    a: ("block body", MAX_BODY),
    b: ("certificate", MAX_CERT),
};

/// Place of a record in the log, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordNumber(pub u64);

/// A block as it is stored: bytes that this layer does not look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub number: RecordNumber,
    /// The block, without hints; at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
    /// What proves it final, or nothing if a later record's certificate does; at most [`MAX_CERT`] bytes.
    pub cert: Vec<u8>,
}

impl From<Frame> for Record {
    fn from(frame: Frame) -> Self {
        Self { number: RecordNumber(frame.number), body: frame.a, cert: frame.b }
    }
}

/// The node's own chain log, open for appending. One process may have it open at a time.
#[derive(Debug)]
pub struct ChainLog {
    file: AppendFile,
    _lock: Box<dyn DiskLock>,
}

impl ChainLog {
    /// Opens the log at `path`, or makes one with this genesis. The folder must exist; beside the log lies `<path>.lock`.
    ///
    /// Reads and checks every record, and cuts off what an append interrupted by a crash left (see [`Self::torn_tail`]).
    ///
    /// # Errors
    /// [`StorageError::InUse`], [`StorageError::ForeignGenesis`], [`StorageError::BadHeader`], [`StorageError::Damaged`] (the
    /// file is then left as it is), [`StorageError::TooLarge`] for the genesis, [`StorageError::Io`].
    pub fn open(disk: Arc<dyn Disk>, path: &Path, genesis: &[u8]) -> Result<Self, StorageError> {
        let mut lock_path = path.as_os_str().to_os_string();
        lock_path.push(".lock");
        let lock_path = Path::new(&lock_path);
        let lock = disk.lock(lock_path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => StorageError::InUse { path: lock_path.to_path_buf() },
            _ => StorageError::io("lock", lock_path)(error),
        })?;
        let file = AppendFile::open_or_create(&*disk, path, &CHAIN, genesis)?;
        if file.content() != genesis {
            return Err(StorageError::ForeignGenesis {
                path: path.to_path_buf(),
                expected: short_digest(genesis),
                found: short_digest(file.content()),
            });
        }
        Ok(Self { file, _lock: lock })
    }

    /// Appends a block and returns when it is durable.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`]: nothing was written. [`StorageError::Io`]: whether the record is there is unknown, and
    /// every later append is refused with [`StorageError::Poisoned`] until the log is opened again.
    pub fn append(&mut self, body: &[u8], cert: &[u8]) -> Result<RecordNumber, StorageError> {
        self.file.append(body, cert).map(RecordNumber)
    }

    /// How many records there are; also the number of the next one.
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// Whether there is no record yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records without a certificate of their own, ascending.
    pub fn without_certificate(&self) -> impl Iterator<Item = RecordNumber> + '_ {
        self.file.without_b().iter().map(|number| RecordNumber(*number))
    }

    /// The genesis bytes.
    pub fn genesis(&self) -> &[u8] {
        self.file.content()
    }

    /// What opening cut off, if anything: an append that was never acknowledged.
    pub fn torn_tail(&self) -> Option<&TornTail> {
        self.file.torn_tail()
    }

    /// Reads one record, and checks it again.
    ///
    /// # Errors
    /// [`StorageError::NoSuchRecord`], [`StorageError::Damaged`], [`StorageError::Io`].
    pub fn read(&self, number: RecordNumber) -> Result<Record, StorageError> {
        self.file.read(number.0).map(Record::from)
    }

    /// All records in order; each as [`Self::read`] gives it.
    pub fn records(&self) -> impl Iterator<Item = Result<Record, StorageError>> + '_ {
        (0..self.len()).map(|number| self.read(RecordNumber(number)))
    }

    /// Writes the whole log to `out`, each record checked again; [`ChainReader`] reads it.
    ///
    /// # Errors
    /// [`StorageError::Damaged`], [`StorageError::Io`]; [`StorageError::ExportIo`] when `out` fails.
    pub fn export(&self, out: &mut dyn Write) -> Result<(), StorageError> {
        self.file.export(out)
    }
}

fn short_digest(bytes: &[u8]) -> String {
    first_16(&Sha256::digest(bytes)).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads an exported chain from any source, one record at a time, believing nothing: every changed byte and every cut inside
/// a record is an error, and a false length costs no memory. (A file cut exactly between two records is a shorter chain.)
#[derive(Debug)]
pub struct ChainReader<R> {
    frames: FrameReader<BufReader<R>>,
    genesis: Vec<u8>,
    ended: bool,
}

impl<R: Read> ChainReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`StorageError::BadExport`], [`StorageError::ExportIo`].
    pub fn new(source: R) -> Result<Self, StorageError> {
        let (frames, genesis) =
            FrameReader::open(BufReader::new(source), &CHAIN).map_err(|error| export_error(&CHAIN, 0, 0, error))?;
        Ok(Self { frames, genesis, ended: false })
    }

    /// The genesis bytes. Whether they are the ones you trust is for the caller to check.
    pub fn genesis(&self) -> &[u8] {
        &self.genesis
    }

    /// The next record; `None` at the end, and after an error.
    ///
    /// # Errors
    /// [`StorageError::BadExport`], [`StorageError::ExportIo`].
    pub fn next_record(&mut self) -> Result<Option<Record>, StorageError> {
        if self.ended {
            return Ok(None);
        }
        let frame = self.frames.next_frame();
        self.ended = !matches!(frame, Ok(Some(_)));
        let frame = frame.map_err(|error| export_error(&CHAIN, self.frames.number(), self.frames.offset(), error))?;
        Ok(frame.map(Record::from))
    }
}

impl<R: Read> Iterator for ChainReader<R> {
    type Item = Result<Record, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_record().transpose()
    }
}

/// Writes an exported chain piece by piece, out of blocks that come from elsewhere than a [`ChainLog`].
#[derive(Debug)]
pub struct ChainWriter {
    seed: Seed,
    next: u64,
}

impl ChainWriter {
    /// Begins a chain: the bytes of its header.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`].
    pub fn new(genesis: &[u8]) -> Result<(Self, Vec<u8>), StorageError> {
        check_cap(CHAIN.content, genesis)?;
        let (header, seed) = encode_header(&CHAIN, genesis);
        Ok((Self { seed, next: 0 }, header))
    }

    /// The bytes of the next record.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`].
    pub fn record(&mut self, body: &[u8], cert: &[u8]) -> Result<Vec<u8>, StorageError> {
        check_cap(CHAIN.a, body)?;
        check_cap(CHAIN.b, cert)?;
        let bytes = encode_record(&self.seed, self.next, body, cert);
        self.next += 1;
        Ok(bytes)
    }
}

/// What a reader of exports says.
pub(crate) fn export_error(format: &Format, record: u64, offset: u64, error: FrameError) -> StorageError {
    let what = format.what;
    match error {
        FrameError::Io(source) => StorageError::ExportIo { action: "read", what, source },
        FrameError::Bad(flaw) => StorageError::BadExport { what, record, offset, flaw },
    }
}
