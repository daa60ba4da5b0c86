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
}
