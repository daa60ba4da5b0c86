//! What all handlers share: the node, its metrics, and the gates that bound their work.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use axum::http::HeaderValue;
use tokio::sync::watch;

use super::{
    backend::Backend,
    client::ClientId,
    config::{HttpLimits, HttpOptions},
    error::ApiError,
    finality::Waiters,
    gate::{Gate, Permit},
    rates::Rates,
};
use crate::{board::Board, metrics::Metrics};

/// State of the router.
pub(super) struct App {
    pub backend: Arc<dyn Backend>,
    pub metrics: Arc<Metrics>,
    pub limits: HttpLimits,
    pub trusted_proxies: Vec<IpAddr>,
    pub serves_metrics: bool,
    pub gates: Gates,
    pub submission_rates: Rates,
    pub read_rates: Rates,
    pub waiters: Waiters,
    pub board: Arc<Mutex<Board>>,
    /// Names the genesis' bytes: the network id is their digest.
    pub genesis_tag: HeaderValue,
    /// Turns true when the node stops.
    pub stopping: watch::Receiver<bool>,
}

/// One gate for each class of work, so that no class can starve another.
pub(super) struct Gates {
    pub submissions: Gate,
    pub verifications: Gate,
    pub reads: Gate,
    pub downloads: Gate,
    pub events: Gate,
    pub finality: Gate,
}

impl App {
    pub fn new(
        options: &HttpOptions,
        backend: Arc<dyn Backend>,
        metrics: Arc<Metrics>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let limits = options.limits.clone();
        let tag = HeaderValue::try_from(format!("\"{}\"", backend.network()));
        App {
            gates: Gates {
                submissions: Gate::new(limits.submissions),
                verifications: Gate::new(limits.verifications),
                reads: Gate::new(limits.reads),
                downloads: Gate::new(limits.downloads),
                events: Gate::new(limits.events),
                finality: Gate::new(limits.finality),
            },
            submission_rates: Rates::new(limits.submission_rate),
            read_rates: Rates::new(limits.read_rate),
            trusted_proxies: options.trusted_proxies.clone(),
            serves_metrics: options.metrics,
            waiters: Waiters::default(),
            board: Arc::new(Mutex::new(Board::new(backend.parameters()))),
            genesis_tag: tag.unwrap_or(HeaderValue::from_static("\"genesis\"")),
            backend,
            metrics,
            limits,
            stopping,
        }
    }

    /// Reads from the node when it is the client's turn, on a thread for blocking work.
    pub async fn read<T: Send + 'static>(
        &self,
        client: ClientId,
        work: impl FnOnce(&dyn Backend) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = self.gates.reads.enter(client).await?;
        self.blocking(vec![permit], work).await
    }

    /// Works with the node on a thread for blocking work. The permits are given back when the work is done, also if nobody
    /// waits for it any more.
    pub async fn blocking<T: Send + 'static>(
        &self,
        permits: Vec<Permit>,
        work: impl FnOnce(&dyn Backend) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let backend = self.backend.clone();
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&*backend);
            drop(permits);
            result
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a request of the HTTP API broke off");
            ApiError::internal()
        })
    }
}
