//! One append-only file of numbered, checked records, of which the first is a snapshot.
//!
//! ```text
//! header  [magic 7][version u8][network 32][meter u32][first record u64][checksum 16]
//! record  [number u64][length u32][prefix check 8][body][checksum 16]
//! ```
//!
//! Integers are little-endian; checksums are the first bytes of SHA-256, those of records over the header's checksum too, so
//! that a record copied from another file is not valid here. They find accidents, not forgers.
//!
//! **A torn tail.** A record is synced before the next is appended, so a crash can spoil the last one only, which was never
//! acknowledged. Bytes behind a record whose lengths are whole, or a later record's prefix anywhere behind it, show that it
//! was synced once: then it is damage, and nothing is cut off.
//!
//! **A failed append** (a full disk) leaves bytes that count for nothing: they are cut off, and that is synced, before
//! anything else is appended.
//!
//! **Compaction** writes a new file beside the old one, of a header and a snapshot, and renames it: the name has the old file
//! or the new one, whole, and both say the same.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    storage::{Disk, DiskFile},
    units::MeterId,
};
use sha2::{Digest, Sha256};

use super::error::StoreError;

const MAGIC: [u8; 7] = *b"hwmeter";
const VERSION: u8 = 1;
const HEADER_LEN: usize = 7 + 1 + 32 + 4 + 8 + CHECK_LEN;
const PREFIX_LEN: usize = 20;
const CHECK_LEN: usize = 16;
/// Longest body of a record: a snapshot with everything at its cap.
pub(super) const MAX_BODY: usize = 32 << 20;
/// No file is longer, bytes.
const MAX_FILE: u64 = 96 << 20;

/// An unfinished append that was cut off on opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornTail {
    /// Number the record would have had.
    pub record: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// Whose journal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub network: NetworkId,
    pub meter: MeterId,
}

/// The open file.
#[derive(Debug)]
pub(super) struct Journal {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    owner: Owner,
    seed: [u8; CHECK_LEN],
    /// Number of the next record.
    next: u64,
    /// Where it will start: behind the last whole record.
    end: u64,
    /// Whether something may stand behind the end.
    dirty: bool,
    /// Whether the name may stand for another file.
    poisoned: bool,
}

/// What opening found.
pub(super) struct Opened {
    pub journal: Journal,
    /// The whole file.
    pub bytes: Vec<u8>,
    /// In order: the number of each record, and where its body stands in the file.
    pub bodies: Vec<(u64, Range<usize>)>,
    pub torn: Option<TornTail>,
}

fn check<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let digest: [u8; 32] = parts.iter().fold(Sha256::new(), |hasher, part| hasher.chain_update(part)).finalize().into();
    let mut check = [0; N];
    check.copy_from_slice(&digest[..N]);
    check
}

fn header(owner: &Owner, first: u64) -> ([u8; HEADER_LEN], [u8; CHECK_LEN]) {
    let (version, meter, number) = ([VERSION], owner.meter.0.to_le_bytes(), first.to_le_bytes());
    let parts: [&[u8]; 5] = [&MAGIC, &version, &owner.network.0, &meter, &number];
    let seed = check(&parts);
    let mut bytes = [0; HEADER_LEN];
    let whole = parts.concat().into_iter().chain(seed);
    bytes.iter_mut().zip(whole).for_each(|(byte, from)| *byte = from);
    (bytes, seed)
}

fn prefix(seed: &[u8], number: u64, length: u32) -> [u8; PREFIX_LEN] {
    let (number, length) = (number.to_le_bytes(), length.to_le_bytes());
    let check: [u8; 8] = check(&[seed, &number, &length]);
    let mut bytes = [0; PREFIX_LEN];
    let whole = number.into_iter().chain(length).chain(check);
    bytes.iter_mut().zip(whole).for_each(|(byte, from)| *byte = from);
    bytes
}

fn frame(seed: &[u8], number: u64, body: &[u8]) -> Vec<u8> {
    let prefix = prefix(seed, number, u32::try_from(body.len()).unwrap_or(u32::MAX));
    let check: [u8; CHECK_LEN] = check(&[seed, &prefix, body]);
    [&prefix, body, &check].concat()
}

/// Number and length of the record that begins with these bytes, if its prefix is whole.
fn read_prefix(seed: &[u8], bytes: &[u8]) -> Option<(u64, usize)> {
    let start = bytes.first_chunk::<PREFIX_LEN>()?;
    let number = u64::from_le_bytes(*start.first_chunk()?);
    let length = u32::from_le_bytes(*start.get(8..)?.first_chunk()?);
    (*start == prefix(seed, number, length) && length as usize <= MAX_BODY).then_some((number, length as usize))
}

impl Journal {
    /// Makes the file, with a snapshot as its first record. Whoever calls has the lock.
    pub fn create(disk: &dyn Disk, path: &Path, owner: Owner, snapshot: &[u8]) -> Result<Self, StoreError> {
        let mut journal = Self::put_in_place(disk, path, owner, 0, snapshot)?;
        journal.name_is_durable(disk)?;
        Ok(journal)
    }

    /// Writes a file with one record beside `path` and gives it that name. The name is not synced yet.
    fn put_in_place(
        disk: &dyn Disk,
        path: &Path,
        owner: Owner,
        number: u64,
        snapshot: &[u8],
    ) -> Result<Self, StoreError> {
        let draft = draft_of(path);
        discard(disk, &draft)?;
        let (header, seed) = header(&owner, number);
        let mut bytes = header.to_vec();
        bytes.extend(frame(&seed, number, snapshot));
        let write = || {
            let mut file = disk.create(&draft)?;
            file.append(&bytes)?;
            file.sync_data()?;
            disk.rename(&draft, path)?;
            Ok(file)
        };
        let file = write().map_err(|source| {
            // Gives a full disk its space back; should that fail as well, the next attempt does it.
            let _ = disk.remove(&draft);
            StoreError::io("write", &draft)(source)
        })?;
        let end = bytes.len() as u64;
        let path = path.to_path_buf();
        Ok(Journal { file, path, owner, seed, next: number + 1, end, dirty: false, poisoned: true })
    }

    fn name_is_durable(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        disk.sync_dir(folder).map_err(StoreError::io("sync", folder))?;
        self.poisoned = false;
        Ok(())
    }

    /// Opens the file, checks every record and cuts off a torn tail; `None` if there is no file.
    pub fn open(disk: &dyn Disk, path: &Path, owner: Owner) -> Result<Option<Opened>, StoreError> {
        discard(disk, &draft_of(path))?;
        let Some(file) = disk.open(path).map_err(StoreError::io("open", path))? else { return Ok(None) };
        let wrong = |wrong| StoreError::Header { path: path.to_path_buf(), wrong };
        if file.len().map_err(StoreError::io("read", path))? > MAX_FILE {
            return Err(wrong("it is too long"));
        }
        let bytes = read_all(&*file).map_err(StoreError::io("read", path))?;
        let start = *bytes.first_chunk::<HEADER_LEN>().ok_or_else(|| wrong("it is too short"))?;
        if !start.starts_with(&MAGIC) {
            return Err(wrong("it is another kind of file"));
        }
        if start.get(MAGIC.len()) != Some(&VERSION) {
            return Err(wrong("it has another version: use the hushwatt that wrote it"));
        }
        let first = start.get(44..52).and_then(|bytes| bytes.first_chunk()).map(|bytes| u64::from_le_bytes(*bytes));
        let first = first.ok_or_else(|| wrong("it is too short"))?;
        let found = Owner {
            network: NetworkId(*start.get(8..).and_then(|bytes| bytes.first_chunk()).unwrap_or(&[0; 32])),
            meter: MeterId(start.get(40..).and_then(|it| it.first_chunk()).map_or(0, |it| u32::from_le_bytes(*it))),
        };
        let (expected, seed) = header(&found, first);
        if expected != start {
            return Err(wrong("its header is damaged. Keep a copy, test the disk, then make the gateway anew"));
        }
        if found != owner {
            return Err(StoreError::Foreign { path: path.to_path_buf() });
        }
        let journal = Journal {
            file,
            path: path.to_path_buf(),
            owner,
            seed,
            next: first,
            end: HEADER_LEN as u64,
            dirty: false,
            poisoned: true,
        };
        journal.read_records(disk, bytes).map(Some)
    }

    fn read_records(mut self, disk: &dyn Disk, bytes: Vec<u8>) -> Result<Opened, StoreError> {
        let mut bodies = Vec::new();
        let mut at = HEADER_LEN;
        let mut torn = None;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match self.read_record(rest) {
                Ok(length) => {
                    bodies.push((self.next, at + PREFIX_LEN..at + length - CHECK_LEN));
                    self.next += 1;
                    at += length;
                    self.end = at as u64;
                }
                // The first record was whole before the file had its name.
                Err(wrong) if bodies.is_empty() || !self.is_torn(rest) => {
                    return Err(StoreError::Damaged { path: self.path, record: self.next, offset: self.end, wrong });
                }
                Err(_) => {
                    torn = Some(TornTail { record: self.next, bytes: rest.len() as u64 });
                    self.dirty = true;
                    break;
                }
            }
        }
        self.clean()?;
        // What a killed process left whole but never synced becomes visible now.
        self.file.sync_data().map_err(StoreError::io("sync", &self.path))?;
        self.name_is_durable(disk)?;
        Ok(Opened { journal: self, bytes, bodies, torn })
    }

    /// Length of the record that these bytes begin with.
    fn read_record(&self, bytes: &[u8]) -> Result<usize, &'static str> {
        let (number, length) = read_prefix(&self.seed, bytes).ok_or("the record's number or length was altered")?;
        if number != self.next {
            return Err("another record stands here");
        }
        let whole = PREFIX_LEN + length + CHECK_LEN;
        let record = bytes.get(..whole).ok_or("it ends in the middle of a record")?;
        let body = record.get(PREFIX_LEN..PREFIX_LEN + length).unwrap_or_default();
        if record != frame(&self.seed, number, body) {
            return Err("the checksum does not match");
        }
        Ok(whole)
    }

    /// Whether the rest of the file is what one unfinished append can leave.
    fn is_torn(&self, rest: &[u8]) -> bool {
        if rest.len() > PREFIX_LEN + MAX_BODY + CHECK_LEN {
            return false;
        }
        if let Some((number, length)) = read_prefix(&self.seed, rest)
            && number == self.next
        {
            return rest.len() <= PREFIX_LEN + length + CHECK_LEN;
        }
        let later = (0..rest.len()).filter_map(|at| read_prefix(&self.seed, rest.get(at..)?));
        later.map(|(number, _)| number).all(|number| number <= self.next)
    }

    /// Length of the file, bytes.
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a record; it is durable when this returns. After an error it is not there, but a crash may show it later.
    pub fn append(&mut self, body: &[u8]) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned { path: self.path.clone() });
        }
        if body.len() > MAX_BODY {
            return Err(StoreError::Full { path: self.path.clone(), bytes: self.end });
        }
        self.clean()?;
        let bytes = frame(&self.seed, self.next, body);
        self.dirty = true;
        self.file.append(&bytes).map_err(StoreError::io("write", &self.path))?;
        self.file.sync_data().map_err(StoreError::io("sync", &self.path))?;
        self.dirty = false;
        self.next += 1;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Cuts off what an append left that failed.
    fn clean(&mut self) -> Result<(), StoreError> {
        if self.dirty {
            self.file.truncate(self.end).map_err(StoreError::io("repair", &self.path))?;
            self.file.sync_data().map_err(StoreError::io("sync", &self.path))?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Replaces the file by one that has only this snapshot. After an error the old one goes on, unless it says otherwise.
    pub fn compact(&mut self, disk: &dyn Disk, snapshot: &[u8]) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned { path: self.path.clone() });
        }
        if snapshot.len() > MAX_BODY {
            return Err(StoreError::Full { path: self.path.clone(), bytes: self.end });
        }
        *self = Self::put_in_place(disk, &self.path, self.owner, self.next, snapshot)?;
        self.name_is_durable(disk)
    }
}

fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    PathBuf::from(name)
}

fn discard(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn read_all(file: &dyn DiskFile) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(file.len()?).map_err(|_| io::ErrorKind::FileTooLarge)?];
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(done as u64, &mut bytes[done..])? {
            0 => break,
            some => done += some,
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
