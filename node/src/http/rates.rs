//! How often a client may ask.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::{client::ClientId, config::Rate};

/// Clients whose allowance is full again are forgotten every so many requests.
const FORGET_EVERY: u32 = 1024;

/// Counts requests by client. Remembers who asked lately, and nobody else.
pub(super) struct Rates {
    limiter: DefaultKeyedRateLimiter<ClientId>,
    clock: DefaultClock,
    asked: AtomicU32,
}

impl Rates {
    pub fn new(rate: Rate) -> Self {
        let period = Duration::try_from_secs_f64(1.0 / rate.per_second).unwrap_or(Duration::MAX);
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        // The limits were checked: the period is not zero.
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
        Rates { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), asked: AtomicU32::new(0) }
    }

    /// Counts a request; if it is one too many, tells after how long it would not be.
    pub fn check(&self, client: ClientId) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&client).map_err(|refused| refused.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_client_has_its_own_allowance() {
        let rates = Rates::new(Rate { per_second: 1e-4, burst: 2 });
        let (one, other) = (ClientId::of(Ipv4Addr::LOCALHOST.into()), ClientId::of(Ipv4Addr::new(192, 0, 2, 1).into()));
        assert!(rates.check(one).is_ok() && rates.check(one).is_ok());
        let wait = rates.check(one).err();
        assert!(wait.is_some_and(|wait| wait > Duration::from_secs(1)), "{wait:?}");
        assert!(rates.check(other).is_ok());
    }

    #[test]
    fn clients_of_long_ago_are_forgotten() {
        // Full again after a microsecond: every client is of long ago.
        let rates = Rates::new(Rate { per_second: 1e6, burst: 1 });
        for number in 0..20 * FORGET_EVERY {
            let _ = rates.check(ClientId::of(Ipv4Addr::from_bits(number).into()));
        }
        assert!(rates.limiter.len() <= 2 * FORGET_EVERY as usize, "{}", rates.limiter.len());
    }
}
