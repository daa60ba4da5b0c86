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

    /// Moves a simulated clock on to a time, never back; does nothing to a real one.
    fn step_to(&self, time: Timestamp) {
        let _ = time;
    }
}

/// Seconds by which the time of a block may differ from the clock of who votes for it (protocol section 7).
pub const MAX_SKEW: u64 = 10;

/// What the voting rule says of a block's time. It is no rule of the chain: a final block is final whatever its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeVerdict {
    /// Close enough to vote for.
    Now,
    /// It lies ahead: ask again in so many seconds.
    Later(u64),
    /// It lies too far back, for ever.
    TooOld,
}

impl TimeVerdict {
    /// The verdict at a time of the clock.
    pub fn of(block: Timestamp, now: Timestamp) -> Self {
        if block.0 > now.plus(MAX_SKEW).0 {
            TimeVerdict::Later(block.0 - now.plus(MAX_SKEW).0)
        } else if block.plus(MAX_SKEW) < now {
            TimeVerdict::TooOld
        } else {
            TimeVerdict::Now
        }
    }
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

    fn step_to(&self, time: Timestamp) {
        SteppedClock::step_to(self, time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_voted_for_within_ten_seconds_of_the_clock() {
        let now = Timestamp(1_000);
        let cases = [
            (1_000, TimeVerdict::Now),
            (1_010, TimeVerdict::Now),
            (1_011, TimeVerdict::Later(1)),
            (2_000, TimeVerdict::Later(990)),
            (990, TimeVerdict::Now),
            (989, TimeVerdict::TooOld),
            (0, TimeVerdict::TooOld),
            (u64::MAX, TimeVerdict::Later(u64::MAX - 1_010)),
        ];
        for (time, verdict) in cases {
            assert_eq!(TimeVerdict::of(Timestamp(time), now), verdict, "{time}");
        }
    }
}
