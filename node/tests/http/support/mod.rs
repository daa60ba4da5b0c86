//! What the tests of the HTTP API share: a server with a node in memory behind it, and a client.

pub mod backend;
pub mod client;
pub mod schema;

use std::{sync::Arc, time::Duration};

use hushwatt_node::{
    http::{HttpLimits, HttpOptions, Rate, Server},
    metrics::Metrics,
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

pub use backend::{Fake, kind};
pub use client::{Client, PATIENCE};

/// A server that runs until it is stopped or dropped.
pub struct Running {
    pub node: Arc<Fake>,
    pub client: Client,
    pub metrics: Arc<Metrics>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Or a test that failed would wait for the verifications that it held.
        self.node.release();
    }
}

/// Limits that no test meets by accident: each test lowers the one that it is about.
pub fn limits() -> HttpLimits {
    let generous = Rate { per_second: 1e6, burst: 1_000_000 };
    HttpLimits {
        header_time: PATIENCE,
        body_time: PATIENCE,
        request_time: PATIENCE,
        stall_time: PATIENCE,
        shutdown_time: PATIENCE,
        submission_rate: generous,
        read_rate: generous,
        ..HttpLimits::default()
    }
}

/// Short enough to wait for, for limits that a test means to exceed.
pub const SHORT: Duration = Duration::from_millis(300);

/// The options of a test.
pub fn options(limits: HttpLimits) -> HttpOptions {
    HttpOptions { listen: "127.0.0.1:0".parse().unwrap(), limits, ..HttpOptions::default() }
}

/// Starts a server with a fresh node behind it.
pub async fn start(limits: HttpLimits) -> Running {
    start_on(options(limits), Fake::new(false)).await
}

/// Starts a server.
pub async fn start_on(options: HttpOptions, node: Arc<Fake>) -> Running {
    let metrics = Arc::new(Metrics::default());
    let server = Server::bind(&options, node.clone(), metrics.clone()).await.unwrap();
    let client = Client::new(server.address());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server.serve(async {
        let _ = stopped.await;
    }));
    Running { node, client, metrics, stop: Some(stop), task: Some(task) }
}

impl Running {
    /// Tells the server to stop.
    pub fn begin_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it has stopped.
    pub async fn stopped(mut self) {
        timeout(PATIENCE, self.task.take().unwrap()).await.expect("the server did not stop").unwrap();
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let wait = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what} did not come about"));
    }
}
