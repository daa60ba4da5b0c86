//! Peaks with their openings.

use hushwatt_circuits::{
    CircuitProof,
    peak::{Statement, prove},
};
use hushwatt_crypto::{Element, NetworkId, SecretScalar, commitment::Opening};
use rand::{Rng, rngs::StdRng};

pub const NETWORK: NetworkId = NetworkId([7; 32]);
pub const DIGEST: [u8; 64] = [3; 64];

/// A peak that is right.
#[derive(Clone)]
pub struct Peak {
    pub limit: u32,
    pub intervals: Vec<Element>,
    pub openings: Vec<Opening>,
}

impl Peak {
    /// So many intervals, of which the first two are nothing and the limit itself.
    pub fn random(rng: &mut StdRng, limit: u32, intervals: usize) -> Self {
        let value = |place, rng: &mut StdRng| match place {
            0 => 0,
            1 => limit,
            _ => rng.gen_range(0..=limit),
        };
        let values: Vec<u32> = (0..intervals).map(|place| value(place, rng)).collect();
        Self::of(rng, limit, &values)
    }

    pub fn of(rng: &mut StdRng, limit: u32, values: &[u32]) -> Self {
        let openings: Vec<Opening> =
            values.iter().map(|value| Opening::new((*value).into(), SecretScalar::random(rng))).collect();
        Peak { limit, intervals: openings.iter().map(Opening::commit).collect(), openings }
    }

    pub fn statement(&self) -> Statement<'_> {
        Statement { network: &NETWORK, digest: &DIGEST, limit: self.limit, intervals: &self.intervals }
    }

    pub fn prove(&self, rng: &mut StdRng) -> Vec<CircuitProof> {
        prove(&self.statement(), &self.openings, rng, &mut |_| {}).unwrap()
    }
}
