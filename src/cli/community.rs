//! The genesis from which a new folder is made: from a file or from a node, of the network that the community told.

use std::{
    io,
    path::{Path, PathBuf},
};

use hushwatt_client::{BaseUrl, ClientError, NodeClient};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::genesis::{Genesis, GenesisError, GenesisFileError};

/// Why there is no such genesis.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommunityError {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Node(#[from] ClientError),
    #[error("{from}: {source}")]
    Genesis { from: String, source: GenesisError },
    #[error("this genesis is of network {found}, not of {wanted}: ask for the file that the others have")]
    OtherNetwork { found: NetworkId, wanted: NetworkId },
}

impl CommunityError {
    /// A word for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            CommunityError::Read { .. } => "read",
            CommunityError::Node(_) => "nodes",
            CommunityError::Genesis { .. } => "genesis",
            CommunityError::OtherNetwork { .. } => "other_network",
        }
    }
}

/// Reads the file.
pub(crate) fn from_file(path: &Path) -> Result<Genesis, CommunityError> {
    let read = |source| CommunityError::Read { path: path.to_path_buf(), source };
    match Genesis::read(path) {
        Ok(Some(genesis)) => Ok(genesis),
        Ok(None) => Err(read(io::ErrorKind::NotFound.into())),
        Err(GenesisFileError::Io(source)) => Err(read(source)),
        Err(GenesisFileError::Genesis(source)) => {
            Err(CommunityError::Genesis { from: path.display().to_string(), source })
        }
    }
}

/// Downloads it.
pub(crate) fn from_node(node: &BaseUrl) -> Result<Genesis, CommunityError> {
    let bytes = NodeClient::at(node).bytes("/v1/genesis")?;
    Genesis::parse(&bytes).map_err(|source| CommunityError::Genesis { from: node.to_string(), source })
}

/// It, if it is of the network that was told.
pub(crate) fn of_network(genesis: Genesis, wanted: NetworkId) -> Result<Genesis, CommunityError> {
    let found = *genesis.network();
    if found == wanted { Ok(genesis) } else { Err(CommunityError::OtherNetwork { found, wanted }) }
}
