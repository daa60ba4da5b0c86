//! The engine on a real network: a thread of its own with its own runtime.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    thread::JoinHandle,
    time::SystemTime,
};

use bytes::Bytes;
use commonware_p2p::AddressableManager;
use commonware_runtime::{Runner as _, Spawner as _, Supervisor as _, tokio};
use commonware_utils::ordered::Map;
use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    select_biased,
};
use zeroize::Zeroizing;

use crate::{
    Application, EngineError, Log, Peer, Timing, ValidatorKey,
    engine::{self, Parts},
    epochs::private_key,
    gossip::Heard,
    network,
};

/// Why an engine ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was told to stop.
    Stopped,
    /// This node is no validator of the epoch that begins.
    NotAValidator {
        /// The epoch.
        epoch: u64,
    },
    /// An epoch begins with more validators than the network made room for: start the engine again.
    MorePeers {
        /// The epoch.
        epoch: u64,
    },
}

/// What an engine needs to know.
pub struct EngineConfig {
    /// Folder for votes and proposals that are not final yet. Losing it while the network runs is losing the memory of
    /// what was voted for.
    pub folder: PathBuf,
    /// Where other validators connect to.
    pub listen: SocketAddr,
    /// The other validators, as far as known; this one may be among them.
    pub peers: Vec<Peer>,
    /// This validator's secret key.
    pub secret: Zeroizing<[u8; 32]>,
    /// What separates this network's votes from any other's.
    pub namespace: Vec<u8>,
    /// Waiting times.
    pub timing: Timing,
}

/// The last epoch of which an engine's folder holds votes or blocks, by the names in it; `None` if it holds none or is not there.
///
/// # Errors
/// If the folder cannot be read.
pub fn last_epoch_of(folder: &Path) -> io::Result<Option<u64>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut last = None;
    for entry in entries {
        last = last.max(epoch_of(&entry?.file_name().to_string_lossy()));
    }
    Ok(last)
}

/// Of a partition's name: `simplex-7`, `marshal-cache-7-verified-key`.
fn epoch_of(name: &str) -> Option<u64> {
    let rest = name.strip_prefix("simplex-").or_else(|| name.strip_prefix("marshal-cache-"))?;
    rest.split('-').next()?.parse().ok()
}

/// A running engine.
pub struct Engine {
    thread: Option<JoinHandle<Result<Exit, EngineError>>>,
    stop: Option<oneshot::Sender<()>>,
    peers: mpsc::UnboundedSender<Vec<Peer>>,
    heard: Heard,
}

impl Engine {
    /// Starts an engine for a validator of the current epoch. `outgoing` gives transactions to pass on to the others.
    ///
    /// # Errors
    /// [`EngineError::Key`], [`EngineError::Thread`]; what happens later is told by [`Engine::wait`].
    pub fn start(
        config: EngineConfig,
        application: Arc<dyn Application>,
        log: Arc<dyn Log>,
        outgoing: mpsc::Receiver<Bytes>,
    ) -> Result<Self, EngineError> {
        let key = private_key(&config.secret)?;
        let (stop, stopped) = oneshot::channel();
        let (peers, new_peers) = mpsc::unbounded::<Vec<Peer>>();
        let heard = Heard::default();
        let shared = heard.clone();
        let validators = application.validators((application.height() + 1) / application.epoch_blocks().max(2));
        let room = validators.map_or(0, |validators| validators.len()).max(config.peers.len()).max(6) + 2;
        let main = move || {
            let runtime = tokio::Config::new()
                .with_worker_threads(2)
                .with_max_blocking_threads(16)
                .with_storage_directory(config.folder.clone())
                .with_tcp_nodelay(Some(true));
            tokio::Runner::new(runtime).start(|context| async move {
                let known = network::Peers::default();
                *known.lock().unwrap_or_else(PoisonError::into_inner) = network::addresses(&config.peers);
                let (channels, oracle, track, network) =
                    network::open(context.child("p2p"), &config, key.clone(), known.clone(), room);
                let parts = Parts {
                    application,
                    log,
                    namespace: config.namespace,
                    key,
                    timing: config.timing,
                    channels,
                    peers: oracle.clone(),
                    blocker: oracle.clone(),
                    track,
                    outgoing,
                    heard: shared,
                    room,
                    prefix: String::new(),
                };
                let mut engine = Box::pin(engine::run(context.child("engine"), parts)).fuse();
                let mut network = network.fuse();
                let (mut stopped, mut new_peers, mut oracle) = (stopped.fuse(), new_peers, oracle);
                loop {
                    select_biased! {
                        exit = engine => return exit,
                        _ = network => return Err(EngineError::Stopped { part: "network" }),
                        _ = stopped => {
                            let _ = context.child("stop").stop(0, None).now_or_never();
                            return Ok(Exit::Stopped);
                        }
                        peers = new_peers.next() => if let Some(peers) = peers {
                            let addresses = network::addresses(&peers);
                            oracle.overwrite(Map::from_iter_dedup(addresses.clone()));
                            *known.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
                        },
                    }
                }
            })
        };
        let thread =
            std::thread::Builder::new().name("consensus".into()).spawn(main).map_err(|_| EngineError::Thread)?;
        Ok(Engine { thread: Some(thread), stop: Some(stop), peers, heard })
    }

    /// Other addresses of the validators, used from now on; who joins in a later epoch is reached from then on.
    pub fn set_peers(&self, peers: Vec<Peer>) {
        // A closed channel is an engine that has ended, which `wait` tells.
        let _ = self.peers.unbounded_send(peers);
    }

    /// The validators heard in the last seconds, this one left out.
    pub fn connected(&self) -> Vec<ValidatorKey> {
        self.heard.lately(SystemTime::now())
    }

    /// Whether it has ended; then [`Engine::wait`] does not block.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Tells it to stop, without waiting.
    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// Why it had to end.
    pub fn wait(mut self) -> Result<Exit, EngineError> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            _ => Err(EngineError::Thread),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_what_an_engine_keeps_say_the_epoch() {
        for (name, epoch) in [("simplex-7", Some(7)), ("marshal-cache-12-verified-key", Some(12))] {
            assert_eq!(epoch_of(name), epoch);
        }
        for name in ["marshal-metadata", "marshal-application-metadata", "simplex-", "other-3", ""] {
            assert_eq!(epoch_of(name), None, "{name}");
        }
    }
}
