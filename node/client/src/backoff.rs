//! When to ask again: ever later, and never in step with others.

use std::time::Duration;

use rand_core::RngCore;

/// Between the first two attempts.
const FIRST: Duration = Duration::from_secs(1);

/// Waits that double up to the longest, each drawn from a quarter below to a quarter above.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    most: Duration,
    failures: u32,
    /// On the monotonic clock.
    next: Duration,
}

impl Backoff {
    /// At once, and later never more than so long between two attempts.
    pub fn up_to(most: Duration) -> Self {
        Backoff { most, failures: 0, next: Duration::ZERO }
    }

    /// Whether it is time.
    pub fn is_due(&self, now: Duration) -> bool {
        now >= self.next
    }

    /// It failed: later.
    pub fn fail(&mut self, now: Duration, rng: &mut impl RngCore) {
        let wait = FIRST.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(self.most);
        self.failures = self.failures.saturating_add(1);
        self.next = now + jittered(wait, rng);
    }

    /// It went well: again after so long.
    pub fn rest(&mut self, now: Duration, wait: Duration, rng: &mut impl RngCore) {
        self.failures = 0;
        self.next = now + jittered(wait, rng);
    }

    /// At once, whatever was before.
    pub fn hurry(&mut self) {
        *self = Self::up_to(self.most);
    }
}

/// From three quarters to five quarters of it.
fn jittered(wait: Duration, rng: &mut impl RngCore) -> Duration {
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let spread = millis / 2;
    Duration::from_millis(millis - millis / 4 + rng.next_u64() % spread.max(1))
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_drawn() {
        for most in [15, 600] {
            let mut backoff = Backoff::up_to(Duration::from_secs(most));
            assert!(backoff.is_due(Duration::ZERO));
            let mut now = Duration::ZERO;
            for failures in 0..40 {
                backoff.fail(now, &mut OsRng);
                let wait = (backoff.next - now).as_secs_f64();
                let right = (1u64 << failures.min(10)).min(most) as f64;
                assert!(wait >= right * 0.75 - 0.01 && wait <= right * 1.25 + 0.01, "{failures}: {wait}");
                assert!(!backoff.is_due(now));
                now = backoff.next;
            }
            backoff.rest(now, Duration::from_secs(30), &mut OsRng);
            assert!((backoff.next - now).as_secs() <= 38);
            backoff.hurry();
            assert!(backoff.is_due(Duration::ZERO));
        }
    }
}
