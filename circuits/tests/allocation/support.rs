//! Communities with everything that a prover and a verifier need.

use hushwatt_circuits::{
    CircuitProof, Error,
    allocation::{Committed, Key, Opened, Statement, WHOLE, allocate, prove, verify},
};
use hushwatt_crypto::{SecretScalar, commitment::Opening};
use rand::Rng;
use rand_chacha::ChaCha20Rng;

use crate::{calculator::Sharing, common::NETWORK};

pub const CONTEXT: &[u8] = b"community, interval";

/// One interval of a community.
#[derive(Clone, Debug)]
pub struct Case {
    pub key: Key,
    pub generation: u64,
    pub consumption: Vec<u32>,
}

/// The same, committed.
#[derive(Clone)]
pub struct Sealed {
    pub key: Key,
    pub generation: Opening,
    pub opened: Vec<Opened>,
    pub members: Vec<Committed>,
}

pub fn shares(rng: &mut ChaCha20Rng, members: usize) -> Vec<u32> {
    let equal = rng.gen_bool(0.3);
    let cut = |place: usize| WHOLE / members as u32 * place as u32;
    let mut cuts: Vec<u32> =
        (1..members).map(|place| if equal { cut(place) } else { rng.gen_range(0..=WHOLE) }).collect();
    cuts.extend([0, WHOLE]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

impl Case {
    /// One of the four rules, by number.
    pub fn random(rng: &mut ChaCha20Rng, rule: usize, members: usize) -> Self {
        let key = match rule {
            0 => Key::Static { shares: shares(rng, members) },
            1 => Key::Dynamic,
            2 => Key::Hybrid { shares: shares(rng, members) },
            _ => Key::Priority,
        };
        let top: u32 = [4, 30, 6000, u32::MAX][rng.gen_range(0..4)];
        let consumption: Vec<u32> =
            (0..members).map(|_| if rng.gen_bool(0.15) { 0 } else { rng.gen_range(0..=top) }).collect();
        let all: u64 = consumption.iter().map(|wh| u64::from(*wh)).sum();
        let generation = match rng.gen_range(0..6) {
            0 => 0,
            1 => all,
            2 => rng.gen_range(0..=2 * u64::from(top) * members as u64),
            _ => rng.gen_range(0..=all),
        };
        Case { key, generation, consumption }
    }

    pub fn sharing(&self) -> Sharing {
        match &self.key {
            Key::Static { shares } => Sharing::Static(shares.clone()),
            Key::Dynamic => Sharing::Dynamic,
            Key::Hybrid { shares } => Sharing::Hybrid(shares.clone()),
            Key::Priority => Sharing::Priority,
        }
    }

    pub fn right(&self) -> Vec<u32> {
        allocate(&self.key, self.generation, &self.consumption).unwrap()
    }

    /// With this allocation, whether or not it is right.
    pub fn sealed(&self, allocation: &[u32], rng: &mut ChaCha20Rng) -> Sealed {
        let mut open = |value: u64| Opening::new(value, SecretScalar::random(rng));
        let generation = open(self.generation);
        let pairs = self.consumption.iter().zip(allocation);
        let opened: Vec<Opened> = pairs
            .map(|(consumed, got)| Opened { consumption: open((*consumed).into()), allocation: open((*got).into()) })
            .collect();
        let members = opened.iter().map(Sealed::committed).collect();
        Sealed { key: self.key.clone(), generation, opened, members }
    }
}

impl Sealed {
    fn committed(opened: &Opened) -> Committed {
        Committed { consumption: opened.consumption.commit(), allocation: opened.allocation.commit() }
    }

    pub fn statement(&self) -> Statement<'_> {
        Statement {
            network: &NETWORK,
            context: CONTEXT,
            key: &self.key,
            generation: self.generation.commit(),
            members: &self.members,
        }
    }

    pub fn prove(&self, rng: &mut ChaCha20Rng) -> Result<CircuitProof, Error> {
        prove(&self.statement(), &self.generation, &self.opened, rng)
    }

    pub fn verify(&self, proof: &CircuitProof) -> Result<(), Error> {
        verify(&self.statement(), proof)
    }
}
