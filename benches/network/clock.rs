//! The clock of all nodes: stepped once a second with real time, and by hours where notes have to be sealed.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use hushwatt_ledger::units::Timestamp;
use hushwatt_node::client::NodeClient;

const SECOND: Duration = Duration::from_secs(1);

struct State {
    now: Timestamp,
    nodes: Vec<NodeClient>,
    stopped: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// Ticks until it is dropped.
pub struct Clock {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves on and tells all nodes. One that is down is told with the next tick.
    fn step(&self, next: impl FnOnce(Timestamp) -> Timestamp) {
        let (now, nodes) = {
            let mut state = self.lock();
            state.now = state.now.max(next(state.now));
            (state.now, state.nodes.clone())
        };
        for node in nodes {
            let _ = node.set_clock(now);
        }
    }

    fn run(&self) {
        let mut due = Instant::now() + SECOND;
        loop {
            let mut state = self.lock();
            while !state.stopped {
                let left = due.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                let waited = self.changed.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.stopped {
                return;
            }
            drop(state);
            due += SECOND;
            self.step(|now| now.plus(1));
        }
    }
}

impl Clock {
    /// Starts at a time.
    pub fn start(now: Timestamp, nodes: Vec<NodeClient>) -> Self {
        let state = State { now, nodes, stopped: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let ticking = shared.clone();
        Clock { shared, thread: Some(std::thread::spawn(move || ticking.run())) }
    }

    /// What all nodes' clocks show.
    pub fn now(&self) -> Timestamp {
        self.shared.lock().now
    }

    /// Moves all clocks on to a time.
    pub fn jump(&self, to: Timestamp) {
        self.shared.step(|_| to);
    }

    /// Has one more node told the time.
    pub fn add(&self, node: NodeClient) {
        self.shared.lock().nodes.push(node);
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It ends without a result, or with a panic that was reported already.
            let _ = thread.join();
        }
    }
}
