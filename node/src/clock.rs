//! The node's clock is a trait (protocol section 7), so that a driver can step it where the genesis says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use hushwatt_ledger::units::Timestamp;

/// Tells the time of a node.
pub trait Clock: Send + Sync {
    /// Now, in unix seconds UTC.
    fn now(&self) -> Timestamp;

    /// Whether a driver steps it: allowed only on a network whose genesis says `simulated_time`.
    fn is_simulated(&self) -> bool;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()))
    }

    fn is_simulated(&self) -> bool {
        false
    }
}

/// A clock that stands still until it is stepped. Clones share the time.
#[derive(Clone, Debug)]
pub struct SteppedClock(Arc<AtomicU64>);

impl SteppedClock {
    /// Starts at a time.
    pub fn new(start: Timestamp) -> Self {
        SteppedClock(Arc::new(AtomicU64::new(start.0)))
    }

    /// Moves on to a time; never back.
    pub fn step_to(&self, time: Timestamp) {
        self.0.fetch_max(time.0, Ordering::SeqCst);
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn is_simulated(&self) -> bool {
        true
    }
}
