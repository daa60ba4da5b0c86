//! The circuit against the rule, and against provers who cheat.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use ark_relations::gr1cs::R1CS_PREDICATE_LABEL;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::{
    Key, WHOLE, allocate,
    circuit::{Shape, Sharing, Values, build},
    stats,
};
use crate::frontend::{Builder, Fr};

/// One interval of a community.
#[derive(Clone, Debug)]
struct Case {
    key: Key,
    generation: u64,
    consumption: Vec<u32>,
}

fn random_shares(rng: &mut ChaCha20Rng, members: usize) -> Vec<u32> {
    let mut cuts: Vec<u32> = (1..members).map(|_| rng.gen_range(0..=WHOLE)).collect();
    if rng.gen_bool(0.3) {
        cuts = (1..members).map(|place| WHOLE / members as u32 * place as u32).collect();
    }
    cuts.extend([0, WHOLE]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn case(rng: &mut ChaCha20Rng, members: usize) -> Case {
    let key = match rng.gen_range(0..4) {
        0 => Key::Static { shares: random_shares(rng, members) },
        1 => Key::Dynamic,
        2 => Key::Hybrid { shares: random_shares(rng, members) },
        _ => Key::Priority,
    };
    // Small numbers make ties, large ones fill the ranges.
    let top: u32 = [3, 20, 5000, u32::MAX][rng.gen_range(0..4)];
    let consumption: Vec<u32> =
        (0..members).map(|_| if rng.gen_bool(0.2) { 0 } else { rng.gen_range(0..=top) }).collect();
    let all: u64 = consumption.iter().map(|wh| u64::from(*wh)).sum();
    let generation = match rng.gen_range(0..5) {
        0 => 0,
        1 => all,
        2 => rng.gen_range(0..=2 * u64::from(top) * members as u64),
        _ => rng.gen_range(0..=all),
    };
    Case { key, generation, consumption }
}

impl Case {
    fn right(&self) -> Vec<u64> {
        allocate(&self.key, self.generation, &self.consumption).unwrap().into_iter().map(u64::from).collect()
    }

    fn values(&self, allocation: &[u64]) -> Values {
        let consumption = self.consumption.iter().map(|wh| u64::from(*wh)).collect();
        Values::new(&self.key, self.generation, consumption, allocation.to_vec())
    }

    fn built(&self, values: &Values) -> Builder {
        let mut builder = Builder::assigned();
        build(&mut builder, &Shape::of(&self.key, self.consumption.len()), Some(values)).unwrap();
        builder
    }

    fn holds(&self, values: &Values) -> bool {
        self.built(values).cs().is_satisfied().unwrap()
    }
}

/// All ways to say who was rounded up, with thresholds at and around every key.
fn liars(sharing: &Sharing, parts: &[u64]) -> Vec<Sharing> {
    let members = parts.len();
    let sets = (0..1u32 << members).map(|set| (0..members).map(|place| set >> place & 1 == 1).collect::<Vec<bool>>());
    let thresholds = [0, 1, 127, 128, sharing.threshold.saturating_sub(1), sharing.threshold, sharing.threshold + 1];
    sets.flat_map(|raised| {
        thresholds.map(|threshold| Sharing { parts: parts.to_vec(), raised: raised.clone(), threshold })
    })
    .collect()
}

#[test]
fn what_the_rule_gives_satisfies_the_circuit() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for round in 0..2000 {
        let members = rng.gen_range(1..=6);
        let case = case(&mut rng, members);
        assert!(case.holds(&case.values(&case.right())), "round {round}: {case:?}");
    }
}

#[test]
fn full_communities_satisfy_the_circuit() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for shares in [false, true] {
        for in_proportion in [false, true] {
            let key = match (shares, in_proportion) {
                (true, false) => Key::Static { shares: random_shares(&mut rng, 100) },
                (false, true) => Key::Dynamic,
                (true, true) => Key::Hybrid { shares: random_shares(&mut rng, 100) },
                (false, false) => Key::Priority,
            };
            // As large as anything can be.
            let consumption = vec![u32::MAX; 100];
            for generation in [0, 99, 100 * u64::from(u32::MAX) - 1, super::MAX_GENERATION] {
                let case = Case { key: key.clone(), generation, consumption: consumption.clone() };
                assert!(case.holds(&case.values(&case.right())), "{} {generation}", key.name());
            }
        }
    }
}

#[test]
fn no_other_allocation_satisfies_the_circuit_whatever_else_is_claimed() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for round in 0..10 {
        let mut case = case(&mut rng, 3);
        if round == 0 {
            // Nothing to divide by: the prover may say what he likes of remainders.
            case = Case { key: Key::Dynamic, generation: 7, consumption: vec![0; 3] };
        }
        let right = case.right();
        let mut wrong = Vec::new();
        for from in 0..3 {
            for to in 0..3 {
                let mut moved = right.clone();
                if from != to && moved[from] > 0 {
                    moved[from] -= 1;
                    moved[to] += 1;
                    wrong.push(moved);
                }
            }
            let (mut more, mut less) = (right.clone(), right.clone());
            more[from] += 1;
            less[from] = less[from].wrapping_sub(1);
            wrong.extend([more, less]);
        }
        for wrong in wrong {
            let mut values = case.values(&wrong);
            assert!(!case.holds(&values), "{case:?} {wrong:?}");
            // The same with every choice of remainders, and with parts that would make it right.
            let before: Vec<u64> = match (&values.fixed, &values.in_proportion) {
                (Some(fixed), Some(_)) => {
                    fixed.parts.iter().zip(&case.consumption).map(|(part, c)| *part.min(&u64::from(*c))).collect()
                }
                _ => vec![0; 3],
            };
            let second: Vec<u64> = wrong.iter().zip(&before).map(|(all, first)| all.wrapping_sub(*first)).collect();
            if let Some(honest) = values.in_proportion.clone() {
                for liar in liars(&honest, &second) {
                    values.in_proportion = Some(liar);
                    assert!(!case.holds(&values), "{case:?} {wrong:?}");
                }
                values.in_proportion = Some(honest);
            }
            if let Some(honest) = values.fixed.clone() {
                for parts in [wrong.clone(), honest.parts.clone()] {
                    for liar in liars(&honest, &parts) {
                        values.fixed = Some(liar);
                        assert!(!case.holds(&values), "{case:?} {wrong:?}");
                    }
                }
            }
        }
    }
}

/// Quotients and remainders that add up to other parts: one too many or too few, with a remainder out of its range.
#[test]
fn a_quotient_that_leaves_too_much_or_less_than_nothing_is_refused() {
    let case = Case { key: Key::Dynamic, generation: 10, consumption: vec![7, 8, 9] };
    let right = case.right();
    for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0)] {
        let mut parts = right.clone();
        parts[from] -= 1;
        parts[to] += 1;
        let mut values = case.values(&parts);
        let honest = values.in_proportion.clone().unwrap();
        for threshold in (0..=24 << 7).step_by(61) {
            for raised in [honest.raised.clone(), vec![false; 3], vec![true; 3]] {
                values.in_proportion = Some(Sharing { parts: parts.clone(), raised, threshold });
                assert!(!case.holds(&values), "{parts:?} {threshold}");
            }
        }
    }
}

#[test]
fn no_witness_can_be_changed_alone() {
    let cases = [
        Case { key: Key::Static { shares: vec![500_001, 499_999] }, generation: 11, consumption: vec![9, 3] },
        Case { key: Key::Dynamic, generation: 11, consumption: vec![9, 4] },
        Case { key: Key::Hybrid { shares: vec![300_000, 700_000] }, generation: 11, consumption: vec![9, 4] },
        Case { key: Key::Priority, generation: 11, consumption: vec![9, 4] },
    ];
    for case in cases {
        let builder = case.built(&case.values(&case.right()));
        let cs = builder.cs();
        cs.finalize();
        let matrices = cs.to_matrices().unwrap();
        let [a, b, c] = &matrices[R1CS_PREDICATE_LABEL][..] else { panic!("three matrices") };
        let mut z = builder.assignment().unwrap();
        let row = |row: &[(Fr, usize)], z: &[Fr]| row.iter().map(|(k, i)| *k * z[*i]).sum::<Fr>();
        let holds = |z: &[Fr]| (0..a.len()).all(|i| row(&a[i], z) * row(&b[i], z) == row(&c[i], z));
        assert!(holds(&z), "{case:?}");
        for place in 1..z.len() {
            for change in [Fr::from(1u64), -Fr::from(1u64), Fr::from(1u64 << 40)] {
                let right = z[place];
                z[place] += change;
                assert!(!holds(&z), "{case:?}: variable {place} is free");
                z[place] = right;
            }
        }
    }
}

#[test]
fn gates_are_those_of_the_specification() {
    for members in [1, 2, 10, 30, 50, 100] {
        let n = members as u32;
        let mut shares = vec![0; members];
        shares[0] = WHOLE;
        let keys = [
            (Key::Static { shares: shares.clone() }, 126 * n + 54),
            (Key::Dynamic, 124 * n + 139),
            (Key::Hybrid { shares }, 250 * n + 193),
            (Key::Priority, 43 * n + 1),
        ];
        for (key, gates) in keys {
            let stats = stats(&key, members).unwrap();
            assert_eq!((stats.gates as u32, stats.wires), (gates, 0), "{} {members}", key.name());
            assert!(gates <= 1 << 15);
            assert_eq!(stats.unpinned, 0, "{} {members}", key.name());
        }
    }
}
