//! Proofs of version 1 that must hold for ever.

use hushwatt_circuits::peak::{Statement, verify};
use hushwatt_crypto::Element;
use rand::{SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

use crate::{
    golden_support::{Golden, check, element, element_hex, write_missing},
    support::{DIGEST, NETWORK, Peak},
};

/// What is public of a peak.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    limit: u32,
    intervals: Vec<String>,
}

impl Inputs {
    fn with<T>(&self, use_it: impl FnOnce(&Statement<'_>) -> T) -> T {
        let intervals: Vec<Element> = self.intervals.iter().map(|point| element(point)).collect();
        use_it(&Statement { network: &NETWORK, digest: &DIGEST, limit: self.limit, intervals: &intervals })
    }
}

const NAME: &str = "peak-1-an-evening";

/// Of a new version only; see `golden_support`.
fn write_golden_proofs() {
    let mut rng = StdRng::seed_from_u64(1);
    let peak = Peak::random(&mut rng, 1_000, 12);
    write_missing(NAME, || {
        let inputs = Inputs { limit: peak.limit, intervals: peak.intervals.iter().map(element_hex).collect() };
        Golden::new(inputs, peak.statement().circuit_digest(0).unwrap(), &peak.prove(&mut rng)[0])
    });
}

#[test]
fn golden_proofs_hold() {
    write_golden_proofs();
    let digest = |inputs: &Inputs| inputs.with(|statement| statement.circuit_digest(0).unwrap());
    check(NAME, digest, |inputs, proof| inputs.with(|statement| verify(statement, std::slice::from_ref(proof))));
}
