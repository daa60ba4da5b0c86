//! Proofs of version 1 that must hold for ever.

use hushwatt_circuits::allocation::{Committed, Key, Statement, verify};
use serde::{Deserialize, Serialize};

use crate::{
    common::{NETWORK, rng},
    golden_support::{Golden, check, element, element_hex, write_missing},
    support::{CONTEXT, Case, Sealed},
};

/// What is public of an allocation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    rule: String,
    shares: Vec<u32>,
    generation: String,
    consumption: Vec<String>,
    allocation: Vec<String>,
}

impl Inputs {
    fn of(sealed: &Sealed) -> Self {
        let hexed = |field: fn(&Committed) -> &_| sealed.members.iter().map(|one| element_hex(field(one))).collect();
        Inputs {
            rule: sealed.key.name().to_owned(),
            shares: sealed.key.shares().unwrap_or_default().to_vec(),
            generation: element_hex(&sealed.generation.commit()),
            consumption: hexed(|member| &member.consumption),
            allocation: hexed(|member| &member.allocation),
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&Statement<'_>) -> T) -> T {
        let shares = self.shares.clone();
        let key = match self.rule.as_str() {
            "static" => Key::Static { shares },
            "dynamic" => Key::Dynamic,
            "hybrid" => Key::Hybrid { shares },
            "priority" => Key::Priority,
            other => panic!("{other} is no rule"),
        };
        let pairs = self.consumption.iter().zip(&self.allocation);
        let members: Vec<Committed> = pairs
            .map(|(consumption, allocation)| Committed {
                consumption: element(consumption),
                allocation: element(allocation),
            })
            .collect();
        use_it(&Statement {
            network: &NETWORK,
            context: CONTEXT,
            key: &key,
            generation: element(&self.generation),
            members: &members,
        })
    }
}

const NAMES: [&str; 4] = [
    "allocation-static-1-three-members",
    "allocation-dynamic-1-three-members",
    "allocation-hybrid-1-three-members",
    "allocation-priority-1-three-members",
];

/// Of a new version only; see `golden_support`.
fn write_golden_proofs() {
    let mut rng = rng(1);
    let shares = vec![333_333, 333_333, 333_334];
    let keys = [Key::Static { shares: shares.clone() }, Key::Dynamic, Key::Hybrid { shares }, Key::Priority];
    for (name, key) in NAMES.into_iter().zip(keys) {
        write_missing(name, || {
            let case = Case { key, generation: 1000, consumption: vec![700, 120, 505] };
            let sealed = case.sealed(&case.right(), &mut rng);
            let proof = sealed.prove(&mut rng).unwrap();
            Golden::new(Inputs::of(&sealed), sealed.statement().circuit_digest().unwrap(), &proof)
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
