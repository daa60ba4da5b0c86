//! Why there is no report: the file is not what was asked about. What is wrong *in* a chain is a [`crate::Failure`] of the
//! report.

use std::{io, path::PathBuf};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{genesis::GenesisError, storage::StorageError};

/// The audit could not begin, or the file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file or folder cannot be opened.
    #[error("could not open {}: {source}; give a chain file, or the folder of a node", path.display())]
    Open {
        /// What was to be opened.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No chain file, or one whose header is damaged.
    #[error("{0}")]
    NoChain(StorageError),
    /// The bytes could not be read, which says nothing about them.
    #[error("{0}; nothing is known about the chain, try again")]
    Read(StorageError),
    /// The genesis in the file is none.
    #[error("the genesis in the file is not usable: {0}")]
    Genesis(#[from] GenesisError),
    /// A chain, but another one.
    #[error("the file holds the chain of network {found}, not of {expected}")]
    ForeignNetwork {
        /// What was asked about.
        expected: NetworkId,
        /// What is in the file.
        found: NetworkId,
    },
    /// The folder of an audit that goes on.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// An audit could not go on in its folder, which says nothing about the chain.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("could not use {}: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not empty, and not made by an audit.
    #[error("{} holds something else than an audit's books: name a new folder for them", .0.display())]
    SomethingElse(PathBuf),
    /// Another network's.
    #[error("{} holds the audit of network {found}, not of {expected}: name another folder", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What was asked about.
        expected: NetworkId,
        /// Whose it is.
        found: NetworkId,
    },
    /// The index failed.
    #[error("the audit's books cannot be used: {0}")]
    Store(StorageError),
    /// Whole, but written in another way.
    #[error("the audit's books in {} are not what this program writes: remove the folder, the audit then begins again", .0.display())]
    Unreadable(PathBuf),
    /// Fewer blocks than were audited already.
    #[error(
        "the folder has audited the chain up to block {audited}, and this one ends before: get the chain as it is now, or audit this one without the folder"
    )]
    Shorter {
        /// Last block of the folder.
        audited: u64,
    },
    /// Other blocks.
    #[error(
        "this is not the chain that the folder has audited up to block {height}: its blocks are others. Two chains of one network are a case for its members: keep both files, and audit this one without the folder"
    )]
    Forked {
        /// Last block of the folder.
        height: u64,
    },
    /// The last block, but not those that led to it.
    #[error(
        "this file does not hold the blocks that the folder has audited up to block {height}, although it ends with the same one there: somebody altered it. Get the chain again; an audit of this file without the folder says which block is wrong"
    )]
    Altered {
        /// Last block of the folder.
        height: u64,
    },
    /// The same blocks under other certificates.
    #[error(
        "this copy of the chain has the blocks that the folder has audited up to block {height}, but other certificates: nodes keep those that they saw. Go on with a copy from the same node, with a node itself, or with another folder"
    )]
    OtherCopy {
        /// Last block of the folder.
        height: u64,
    },
    /// The part that was audited already is damaged in this file.
    #[error(
        "the chain up to block {audited} was audited already, and this copy of it is damaged: {source}, or audit it without the folder"
    )]
    Damaged {
        /// Last block of the folder.
        audited: u64,
        /// What is wrong.
        source: StorageError,
    },
}
