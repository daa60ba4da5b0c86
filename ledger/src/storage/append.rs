//! One append-only file of records (see `frame`): creating, opening with repair, appending, reading.
//!
//! **Creating.** The header is written to `<name>.new`, synced, renamed, and the folder synced: a file with our name always
//! has a whole header, so a bad header is damage and never a crash.
//!
//! **A torn tail.** There is one writer, and it syncs each record before it appends the next; so a crash can spoil at most
//! one record, the last, which was never acknowledged. When record `n` at byte `p` is bad, it is the torn tail only if
//! nothing shows that it was ever synced:
//!
//! * if what follows `p` is longer than the longest record, it is damage;
//! * if the prefix of record `n` is whole, its lengths are known: bytes behind its end mean that a later append was begun,
//!   so record `n` had been acknowledged: damage;
//! * if the prefix is bad too (a lost first sector, or damage), the rest is searched at every byte for the prefix of a later
//!   record: one that is found means damage.
//!
//! Otherwise the tail is cut off. What cannot be told apart from a crash, and is therefore cut off too, is damage inside the
//! very last record of the file; [`TornTail`] reports it, and an index which is ahead of the log then shows it.
//!
//! **Showing.** A record left whole by a killed process, but never synced by it, becomes visible on opening; so opening syncs
//! file and folder before it shows anything.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::disk::{Disk, DiskFile, folder_of};
use super::error::StorageError;
use super::frame::{
    Flaw, Format, Frame, FrameError, FrameReader, PREFIX_LEN, Prefix, Seed, encode_header, encode_record,
};

/// What an append that never finished left behind, cut off when the file was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// Number the record would have had, from 0.
    pub record: u64,
    /// Where it started, in bytes.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
    /// What was wrong with it.
    pub flaw: Flaw,
}

/// An open file of records.
#[derive(Debug)]
pub struct AppendFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    format: &'static Format,
    content: Vec<u8>,
    seed: Seed,
    /// Where each record starts.
    offsets: Vec<u64>,
    /// Numbers of the records with nothing in part `b`.
    without_b: Vec<u64>,
    /// Where the next one will.
    end: u64,
    poisoned: bool,
    torn: Option<TornTail>,
}

impl AppendFile {
    /// Makes the file with this header content if it is missing, then opens it (with the content that it has).
    pub fn open_or_create(
        disk: &dyn Disk,
        path: &Path,
        format: &'static Format,
        content: &[u8],
    ) -> Result<Self, StorageError> {
        check_cap(format.content, content)?;
        if let Some(file) = Self::open(disk, path, format)? {
            return Ok(file);
        }
        let io = StorageError::io;
        let draft = draft_of(path);
        if disk.open(&draft).map_err(io("open", &draft))?.is_some() {
            disk.remove(&draft).map_err(io("remove", &draft))?;
        }
        let (header, _) = encode_header(format, content);
        let mut file = disk.create(&draft).map_err(io("create", &draft))?;
        file.append(&header).map_err(io("write", &draft))?;
        file.sync_data().map_err(io("sync", &draft))?;
        disk.rename(&draft, path).map_err(io("create", path))?;
        Self::open(disk, path, format)?.ok_or_else(|| StorageError::Io {
            action: "open",
            path: path.to_path_buf(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    /// Opens the file if it exists: checks every record and cuts off a torn tail.
    pub fn open(disk: &dyn Disk, path: &Path, format: &'static Format) -> Result<Option<Self>, StorageError> {
        let io = StorageError::io;
        let Some(mut file) = disk.open(path).map_err(io("open", path))? else {
            return Ok(None);
        };
        let len = file.len().map_err(io("read", path))?;

        let source = BufReader::with_capacity(1 << 16, At { file: &*file, offset: 0 });
        let (mut reader, content) = FrameReader::open(source, format).map_err(|error| match error {
            FrameError::Io(source) => StorageError::Io { action: "read", path: path.to_path_buf(), source },
            FrameError::Bad(flaw) => StorageError::BadHeader { path: path.to_path_buf(), flaw },
        })?;
        let seed = reader.seed();

        let (mut offsets, mut without_b) = (Vec::new(), Vec::new());
        let flaw = loop {
            let offset = reader.offset();
            match reader.next_frame() {
                Ok(Some(frame)) => {
                    offsets.push(offset);
                    if frame.b.is_empty() {
                        without_b.push(frame.number);
                    }
                }
                Ok(None) => break None,
                Err(FrameError::Io(source)) => return Err(io("read", path)(source)),
                Err(FrameError::Bad(flaw)) => break Some(flaw),
            }
        };
        let (number, end) = (reader.number(), reader.offset());

        let mut torn = None;
        if let Some(flaw) = flaw {
            let tail = Tail { seed, format, number, offset: end, bytes: len.saturating_sub(end) };
            if !tail.is_torn(&*file).map_err(io("read", path))? {
                return Err(StorageError::Damaged { path: path.to_path_buf(), record: number, offset: end, flaw });
            }
            file.truncate(end).map_err(io("repair", path))?;
            torn = Some(TornTail { record: number, offset: end, bytes: tail.bytes, flaw });
        }
        file.sync_data().map_err(io("sync", path))?;
        let folder = folder_of(path);
        disk.sync_dir(folder).map_err(io("sync", folder))?;
        let path = path.to_path_buf();
        Ok(Some(Self { file, path, format, content, seed, offsets, without_b, end, poisoned: false, torn }))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What its header holds.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// How many records it has.
    pub fn len(&self) -> u64 {
        self.offsets.len() as u64
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Where the file ends, in bytes: behind the last whole record.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Numbers of the records whose part `b` is empty, ascending.
    pub fn without_b(&self) -> &[u64] {
        &self.without_b
    }

    /// Bytes of the file from an offset on, up to the end of the last whole record.
    pub fn read_bytes(&self, offset: u64, length: usize) -> Result<Vec<u8>, StorageError> {
        let left = usize::try_from(self.end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(left)];
        let read = self.file.read_at(offset, &mut bytes).map_err(StorageError::io("read", &self.path))?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// What opening cut off.
    pub fn torn_tail(&self) -> Option<&TornTail> {
        self.torn.as_ref()
    }

    /// Appends a record in one write and syncs it. After an error the object refuses to append until reopened.
    pub fn append(&mut self, a: &[u8], b: &[u8]) -> Result<u64, StorageError> {
        if self.poisoned {
            return Err(StorageError::Poisoned { path: self.path.clone() });
        }
        check_cap(self.format.a, a)?;
        check_cap(self.format.b, b)?;
        let number = self.len();
        let bytes = encode_record(&self.seed, number, a, b);
        self.poisoned = true;
        self.file.append(&bytes).map_err(StorageError::io("write", &self.path))?;
        self.file.sync_data().map_err(StorageError::io("sync", &self.path))?;
        self.poisoned = false;
        self.offsets.push(self.end);
        if b.is_empty() {
            self.without_b.push(number);
        }
        self.end += bytes.len() as u64;
        Ok(number)
    }

    /// Reads one record and checks it again.
    pub fn read(&self, number: u64) -> Result<Frame, StorageError> {
        let missing = || StorageError::NoSuchRecord { path: self.path.clone(), asked: number, have: self.len() };
        let at = usize::try_from(number).map_err(|_| missing())?;
        let offset = *self.offsets.get(at).ok_or_else(missing)?;
        let end = self.offsets.get(at + 1).copied().unwrap_or(self.end);
        let mut bytes = vec![0; usize::try_from(end - offset).map_err(|_| missing())?];
        let got = self.file.read_at(offset, &mut bytes).map_err(StorageError::io("read", &self.path))?;
        let mut reader = FrameReader::resume(&bytes[..got], self.format, self.seed, number, offset);
        let flaw = match reader.next_frame() {
            Ok(Some(frame)) => return Ok(frame),
            Ok(None) => Flaw::CutShort,
            Err(FrameError::Bad(flaw)) => flaw,
            Err(FrameError::Io(source)) => return Err(StorageError::io("read", &self.path)(source)),
        };
        Err(StorageError::Damaged { path: self.path.clone(), record: number, offset, flaw })
    }

    /// Writes header and records, each checked again, to `out`.
    pub fn export(&self, out: &mut dyn io::Write) -> Result<(), StorageError> {
        let failed = |source| StorageError::ExportIo { action: "write", what: self.format.what, source };
        out.write_all(&encode_header(self.format, &self.content).0).map_err(failed)?;
        for number in 0..self.len() {
            let frame = self.read(number)?;
            out.write_all(&encode_record(&self.seed, number, &frame.a, &frame.b)).map_err(failed)?;
        }
        out.flush().map_err(failed)
    }
}

/// Where a file is prepared before it gets its name.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    PathBuf::from(name)
}

/// Refuses what is longer than its cap.
pub(crate) fn check_cap((what, cap): (&'static str, u32), bytes: &[u8]) -> Result<(), StorageError> {
    let (len, cap) = (bytes.len() as u64, u64::from(cap));
    if len > cap { Err(StorageError::TooLarge { what, len, cap }) } else { Ok(()) }
}

/// The bytes of a file from `offset` on.
struct At<'a> {
    file: &'a dyn DiskFile,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(self.offset, buffer)?;
        self.offset += n as u64;
        Ok(n)
    }
}

/// Everything from the first bad record on.
struct Tail {
    seed: Seed,
    format: &'static Format,
    number: u64,
    offset: u64,
    bytes: u64,
}

impl Tail {
    /// Whether it is what one unfinished append can leave, by the rule at the top of this file.
    fn is_torn(&self, file: &dyn DiskFile) -> io::Result<bool> {
        if self.bytes > self.format.longest_record() {
            return Ok(false);
        }
        let mut bytes = Vec::new();
        At { file, offset: self.offset }.take(self.bytes).read_to_end(&mut bytes)?;
        if let Some(prefix) = self.prefix_at(&bytes, 0)
            && prefix.number == self.number
        {
            return Ok(self.bytes <= prefix.record_len());
        }
        let later =
            (0..bytes.len()).filter_map(|at| self.prefix_at(&bytes, at)).any(|prefix| prefix.number > self.number);
        Ok(!later)
    }

    fn prefix_at(&self, bytes: &[u8], at: usize) -> Option<Prefix> {
        let start = bytes.get(at..)?.first_chunk::<PREFIX_LEN>()?;
        Prefix::decode(start, &self.seed, self.format).ok()
    }
}
