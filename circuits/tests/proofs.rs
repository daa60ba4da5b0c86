//! Proofs hold exactly for their statements: no other values, commitments, public values, context, circuit or bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use ark_ff::{One, UniformRand, Zero};
use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_POINT, ristretto::RistrettoPoint, scalar::Scalar};
use hushwatt_circuits::{
    CircuitProof, Error, MAX_PROOF_BYTES,
    frontend::{Builder, Fr},
    proof::{self, Statement, verify, verify_batch},
};
use hushwatt_crypto::{Element, SecretScalar, generators::generators};
use rand::{Rng, RngCore, seq::SliceRandom};
use rand_chacha::ChaCha20Rng;

use common::{Amount, Case, FOREIGN, amount, delivered, delivery, rng, rounds};

/// Where the parts of a proof are: eight points, three scalars, one point, the number of rounds, two points a round, a
/// digest and two scalars.
const ROUNDS_AT: usize = 12 * 32;

/// Where each 32-byte part begins.
fn parts(length: usize) -> Vec<usize> {
    (0..12).map(|part| 32 * part).chain((ROUNDS_AT + 1..length).step_by(32)).collect()
}

#[test]
fn true_statements_are_proven_and_accepted() {
    for (price, ordered, arrived) in [(7, 1000, 900), (7, 900, 1000), (7, 900, 900), (0, 0, 0), ((1 << 31) - 1, 5, 4)] {
        let case = delivery(1, delivered(price, ordered, arrived));
        assert_eq!(case.circuit.stats().gates, 31 + 32 + 32 + 35 + 1);
        assert_eq!(case.circuit.stats().unpinned, 0);
        assert_eq!(case.verify(&case.prove().unwrap()), Ok(()));
        assert_eq!(case.verify(&case.force()), Ok(()), "forcing changes nothing in true values");
    }
    for readings in [vec![0], vec![1, 2, 3], (0..48).collect()] {
        let case = amount(2, &Amount::of(readings, 123_456));
        assert_eq!(case.circuit.stats().gates, 40 + 2 * 14);
        assert_eq!(case.verify(&case.prove().unwrap()), Ok(()));
    }
}

#[test]
fn proofs_have_the_written_down_length() {
    let case = delivery(1, delivered(7, 1000, 900));
    let proof = case.prove().unwrap();
    assert_eq!(case.circuit.lg_len(), 8);
    assert_eq!(proof.as_bytes().len(), 12 * 32 + 1 + 2 * 8 * 32 + 3 * 32);
    assert_eq!(proof.as_bytes()[ROUNDS_AT], 8);
    // The largest that is allowed at all.
    let largest = 12 * 32 + 1 + 2 * usize::from(proof::MAX_LG) * 32 + 3 * 32;
    assert!(largest <= MAX_PROOF_BYTES, "{largest}");
}

#[test]
fn false_values_are_not_proven_and_not_accepted() {
    let honest = delivered(7, 1000, 900);
    let mut lies: Vec<[u64; 5]> = (0..5)
        .map(|place| {
            let mut values = honest;
            values[place] += 1;
            values
        })
        .collect();
    // Paid for more than was delivered, nothing paid, a price out of range, a quantity out of range.
    lies.extend([[7, 1000, 900, 1000, 7000], [7, 1000, 900, 900, 0], [1 << 31, 10, 5, 5, 5 << 31]]);
    lies.push([7, 1 << 32, 5, 5, 35]);
    for values in lies {
        // More ordered changes nothing in what is due.
        let fine = values == delivered(values[0], values[1], values[2]) && values[0] < 1 << 31 && values[1] < 1 << 32;
        let case = delivery(1, values);
        assert_eq!(case.prove().is_ok(), fine, "{values:?}");
        assert_eq!(case.verify(&case.force()).is_ok(), fine, "{values:?}");
        if !fine {
            assert_eq!(case.prove(), Err(Error::Unsatisfied));
            assert_eq!(case.verify(&case.force()), Err(Error::Rejected));
        }
    }
    for by in [-1i64, 1, 10_000] {
        let mut values = Amount::of(vec![5, 6, 7], 123_456);
        values.cents = values.cents.checked_add_signed(by).unwrap();
        let case = amount(2, &values);
        assert_eq!(case.prove(), Err(Error::Unsatisfied));
        assert_eq!(case.verify(&case.force()), Err(Error::Rejected));
    }
}

#[test]
fn no_witness_can_be_another() {
    let mut rng = rng(3);
    let case = delivery(1, delivered(7, 1000, 900));
    let mut refused = 0;
    for place in 1..case.assignment.len() {
        let mut assignment = case.assignment.clone();
        assignment[place] += if rng.r#gen() { Fr::one() } else { Fr::rand(&mut rng) };
        // A witness that was solved for is not used at all.
        if !case.circuit.is_satisfied(&assignment) {
            assert_eq!(case.verify(&case.force_with(&assignment)), Err(Error::Rejected), "variable {place}");
            refused += 1;
        }
    }
    assert!(refused > 130, "{refused}");
    assert!(proof::prove_unchecked(&case.statement(), &case.assignment[1..], &case.blindings, &mut rng).is_err());
}

#[test]
fn a_proof_belongs_to_its_statement() {
    let case = amount(4, &Amount::of(vec![5, 6, 7, 8], 123_456));
    let proof = case.prove().unwrap();
    let statement = case.statement();
    let refused = |statement: Statement<'_>| verify(&statement, &proof).unwrap_err();
    assert_eq!(verify(&statement, &proof), Ok(()));

    for place in 0..case.commitments.len() {
        for by in [generators().g.point(), generators().h.point()] {
            let mut commitments = case.commitments.clone();
            commitments[place] = Element::new(commitments[place].point() + by);
            assert_eq!(refused(Statement { commitments: &commitments, ..statement }), Error::Rejected);
        }
        // The same sum, other places.
        let mut commitments = case.commitments.clone();
        commitments.swap(place, (place + 1) % 4);
        assert_eq!(refused(Statement { commitments: &commitments, ..statement }), Error::Rejected);
    }
    let publics = [case.publics[0] + Fr::one()];
    assert_eq!(refused(Statement { publics: &publics, ..statement }), Error::Rejected);
    assert_eq!(refused(Statement { context: b"another transaction", ..statement }), Error::Rejected);
    assert_eq!(refused(Statement { context: b"", ..statement }), Error::Rejected);
    assert_eq!(refused(Statement { kind: "test/2", ..statement }), Error::Rejected);
    // Not by moving a letter from one field to the next.
    assert_eq!(refused(Statement { kind: "test/1a", context: b" transaction", ..statement }), Error::Rejected);
    assert_eq!(refused(Statement { network: &FOREIGN, ..statement }), Error::Rejected);
    // Wrong numbers of things.
    assert_eq!(refused(Statement { commitments: &case.commitments[1..], ..statement }), Error::Arity);
    let longer = [&case.commitments[..], &case.commitments[..1]].concat();
    assert_eq!(refused(Statement { commitments: &longer, ..statement }), Error::Arity);
    assert_eq!(refused(Statement { publics: &[], ..statement }), Error::Arity);
    assert_eq!(refused(Statement { publics: &[publics[0]; 2], ..statement }), Error::Arity);
}

/// The same layout and another constant in the matrix: only the circuit differs, and both statements are true.
#[test]
fn a_proof_belongs_to_its_circuit() {
    let (zero, other) = (Amount::of(vec![0; 4], 100), Amount::of(vec![0; 4], 101));
    let (case, other) = (amount(5, &zero), amount(5, &other));
    assert_eq!(case.commitments, other.commitments);
    assert_eq!(case.publics, other.publics);
    assert_eq!(case.circuit.stats(), other.circuit.stats());
    assert_ne!(case.circuit.digest(), other.circuit.digest());
    let proof = case.prove().unwrap();
    assert_eq!(case.verify(&proof), Ok(()));
    assert_eq!(other.verify(&proof), Err(Error::Rejected));
    assert_eq!(other.verify(&other.prove().unwrap()), Ok(()));
}

#[test]
fn the_prover_checks_what_it_is_given() {
    let case = delivery(1, delivered(7, 1000, 900));
    let prove = |statement: &Statement<'_>, blindings: &[SecretScalar]| {
        proof::prove(statement, &case.builder, blindings, &mut rng(6)).unwrap_err()
    };
    // Blindings that do not open the commitments.
    for place in 0..5 {
        let mut blindings = case.blindings.clone();
        blindings[place] = SecretScalar::random(&mut rng(7));
        assert_eq!(prove(&case.statement(), &blindings), Error::Opening);
        let forced = proof::prove_unchecked(&case.statement(), &case.assignment, &blindings, &mut rng(8)).unwrap();
        assert_eq!(case.verify(&forced), Err(Error::Rejected));
    }
    assert_eq!(prove(&case.statement(), &case.blindings[1..]), Error::Arity);
    assert_eq!(prove(&Statement { commitments: &[], ..case.statement() }, &case.blindings), Error::Arity);
    // Commitments to other values.
    let other = delivery(1, delivered(8, 1000, 900));
    assert_eq!(
        prove(&Statement { commitments: &other.commitments, ..case.statement() }, &case.blindings),
        Error::Opening
    );
    // Values without a statement, and of another statement.
    let nothing = proof::prove(&case.statement(), &Builder::shape(), &case.blindings, &mut rng(9));
    assert_eq!(nothing, Err(Error::Unsatisfied));
    let foreign = amount(4, &Amount::of(vec![5, 6, 7, 8], 123_456));
    let mixed = proof::prove(&case.statement(), &foreign.builder, &case.blindings, &mut rng(9));
    assert_eq!(mixed, Err(Error::Arity));
    // Public values other than those in the builder.
    let publics = [foreign.publics[0] + Fr::one()];
    let statement = Statement { publics: &publics, ..foreign.statement() };
    let moved = proof::prove(&statement, &foreign.builder, &foreign.blindings, &mut rng(9));
    assert_eq!(moved, Err(Error::Unsatisfied));
}

#[test]
fn proofs_are_fresh_each_time_and_nonces_hedged() {
    let case = delivery(1, delivered(7, 1000, 900));
    let prove = |case: &Case, rng: &mut ChaCha20Rng| {
        proof::prove(&case.statement(), &case.builder, &case.blindings, rng).unwrap().as_bytes().to_vec()
    };
    let differ = |a: &[u8], b: &[u8]| parts(a.len()).into_iter().all(|at| a[at..at + 32] != b[at..at + 32]);
    let mut fresh = rng(10);
    let (a, b) = (prove(&case, &mut fresh), prove(&case, &mut fresh));
    assert!(differ(&a, &b), "no point or scalar repeats");
    // A generator that repeats itself: the same proof of the same statement, nothing in common with another.
    assert_eq!(prove(&case, &mut rng(11)), prove(&case, &mut rng(11)));
    let others = [delivery(1, delivered(7, 1000, 901)), delivery(2, delivered(7, 1000, 900))];
    for other in &others {
        assert!(differ(&prove(&case, &mut rng(11)), &prove(other, &mut rng(11))));
    }
}

/// The same committed values and other witnesses: with a generator that repeats itself, nonces must still differ.
#[test]
fn nonces_hang_on_every_wire() {
    let root = |sign: bool| {
        Case::new(12, &sign, |builder, sign| {
            let square = builder.committed(sign.map(|_| 9))?;
            let root = builder.witness(|| sign.map(|sign| if *sign { Fr::from(3u64) } else { -Fr::from(3u64) }))?;
            builder.require_product(&root, &root, &square)
        })
    };
    let (plus, minus) = (root(true), root(false));
    assert_eq!(plus.commitments, minus.commitments);
    let [a, b] = [&plus, &minus].map(|case| case.prove().unwrap().as_bytes().to_vec());
    assert_eq!(plus.verify(&CircuitProof::decode(&b).unwrap()), Ok(()));
    assert!(parts(a.len()).into_iter().all(|at| a[at..at + 32] != b[at..at + 32]));
}

#[test]
fn bytes_that_are_no_proof_are_refused() {
    let case = delivery(1, delivered(7, 1000, 900));
    let proof = case.prove().unwrap();
    let bytes = proof.as_bytes();
    assert_eq!(CircuitProof::decode(bytes).unwrap(), proof);
    for length in 0..bytes.len() {
        assert_eq!(CircuitProof::decode(&bytes[..length]), Err(Error::Malformed));
    }
    for longer in [bytes.len() + 1, bytes.len() + 64, MAX_PROOF_BYTES, MAX_PROOF_BYTES + 1, 100_000] {
        let mut padded = bytes.to_vec();
        padded.resize(longer, 0);
        assert_eq!(CircuitProof::decode(&padded), Err(Error::Malformed));
    }
    // A second encoding of the number of rounds.
    let mut padded = bytes.to_vec();
    padded[ROUNDS_AT] |= 0x80;
    padded.insert(ROUNDS_AT + 1, 0);
    assert_eq!(CircuitProof::decode(&padded), Err(Error::Malformed));
    // More rounds than any circuit has.
    let mut long = bytes[..ROUNDS_AT].to_vec();
    long.push(proof::MAX_LG + 1);
    long.extend((0..2 * (proof::MAX_LG + 1)).flat_map(|_| RISTRETTO_BASEPOINT_POINT.compress().to_bytes()));
    long.extend_from_slice(&bytes[bytes.len() - 96..]);
    assert_eq!(CircuitProof::decode(&long), Err(Error::Malformed));
    // Each point: the identity, and what is no encoding. Each scalar: what is not below the group order.
    let rounds = 2 * usize::from(bytes[ROUNDS_AT]);
    let (scalars, digest) = ([8, 9, 10, 13 + rounds, 14 + rounds], 12 + rounds);
    for (place, at) in parts(bytes.len()).into_iter().enumerate() {
        let mut wrong = bytes.to_vec();
        wrong[at..at + 32].fill(0xff);
        assert_eq!(CircuitProof::decode(&wrong).is_ok(), place == digest, "part {place}");
        wrong[at..at + 32].fill(0);
        let zero = CircuitProof::decode(&wrong);
        assert_eq!(zero.is_ok(), place == digest || scalars.contains(&place), "part {place}");
        if let Ok(zero) = zero {
            assert_eq!(case.verify(&zero), Err(Error::Rejected));
        }
    }
}

#[test]
fn changed_proofs_are_refused() {
    let mut rng = rng(13);
    let (case, other) = (delivery(1, delivered(7, 1000, 900)), delivery(2, delivered(7, 1000, 900)));
    let (proof, foreign) = (case.prove().unwrap(), other.prove().unwrap());
    let (proof, foreign) = (proof.as_bytes(), foreign.as_bytes());
    let parts = parts(proof.len());
    let (mut malformed, mut rejected) = (0, 0);
    for round in 0..rounds(3_000, 60_000) {
        let mut bad = proof.to_vec();
        let at = *parts.choose(&mut rng).unwrap();
        match round % 6 {
            0 => bad[rng.gen_range(0..proof.len())] ^= 1 << rng.gen_range(0..8),
            1 => bad[at] = bad[at].wrapping_add(rng.gen_range(1..=255)),
            2 => {
                let (point, any) = (RISTRETTO_BASEPOINT_POINT * Scalar::random(&mut rng), rng.r#gen::<[u8; 32]>());
                let with = match rng.gen_range(0..4) {
                    0 => point.compress().to_bytes(),
                    1 => Scalar::random(&mut rng).to_bytes(),
                    2 => [0; 32],
                    _ => any,
                };
                bad[at..at + 32].copy_from_slice(&with);
            }
            3 => {
                // Two parts change places.
                let to = *parts.choose(&mut rng).unwrap();
                bad.copy_within(at..at + 32, to);
                bad[at..at + 32].copy_from_slice(&proof[to..to + 32]);
            }
            // A part of another proof, of a statement like it.
            4 => bad[at..at + 32].copy_from_slice(&foreign[at..at + 32]),
            _ => {
                // Another number of rounds, with the length adjusted.
                let rounds = rng.gen_range(0..=proof::MAX_LG);
                bad = proof[..ROUNDS_AT].to_vec();
                bad.push(rounds);
                let point = |rng: &mut ChaCha20Rng| RistrettoPoint::random(rng).compress().to_bytes();
                bad.extend((0..2 * rounds).flat_map(|_| point(&mut rng)));
                bad.extend_from_slice(&proof[proof.len() - 96..]);
            }
        }
        if bad == proof {
            continue;
        }
        match CircuitProof::decode(&bad) {
            Err(error) => {
                assert_eq!(error, Error::Malformed);
                malformed += 1;
            }
            Ok(decoded) => {
                assert_eq!(decoded.as_bytes(), bad);
                assert_eq!(case.verify(&decoded), Err(Error::Rejected), "round {round}");
                rejected += 1;
            }
        }
    }
    assert!(malformed > 500 && rejected > 500, "{malformed} malformed, {rejected} rejected");
}

#[test]
fn garbage_is_no_proof_and_panics_nowhere() {
    let mut rng = rng(14);
    let cases = [delivery(1, delivered(7, 1000, 900)), amount(4, &Amount::of(vec![5, 6], 1))];
    for _ in 0..rounds(2_000, 100_000) {
        let mut bytes = vec![0; rng.gen_range(0..1_200)];
        rng.fill_bytes(&mut bytes);
        // Where a proof has its number of rounds.
        if let Some(count) = bytes.get_mut(ROUNDS_AT) {
            *count %= 20;
        }
        assert_eq!(CircuitProof::decode(&bytes), Err(Error::Malformed));
    }
    // What decodes and was never proven: of every number of rounds, for circuits of other sizes too.
    for rounds in 0..=proof::MAX_LG {
        let mut bytes = Vec::new();
        let mut point = |bytes: &mut Vec<u8>| bytes.extend(RistrettoPoint::random(&mut rng).compress().to_bytes());
        (0..8).for_each(|_| point(&mut bytes));
        (0..3u64).for_each(|scalar| bytes.extend(Scalar::from(scalar).to_bytes()));
        point(&mut bytes);
        bytes.push(rounds);
        (0..2 * rounds).for_each(|_| point(&mut bytes));
        bytes.extend([5; 32]);
        (0..2u64).for_each(|scalar| bytes.extend(Scalar::from(scalar).to_bytes()));
        let proof = CircuitProof::decode(&bytes).unwrap();
        for case in &cases {
            assert_eq!(case.verify(&proof), Err(Error::Rejected));
        }
        let items: Vec<_> = cases.iter().map(|case| (case.statement(), &proof)).collect();
        assert_eq!(verify_batch(&items), Err(Error::Rejected));
    }
}

/// What `Stats::unpinned` counts, and why such values must be admitted elsewhere: two commitments that nobody can open, whose
/// sum opens.
#[test]
fn commitments_that_enter_through_sums_need_not_open() {
    let mut case = Case::new(15, &[3u64, 4, 5], |builder, values| {
        let value = |place: usize| values.map(|values| values[place]);
        let (a, b, c) = (builder.admitted(value(0))?, builder.admitted(value(1))?, builder.committed(value(2))?);
        builder.range(&(&a + &b), 8)?;
        builder.range(&c, 8)
    });
    assert_eq!(case.circuit.stats().unpinned, 2);
    let unknown = RistrettoPoint::from_uniform_bytes(&[9; 64]);
    case.commitments[0] = Element::new(case.commitments[0].point() + unknown);
    case.commitments[1] = Element::new(case.commitments[1].point() - unknown);
    assert_eq!(case.prove(), Err(Error::Opening), "our prover asks for openings");
    assert_eq!(case.verify(&case.force()), Ok(()), "a proof alone does not show them");
    // A value that is pinned cannot be moved so.
    case.commitments[2] = Element::new(case.commitments[2].point() + unknown);
    case.commitments[0] = Element::new(case.commitments[0].point() - unknown);
    assert_eq!(case.verify(&case.force()), Err(Error::Rejected));
}

/// Statements without public values, or without a single gate of their own, are proven too.
#[test]
fn the_smallest_statements() {
    let case = Case::new(16, &6u64, |builder, value| {
        let x = builder.committed(value.copied())?;
        builder.zero(&(x - hushwatt_circuits::frontend::constant(6)))
    });
    assert_eq!(case.verify(&case.prove().unwrap()), Ok(()));
    let mut assignment = case.assignment.clone();
    assignment[1] = Fr::zero();
    assert_eq!(case.verify(&case.force_with(&assignment)), Err(Error::Rejected));
    let equal = Case::new(17, &6u64, |builder, value| {
        let x = builder.committed(value.copied())?;
        let y = builder.public(value.copied())?;
        builder.zero(&(x - y))
    });
    assert_eq!(equal.verify(&equal.prove().unwrap()), Ok(()));
}
