//! The validators' addresses in `config.toml`, read again when the file changes: who joins is added without a restart.

use std::{path::PathBuf, time::SystemTime};

use hushwatt_consensus as consensus;
use tracing::{info, warn};

use crate::config::{BaseUrl, NodeConfig, Peer};

/// The list in the file, and the file's time and length when it was read: a write that was read half done may end within
/// the same tick of the file system's clock.
pub(super) struct PeerFile {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
    peers: Vec<Peer>,
}

impl PeerFile {
    pub fn new(path: PathBuf, peers: Vec<Peer>) -> Self {
        let seen = state_of(&path);
        PeerFile { path, seen, peers }
    }

    /// The peers as the engine takes them.
    pub fn peers(&self) -> Vec<consensus::Peer> {
        self.peers.iter().map(engine_peer).collect()
    }

    /// HTTP interfaces of the peers, as far as they are known.
    pub fn urls(&self) -> impl Iterator<Item = BaseUrl> {
        self.peers.iter().filter_map(|peer| peer.http.clone())
    }

    /// The peers, if the file was changed and is valid.
    pub fn changed(&mut self) -> Option<Vec<consensus::Peer>> {
        let now = state_of(&self.path);
        if now == self.seen {
            return None;
        }
        self.seen = now;
        let read = std::fs::read_to_string(&self.path).map_err(|error| error.to_string());
        let config = read.and_then(|text| toml::from_str::<NodeConfig>(&text).map_err(|error| error.to_string()));
        match config {
            Ok(config) if config.network.peers == self.peers => None,
            Ok(config) => {
                info!(peers = config.network.peers.len(), "config.toml names other peers: used from now on");
                self.peers = config.network.peers;
                Some(self.peers())
            }
            Err(error) => {
                warn!(%error, "config.toml was changed and is not valid: the peers stay as they are");
                None
            }
        }
    }
}

fn state_of(path: &PathBuf) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn engine_peer(peer: &Peer) -> consensus::Peer {
    let address = match peer.address.host.parse() {
        Ok(ip) => consensus::PeerAddress::Socket(std::net::SocketAddr::new(ip, peer.address.port)),
        Err(_) => consensus::PeerAddress::Name(peer.address.host.clone(), peer.address.port),
    };
    consensus::Peer { key: *peer.key.as_bytes(), address }
}
