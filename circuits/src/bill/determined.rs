//! Whether a statement leaves its prover a choice, for tests.

#![allow(clippy::unwrap_used, reason = "tests")]

use ark_ff::{Field, Zero};
use ark_relations::gr1cs::R1CS_PREDICATE_LABEL;

use crate::frontend::{Builder, Fr};

/// In how many directions an assignment can be moved without leaving what the constraints allow, to first order: witnesses
/// that are not committed values may move, and the public values of these places (the first is 1). Zero means that they all
/// follow from the rest.
pub(crate) fn free_witnesses(builder: &Builder, publics: &[usize]) -> usize {
    let cs = builder.cs();
    cs.finalize();
    assert!(cs.is_satisfied().unwrap());
    let z = builder.assignment().unwrap();
    let fixed = cs.num_instance_variables() + builder.committed_len();
    let column = |variable: usize| match publics.iter().position(|public| *public == variable) {
        Some(place) => Some(place),
        None => variable.checked_sub(fixed).map(|place| publics.len() + place),
    };
    let columns = publics.len() + z.len() - fixed;
    let matrices = cs.to_matrices().unwrap();
    let [a, b, c] = &matrices[R1CS_PREDICATE_LABEL][..] else { unreachable!("products only") };
    // The derivative of `A*B - C`, a row at a time, against the rows so far.
    let mut pivots: Vec<Option<Vec<(usize, Fr)>>> = vec![None; columns];
    let mut rank = 0;
    for row in 0..a.len() {
        let value = |terms: &[(Fr, usize)]| terms.iter().map(|(k, at)| *k * z[*at]).sum::<Fr>();
        let (left, right) = (value(&a[row]), value(&b[row]));
        let mut derivative = vec![Fr::zero(); columns];
        for (terms, factor) in [(&a[row], right), (&b[row], left), (&c[row], -Fr::ONE)] {
            for (k, at) in terms {
                if let Some(place) = column(*at) {
                    derivative[place] += *k * factor;
                }
            }
        }
        for place in 0..columns {
            if derivative[place].is_zero() {
                continue;
            }
            let Some(pivot) = &pivots[place] else {
                let inverse = derivative[place].inverse().unwrap();
                let kept = (place..columns).filter(|at| !derivative[*at].is_zero());
                pivots[place] = Some(kept.map(|at| (at, derivative[at] * inverse)).collect());
                rank += 1;
                break;
            };
            let factor = derivative[place];
            pivot.iter().for_each(|(at, k)| derivative[*at] -= factor * k);
        }
    }
    columns - rank
}
