//! What each gadget costs, that it computes what it says, and that a cheating prover gets no other result out of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use ark_ff::{One, UniformRand, Zero};
use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::{Matrix, R1CS_PREDICATE_LABEL};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::{
    bridge::{Compiled, compile},
    effort,
};

/// Gates beside the gadget's own, so that a circuit never needs padding.
const FILLING: usize = 8;

type Build = fn(&Builder, &[Var]) -> Result<Vec<Var>>;

/// A gadget with so many inputs, and what it computes from them in plain integers; `None` where it must refuse.
struct Gadget {
    name: &'static str,
    gates: usize,
    inputs: &'static [u64],
    build: Build,
    plain: fn(&[i128]) -> Option<Vec<i128>>,
    /// Whether a witness may be anything for some inputs, without a consequence.
    slack: bool,
}

fn bit_of(builder: &Builder, x: &Var) -> Result<Bit> {
    // Inputs that are to be bits, made so at the gadget's own cost.
    builder.require_product(x, &(Var::one() - x), &Var::zero())?;
    Ok(Bit::of(x.clone()))
}

fn is_bit(x: i128) -> Option<i128> {
    (0..=1).contains(&x).then_some(x)
}

/// The largest values of inputs from which tests draw are those in `inputs`.
const GADGETS: &[Gadget] = &[
    Gadget {
        name: "bit",
        gates: 1,
        inputs: &[2],
        build: |builder, x| {
            let bit = builder.bit(value_of(&x[0]).map(|x| x == Fr::one()))?;
            builder.zero(&(bit.var() - &x[0]))?;
            Ok(vec![bit.not().var().clone()])
        },
        plain: |x| Some(vec![1 - is_bit(x[0])?]),
        slack: false,
    },
    Gadget {
        name: "and (and two bits)",
        gates: 3,
        inputs: &[2, 2],
        build: |builder, x| {
            let both = builder.and(&bit_of(builder, &x[0])?, &bit_of(builder, &x[1])?)?;
            Ok(vec![both.var().clone()])
        },
        plain: |x| Some(vec![is_bit(x[0])? * is_bit(x[1])?]),
        slack: false,
    },
    Gadget {
        name: "or (and two bits)",
        gates: 3,
        inputs: &[2, 2],
        build: |builder, x| {
            let any = builder.or(&bit_of(builder, &x[0])?, &bit_of(builder, &x[1])?)?;
            Ok(vec![any.var().clone()])
        },
        plain: |x| Some(vec![is_bit(x[0])? | is_bit(x[1])?]),
        slack: false,
    },
    Gadget {
        name: "select (and a bit)",
        gates: 2,
        inputs: &[2, 9, 9],
        build: |builder, x| Ok(vec![builder.select(&bit_of(builder, &x[0])?, &x[1], &x[2])?]),
        plain: |x| Some(vec![if is_bit(x[0])? == 1 { x[1] } else { x[2] }]),
        slack: false,
    },
    Gadget {
        name: "range 4",
        gates: 4,
        inputs: &[20],
        build: |builder, x| builder.range(&x[0], 4).map(|()| vec![]),
        plain: |x| (x[0] < 16).then(Vec::new),
        slack: false,
    },
    Gadget {
        name: "range 0",
        gates: 0,
        inputs: &[2],
        build: |builder, x| builder.range(&x[0], 0).map(|()| vec![]),
        plain: |x| (x[0] == 0).then(Vec::new),
        slack: false,
    },
    Gadget {
        name: "range 32",
        gates: 32,
        inputs: &[1 << 33],
        build: |builder, x| builder.range(&x[0], 32).map(|()| vec![]),
        plain: |x| (x[0] < 1 << 32).then(Vec::new),
        slack: false,
    },
    Gadget {
        name: "at_most 4",
        gates: 4,
        inputs: &[20, 20],
        build: |builder, x| builder.at_most(&x[0], &x[1], 4).map(|()| vec![]),
        plain: |x| (x[0] <= x[1] && x[1] - x[0] < 16).then(Vec::new),
        slack: false,
    },
    Gadget {
        name: "is_at_most 4",
        gates: 6,
        inputs: &[20, 20],
        build: |builder, x| Ok(vec![builder.is_at_most(&x[0], &x[1], 4)?.var().clone()]),
        plain: |x| (-16..16).contains(&(x[1] - x[0])).then(|| vec![i128::from(x[0] <= x[1])]),
        slack: false,
    },
    Gadget {
        name: "is_zero",
        gates: 2,
        inputs: &[3],
        build: |builder, x| Ok(vec![builder.is_zero(&x[0])?.var().clone()]),
        plain: |x| Some(vec![i128::from(x[0] == 0)]),
        slack: true,
    },
    Gadget {
        name: "is_equal",
        gates: 2,
        inputs: &[5, 5],
        build: |builder, x| Ok(vec![builder.is_equal(&x[0], &x[1])?.var().clone()]),
        plain: |x| Some(vec![i128::from(x[0] == x[1])]),
        slack: true,
    },
    Gadget {
        name: "min 4",
        gates: 7,
        inputs: &[20, 20],
        build: |builder, x| Ok(vec![builder.min(&x[0], &x[1], 4)?]),
        plain: |x| (-16..16).contains(&(x[1] - x[0])).then(|| vec![x[0].min(x[1])]),
        slack: false,
    },
    Gadget {
        name: "max 4",
        gates: 7,
        inputs: &[20, 20],
        build: |builder, x| Ok(vec![builder.max(&x[0], &x[1], 4)?]),
        plain: |x| (-16..16).contains(&(x[1] - x[0])).then(|| vec![x[0].max(x[1])]),
        slack: false,
    },
    Gadget {
        name: "product",
        gates: 1,
        inputs: &[9, 9],
        build: |builder, x| Ok(vec![builder.product(&x[0], &x[1])?]),
        plain: |x| Some(vec![x[0] * x[1]]),
        slack: false,
    },
    Gadget {
        name: "require_product",
        gates: 1,
        inputs: &[4, 4, 10],
        build: |builder, x| builder.require_product(&x[0], &x[1], &x[2]).map(|()| vec![]),
        plain: |x| (x[0] * x[1] == x[2]).then(Vec::new),
        slack: false,
    },
    Gadget {
        name: "sum",
        gates: 0,
        inputs: &[9, 9, 9],
        build: |builder, x| Ok(vec![builder.sum(x.iter().chain([&constant(7), &x[0]]))?]),
        plain: |x| Some(vec![2 * x[0] + x[1] + x[2] + 7]),
        slack: false,
    },
    Gadget {
        name: "zero",
        gates: 0,
        inputs: &[3],
        build: |builder, x| builder.zero(&x[0]).map(|()| vec![]),
        plain: |x| (x[0] == 0).then(Vec::new),
        slack: false,
    },
    Gadget {
        name: "divide by 1, quotient 4",
        gates: 4,
        inputs: &[20],
        build: |builder, x| builder.divide(&x[0], 1, 4).map(|d| vec![d.quotient, d.remainder]),
        plain: |x| (x[0] < 16).then(|| vec![x[0], 0]),
        slack: false,
    },
    Gadget {
        name: "divide by 5, quotient 4",
        gates: 4 + 2 * 3,
        inputs: &[100],
        build: |builder, x| builder.divide(&x[0], 5, 4).map(|d| vec![d.quotient, d.remainder]),
        plain: |x| (x[0] < 80).then(|| vec![x[0] / 5, x[0] % 5]),
        slack: false,
    },
    Gadget {
        name: "divide by 8, quotient 4",
        gates: 4 + 3,
        inputs: &[160],
        build: |builder, x| builder.divide(&x[0], 8, 4).map(|d| vec![d.quotient, d.remainder]),
        plain: |x| (x[0] < 128).then(|| vec![x[0] / 8, x[0] % 8]),
        slack: false,
    },
    Gadget {
        name: "divide by 1,000,000, quotient 40",
        gates: 40 + 2 * 20,
        inputs: &[1 << 60],
        build: |builder, x| builder.divide(&x[0], 1_000_000, 40).map(|d| vec![d.quotient, d.remainder]),
        plain: |x| (x[0] < 1_000_000 << 40).then(|| vec![x[0] / 1_000_000, x[0] % 1_000_000]),
        slack: false,
    },
    Gadget {
        name: "divide_hidden, divisor 3, quotient 4",
        gates: 4 + 2 * 3 + 1,
        inputs: &[60, 8],
        build: |builder, x| builder.divide_hidden(&x[0], &x[1], 3, 4).map(|d| vec![d.quotient, d.remainder]),
        plain: |x| (x[1] > 0 && x[0] / x[1] < 16).then(|| vec![x[0] / x[1], x[0] % x[1]]),
        slack: false,
    },
    Gadget {
        name: "round_half_up to 10, quotient 4",
        gates: 4 + 2 * 4,
        inputs: &[200],
        build: |builder, x| Ok(vec![builder.round_half_up(&x[0], 10, 4)?]),
        plain: |x| (x[0] < 155).then(|| vec![(2 * x[0] + 10) / 20]),
        slack: false,
    },
    Gadget {
        name: "round_half_up to 7, quotient 4",
        gates: 4 + 2 * 3,
        inputs: &[120],
        build: |builder, x| Ok(vec![builder.round_half_up(&x[0], 7, 4)?]),
        plain: |x| (x[0] < 109).then(|| vec![(2 * x[0] + 7) / 14]),
        slack: false,
    },
];

/// The gadget over committed inputs, its outputs equal to public values.
fn build(gadget: &Gadget, builder: &mut Builder, inputs: Option<&[u64]>, outputs: Option<&[Fr]>) -> Result<()> {
    let mut vars = Vec::new();
    for place in 0..gadget.inputs.len() {
        vars.push(builder.admitted(inputs.map(|inputs| inputs[place]))?);
    }
    for _ in 0..FILLING {
        let _ = builder.bit(Some(false))?;
    }
    for (place, output) in (gadget.build)(builder, &vars)?.into_iter().enumerate() {
        let value = outputs.map(|outputs| outputs[place]);
        let var = builder.cs.new_input_variable(|| need(value))?;
        builder.zero(&(output - FpVar::Var(AllocatedFp::new(value, var, builder.cs.clone()))))?;
    }
    Ok(())
}

/// The rows of a statement, before it was compiled.
struct Rows(Vec<Matrix<Fr>>);

impl Rows {
    fn accept(&self, assignment: &[Fr]) -> bool {
        let dot = |row: &Vec<(Fr, usize)>| row.iter().map(|(factor, atom)| *factor * assignment[*atom]).sum::<Fr>();
        let [a, b, c] = &self.0[..] else { panic!("not R1CS") };
        a.iter().zip(b).zip(c).all(|((a, b), c)| dot(a) * dot(b) == dot(c))
    }
}

fn shape(gadget: &Gadget) -> (Compiled, Rows) {
    let mut builder = Builder::shape();
    build(gadget, &mut builder, None, None).unwrap();
    let compiled = compile(&builder).unwrap_or_else(|error| panic!("{}: {error}", gadget.name));
    (compiled, Rows(builder.cs.to_matrices().unwrap().remove(R1CS_PREDICATE_LABEL).unwrap()))
}

/// What an honest prover would fill in, even for what cannot be proven.
fn filled_in(gadget: &Gadget, inputs: &[u64], outputs: &[Fr]) -> Vec<Fr> {
    let mut builder = Builder::assigned();
    build(gadget, &mut builder, Some(inputs), Some(outputs)).unwrap();
    builder.assignment().unwrap().to_vec()
}

fn field(x: i128) -> Fr {
    if x < 0 { -Fr::from(x.unsigned_abs()) } else { Fr::from(x.unsigned_abs()) }
}

/// The outputs of a gadget, or zeros where it must refuse.
fn honest(gadget: &Gadget, outputs: usize, inputs: &[u64]) -> (bool, Vec<Fr>) {
    let inputs: Vec<i128> = inputs.iter().map(|x| i128::from(*x)).collect();
    let plain = (gadget.plain)(&inputs);
    (plain.is_some(), plain.map_or(vec![Fr::zero(); outputs], |plain| plain.into_iter().map(field).collect()))
}

/// All inputs of a gadget if there are not too many, else a few.
fn domain(gadget: &Gadget, rng: &mut ChaCha20Rng) -> Vec<Vec<u64>> {
    let size = gadget.inputs.iter().try_fold(1u64, |size, bound| size.checked_mul(*bound)).unwrap();
    if size <= 1_000 {
        let tuple = |mut number: u64| {
            let digit = |bound: &u64| {
                let digit = number % bound;
                number /= bound;
                digit
            };
            gadget.inputs.iter().map(digit).collect()
        };
        return (0..size).map(tuple).collect();
    }
    (0..200).map(|_| gadget.inputs.iter().map(|bound| rng.gen_range(0..*bound)).collect()).collect()
}

#[test]
fn gadgets_cost_what_they_say() {
    for gadget in GADGETS {
        let stats = shape(gadget).0.stats();
        assert_eq!(stats.gates - FILLING, gadget.gates, "{}: {stats:?}", gadget.name);
        assert_eq!(stats.wires, 0, "{}", gadget.name);
    }
}

#[test]
fn gadgets_compute_what_they_say() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for gadget in GADGETS {
        let (circuit, _) = shape(gadget);
        let mut accepted = 0;
        for inputs in domain(gadget, &mut rng) {
            let (possible, outputs) = honest(gadget, circuit.public_len(), &inputs);
            let satisfied = circuit.is_satisfied(&filled_in(gadget, &inputs, &outputs));
            assert_eq!(satisfied, possible, "{} of {inputs:?}", gadget.name);
            accepted += u32::from(satisfied);
            // Any other output is refused.
            for place in 0..outputs.len() {
                for by in [Fr::one(), -Fr::one(), Fr::rand(&mut rng)] {
                    let mut wrong = outputs.clone();
                    wrong[place] += by;
                    assert!(
                        !circuit.is_satisfied(&filled_in(gadget, &inputs, &wrong)),
                        "{} of {inputs:?}",
                        gadget.name
                    );
                }
            }
        }
        assert!(accepted > 0, "{}", gadget.name);
    }
}

/// Whatever single value of a valid assignment is changed, inputs and outputs too: the statement no longer holds, nor does
/// the circuit with a wire changed.
#[test]
fn no_value_can_be_changed_alone() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for gadget in GADGETS {
        let (circuit, rows) = shape(gadget);
        let mut domain = domain(gadget, &mut rng);
        domain.shuffle(&mut rng);
        let fixed = 1 + circuit.public_len() + circuit.committed_len() + FILLING;
        for inputs in domain.iter().take(effort(20, 200) as usize) {
            let (possible, outputs) = honest(gadget, circuit.public_len(), inputs);
            if !possible {
                continue;
            }
            let assignment = filled_in(gadget, inputs, &outputs);
            assert!(rows.accept(&assignment));
            for place in fixed..assignment.len() {
                for by in [Fr::one(), -Fr::one(), Fr::rand(&mut rng)] {
                    let mut wrong = assignment.clone();
                    wrong[place] += by;
                    let accepted = rows.accept(&wrong);
                    assert!(!accepted || gadget.slack, "{} of {inputs:?}: variable {place}", gadget.name);
                }
            }
            // A gadget without results says something of its inputs: those may change to others of which it is true.
            for place in 1..=circuit.public_len() {
                let mut wrong = assignment.clone();
                wrong[place] += Fr::rand(&mut rng);
                assert!(!rows.accept(&wrong), "{} of {inputs:?}: output {place}", gadget.name);
            }
            let wires = circuit.wires(&assignment).unwrap();
            for place in 0..wires.left.len() {
                for left in [true, false] {
                    let mut wrong = circuit.wires(&assignment).unwrap();
                    let side = if left { &mut wrong.left } else { &mut wrong.right };
                    side[place].0 += curve25519_dalek::scalar::Scalar::ONE;
                    let accepted = circuit.holds(&wrong);
                    assert!(!accepted || gadget.slack, "{} of {inputs:?}: wire {place}", gadget.name);
                }
            }
        }
    }
}

/// A prover who fills in the witnesses of other inputs, and claims whatever outputs, gets nothing accepted but the truth.
#[test]
fn witnesses_of_other_inputs_prove_nothing_else() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for gadget in GADGETS {
        let (circuit, rows) = shape(gadget);
        let fixed = 1 + circuit.public_len() + circuit.committed_len();
        let mut domain = domain(gadget, &mut rng);
        domain.shuffle(&mut rng);
        domain.truncate(effort(60, 300) as usize);
        let runs: Vec<(bool, Vec<Fr>)> = domain
            .iter()
            .map(|inputs| {
                let (possible, outputs) = honest(gadget, circuit.public_len(), inputs);
                (possible, filled_in(gadget, inputs, &outputs))
            })
            .collect();
        for (possible, run) in &runs {
            for (_, other) in &runs {
                // Inputs of one, witnesses of the other; outputs of either.
                for outputs in [run, other] {
                    let mut forged = run.clone();
                    forged[1..=circuit.public_len()].copy_from_slice(&outputs[1..=circuit.public_len()]);
                    forged[fixed..].copy_from_slice(&other[fixed..]);
                    let truth = *possible && forged[..fixed] == run[..fixed];
                    assert!(!rows.accept(&forged) || truth, "{}", gadget.name);
                    assert!(!circuit.is_satisfied(&forged) || truth, "{}", gadget.name);
                }
            }
        }
    }
}

/// Numbers that are none: negative ones, and any scalar. Each gadget with a range refuses them, whatever bits are claimed.
#[test]
fn numbers_that_wrap_around_the_field_are_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    for gadget in GADGETS.iter().filter(|gadget| gadget.gates > 3) {
        let (circuit, rows) = shape(gadget);
        let committed = 1 + circuit.public_len();
        let domain = domain(gadget, &mut rng);
        for _ in 0..effort(200, 2_000) {
            let inputs = domain.choose(&mut rng).unwrap();
            let (_, outputs) = honest(gadget, circuit.public_len(), inputs);
            let mut assignment = filled_in(gadget, inputs, &outputs);
            let place = committed + rng.gen_range(0..circuit.committed_len());
            assignment[place] = if rng.r#gen() { -Fr::from(rng.gen_range(1..1u64 << 40)) } else { Fr::rand(&mut rng) };
            assert!(!rows.accept(&assignment), "{}", gadget.name);
            assert!(!circuit.is_satisfied(&assignment), "{}", gadget.name);
        }
    }
}

#[test]
fn misuse_is_an_error() {
    let builder = Builder::shape();
    let x = builder.witness(|| None).unwrap();
    assert!(matches!(builder.divide(&x, 0, 8), Err(SynthesisError::DivisionByZero)));
    assert!(matches!(builder.divide(&x, 1 << 60, 200), Err(SynthesisError::Unsatisfiable)));
    assert!(matches!(builder.divide_hidden(&x, &x, 200, 60), Err(SynthesisError::Unsatisfiable)));
    assert!(matches!(builder.divide_hidden(&x, &x, u32::MAX, 1), Err(SynthesisError::Unsatisfiable)));
    // Committed values come first.
    let mut late = Builder::shape();
    let _ = late.witness(|| None).unwrap();
    assert!(matches!(late.committed(None), Err(SynthesisError::Unsatisfiable)));
    // A value is missing where values are needed.
    let mut unknown = Builder::assigned();
    assert!(matches!(unknown.committed(None), Err(SynthesisError::AssignmentMissing)));
    assert!(matches!(unknown.public(None), Err(SynthesisError::AssignmentMissing)));
    assert!(Builder::shape().assignment().is_err());
}

/// Shapes know no values, and values are what the prover said.
#[test]
fn values_are_known_to_provers_only() {
    let (mut shape, mut values) = (Builder::shape(), Builder::assigned());
    assert!(value_of(&shape.committed(Some(5)).unwrap()).is_none());
    let x = values.committed(Some(5)).unwrap();
    assert_eq!((value_of(&x), integer_of(&x)), (Some(Fr::from(5u64)), Some(5)));
    assert_eq!(integer_of(&(&x - constant(6))), None);
    assert_eq!(integer_of(&(&x * Fr::from(u64::MAX) * Fr::from(u64::MAX))), None);
    assert_eq!(integer_of(&(&x * Fr::from(u64::MAX))), Some(5 * u128::from(u64::MAX)));
    assert_eq!(values.is_zero(&(&x - constant(5))).unwrap().value(), Some(true));
    assert_eq!(values.is_at_most(&x, &constant(4), 8).unwrap().value(), Some(false));
}
