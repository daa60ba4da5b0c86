//! A node as a program runs it: the core, the HTTP interface, and whoever brings blocks: the consensus engine while this
//! node is a validator, and other nodes' HTTP interfaces while it is not.

mod conductor;
mod disk;
mod follow;
mod peers;
mod stopping;

use std::{net::SocketAddr, sync::Arc, thread::JoinHandle};

use hushwatt_consensus::EngineError;
use tokio::sync::oneshot;

use crate::{
    Clock, Core, CoreOptions, MempoolLimits, NodeError, SteppedClock, SystemClock,
    config::{ConfigError, MempoolConfig, Setup},
    http::{HttpError, Server},
    metrics::Metrics,
};

use conductor::Conductor;
use stopping::Stopping;

/// Threads that requests may block: those of all gates of the HTTP interface, and some.
const BLOCKING: usize = 128;

/// Why a node could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Its settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its storage or state.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Its HTTP interface.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The consensus engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system gave no thread or runtime.
    #[error("the system refused a thread: {0}")]
    System(#[from] std::io::Error),
    /// A thread of the node ended by a panic.
    #[error("a part of the node failed ({0}): look for the first error in the log and start it again")]
    Failed(&'static str),
}

/// A running node.
pub struct Service {
    core: Arc<Core>,
    address: SocketAddr,
    stopping: Stopping,
    stop_http: Option<oneshot::Sender<()>>,
    http: Option<JoinHandle<()>>,
    conductor: Option<JoinHandle<Result<(), ServiceError>>>,
}

impl Service {
    /// Opens the node's data, listens for HTTP and starts to bring blocks.
    ///
    /// # Errors
    /// [`ServiceError`]; what happens later is told by [`Service::stop`] and [`Service::has_failed`].
    pub fn start(setup: Setup) -> Result<Self, ServiceError> {
        let http = setup.config.http_options()?;
        let MempoolConfig { transactions, bytes } = setup.config.mempool;
        let options = CoreOptions {
            mempool: MempoolLimits { transactions, bytes },
            heartbeat: setup.config.heartbeat.0,
            ..CoreOptions::default()
        };
        let clock: Box<dyn Clock> = if setup.genesis.simulated_time {
            Box::new(SteppedClock::new(setup.genesis.time))
        } else {
            Box::new(SystemClock)
        };
        let core = Arc::new(Core::open(&setup.folder.data(), setup.genesis.clone(), clock, options)?);
        setup.folder.finish_removal()?;
        // A stepped clock starts where the chain stands.
        core.step_clock(core.tip().time);
        // Whether it votes or follows is for the conductor to find out; until then it is not ready.
        core.set_syncing(true);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(BLOCKING)
            .thread_name("http")
            .enable_all()
            .build()?;
        let stopping = Stopping::default();
        let metrics = Arc::new(Metrics::default());
        let server = runtime.block_on(Server::bind(&http, core.clone(), metrics))?;
        let address = server.address();
        let (stop_http, stopped) = oneshot::channel::<()>();
        let http = std::thread::Builder::new().name("http".into()).spawn(move || {
            runtime.block_on(server.serve(async {
                // Told or forgotten: both mean the end.
                let _ = stopped.await;
            }));
        })?;
        let conductor = Conductor::new(setup, core.clone(), stopping.clone());
        let conductor = std::thread::Builder::new().name("conductor".into()).spawn(move || conductor.run())?;
        Ok(Service {
            core,
            address,
            stopping,
            stop_http: Some(stop_http),
            http: Some(http),
            conductor: Some(conductor),
        })
    }

    /// What the node knows.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Where the HTTP interface listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a part has ended by itself, so that nothing is left but [`Service::stop`], which says why.
    pub fn has_failed(&self) -> bool {
        self.conductor.as_ref().is_none_or(JoinHandle::is_finished)
            || self.http.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops in good order: no more requests, no more votes, everything on disk.
    ///
    /// # Errors
    /// Why it had ended before.
    pub fn stop(mut self) -> Result<(), ServiceError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ServiceError> {
        self.stopping.request();
        self.stop_http.take();
        let http = self.http.take().map(JoinHandle::join);
        let conducted = self.conductor.take().map(JoinHandle::join);
        if matches!(http, Some(Err(_))) {
            return Err(ServiceError::Failed("HTTP interface"));
        }
        match conducted {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(ServiceError::Failed("conductor")),
            None => Ok(()),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the node had failed");
        }
    }
}
