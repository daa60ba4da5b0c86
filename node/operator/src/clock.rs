//! Time. Nothing in this crate asks the system for the time but through [`Clock`].
//!
//! On a network with simulated time the nodes' clock is what counts, so it is asked for ([`NodeClock`]); an operator of such a
//! network is for demonstrations and tests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hushwatt_client::{BaseUrl, NodeClient, Patience};
use hushwatt_ledger::units::Timestamp;

use crate::nodes::Tip;

/// How long a node is waited for that is asked for the time.
const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(2), answer: Duration::from_secs(5), body: Some(Duration::from_secs(5)) };

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Unix time in seconds.
    fn now(&self) -> Timestamp;

    /// Time since some moment; never goes back, and is not set by anybody. Waits between two tries are measured by it.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// The machine's clocks.
    pub fn new() -> Self {
        SystemClock { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 is as wrong as one at 1970.
        Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The clock of a network with simulated time, as its nodes say it; while none answers, what was said last.
#[derive(Debug)]
pub struct NodeClock {
    nodes: Vec<NodeClient>,
    last: AtomicU64,
    start: Instant,
}

impl NodeClock {
    /// The clock of these nodes; `first` until one of them answers.
    pub fn of(nodes: &[BaseUrl], first: Timestamp) -> Self {
        let nodes = nodes.iter().map(|url| NodeClient::patient(url, &PATIENCE)).collect();
        NodeClock { nodes, last: AtomicU64::new(first.0), start: Instant::now() }
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        if let Some(tip) = self.nodes.iter().find_map(|node| Tip::of(node).ok()) {
            self.last.fetch_max(tip.now.0, Ordering::SeqCst);
        }
        Timestamp(self.last.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until it is stepped, for tests. Copies share it.
#[derive(Clone, Debug)]
pub struct SteppedClock(Arc<AtomicU64>);

impl SteppedClock {
    /// At a time.
    pub fn at(time: Timestamp) -> Self {
        SteppedClock(Arc::new(AtomicU64::new(time.0)))
    }

    /// On to a time; never back.
    pub fn step_to(&self, time: Timestamp) {
        self.0.fetch_max(time.0, Ordering::SeqCst);
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}
