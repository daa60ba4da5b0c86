//! When an attestation is sent: drawn from a secret before the readings exist, so that the time tells nothing about them
//! (protocol section 6.2).

use hushwatt_crypto::{Label, NetworkId, hash::Hasher};
use hushwatt_ledger::{
    parameters::{Parameters, TotalsParameters},
    units::{MeterId, Period, Timestamp, Window},
};
use zeroize::Zeroizing;

/// Seconds after a window's end before which nothing is sent: telegrams of its last seconds are still on their way.
const EARLIEST: u64 = 60;
/// Most seconds after a window's end.
const LATEST: u64 = 20 * 60;

/// Draws the times of one meter's attestations.
pub struct Schedule {
    network: NetworkId,
    meter: MeterId,
    secret: Zeroizing<[u8; 32]>,
}

impl Schedule {
    /// With the gateway's secret, which decides all times in advance.
    pub fn new(network: &NetworkId, meter: MeterId, secret: &[u8; 32]) -> Self {
        Schedule { network: *network, meter, secret: Zeroizing::new(*secret) }
    }

    /// When the attestation of a window is sent: uniformly between a minute and a quarter of the attestation deadline, at most
    /// 20 minutes, after its end. It depends on the secret and the window, and on nothing that was measured.
    pub fn due(&self, parameters: &Parameters, window: Window) -> Timestamp {
        let latest = (parameters.attestation_deadline / 4).min(LATEST);
        let earliest = EARLIEST.min(latest / 2);
        let draw = self.hasher().part(&window.0.to_le_bytes());
        parameters.window_end(window).plus(earliest).plus(below(draw, latest - earliest + 1))
    }

    /// When what opens a period's sums is shared: uniformly between a minute after its close and three quarters of the term, so
    /// that there is time to try again. It depends on the secret and the period only.
    pub fn share_due(&self, totals: &TotalsParameters, period: Period) -> Timestamp {
        let latest = totals.share_term - totals.share_term / 4;
        let earliest = EARLIEST.min(latest / 2);
        let draw = self.hasher().part(b"share").part(&period.0.to_le_bytes());
        totals.times(period).close.plus(earliest).plus(below(draw, latest - earliest + 1))
    }

    fn hasher(&self) -> Hasher {
        Hasher::new(&self.network, Label::GatewaySchedule).part(&self.secret[..]).part(&self.meter.0.to_le_bytes())
    }
}

/// A number below another one: 128 bits over at most 2^25 values are as good as uniform.
fn below(draw: Hasher, count: u64) -> u64 {
    let mut wide = [0u8; 16];
    wide.copy_from_slice(&draw.finish32()[..16]);
    (u128::from_le_bytes(wide) % u128::from(count)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(secret: u8) -> Schedule {
        Schedule::new(&NetworkId([7; 32]), MeterId(3), &[secret; 32])
    }

    #[test]
    fn times_lie_between_a_minute_and_twenty_and_fill_that_range() {
        let parameters = Parameters::default();
        let offsets: Vec<u64> = (0..2_000)
            .map(|window| schedule(1).due(&parameters, Window(window)).0 - parameters.window_end(Window(window)).0)
            .collect();
        assert!(offsets.iter().all(|offset| (60..=1_200).contains(offset)));
        let mean = offsets.iter().sum::<u64>() / offsets.len() as u64;
        assert!((590..=670).contains(&mean), "{mean}");
        assert!(offsets.iter().any(|offset| *offset < 70) && offsets.iter().any(|offset| *offset > 1_190));
    }

    #[test]
    fn the_same_secret_draws_the_same_time_and_another_one_another() {
        let parameters = Parameters::default();
        let due = |secret| (0..50).map(|window| schedule(secret).due(&parameters, Window(window))).collect::<Vec<_>>();
        assert_eq!(due(1), due(1));
        assert_ne!(due(1), due(2));
    }

    #[test]
    fn periods_are_shared_within_the_first_three_quarters_of_their_term() {
        for share_term in [60, 61, 7_200, 2 * 86_400] {
            let totals = TotalsParameters { share_term, ..TotalsParameters::default() };
            let offsets: Vec<u64> = (0..500)
                .map(|period| schedule(1).share_due(&totals, Period(period)).0 - totals.times(Period(period)).close.0)
                .collect();
            let earliest = EARLIEST.min(share_term * 3 / 8);
            assert!(offsets.iter().all(|offset| (earliest..=share_term * 3 / 4 + 1).contains(offset)), "{share_term}");
            let (low, high) = (offsets.iter().min(), offsets.iter().max());
            assert!(high.zip(low).is_some_and(|(high, low)| high - low > share_term / 4), "{share_term}");
        }
        assert_ne!(
            schedule(1).share_due(&TotalsParameters::default(), Period(1)),
            schedule(2).share_due(&TotalsParameters::default(), Period(1))
        );
    }

    #[test]
    fn a_short_deadline_is_kept() {
        for attestation_deadline in [1, 4, 100, 300] {
            let parameters = Parameters { attestation_deadline, ..Parameters::default() };
            for window in (0..500).map(Window) {
                assert!(schedule(1).due(&parameters, window) <= parameters.attest_until(window));
            }
        }
    }
}
