//! What can go wrong below the ledger, one variant for each thing, with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::frame::Flaw;

/// An error of the storage layer.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The operating system refused a file operation.
    #[error("could not {action} {}: {source}; check the disk, its free space and the permissions, then start again", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process (or another object of this one) has the files open.
    #[error("{} is in use by another process; stop that one, or give this one a folder of its own", path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// The log belongs to another network.
    #[error(
        "{} was written for the genesis with digest {found}, but this node was started with {expected}; use the genesis file of that network, or another folder",
        path.display()
    )]
    ForeignGenesis {
        /// The log.
        path: PathBuf,
        /// First 16 bytes of the SHA-256 of the genesis given to `open`, in hex.
        expected: String,
        /// The same of the genesis in the file.
        found: String,
    },
    /// A hint file holds the hints of another day than its name says.
    #[error("{} holds the hints of {found}; it was renamed or copied: give it back its own name, or remove it", path.display())]
    WrongDay {
        /// The file.
        path: PathBuf,
        /// The day in its header.
        found: String,
    },
    /// The start of a file of ours is not readable.
    #[error(
        "the header of {} is unusable: {flaw}; a crash cannot do this. Keep a copy of the file, test the disk, and restore from a backup or another node",
        path.display()
    )]
    BadHeader {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A record which was once acknowledged is damaged.
    #[error(
        "{} is damaged at byte {offset} (record {record}): {flaw}, and it is not an append cut short by a crash. Nothing was changed. Keep a copy of the file, test the disk, and restore from a backup or another node",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of the first bad record, from 0.
        record: u64,
        /// Where it starts, in bytes.
        offset: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A file given from outside (an export) is not valid.
    #[error("not a valid {what}: at byte {offset} (record {record}): {flaw}; export or fetch it again")]
    BadExport {
        /// The kind of file.
        what: &'static str,
        /// Number of the bad record, from 0.
        record: u64,
        /// Where it starts, in bytes.
        offset: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A file given from outside could not be read, or one could not be written.
    #[error("could not {action} the {what}: {source}")]
    ExportIo {
        /// "read" or "write".
        action: &'static str,
        /// The kind of file.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Something to be stored is longer than its cap.
    #[error("the {what} is {len} bytes long, the cap is {cap}; it was not stored, and every node would refuse it")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        len: u64,
        /// The longest that is allowed, in bytes.
        cap: u64,
    },
    /// An earlier append failed, so what the file ends with is unknown.
    #[error("an earlier write to {} failed, so its end is unknown; check the disk and restart: opening the file repairs it", path.display())]
    Poisoned {
        /// The file.
        path: PathBuf,
    },
    /// There is no such record.
    #[error("record {asked} of {} does not exist: it has {have}", path.display())]
    NoSuchRecord {
        /// The file.
        path: PathBuf,
        /// Number asked for, from 0.
        asked: u64,
        /// How many records there are.
        have: u64,
    },
    /// The index failed while in use.
    #[error("the index failed: {reason}; restart: it is rebuilt from the log")]
    IndexBroken {
        /// What the engine said.
        reason: String,
    },
    /// The index cannot be opened, not even an empty one.
    #[error(
        "no index can be made in {}: {reason}; check the disk, its free space and the permissions. The folder holds nothing but the index and may be deleted",
        path.display()
    )]
    IndexUnavailable {
        /// The folder.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
}

impl StorageError {
    /// For `map_err`: names what was being done to which file.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}
