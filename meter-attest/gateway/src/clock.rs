//! Time: the wall's, which may be set wrong or jump, and a monotonic one, which shows that it did.
//!
//! Nothing in this crate asks the system for the time but through [`Clock`]. Networks with simulated time have one that is
//! driven ([`SimulatedClock`]); a gateway of such a network is for demonstrations and tests, and is started only when that is
//! said.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hushwatt_ledger::units::Timestamp;

/// What is no jump: a clock that is steered towards the right time moves by less between two looks.
const SLACK: Duration = Duration::from_secs(2);
/// And by less than one part in so many.
const SLEW: u64 = 1_000;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Unix time in milliseconds.
    fn wall_millis(&self) -> u64;

    /// Time since some moment; never goes back, and is not set by anybody.
    fn monotonic(&self) -> Duration;

    /// A simulated clock goes by what telegrams and blocks say; a real one does not listen.
    fn hear(&self, said: Timestamp) {
        let _ = said;
    }

    /// Unix time in seconds.
    fn now(&self) -> Timestamp {
        Timestamp(self.wall_millis() / 1_000)
    }
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
    fn wall_millis(&self) -> u64 {
        // A clock before 1970 is as wrong as one at 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that is driven: it goes by what is said, never back unless it is told to jump. Copies share it.
#[derive(Clone, Debug)]
pub struct SimulatedClock {
    wall: Arc<AtomicU64>,
    /// Monotonic milliseconds, and the wall's when it was looked at last.
    monotonic: Arc<Mutex<(u64, u64)>>,
}

impl SimulatedClock {
    /// At a time.
    pub fn at(time: Timestamp) -> Self {
        let millis = time.0.saturating_mul(1_000);
        SimulatedClock { wall: Arc::new(AtomicU64::new(millis)), monotonic: Arc::new(Mutex::new((0, millis))) }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.wall.fetch_add(by, Ordering::SeqCst);
    }

    /// Lets time pass until then; does nothing if it is then or later.
    pub fn advance_to(&self, time: Timestamp) {
        self.wall.fetch_max(time.0.saturating_mul(1_000), Ordering::SeqCst);
    }

    /// Sets the wall's clock, as somebody who sets it wrong or right: no time passes.
    pub fn jump_to(&self, time: Timestamp) {
        let mut seen = self.monotonic.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = self.wall.load(Ordering::SeqCst);
        seen.0 = seen.0.saturating_add(wall.saturating_sub(seen.1));
        let set = time.0.saturating_mul(1_000);
        seen.1 = set;
        self.wall.store(set, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn wall_millis(&self) -> u64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        let mut seen = self.monotonic.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = self.wall.load(Ordering::SeqCst);
        seen.0 = seen.0.saturating_add(wall.saturating_sub(seen.1));
        seen.1 = wall;
        Duration::from_millis(seen.0)
    }

    fn hear(&self, said: Timestamp) {
        self.advance_to(said);
    }
}

/// How far the wall's clock was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jump {
    /// Forward, by so many seconds.
    Forward(u64),
    /// Back, by so many seconds.
    Back(u64),
}

/// Sees that the wall's clock was set, by holding it against the monotonic one.
#[derive(Clone, Copy, Debug)]
pub struct JumpWatch {
    wall: u64,
    monotonic: Duration,
}

impl JumpWatch {
    /// From now on.
    pub fn new(clock: &dyn Clock) -> Self {
        JumpWatch { wall: clock.wall_millis(), monotonic: clock.monotonic() }
    }

    /// Whether the clock was set since the last look. A machine that slept was blind meanwhile: that is a jump too.
    pub fn look(&mut self, clock: &dyn Clock) -> Option<Jump> {
        let (wall, monotonic) = (clock.wall_millis(), clock.monotonic());
        let passed = u64::try_from(monotonic.saturating_sub(self.monotonic).as_millis()).unwrap_or(u64::MAX);
        let expected = self.wall.saturating_add(passed);
        (self.wall, self.monotonic) = (wall, monotonic);
        let slack = u64::try_from(SLACK.as_millis()).unwrap_or(u64::MAX).saturating_add(passed / SLEW);
        if wall > expected.saturating_add(slack) {
            Some(Jump::Forward((wall - expected).div_ceil(1_000)))
        } else if expected > wall.saturating_add(slack) {
            Some(Jump::Back((expected - wall).div_ceil(1_000)))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_passes_is_no_jump_and_a_clock_that_is_set_is_one() {
        let clock = SimulatedClock::at(Timestamp(1_000_000));
        let mut watch = JumpWatch::new(&clock);
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(watch.look(&clock), None);
        clock.jump_to(Timestamp(2_000_000));
        assert_eq!(watch.look(&clock), Some(Jump::Forward(2_000_000 - 1_003_600)));
        assert_eq!(watch.look(&clock), None);
        clock.advance(Duration::from_secs(5));
        clock.jump_to(Timestamp(1_999_000));
        assert_eq!(watch.look(&clock), Some(Jump::Back(1_005)));
        assert_eq!(clock.now(), Timestamp(1_999_000));
    }

    #[test]
    fn a_clock_that_is_steered_gently_does_not_jump() {
        let clock = SimulatedClock::at(Timestamp(1_000));
        let mut watch = JumpWatch::new(&clock);
        for second in 1..1_000 {
            clock.advance(Duration::from_secs(1));
            clock.jump_to(Timestamp(1_000 + second + u64::from(second % 2 == 0)));
            assert_eq!(watch.look(&clock), None);
        }
    }
}
