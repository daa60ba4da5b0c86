//! Genesis parameters, their defaults, and the inequalities between them (protocol section 1).

use serde::{Deserialize, Serialize};

use crate::{
    note::MAX_RING,
    units::{Interval, Price, Timestamp, Window},
};

/// Everything a community may choose; times in seconds, prices in micro-euro per base unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// Metering interval: 300, 600, 900, 1800 or 3600 s.
    pub interval: u64,
    /// Settlement window: a whole number of intervals, at most 12.
    pub window: u64,
    /// After a window's end: until then attestations mint, then its energy buckets seal.
    pub attestation_deadline: u64,
    /// How long before a window starts a contract for it may be opened.
    pub open_lead: u64,
    /// How long after a window ends a contract for it may be opened.
    pub open_term: u64,
    /// How long after the attestation deadline a contract may be delivered to.
    pub delivery_term: u64,
    /// Energy change joins its bucket at the second of these boundaries.
    pub append_slot: u64,
    /// Credit notes collect this long before they are sealed into a bucket.
    pub credit_epoch: u64,
    /// A credit bucket has notes of at least so many transactions.
    pub ring_min: u32,
    /// Larger buckets are cut.
    pub ring_cap: u32,
    /// No credit note waits longer than this for its bucket.
    pub seal_after: u64,
    /// How long hints are served.
    pub retention: u64,
    /// Prices are multiples of this.
    pub price_step: u32,
    /// Lowest price.
    pub floor: u32,
    /// Highest price.
    pub cap: u32,
    /// Burned by each Transfer and Open, micro-euro.
    pub fee: u64,
    /// Blocks of an epoch: the validators change at its end only.
    pub epoch_blocks: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Parameters {
            interval: 900,
            window: HOUR,
            attestation_deadline: 2 * HOUR,
            open_lead: 24 * HOUR,
            open_term: 2 * HOUR,
            delivery_term: 12 * HOUR,
            append_slot: 1800,
            credit_epoch: 2 * HOUR,
            ring_min: 8,
            ring_cap: 128,
            seal_after: 24 * HOUR,
            retention: 90 * 24 * HOUR,
            price_step: 10,
            floor: 10,
            cap: 1_000,
            fee: 0,
            epoch_blocks: 240,
        }
    }
}

/// An inequality of the parameters that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Interval outside the list.
    #[error("interval must be 300, 600, 900, 1800 or 3600 seconds")]
    Interval,
    /// Window is not 1 to 12 intervals, or does not divide a day.
    #[error("window must be a whole number of intervals, 1 to 12, and divide a day")]
    Window,
    /// A term outside a second to a year.
    #[error("every term must be between 1 second and 366 days")]
    Term,
    /// Buckets that change too often.
    #[error("append_slot must be at least 60 seconds, seal_after at least 600 seconds and at least credit_epoch")]
    SealPace,
    /// Deliveries need time.
    #[error("delivery_term must be at least 6 hours and 8 append slots")]
    DeliveryTerm,
    /// A contract opened last must still be deliverable.
    #[error("open_term must not exceed attestation_deadline + delivery_term")]
    OpenTerm,
    /// Ring sizes.
    #[error("ring_min must be at least 2, at most 64 and at most half of ring_cap, ring_cap between 16 and 256")]
    Ring,
    /// Energy buckets could outgrow the largest ring.
    #[error("ring_cap times the number of deliveries in a row (delivery_term / 2 append slots, plus 2) exceeds 2048")]
    RingGrowth,
    /// Hints must outlive every contract.
    #[error("retention must be longer than open_lead + window + attestation_deadline + delivery_term")]
    Retention,
    /// Prices.
    #[error(
        "prices must satisfy 1 <= floor <= cap < 2^31, price_step >= 1, with a multiple of the step between floor and cap"
    )]
    Price,
    /// Fee.
    #[error("fee must be below 1,000 EUR")]
    Fee,
    /// Epochs.
    #[error("epoch_blocks must be between 2 and 1,000,000")]
    EpochBlocks,
}

impl Parameters {
    /// Refuses parameters whose inequalities do not hold.
    pub fn check(&self) -> Result<(), ParameterError> {
        use ParameterError as E;
        let ensure = |holds: bool, error: E| if holds { Ok(()) } else { Err(error) };
        const YEAR: u64 = 366 * 86_400;
        ensure([300, 600, 900, 1800, 3600].contains(&self.interval), E::Interval)?;
        let whole = self.window.is_multiple_of(self.interval) && self.window > 0 && 86_400 % self.window == 0;
        ensure(whole && (1..=12).contains(&(self.window / self.interval)), E::Window)?;
        let terms = [
            self.attestation_deadline,
            self.open_lead,
            self.open_term,
            self.delivery_term,
            self.append_slot,
            self.credit_epoch,
            self.seal_after,
            self.retention,
        ];
        ensure(terms.iter().all(|term| (1..=YEAR).contains(term)), E::Term)?;
        // A bucket remembers every length it had in the last 10 minutes: these bounds keep them few.
        ensure(self.append_slot >= 60 && self.seal_after >= self.credit_epoch.max(600), E::SealPace)?;
        ensure(self.delivery_term >= 6 * 3600 && self.delivery_term >= 8 * self.append_slot, E::DeliveryTerm)?;
        ensure(self.open_term <= self.attestation_deadline + self.delivery_term, E::OpenTerm)?;
        // Half of a bucket that is cut still holds ring_min notes, and the first Mint can make as many.
        ensure(self.ring_min as usize <= *crate::transaction::mint::OUTPUTS.end(), E::Ring)?;
        ensure(self.ring_min >= 2 && u64::from(self.ring_min) * 2 <= u64::from(self.ring_cap), E::Ring)?;
        ensure((16..=256).contains(&self.ring_cap), E::Ring)?;
        let generations = self.delivery_term / (2 * self.append_slot) + 2;
        ensure(generations * u64::from(self.ring_cap) <= u64::from(MAX_RING), E::RingGrowth)?;
        let life = self.open_lead + self.window + self.attestation_deadline + self.delivery_term;
        ensure(self.retention > life, E::Retention)?;
        ensure(self.floor >= 1 && self.floor <= self.cap && self.cap < 1 << 31 && self.price_step >= 1, E::Price)?;
        ensure(self.cap / self.price_step * self.price_step >= self.floor, E::Price)?;
        ensure(self.fee < 1_000_000_000, E::Fee)?;
        ensure((2..=1_000_000).contains(&self.epoch_blocks), E::EpochBlocks)
    }

    /// Intervals in a window, 1 to 12.
    pub fn intervals_per_window(&self) -> usize {
        (self.window / self.interval) as usize
    }

    /// The window that contains a time.
    pub fn window_at(&self, time: Timestamp) -> Window {
        Window(time.0 / self.window)
    }

    /// A window's first second.
    pub fn window_start(&self, window: Window) -> Timestamp {
        Timestamp(window.0.saturating_mul(self.window))
    }

    /// The first second after a window.
    pub fn window_end(&self, window: Window) -> Timestamp {
        self.window_start(window).plus(self.window)
    }

    /// A window's first interval.
    pub fn first_interval(&self, window: Window) -> Interval {
        Interval(self.window_start(window).0 / self.interval)
    }

    /// The last second in which an attestation of the window may mint.
    pub fn attest_until(&self, window: Window) -> Timestamp {
        self.window_end(window).plus(self.attestation_deadline)
    }

    /// The first second in which a contract for the window may be opened.
    pub fn open_from(&self, window: Window) -> Timestamp {
        self.window_start(window).minus(self.open_lead)
    }

    /// The last second in which a contract for the window may be opened.
    pub fn open_until(&self, window: Window) -> Timestamp {
        self.window_end(window).plus(self.open_term)
    }

    /// The last second in which a contract for the window may be delivered to; afterwards it expires.
    pub fn deliver_until(&self, window: Window) -> Timestamp {
        self.attest_until(window).plus(self.delivery_term)
    }

    /// When energy change made at `time` joins its bucket: the second append boundary after it.
    pub fn append_at(&self, time: Timestamp) -> Timestamp {
        Timestamp((time.0 / self.append_slot).saturating_add(2).saturating_mul(self.append_slot))
    }

    /// The credit epoch that contains a time.
    pub fn epoch_at(&self, time: Timestamp) -> u64 {
        time.0 / self.credit_epoch
    }

    /// The allowed price closest to a wish, rounded down to the step and held between floor and cap.
    pub fn nearest_price(&self, wish: u32) -> Option<Price> {
        let lowest = self.floor.div_ceil(self.price_step) * self.price_step;
        let highest = self.cap / self.price_step * self.price_step;
        Price::new((wish / self.price_step * self.price_step).clamp(lowest, highest))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold() {
        assert_eq!(Parameters::default().check(), Ok(()));
    }

    #[test]
    fn each_inequality_refuses_its_violation() {
        type Change = fn(&mut Parameters);
        let cases: [(Change, ParameterError); 18] = [
            (|p| p.append_slot = 59, ParameterError::SealPace),
            (|p| p.seal_after = p.credit_epoch - 1, ParameterError::SealPace),
            (|p| p.interval = 420, ParameterError::Interval),
            (|p| p.window = 1000, ParameterError::Window),
            (|p| p.window = 86_400, ParameterError::Window),
            (|p| p.open_lead = 0, ParameterError::Term),
            (|p| p.delivery_term = 3600, ParameterError::DeliveryTerm),
            (|p| p.open_term = 20 * 3600, ParameterError::OpenTerm),
            (|p| p.ring_min = 1, ParameterError::Ring),
            (|p| p.ring_min = p.ring_cap / 2 + 1, ParameterError::Ring),
            (|p| (p.ring_min, p.ring_cap) = (65, 256), ParameterError::Ring),
            (|p| p.ring_cap = 1000, ParameterError::Ring),
            (|p| p.append_slot = 60, ParameterError::RingGrowth),
            (|p| p.retention = 3600, ParameterError::Retention),
            (|p| p.floor = p.cap + 1, ParameterError::Price),
            (|p| p.fee = 1_000_000_000, ParameterError::Fee),
            (|p| p.epoch_blocks = 1, ParameterError::EpochBlocks),
            (|p| p.epoch_blocks = 1_000_001, ParameterError::EpochBlocks),
        ];
        for (change, error) in cases {
            let mut parameters = Parameters::default();
            change(&mut parameters);
            assert_eq!(parameters.check(), Err(error));
        }
    }
}
