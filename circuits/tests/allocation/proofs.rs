//! Real proofs: of what is right, of nothing else, and about nothing else.

use hushwatt_circuits::{
    CircuitProof, Error,
    allocation::{Committed, Key, MAX_MEMBERS, Statement, WHOLE, verify, verify_batch},
};
use hushwatt_crypto::{Element, SecretScalar, commitment::Opening};
use rand::Rng;

use crate::{
    common::{FOREIGN, rng, rounds},
    support::{Case, Sealed},
};

fn example(key: Key) -> Case {
    Case { key, generation: 1000, consumption: vec![700, 0, 250, 90, 333] }
}

fn keys() -> [Key; 4] {
    let shares = vec![100_000, 250_000, 250_000, 333_333, 66_667];
    [Key::Static { shares: shares.clone() }, Key::Dynamic, Key::Hybrid { shares }, Key::Priority]
}

#[test]
fn what_the_rule_gives_is_proven() {
    let mut rng = rng(1);
    for round in 0..rounds(16, 200) {
        let members = rng.gen_range(1..=8);
        let sealed = {
            let case = Case::random(&mut rng, round % 4, members);
            case.sealed(&case.right(), &mut rng)
        };
        let proof = sealed.prove(&mut rng).unwrap();
        assert_eq!(sealed.verify(&proof), Ok(()));
        assert_eq!(CircuitProof::decode(proof.as_bytes()), Ok(proof));
    }
}

#[test]
fn a_meter_without_a_reading_commits_to_nothing() {
    let mut rng = rng(2);
    for key in keys() {
        let case = example(key);
        let mut sealed = case.sealed(&case.right(), &mut rng);
        sealed.opened[1].consumption = Opening::new(0, SecretScalar::zero());
        sealed.members[1].consumption = sealed.opened[1].consumption.commit();
        assert!(sealed.members[1].consumption.is_identity());
        let proof = sealed.prove(&mut rng).unwrap();
        assert_eq!(sealed.verify(&proof), Ok(()));
    }
}

/// Every way to give a member too much or too little.
#[test]
fn nothing_else_is_proven() {
    let mut rng = rng(3);
    for key in keys() {
        let case = example(key);
        let right = case.right();
        let mut wrong: Vec<Vec<u32>> = Vec::new();
        for from in 0..5 {
            // The pool is not exhausted, or more than it is given out, or more than was consumed.
            let (mut less, mut more) = (right.clone(), right.clone());
            more[from] += 1;
            wrong.push(more);
            if right[from] > 0 {
                less[from] -= 1;
                wrong.push(less.clone());
                // One Wh, and as a remainder, to somebody else.
                for to in (0..5).filter(|to| *to != from) {
                    let mut moved = less.clone();
                    moved[to] += 1;
                    wrong.push(moved);
                }
            }
        }
        wrong.push(vec![0; 5]);
        wrong.push(case.consumption.clone());
        for wrong in wrong {
            assert_eq!(case.sealed(&wrong, &mut rng).prove(&mut rng), Err(Error::Unsatisfied), "{case:?} {wrong:?}");
        }
    }
}

#[test]
fn the_remainder_goes_to_the_first_of_equals_only() {
    let mut rng = rng(4);
    let case = Case { key: Key::Dynamic, generation: 2, consumption: vec![5, 5, 5] };
    assert_eq!(case.right(), [1, 1, 0]);
    for wrong in [[1, 0, 1], [0, 1, 1], [2, 0, 0]] {
        assert_eq!(case.sealed(&wrong, &mut rng).prove(&mut rng), Err(Error::Unsatisfied));
    }
}

#[test]
fn a_proof_is_about_its_key_members_interval_and_network_only() {
    let mut rng = rng(5);
    for key in keys() {
        let case = example(key.clone());
        let sealed = case.sealed(&case.right(), &mut rng);
        let proof = sealed.prove(&mut rng).unwrap();
        let right = sealed.statement();
        assert_eq!(verify(&right, &proof), Ok(()));
        let refused = |statement: Statement<'_>, what: &str| {
            assert_eq!(verify(&statement, &proof), Err(Error::Rejected), "{} {what}", key.name());
        };
        let other = Element::new(right.generation.point() + right.members[0].consumption.point());
        refused(Statement { generation: other, ..right }, "another generation");
        refused(Statement { network: &FOREIGN, ..right }, "another network");
        refused(Statement { context: b"community, another interval", ..right }, "another interval");
        for place in 0..5 {
            for field in 0..2 {
                let mut members = sealed.members.clone();
                match field {
                    0 => members[place].consumption = other,
                    _ => members[place].allocation = other,
                }
                refused(Statement { members: &members, ..right }, "another reading or allocation");
            }
        }
        let mut swapped = sealed.members.clone();
        swapped.swap(0, 2);
        refused(Statement { members: &swapped, ..right }, "members in another order");
        for other in keys().iter().filter(|other| **other != key) {
            refused(Statement { key: other, ..right }, other.name());
        }
        if let Some(shares) = key.shares() {
            let mut shares = shares.to_vec();
            shares[0] += 1;
            shares[4] -= 1;
            let other = match &key {
                Key::Static { .. } => Key::Static { shares },
                _ => Key::Hybrid { shares },
            };
            refused(Statement { key: &other, ..right }, "other shares");
        } else {
            // A member left out: of another shape, or with what is not his.
            refused(Statement { members: &sealed.members[..4], ..right }, "a member left out");
            let mut more = sealed.members.clone();
            more.push(sealed.members[4]);
            refused(Statement { members: &more, ..right }, "a member twice");
        }
    }
}

#[test]
fn a_flipped_bit_of_the_proof_is_refused() {
    let mut rng = rng(6);
    let case = example(Key::Dynamic);
    let sealed = case.sealed(&case.right(), &mut rng);
    let proof = sealed.prove(&mut rng).unwrap();
    for place in 0..proof.as_bytes().len() {
        // Every field of the proof; each byte of a third of them.
        if place % 32 > 1 && place % 3 != 0 {
            continue;
        }
        let mut bytes = proof.as_bytes().to_vec();
        bytes[place] ^= 1 << (place % 8);
        match CircuitProof::decode(&bytes) {
            Ok(changed) => assert_eq!(sealed.verify(&changed), Err(Error::Rejected), "byte {place}"),
            Err(error) => assert_eq!(error, Error::Malformed),
        }
    }
}

#[test]
fn openings_that_do_not_fit_are_refused() {
    let case = example(Key::Dynamic);
    let sealed = case.sealed(&case.right(), &mut rng(7));
    let check = |change: fn(&mut Sealed), expected: Error| {
        let mut changed = sealed.clone();
        change(&mut changed);
        let statement = Statement { generation: sealed.generation.commit(), ..changed.statement() };
        let proven =
            hushwatt_circuits::allocation::prove(&statement, &changed.generation, &changed.opened, &mut rng(8));
        assert_eq!(proven, Err(expected));
    };
    check(|sealed| sealed.opened[0].consumption.blinding = SecretScalar::zero(), Error::Opening);
    check(|sealed| sealed.generation.blinding = SecretScalar::zero(), Error::Opening);
    check(|sealed| sealed.opened.truncate(4), Error::Arity);
    check(|sealed| sealed.opened[0].consumption.value = 1 << 32, Error::Bounds);
    check(|sealed| sealed.generation.value = 1 << 40, Error::Bounds);
    check(|sealed| sealed.members.clear(), Error::Bounds);
    check(|sealed| sealed.key = Key::Static { shares: vec![WHOLE / 5 - 1; 5] }, Error::Bounds);
}

#[test]
fn more_members_than_can_be_proven_are_refused() {
    let case = Case { key: Key::Priority, generation: 3, consumption: vec![1] };
    let sealed = case.sealed(&case.right(), &mut rng(9));
    let proof = sealed.prove(&mut rng(9)).unwrap();
    let members: Vec<Committed> = vec![sealed.members[0]; MAX_MEMBERS + 1];
    let statement = Statement { members: &members, ..sealed.statement() };
    assert_eq!(verify(&statement, &proof), Err(Error::Bounds));
}

#[test]
fn a_batch_holds_if_all_hold() {
    let mut rng = rng(10);
    let sealed: Vec<Sealed> = keys().map(example).iter().map(|case| case.sealed(&case.right(), &mut rng)).collect();
    let proofs: Vec<CircuitProof> = sealed.iter().map(|sealed| sealed.prove(&mut rng).unwrap()).collect();
    let items: Vec<_> = sealed.iter().map(Sealed::statement).zip(&proofs).collect();
    assert_eq!(verify_batch(&items), Ok(()));
    for place in 0..items.len() {
        let mut wrong = items.clone();
        wrong[place].1 = &proofs[(place + 1) % proofs.len()];
        assert_eq!(verify_batch(&wrong), Err(Error::Rejected));
    }
    assert_eq!(verify_batch(&[]), Ok(()));
}
