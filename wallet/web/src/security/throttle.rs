//! Slows down whoever guesses passphrases: after each wrong one the wait doubles, for everybody and every form together.

use std::time::Duration;

/// Wrong ones that are answered at once: people mistype.
const FREE: u32 = 2;
const LONGEST: Duration = Duration::from_secs(300);

/// Counts wrong passphrases.
#[derive(Default)]
pub(crate) struct Throttle {
    wrong: u32,
    closed_until: Duration,
}

impl Throttle {
    /// How long one has to wait before a passphrase is looked at.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        self.closed_until.checked_sub(now).filter(|wait| !wait.is_zero())
    }

    /// A wrong one.
    pub fn wrong(&mut self, now: Duration) {
        self.wrong = self.wrong.saturating_add(1);
        if let Some(steps) = self.wrong.checked_sub(FREE) {
            let wait = Duration::from_secs(1_u64.checked_shl(steps).unwrap_or(u64::MAX));
            self.closed_until = now + wait.min(LONGEST);
        }
    }

    /// The right one.
    pub fn right(&mut self) {
        *self = Throttle::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_passphrase_doubles_the_wait_up_to_a_limit() {
        let mut throttle = Throttle::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..14 {
            assert_eq!(throttle.wait(now), None);
            throttle.wrong(now);
            let wait = throttle.wait(now).unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        throttle.right();
        throttle.wrong(now);
        assert_eq!(throttle.wait(now), None);
    }
}
