//! Time for what expires: sessions, forms, locks. It only goes forward; tests can push it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A clock that starts at zero.
#[derive(Clone)]
pub struct Clock {
    start: Instant,
    pushed: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { start: Instant::now(), pushed: Arc::default() }
    }
}

impl Clock {
    /// Time since the start.
    pub fn now(&self) -> Duration {
        self.start.elapsed() + Duration::from_millis(self.pushed.load(Ordering::SeqCst))
    }

    /// Lets time go by at once, for tests of what expires.
    pub fn push(&self, by: Duration) {
        self.pushed.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}
