//! `waiting.hwl`: the transactions that this node has accepted from its clients and that wait for a block, so that a restart
//! does not lose them. One write and one sync for each batch, before anybody is told "accepted".
//!
//! ```text
//! header  [magic 7][version u8][network id 32][checksum 16]
//! record  [length u32][checksum 16 of network id, length and body][body: a submission]
//! ```
//!
//! Integers are little-endian. There is one writer, so what follows the last whole record is an append that was never
//! acknowledged: it is cut off. A record in the middle whose body is damaged is passed over and counted. Blocks do not
//! strike records out: the file is written anew from the mempool when most of it is history, and it is bounded thereby.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::storage::{Disk, DiskFile, StorageError};

use crate::files::{CHECK, checksum, failed, read_all, replace_whole};

const MAGIC: &[u8; 7] = b"HWWAIT\0";
const VERSION: u8 = 1;
const HEADER: usize = 8 + 32 + CHECK;
const PREFIX: usize = 4 + CHECK;
/// No file is read beyond this; none that this program writes gets as long.
const MOST: u64 = 1 << 30;
/// A file shorter than this is not worth writing anew.
const SHORT: u64 = 1 << 20;

/// What a journal held when it was opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reloaded {
    /// The bodies of its records, in order.
    pub bodies: Vec<Vec<u8>>,
    /// Bytes of an unfinished append.
    pub torn: u64,
    /// Records whose body was damaged.
    pub damaged: u64,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file operation failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The header is not one of ours.
    #[error(
        "the header of {} is damaged: test the disk, and remove the file to go on without the transactions that waited",
        path.display()
    )]
    Header {
        /// The file.
        path: PathBuf,
    },
    /// Written by another version.
    #[error(
        "{} has format version {found} and this program reads version {VERSION}: start the version that wrote it, let it work off what waits, or remove the file",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u8,
    },
    /// Of another network.
    #[error("{} belongs to another network: remove it, or use the folder of that network", path.display())]
    Network {
        /// The file.
        path: PathBuf,
    },
    /// An earlier write failed.
    #[error("an earlier write to {} failed: check the disk and its free space", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    network: NetworkId,
    /// `None` after a failed write: what the file ends with is unknown until it is written anew.
    file: Option<Box<dyn DiskFile>>,
    length: u64,
}

impl Journal {
    /// Opens the file or makes it, and reads what it holds.
    pub fn open(disk: Arc<dyn Disk>, path: &Path, network: &NetworkId) -> Result<(Self, Reloaded), JournalError> {
        let mut journal = Journal { disk, path: path.to_path_buf(), network: *network, file: None, length: 0 };
        let Some(mut file) = journal.disk.open(path).map_err(failed("open", path))? else {
            journal.rewrite(&[])?;
            return Ok((journal, Reloaded::default()));
        };
        let bytes = read_all(&*file, path, MOST)?;
        journal.check_header(&bytes)?;
        let (reloaded, end) = read_records(network, &bytes);
        if reloaded.torn > 0 {
            file.truncate(end).map_err(failed("repair", path))?;
        }
        // What a killed process wrote and did not sync counts from now on.
        file.sync_data().map_err(failed("sync", path))?;
        journal.file = Some(file);
        journal.length = end;
        Ok((journal, reloaded))
    }

    /// What the file holds, if there is one; changes nothing.
    pub fn look(disk: Arc<dyn Disk>, path: &Path, network: &NetworkId) -> Result<Reloaded, JournalError> {
        let journal = Journal { disk, path: path.to_path_buf(), network: *network, file: None, length: 0 };
        let Some(file) = journal.disk.open(path).map_err(failed("open", path))? else { return Ok(Reloaded::default()) };
        let bytes = read_all(&*file, path, MOST)?;
        journal.check_header(&bytes)?;
        Ok(read_records(network, &bytes).0)
    }

    fn check_header(&self, bytes: &[u8]) -> Result<(), JournalError> {
        let path = || self.path.clone();
        let Some((header, check)) = bytes.get(..HEADER).map(|header| header.split_at(HEADER - CHECK)) else {
            return Err(JournalError::Header { path: path() });
        };
        if header[..7] != *MAGIC {
            return Err(JournalError::Header { path: path() });
        }
        if header[7] != VERSION {
            return Err(JournalError::Version { path: path(), found: header[7] });
        }
        if check != checksum(&[header]) {
            return Err(JournalError::Header { path: path() });
        }
        if header[8..] != self.network.0 {
            return Err(JournalError::Network { path: path() });
        }
        Ok(())
    }

    /// Whether most of the file is history, given the bytes of what still waits.
    pub fn is_mostly_history(&self, waiting: u64) -> bool {
        self.length > SHORT.max(waiting.saturating_mul(3))
    }

    /// Whether an earlier write failed.
    pub fn is_broken(&self) -> bool {
        self.file.is_none()
    }

    /// Appends records in one write; durable when this returns.
    pub fn append(&mut self, bodies: &[Vec<u8>]) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        bodies.iter().for_each(|body| self.encode_record(body, &mut bytes));
        // While this is in doubt there is no file.
        let mut file = self.file.take().ok_or_else(|| JournalError::Broken { path: self.path.clone() })?;
        file.append(&bytes).map_err(failed("write", &self.path))?;
        file.sync_data().map_err(failed("sync", &self.path))?;
        self.file = Some(file);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Puts a file with these records only in its place.
    pub fn rewrite(&mut self, bodies: &[Vec<u8>]) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.network.0);
        bytes.extend(checksum(&[&bytes]));
        bodies.iter().for_each(|body| self.encode_record(body, &mut bytes));
        self.file = None;
        self.file = Some(replace_whole(&*self.disk, &self.path, &bytes)?);
        self.length = bytes.len() as u64;
        Ok(())
    }

    fn encode_record(&self, body: &[u8], bytes: &mut Vec<u8>) {
        let length = (body.len() as u32).to_le_bytes();
        bytes.extend_from_slice(&length);
        bytes.extend(checksum(&[&self.network.0, &length, body]));
        bytes.extend_from_slice(body);
    }
}

/// The records behind a header, and where the last whole one ends.
fn read_records(network: &NetworkId, bytes: &[u8]) -> (Reloaded, u64) {
    let (mut reloaded, mut at) = (Reloaded::default(), HEADER);
    // Damaged records that nothing whole follows are taken for the torn end.
    let (mut end, mut damaged) = (at, 0);
    while let Some((prefix, rest)) = bytes.get(at..).and_then(|rest| rest.split_first_chunk::<PREFIX>()) {
        let (length, check) = prefix.split_at(4);
        let body_len = length.iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        let Some(body) = rest.get(..body_len) else { break };
        at += PREFIX + body_len;
        if check == checksum(&[&network.0, length, body]) {
            reloaded.bodies.push(body.to_vec());
            reloaded.damaged += std::mem::take(&mut damaged);
            end = at;
        } else {
            damaged += 1;
        }
    }
    reloaded.torn = (bytes.len() - end) as u64;
    (reloaded, end as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_ledger::storage::SimDisk;

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn path() -> &'static Path {
        Path::new("waiting.hwl")
    }

    fn open(disk: &SimDisk) -> (Journal, Reloaded) {
        Journal::open(Arc::new(disk.clone()), path(), &NETWORK).unwrap()
    }

    fn bodies(from: u8, until: u8) -> Vec<Vec<u8>> {
        (from..until).map(|number| vec![number; 3 + usize::from(number) * 40]).collect()
    }

    #[test]
    fn what_was_appended_is_read_again_and_a_rewritten_file_holds_nothing_else() {
        let disk = SimDisk::new();
        let (mut journal, reloaded) = open(&disk);
        assert_eq!(reloaded, Reloaded::default());
        journal.append(&bodies(0, 3)).unwrap();
        journal.append(&bodies(3, 5)).unwrap();
        assert_eq!(open(&disk).1, Reloaded { bodies: bodies(0, 5), ..Reloaded::default() });
        let before = journal.length;
        journal.rewrite(&bodies(4, 5)).unwrap();
        assert!(journal.length < before);
        journal.append(&bodies(5, 6)).unwrap();
        let (journal, reloaded) = open(&disk);
        assert_eq!(reloaded.bodies, bodies(4, 6));
        assert_eq!(journal.length, disk.contents(path()).unwrap().len() as u64);
    }

    #[test]
    fn looking_gives_what_opening_gives_and_changes_nothing() {
        let disk = SimDisk::new();
        let look = || Journal::look(Arc::new(disk.clone()), path(), &NETWORK);
        assert_eq!(look().unwrap(), Reloaded::default());
        assert_eq!(disk.contents(path()), None);
        open(&disk).0.append(&bodies(0, 3)).unwrap();
        let mut torn = disk.contents(path()).unwrap();
        torn.extend([7; 9]);
        disk.set_contents(path(), &torn);
        assert_eq!(look().unwrap(), Reloaded { bodies: bodies(0, 3), torn: 9, damaged: 0 });
        assert_eq!(disk.contents(path()).unwrap(), torn);
        disk.set_contents(path(), b"none of ours");
        assert!(matches!(look(), Err(JournalError::Header { .. })));
    }

    #[test]
    fn every_crash_leaves_what_was_acknowledged_and_at_most_more_of_the_same() {
        let disk = SimDisk::new();
        let (mut journal, _) = open(&disk);
        journal.append(&bodies(0, 2)).unwrap();
        // An append whose sync was never reached.
        journal.file.as_mut().unwrap().append(&[1; 700]).unwrap();
        let mut bytes = Vec::new();
        bodies(2, 4).iter().for_each(|body| journal.encode_record(body, &mut bytes));
        let unsynced = disk.fork();
        let (mut whole, _) = open(&unsynced);
        whole.file.as_mut().unwrap().append(&bytes).unwrap();
        for crashed in disk.crash_states().into_iter().chain(unsynced.crash_states()) {
            let (mut journal, reloaded) = open(&crashed);
            assert!(reloaded.bodies.starts_with(&bodies(0, 2)));
            assert!(bodies(0, 4).starts_with(&reloaded.bodies));
            // It goes on as if nothing had been.
            let mut expected = reloaded.bodies;
            expected.extend(bodies(4, 5));
            journal.append(&bodies(4, 5)).unwrap();
            assert_eq!(open(&crashed).1, Reloaded { bodies: expected, ..Reloaded::default() });
        }
    }

    #[test]
    fn a_crash_while_it_is_written_anew_leaves_the_old_or_the_new() {
        let disk = SimDisk::new();
        let (mut journal, _) = open(&disk);
        journal.append(&bodies(0, 4)).unwrap();
        disk.set_space(Some(100));
        journal.rewrite(&bodies(2, 4)).unwrap_err();
        disk.set_space(None);
        for crashed in disk.crash_states() {
            assert_eq!(open(&crashed).1.bodies, bodies(0, 4));
        }
        journal.rewrite(&bodies(2, 4)).unwrap();
        for crashed in disk.crash_states() {
            assert_eq!(open(&crashed).1.bodies, bodies(2, 4));
        }
    }

    #[test]
    fn a_full_disk_is_an_error_until_the_file_is_written_anew() {
        let disk = SimDisk::new();
        let (mut journal, _) = open(&disk);
        journal.append(&bodies(0, 2)).unwrap();
        disk.set_space(Some(30));
        assert!(matches!(journal.append(&bodies(2, 4)), Err(JournalError::Storage(StorageError::Io { .. }))));
        disk.set_space(None);
        assert!(journal.is_broken());
        assert!(matches!(journal.append(&bodies(2, 4)), Err(JournalError::Broken { .. })));
        assert_eq!(open(&disk.fork()).1.bodies, bodies(0, 2), "a restart now cuts off what was written in part");
        journal.rewrite(&bodies(0, 3)).unwrap();
        journal.append(&bodies(3, 4)).unwrap();
        assert_eq!(open(&disk).1.bodies, bodies(0, 4));
    }

    #[test]
    fn a_damaged_record_is_passed_over_and_counted_and_a_damaged_header_stops() {
        let disk = SimDisk::new();
        let (mut journal, _) = open(&disk);
        journal.append(&bodies(0, 4)).unwrap();
        let whole = disk.contents(path()).unwrap();
        let mut bytes = whole.clone();
        bytes[HEADER + PREFIX + 3 + PREFIX + 5] ^= 1;
        disk.set_contents(path(), &bytes);
        let (_, reloaded) = open(&disk);
        let expected = [&bodies(0, 1)[..], &bodies(2, 4)[..]].concat();
        assert_eq!(reloaded, Reloaded { bodies: expected, torn: 0, damaged: 1 });
        let refused = |bytes: &[u8]| {
            disk.set_contents(path(), bytes);
            Journal::open(Arc::new(disk.clone()), path(), &NETWORK).unwrap_err()
        };
        for at in (0..HEADER).filter(|at| *at != 7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            assert!(matches!(refused(&bytes), JournalError::Header { .. }), "{at}");
        }
        let mut bytes = whole.clone();
        bytes[7] = 9;
        assert!(matches!(refused(&bytes), JournalError::Version { found: 9, .. }));
        assert!(matches!(refused(&whole[..20]), JournalError::Header { .. }));
        disk.set_contents(path(), &whole);
        let foreign = Journal::open(Arc::new(disk.clone()), path(), &NetworkId([8; 32]));
        assert!(matches!(foreign.unwrap_err(), JournalError::Network { .. }));
    }

    #[test]
    fn any_flip_of_a_bit_loses_no_more_than_the_records_from_there_on() {
        let disk = SimDisk::new();
        let (mut journal, _) = open(&disk);
        journal.append(&bodies(0, 4)).unwrap();
        let whole = disk.contents(path()).unwrap();
        for at in HEADER..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x40;
            let (reloaded, _) = read_records(&NETWORK, &bytes);
            assert!(reloaded.bodies.len() < 4);
            assert!(reloaded.bodies.iter().all(|body| bodies(0, 4).contains(body)));
            let all = bodies(0, 4);
            let before = all.iter().scan(HEADER, |end, body| {
                *end += PREFIX + body.len();
                Some(*end)
            });
            assert!(reloaded.bodies.len() >= before.filter(|end| *end <= at).count());
        }
    }
}
