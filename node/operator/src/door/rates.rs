//! How often one address may ask. It is counted and never logged.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

/// Addresses whose allowance is full again are forgotten every so many requests.
const FORGET_EVERY: u32 = 1024;

/// Counts requests by address; an IPv6 network of 64 bits is one.
pub(super) struct Rates {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    asked: AtomicU32,
}

impl Rates {
    /// So many a second, and so many at once.
    pub fn new((per_second, burst): (u32, u32)) -> Self {
        let some = |value| NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(some(per_second)).allow_burst(some(burst));
        Rates { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), asked: AtomicU32::new(0) }
    }

    /// Counts a request; if it is one too many, tells after how long it would not be.
    pub fn check(&self, address: IpAddr) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let key = match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            address => address,
        };
        self.limiter.check_key(&key).map_err(|refused| refused.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_has_its_own_allowance_and_an_ipv6_network_one_together() {
        let rates = Rates::new((1, 2));
        let address = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        assert!(rates.check(address(1)).is_ok() && rates.check(address(1)).is_ok());
        assert!(rates.check(address(1)).is_err());
        assert!(rates.check(address(2)).is_ok());
        let of_network = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
        assert!(rates.check(of_network(1)).is_ok() && rates.check(of_network(2)).is_ok());
        assert!(rates.check(of_network(3)).is_err());
    }

    #[test]
    fn addresses_of_long_ago_are_forgotten() {
        // Full again after a moment: every address is of long ago.
        let rates = Rates::new((10_000, 1));
        for number in 0..4 * FORGET_EVERY {
            let _ = rates.check(Ipv4Addr::from_bits(number).into());
            std::thread::sleep(Duration::from_micros(if number % FORGET_EVERY == 0 { 1_000 } else { 0 }));
        }
        assert!(rates.limiter.len() <= 2 * FORGET_EVERY as usize, "{}", rates.limiter.len());
    }
}
