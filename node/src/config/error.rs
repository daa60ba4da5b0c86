//! Why a node's settings are refused.

use std::{io, net::SocketAddr, path::PathBuf};

use hushwatt_ledger::genesis::GenesisError;

use crate::http::HttpError;

use super::{FolderError, HostPort, KeyError, Seconds};

/// What is wrong with the settings of a node, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file could not be read.
    #[error("could not read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not TOML, or a setting that does not exist, or of another kind.
    #[error("{} is not valid: {source}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The genesis file.
    #[error("{}: {source}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// Why.
        source: GenesisError,
    },
    /// A variable with our prefix that means nothing.
    #[error("the environment variable {name} is no setting; there are {known}")]
    UnknownVariable {
        /// Its name.
        name: String,
        /// All names.
        known: String,
    },
    /// A variable whose value means nothing.
    #[error("the environment variable {name} is wrong: {reason}")]
    Variable {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The HTTP interface.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A limit that does not exist, or of another kind.
    #[error("http.limits is not valid: {0}")]
    Limits(Box<toml::de::Error>),
    /// One address for two things.
    #[error("peer network and HTTP interface cannot both listen on {0}: give them different ports")]
    SameAddress(SocketAddr),
    /// A follower needs a source.
    #[error("a follower needs somebody to follow: set follow = [\"https://node.example.org\"] (--follow URL)")]
    NobodyToFollow,
    /// A validator takes blocks from the peer network.
    #[error("a validator does not follow others: remove \"follow\", or set role = \"follower\"")]
    ValidatorFollows,
    /// Out of its range.
    #[error("heartbeat is {0}, and must be between 1s and 1h")]
    Heartbeat(Seconds),
    /// A waiting room without room.
    #[error("mempool.transactions must be at least 1 and mempool.bytes at least 1048576")]
    Mempool,
    /// One validator is listed twice.
    #[error(
        "the peer at {0} has the key or the address of another one in network.peers: each validator stands there once"
    )]
    PeerTwice(HostPort),
    /// The node is its own peer.
    #[error("network.peers lists this node's own key at {0}: list the other validators only")]
    OwnPeer(HostPort),
}
