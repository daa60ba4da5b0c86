//! Random constraint systems: the circuit accepts what the statement accepts, and whatever wires it accepts stand for an
//! assignment that the statement accepts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use ark_ff::{Field, One, UniformRand, Zero};
use ark_relations::gr1cs::{LinearCombination, R1CS_PREDICATE_LABEL, Variable};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::{
    compiled::Gate,
    linear::{Atom, Row},
    *,
};
use crate::{
    effort,
    frontend::{Fr, constant},
    group::F,
};

/// A system with an assignment that satisfies it, or just as likely does not.
struct Random {
    builder: Builder,
    assignment: Vec<Fr>,
}

fn combination(rng: &mut ChaCha20Rng, known: &[(Variable, Fr)], terms: usize) -> (LinearCombination<Fr>, Fr) {
    let mut sum = LinearCombination::<Fr>::zero();
    let mut value = Fr::zero();
    for _ in 0..rng.gen_range(0..=terms) {
        let (variable, of) = known[rng.gen_range(0..known.len())];
        let factor = Fr::from(rng.gen_range(-3..4i64));
        sum.0.push((factor, variable));
        value += factor * of;
    }
    (sum, value)
}

impl Random {
    fn new(rng: &mut ChaCha20Rng, valid: bool) -> Self {
        let mut builder = Builder::assigned();
        let cs = builder.cs().clone();
        let mut known = vec![(Variable::One, Fr::one())];
        let committed = rng.gen_range(1..4);
        for place in 0..committed {
            let value = rng.gen_range(0..4u64);
            let _ = builder.admitted(Some(value)).unwrap();
            known.push((Variable::witness(place), value.into()));
        }
        for _ in 0..rng.gen_range(0..3) {
            let value = Fr::from(rng.gen_range(0..4u64));
            known.push((cs.new_input_variable(|| Ok(value)).unwrap(), value));
        }
        for _ in 0..rng.gen_range(0..8) {
            let value = Fr::from(rng.gen_range(0..4u64));
            known.push((cs.new_witness_variable(|| Ok(value)).unwrap(), value));
        }
        for row in 0..rng.gen_range(1..14) + committed {
            let (mut a, mut a_value) = combination(rng, &known, 3);
            let (b, b_value) = combination(rng, &known, 2);
            let (mut c, c_value) = combination(rng, &known, 3);
            if row < committed {
                // Mention every commitment.
                let (variable, value) = known[1 + row];
                a.0.push((Fr::from(100u64), variable));
                a_value += Fr::from(100u64) * value;
            }
            if valid {
                c.0.push((a_value * b_value - c_value, Variable::One));
            }
            [&mut a, &mut c].into_iter().for_each(|sum| sum.compactify());
            cs.enforce_r1cs_constraint(|| a, || b, || c).unwrap();
        }
        let assignment = builder.assignment().unwrap().to_vec();
        Random { builder, assignment }
    }

    fn accepts(&self, assignment: &[Fr]) -> bool {
        let matrices = &self.builder.cs().to_matrices().unwrap()[R1CS_PREDICATE_LABEL];
        let dot = |row: &Row| row.iter().map(|(factor, atom)| *factor * assignment[*atom]).sum::<Fr>();
        (0..matrices[0].len()).all(|row| dot(&matrices[0][row]) * dot(&matrices[1][row]) == dot(&matrices[2][row]))
    }
}

fn from_scalar(x: &F) -> Fr {
    x.0.as_bytes().iter().rev().fold(Fr::zero(), |sum, byte| sum * Fr::from(256u64) + Fr::from(*byte))
}

/// The assignment that wires stand for; `fixed` is one, public values, committed values.
fn meant(compiled: &Compiled, solved: &Eliminator, fixed: &[Fr], wires: &Wires) -> Vec<Fr> {
    let mut assignment = fixed.to_vec();
    assignment.resize(compiled.atoms.variables, Fr::zero());
    let [l, r] = [&wires.left, &wires.right].map(|side| side.iter().map(from_scalar).collect::<Vec<_>>());
    for (place, gate) in compiled.gates.iter().enumerate() {
        if let Gate::Wires(first, second) = gate {
            assignment[*first] = l[place];
            second.iter().for_each(|second| assignment[*second] = r[place]);
        }
    }
    for atom in 0..compiled.atoms.variables {
        let Some(terms) = solved.solution(atom) else { continue };
        let value = |atom: usize| match compiled.atoms.kind(atom) {
            Atom::Wire { gate, side: 0 } => l[gate],
            Atom::Wire { gate, side: 1 } => r[gate],
            Atom::Wire { gate, .. } => l[gate] * r[gate],
            _ => assignment[atom],
        };
        assignment[atom] = terms.iter().map(|(atom, factor)| value(*atom) * factor).sum();
    }
    assignment
}

#[test]
fn circuits_and_statements_accept_the_same() {
    let (mut satisfied, mut unsatisfied, mut unbound, mut moved) = (0, 0, 0, 0);
    for seed in 0..effort(4_000, 100_000) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let system = Random::new(&mut rng, seed % 5 != 0);
        let (compiled, solved) = match compile_with_solutions(&system.builder) {
            Ok(compiled) => compiled,
            Err(CompileError::Unbound(_)) => {
                unbound += 1;
                continue;
            }
            Err(error) => panic!("seed {seed}: {error}"),
        };
        let fixed = compiled.atoms.instance + compiled.atoms.committed;
        for round in 0..30 {
            let mut assignment = system.assignment.clone();
            if round > 0 {
                let place = rng.gen_range(1..assignment.len());
                let by = if round % 7 == 0 { Fr::rand(&mut rng) } else { Fr::from(rng.gen_range(1..4u64)) };
                assignment[place] += by;
            }
            let mut wires = compiled.wires(&assignment).unwrap();
            if round > 20 {
                let side = if rng.r#gen() { &mut wires.left } else { &mut wires.right };
                let place = rng.gen_range(0..side.len());
                side[place].0 += curve25519_dalek::scalar::Scalar::ONE;
            }
            let accepted = compiled.holds(&wires);
            if round <= 20 && system.accepts(&assignment) {
                assert!(accepted, "seed {seed}: a satisfying assignment is refused");
            }
            if accepted {
                let meant = meant(&compiled, &solved, &assignment[..fixed], &wires);
                assert!(system.accepts(&meant), "seed {seed}: an unsatisfiable choice of wires is accepted");
                assert_eq!(meant[..fixed], assignment[..fixed]);
                satisfied += 1;
                moved += usize::from(meant != system.assignment);
            } else {
                unsatisfied += 1;
            }
        }
    }
    println!("satisfied {satisfied} (moved {moved}), unsatisfied {unsatisfied}, unbound systems {unbound}");
    assert!(satisfied > 5_000 && unsatisfied > 5_000 && moved > 500);
}

/// How many unit vectors are no combination of the rows: the commitments that need not open. By plain elimination.
fn free_columns(columns: usize, rows: &[Vec<Fr>]) -> usize {
    let mut reduced = rows.to_vec();
    let mut pivots = Vec::new();
    for column in 0..columns {
        let Some(pivot) = (pivots.len()..reduced.len()).find(|row| !reduced[*row][column].is_zero()) else { continue };
        reduced.swap(pivots.len(), pivot);
        let place = pivots.len();
        let inverse = reduced[place][column].inverse().unwrap();
        reduced[place].iter_mut().for_each(|factor| *factor *= inverse);
        let pivot = reduced[place].clone();
        for (row, terms) in reduced.iter_mut().enumerate() {
            let factor = terms[column];
            if row != place {
                terms.iter_mut().zip(&pivot).for_each(|(term, other)| *term -= factor * other);
            }
        }
        pivots.push(column);
    }
    // A unit vector is a combination of the rows if its pivot row is nothing but it.
    let alone = pivots.iter().enumerate().filter(|(row, _)| reduced[*row].iter().filter(|f| !f.is_zero()).count() == 1);
    columns - alone.count()
}

#[test]
fn what_need_not_open_is_never_missed() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (mut exact, mut free) = (0, 0);
    let rounds = effort(5_000, 100_000);
    for _ in 0..rounds {
        let (columns, rows) = (rng.gen_range(1..7), rng.gen_range(1..8));
        let mentions: Vec<Vec<usize>> =
            (0..rows).map(|_| (0..columns).filter(|_| rng.gen_bool(0.35)).collect()).collect();
        let matrix: Vec<Vec<Fr>> = mentions
            .iter()
            .map(|row| {
                let mut terms = vec![Fr::zero(); columns];
                row.iter().for_each(|column| terms[*column] = Fr::rand(&mut rng));
                terms
            })
            .collect();
        let counted = pinned(vec![false; columns], &mentions).iter().filter(|pinned| !**pinned).count();
        let needed = free_columns(columns, &matrix);
        assert!(counted >= needed, "{mentions:?}");
        exact += u64::from(counted == needed);
        free += u64::from(needed > 0);
        // Known ones need no showing, and help the others.
        let admitted = (0..columns).map(|_| rng.gen_bool(0.3)).collect::<Vec<_>>();
        let helped = pinned(admitted.clone(), &mentions);
        let alone = pinned(vec![false; columns], &mentions);
        assert!((0..columns).all(|column| helped[column] >= (alone[column] || admitted[column])));
    }
    assert!(exact > rounds / 2 && free > rounds / 10, "{exact} exact, {free} with free columns");
}

fn shape(build: impl Fn(&mut Builder) -> crate::frontend::Result<()>) -> Result<Compiled, CompileError> {
    let mut builder = Builder::shape();
    build(&mut builder).unwrap();
    compile(&builder)
}

#[test]
fn a_committed_value_that_nothing_mentions_is_refused() {
    let result = shape(|builder| {
        let a = builder.committed(None)?;
        let _ = builder.admitted(None)?;
        builder.range(&a, 8)
    });
    assert!(matches!(result, Err(CompileError::Unbound(1))));
    // Mentioned, and gone again.
    let result = shape(|builder| {
        let (a, b) = (builder.committed(None)?, builder.admitted(None)?);
        builder.range(&(&a + &b - &b), 8)
    });
    assert!(matches!(result, Err(CompileError::Unbound(1))));
}

#[test]
fn a_committed_value_that_enters_through_sums_only_must_be_admitted() {
    let sum = |admitted: [bool; 3]| {
        shape(move |builder| {
            let mut values = Vec::new();
            for admitted in admitted {
                values.push(if admitted { builder.admitted(None)? } else { builder.committed(None)? });
            }
            builder.range(&builder.sum(&values)?, 8)
        })
    };
    assert!(matches!(sum([false, false, false]), Err(CompileError::Unpinned(0))));
    assert!(matches!(sum([true, false, false]), Err(CompileError::Unpinned(1))));
    // Two are known to open, and then so does the third.
    assert_eq!(sum([true, true, false]).unwrap().stats().unpinned, 3);
    assert_eq!(sum([true, true, true]).unwrap().stats().unpinned, 3);
    // One after the other.
    let chain = shape(|builder| {
        let values = [(); 5].map(|()| builder.committed(None).unwrap());
        builder.range(&values[4], 8)?;
        values.windows(2).try_for_each(|pair| builder.range(&(&pair[0] + &pair[1]), 8))
    });
    assert_eq!(chain.unwrap().stats().unpinned, 0);
}

#[test]
fn circuits_have_four_gates_at_least_and_digests_tell_them_apart() {
    let weighted = |factor: u64| {
        shape(move |builder| {
            let a = builder.committed(None)?;
            builder.zero(&(a * Fr::from(factor) - constant(6)))
        })
        .unwrap()
    };
    let (two, three) = (weighted(2), weighted(3));
    assert_eq!((two.stats().gates, two.stats().constraints, two.lg_len()), (4, 1, 2));
    assert_eq!(two.stats(), three.stats());
    assert_ne!(two.digest(), three.digest());
    assert_eq!(two.digest(), weighted(2).digest());
    assert!(two.is_satisfied(&[Fr::one(), Fr::from(3u64)]) && three.is_satisfied(&[Fr::one(), Fr::from(2u64)]));
    assert!(!two.is_satisfied(&[Fr::one(), Fr::from(2u64)]));
    // Another statement's assignments.
    assert!(!two.is_satisfied(&[Fr::one()]) && !two.is_satisfied(&[]));
    assert!(!two.is_satisfied(&[Fr::one(), Fr::from(3u64), Fr::zero()]));
    let wires = two.wires(&[Fr::one(), Fr::from(3u64)]).unwrap();
    assert!(two.witness(&wires, &[]).is_none());
}

/// `x + y` and `x + 2y` of the pair before, many times: substituted naively, each step would double the work.
#[test]
fn witnesses_that_hang_on_each_other_are_solved_for_quickly() {
    let compiled = shape(|builder| {
        let (mut x, mut y) = (builder.admitted(None)?, builder.admitted(None)?);
        let mut pairs = Vec::new();
        for _ in 0..200 {
            let (next_x, next_y) = (builder.witness(|| None)?, builder.witness(|| None)?);
            pairs.push((x.clone(), y.clone(), next_x.clone(), next_y.clone()));
            (x, y) = (next_x, next_y);
        }
        // The last ones first, so that every definition leads to a later one.
        for (x, y, next_x, next_y) in pairs.into_iter().rev() {
            builder.zero(&(&x + &y - &next_x))?;
            builder.zero(&(&x + &y + &y - &next_y))?;
        }
        builder.range(&x, 8)?;
        builder.range(&y, 8)
    });
    assert_eq!(compiled.unwrap().stats().gates, 16);
}

#[test]
fn scalars_are_the_same_numbers_in_both_libraries() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for _ in 0..1_000 {
        let (a, b) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        assert_eq!(from_scalar(&to_scalar(&a)), a);
        assert_eq!(to_scalar(&(a * b)).0, to_scalar(&a).0 * to_scalar(&b).0);
        assert_eq!(to_scalar(&(a - b)).0, to_scalar(&a).0 - to_scalar(&b).0);
    }
    assert_eq!(to_scalar(&-Fr::one()).0, -curve25519_dalek::scalar::Scalar::ONE);
}
