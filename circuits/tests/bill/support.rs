//! Bills with their openings.

use hushwatt_circuits::{
    CircuitProof,
    bill::{Metered, Rates, Statement, Tier, prove},
};
use hushwatt_crypto::{NetworkId, SecretScalar, commitment::Opening};
use rand::{Rng, rngs::StdRng};

pub const NETWORK: NetworkId = NetworkId([7; 32]);
pub const DIGEST: [u8; 64] = [3; 64];

/// A bill that is right.
#[derive(Clone)]
pub struct Bill {
    pub rates: Rates,
    pub days: u32,
    pub intervals: Vec<Metered>,
    pub openings: Vec<Opening>,
    pub gross: u64,
}

/// Day and night with two tiers, a standing charge, a minimum and tax.
pub fn rates() -> Rates {
    Rates {
        zones: vec![337_000, 263_500],
        tiers: vec![Tier { above: 0, surcharge: 1_234 }, Tier { above: 350_000, surcharge: 25_000 }],
        standing: 420_000,
        minimum: 500,
        vat: 1_900,
    }
}

impl Bill {
    /// Of so many intervals, the zones taking turns.
    pub fn random(rng: &mut StdRng, rates: Rates, days: u32, intervals: usize) -> Self {
        let openings: Vec<Opening> =
            (0..intervals).map(|_| Opening::new(rng.gen_range(0..1_000), SecretScalar::random(rng))).collect();
        let zones = rates.zones.len();
        let metered = openings.iter().enumerate();
        let intervals: Vec<Metered> =
            metered.map(|(place, one)| Metered { zone: (place / 24 % zones) as u8, consumed: one.commit() }).collect();
        let mut consumed = vec![0; zones];
        intervals.iter().zip(&openings).for_each(|(at, one)| consumed[usize::from(at.zone)] += one.value);
        let gross = rates.bill(days, &consumed).unwrap().gross;
        Bill { rates, days, intervals, openings, gross }
    }

    pub fn statement(&self) -> Statement<'_> {
        let Bill { rates, days, intervals, gross, .. } = self;
        Statement { network: &NETWORK, digest: &DIGEST, rates, days: *days, intervals, gross: *gross }
    }

    pub fn prove(&self, rng: &mut StdRng) -> CircuitProof {
        prove(&self.statement(), &self.openings, rng).unwrap()
    }
}
