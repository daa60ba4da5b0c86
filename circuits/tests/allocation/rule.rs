//! The program's rule against the calculator.

use hushwatt_circuits::allocation::{Key, MAX_GENERATION, MAX_MEMBERS, WHOLE, allocate};
use rand::Rng;

use crate::{
    calculator::shared,
    common::{rng, rounds},
    support::{Case, shares},
};

#[test]
fn every_rule_gives_what_the_calculator_gives() {
    let mut rng = rng(1);
    for rule in 0..4 {
        for round in 0..rounds(15_000, 150_000) {
            let members = if round % 100 == 0 { rng.gen_range(50..=MAX_MEMBERS) } else { rng.gen_range(1..=12) };
            let case = Case::random(&mut rng, rule, members);
            assert_eq!(case.right(), shared(&case.sharing(), case.generation, &case.consumption), "{case:?}");
        }
    }
}

#[test]
fn nobody_gets_more_than_he_consumes_and_pools_are_exhausted() {
    let mut rng = rng(2);
    for round in 0..rounds(4_000, 40_000) {
        let members = rng.gen_range(1..=20);
        let case = Case::random(&mut rng, round % 4, members);
        let got = case.right();
        assert!(got.iter().zip(&case.consumption).all(|(got, consumed)| got <= consumed), "{case:?}");
        let sum = |values: &[u32]| values.iter().map(|value| u64::from(*value)).sum::<u64>();
        let pool = case.generation.min(sum(&case.consumption));
        match case.key {
            Key::Static { .. } => assert!(sum(&got) <= pool, "{case:?}"),
            Key::Dynamic | Key::Hybrid { .. } | Key::Priority => assert_eq!(sum(&got), pool, "{case:?}"),
        }
    }
}

#[test]
fn what_is_no_key_for_these_members_gives_nothing() {
    let full = |members: usize| shares(&mut rng(3), members);
    assert!(allocate(&Key::Dynamic, 1, &[]).is_none());
    assert!(allocate(&Key::Dynamic, 1, &[1; MAX_MEMBERS]).is_some());
    assert!(allocate(&Key::Dynamic, 1, &[1; MAX_MEMBERS + 1]).is_none());
    assert!(allocate(&Key::Dynamic, MAX_GENERATION, &[1]).is_some());
    assert!(allocate(&Key::Dynamic, MAX_GENERATION + 1, &[1]).is_none());
    for keyed in [|shares| Key::Static { shares }, |shares| Key::Hybrid { shares }] {
        assert!(allocate(&keyed(full(3)), 1, &[1; 3]).is_some());
        assert!(allocate(&keyed(full(3)), 1, &[1; 2]).is_none());
        assert!(allocate(&keyed(vec![WHOLE - 1, 0]), 1, &[1; 2]).is_none());
        assert!(allocate(&keyed(vec![WHOLE, 1]), 1, &[1; 2]).is_none());
        // Shares that only add up if they wrap.
        assert!(allocate(&keyed(vec![u32::MAX, WHOLE + 1]), 1, &[1; 2]).is_none());
    }
}
