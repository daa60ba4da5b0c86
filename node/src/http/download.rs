//! What downloads of blocks and of hints share: a place among a few, pieces that are read when the client takes them, and
//! an end in time.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep};

use super::{
    app::App,
    backend::{Backend, BackendError},
    client::ClientId,
    error::ApiError,
    gate::Permit,
};

/// Pause before a download asks again for its turn.
const AGAIN: Duration = Duration::from_millis(200);

/// A download under way: who it is for, its place among others, its end.
pub(super) struct Download {
    app: Arc<App>,
    client: ClientId,
    deadline: Instant,
    _permit: Permit,
}

impl Download {
    /// Takes a place among the downloads.
    pub async fn begin(app: Arc<App>, client: ClientId) -> Result<Self, ApiError> {
        let permit = app.gates.downloads.enter(client).await?;
        let deadline = Instant::now() + app.limits.download_time;
        Ok(Download { app, client, deadline, _permit: permit })
    }

    /// Reads a piece when it is the client's turn; waits rather than giving up where others are before it.
    pub async fn piece<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Backend) -> Result<T, BackendError> + Clone + Send + 'static,
    ) -> Result<T, Broken> {
        loop {
            if Instant::now() >= self.deadline {
                return Err(Broken("it took longer than downloads may: resume it"));
            }
            match self.app.gates.reads.enter(self.client).await {
                Ok(permit) => {
                    let read = self.app.blocking(vec![permit], work.clone()).await;
                    let piece = read.map_err(|_| Broken("the node failed"))?;
                    return piece.map_err(|error| {
                        tracing::error!(%error, "a download broke off");
                        Broken("the node failed")
                    });
                }
                Err(_) => sleep(AGAIN).await,
            }
        }
    }
}

/// Why a download broke off: the connection is closed before the end of the body, so that the client notices.
#[derive(Debug, thiserror::Error)]
#[error("the download broke off: {0}")]
pub(super) struct Broken(pub &'static str);

/// The body of a download. The first piece is read before the answer begins, so that a fault is told as such.
pub(super) async fn body(pieces: impl Stream<Item = Result<Bytes, Broken>> + Send + 'static) -> Result<Body, ApiError> {
    let mut pieces = Box::pin(pieces);
    match pieces.next().await {
        None => Ok(Body::empty()),
        Some(Ok(first)) => Ok(Body::from_stream(stream::iter([Ok(first)]).chain(pieces))),
        Some(Err(_)) => Err(ApiError::internal()),
    }
}
