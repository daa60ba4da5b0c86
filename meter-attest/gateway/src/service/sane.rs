//! Whether the gateway's clock can be believed: a box without a battery wakes up in the past.

use std::time::Duration;

use hushwatt_ledger::units::Timestamp;

use super::{Service, ServiceError};
use crate::clock::Jump;

/// The clock may be behind a certified block by so many seconds: validators' clocks are within ten of each other.
const BEHIND: u64 = 60;
/// A network makes blocks all the time: if the newest is so many seconds old, either it stands still or this clock is ahead.
const AHEAD: u64 = 3_600;
/// How long having caught up counts.
const FRESH: Duration = Duration::from_secs(900);

impl Service {
    /// Sees that the clock was set, and tells the engine.
    pub(super) fn look_at_clock(&mut self) -> Result<(), ServiceError> {
        let clock = &self.parts.clock;
        let now = clock.now();
        let Some(jump) = self.watch.look(clock.as_ref()) else { return Ok(()) };
        let before = match jump {
            Jump::Forward(by) => now.minus(by),
            Jump::Back(by) => now.plus(by),
        };
        self.jumps += 1;
        let text = match jump {
            Jump::Forward(by) => format!("the gateway's clock was set forward by {by} s, or the machine slept"),
            Jump::Back(by) => format!("the gateway's clock was set back by {by} s"),
        };
        self.alarms.warn(
            "clock-set",
            now,
            text + "; what was counted meanwhile is estimated. Keep the machine's time by NTP",
        );
        self.keep_held()?;
        for event in self.parts.store.clock_was_set(before, now)? {
            self.note(&event, now)?;
        }
        Ok(())
    }

    /// Whether the clock agrees with what else is known of the time. While it does not, nothing is read, decided or sent.
    pub(super) fn clock_is_sane(&mut self) -> bool {
        let now = self.parts.clock.now();
        let (genesis, ledger) = (self.parts.genesis.time, self.ledger_time);
        if now.plus(BEHIND) < genesis.max(ledger) {
            let by = genesis.max(ledger).0 - now.0;
            let text = format!(
                "the gateway's clock is at least {by} s behind the ledger: nothing is read until it is set. Set the machine's time (NTP)"
            );
            self.alarms.raise("clock-wrong", now, text);
            return false;
        }
        let fresh = self.caught_up.is_some_and(|at| self.parts.clock.monotonic().saturating_sub(at) <= FRESH);
        if fresh && now > ledger.plus(AHEAD) && !self.meter_agrees(now) {
            let by = now.0 - ledger.0;
            let text = format!(
                "the newest block is {by} s old: either the network stands still, or the gateway's clock is ahead. Check the machine's time (NTP)"
            );
            self.alarms.raise("clock-wrong", now, text);
            return false;
        }
        self.alarms.clear("clock-wrong");
        true
    }

    /// Whether the meter's own clock, if it has one, says the same as the gateway's; without one there is no second witness, and
    /// a network that stands still stops no meter.
    fn meter_agrees(&self, now: Timestamp) -> bool {
        let kept = || {
            let last = self.parts.store.state().registers().last()?;
            Some((last.received, last.at?))
        };
        let Some((received, at)) = self.heard.or_else(kept) else { return true };
        let tolerance = self.parts.config.reading.registers.clock_tolerance;
        now.0.abs_diff(received.0) < AHEAD && received.0.abs_diff(at.0) <= tolerance
    }
}
