//! The circuit from inside: its size, and that nothing in it is left to the prover.

#![allow(clippy::unwrap_used, reason = "tests")]

use rand::SeedableRng;

use super::{circuit::Shape, *};
use crate::bill::determined::free_witnesses;

fn built(limit: u32, values: &[u64]) -> Builder {
    let mut builder = Builder::assigned();
    let shape = Shape { intervals: values.len(), limit_bits: circuit::bits_of(limit) };
    circuit::build(&mut builder, &shape, Some((values, limit))).unwrap();
    builder
}

#[test]
fn an_interval_costs_as_many_gates_as_the_limit_has_bits() {
    for (limit, bits) in [(1, 1), (2, 2), (1000, 10), (1023, 10), (1024, 11), (u32::MAX, 32)] {
        let stats = stats(limit, 7).unwrap();
        assert_eq!((stats.gates, stats.wires, stats.unpinned), ((7 * bits).max(4), 0, 0), "{limit}");
        assert_eq!(intervals_per_part(limit), MAX_GATES / bits);
    }
    assert_eq!(stats(0, 3).unwrap().gates, 4);
    assert_eq!(stats(1000, 0), Err(Error::Arity));
    assert_eq!(stats(u32::MAX, 1025), Err(Error::Arity));
}

#[test]
fn a_value_above_the_limit_satisfies_nothing() {
    for limit in [0, 1, 5, 1000, 1023, 1024, u32::MAX] {
        let most = u64::from(limit);
        assert!(built(limit, &[0, most]).cs().is_satisfied().unwrap());
        for wrong in [most + 1, most + 1024, u64::MAX] {
            assert!(!built(limit, &[0, wrong]).cs().is_satisfied().unwrap(), "{limit}: {wrong}");
        }
    }
}

#[test]
fn nothing_but_the_readings_is_left_to_the_prover() {
    for values in [&[0, 5, 1000][..], &[999; 4]] {
        assert_eq!(free_witnesses(&built(1000, values), &[]), 0);
    }
}

#[test]
fn a_prover_who_checks_nothing_convinces_nobody() {
    let mut random = rand_chacha::ChaCha20Rng::seed_from_u64(3);
    let (network, digest, limit) = (NetworkId([7; 32]), [3; 64], 1_000);
    let mut holds = |values: [u64; 2]| {
        let openings = values.map(|value| Opening::new(value, SecretScalar::random(&mut random)));
        let intervals = openings.each_ref().map(Opening::commit);
        let statement = Statement { network: &network, digest: &digest, limit, intervals: &intervals };
        let part = statement.prepare(0, &mut None).unwrap();
        let z = built(limit, &values).assignment().unwrap();
        let blindings = openings.map(|opening| opening.blinding);
        let made = proof::prove_unchecked(&part.statement(&statement), &z, &blindings, &mut random).unwrap();
        verify(&statement, &[made])
    };
    assert_eq!(holds([0, 1_000]), Ok(()));
    for wrong in [1_001, 1_023, 1_024, 2_024, u64::from(u32::MAX)] {
        assert_eq!(holds([0, wrong]), Err(Error::Rejected), "{wrong}");
    }
}
