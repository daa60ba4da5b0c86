//! Proofs of version 1 that must hold for ever.

use hushwatt_circuits::bill::{Metered, Rates, Statement, Tier, verify};
use rand::{SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

use crate::{
    golden_support::{Golden, check, element, element_hex, write_missing},
    support::{Bill, DIGEST, NETWORK, rates},
};

/// What is public of a bill.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    zones: Vec<u32>,
    tiers: Vec<(u64, u32)>,
    standing: u64,
    minimum: u64,
    vat: u16,
    days: u32,
    gross: u64,
    intervals: Vec<(u8, String)>,
}

impl Inputs {
    fn of(bill: &Bill) -> Self {
        let Rates { zones, tiers, standing, minimum, vat } = bill.rates.clone();
        Inputs {
            zones,
            tiers: tiers.iter().map(|tier| (tier.above, tier.surcharge)).collect(),
            standing,
            minimum,
            vat,
            days: bill.days,
            gross: bill.gross,
            intervals: bill.intervals.iter().map(|at| (at.zone, element_hex(&at.consumed))).collect(),
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&Statement<'_>) -> T) -> T {
        let Inputs { zones, standing, minimum, vat, days, gross, .. } = self;
        let tiers = self.tiers.iter().map(|(above, surcharge)| Tier { above: *above, surcharge: *surcharge }).collect();
        let rates = Rates { zones: zones.clone(), tiers, standing: *standing, minimum: *minimum, vat: *vat };
        let intervals = self.intervals.iter().map(|(zone, point)| Metered { zone: *zone, consumed: element(point) });
        let intervals: Vec<Metered> = intervals.collect();
        use_it(&Statement {
            network: &NETWORK,
            digest: &DIGEST,
            rates: &rates,
            days: *days,
            intervals: &intervals,
            gross: *gross,
        })
    }
}

const NAMES: [&str; 2] = ["bill-1-day-and-night", "bill-1-flat"];

fn bills(rng: &mut StdRng) -> [Bill; 2] {
    let flat = Rates { zones: vec![300_000], tiers: Vec::new(), standing: 0, minimum: 0, vat: 725 };
    [Bill::random(rng, rates(), 2, 96), Bill::random(rng, flat, 1, 24)]
}

/// Of a new version only; see `golden_support`.
fn write_golden_proofs() {
    let mut rng = StdRng::seed_from_u64(1);
    let bills = bills(&mut rng);
    for (name, bill) in NAMES.into_iter().zip(bills) {
        write_missing(name, || {
            let proof = bill.prove(&mut rng);
            Golden::new(Inputs::of(&bill), bill.statement().circuit_digest().unwrap(), &proof)
        });
    }
}

#[test]
fn golden_proofs_hold() {
    write_golden_proofs();
    for name in NAMES {
        let digest = |inputs: &Inputs| inputs.with(|statement| statement.circuit_digest().unwrap());
        check(name, digest, |inputs, proof| inputs.with(|statement| verify(statement, proof)));
    }
}
