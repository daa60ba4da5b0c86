//! A compiled circuit, and the values of its wires.

use ark_ff::{One, PrimeField, Zero};
use commonware_codec::Encode;
use commonware_cryptography::{
    transcript::{Summary, Transcript, Version},
    zk::bulletproofs::circuit::{Circuit, Witness},
};
use curve25519_dalek::scalar::Scalar;
use hushwatt_crypto::{Label, PROTOCOL_VERSION, hash::PROTOCOL_NAME};
use zeroize::Zeroizing;

use super::linear::{Atoms, Row};
use crate::{frontend::Fr, group::F};

/// From arkworks' scalars to the ledger's.
pub fn to_scalar(x: &Fr) -> F {
    let mut bytes = [0u8; 32];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(x.into_bigint().0) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    // One modulus: nothing is reduced.
    F(Scalar::from_bytes_mod_order(bytes))
}

/// Where the values of a gate's wires come from.
pub(super) enum Gate {
    /// Two sums of variables, whose product the statement restricts.
    Row(Row, Row),
    /// Two witnesses that needed wires.
    Wires(usize, Option<usize>),
    Padding,
}

/// The size of a circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Constraints of the statement.
    pub rows: usize,
    /// Multiplication gates, padding (below four) included.
    pub gates: usize,
    /// Witnesses that needed a wire of their own.
    pub wires: usize,
    /// Linear constraints of the circuit.
    pub constraints: usize,
    /// Coefficients in them.
    pub nonzero: usize,
    /// Committed values that enter only through sums with others: a proof shows that the sum of the commitments opens, not
    /// each of them. All of them were declared as [admitted](crate::frontend::Builder::admitted).
    pub unpinned: usize,
}

/// A circuit ready for proofs, the same for every witness and public input.
pub struct Compiled {
    pub(crate) circuit: Circuit<F>,
    pub(crate) digest: Summary,
    pub(super) gates: Vec<Gate>,
    pub(super) atoms: Atoms,
    stats: Stats,
}

/// Values of committed and public values and of all wires.
pub(crate) struct Wires {
    pub(crate) values: Zeroizing<Vec<F>>,
    pub(crate) left: Zeroizing<Vec<F>>,
    pub(crate) right: Zeroizing<Vec<F>>,
}

impl Compiled {
    pub(super) fn new(circuit: Circuit<F>, gates: Vec<Gate>, atoms: Atoms, stats: Stats) -> Self {
        let mut transcript = Transcript::new(PROTOCOL_NAME, Version::V1);
        let digest = transcript
            .commit(&[PROTOCOL_VERSION][..])
            .commit(Label::CircuitShape.as_str().as_bytes())
            .commit(circuit.encode())
            .summarize();
        Compiled { circuit, digest, gates, atoms, stats }
    }

    /// Its size.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What tells it from every other circuit: a digest of its matrix.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = [0u8; 32];
        digest.copy_from_slice(self.digest.as_ref());
        digest
    }

    /// How many ledger commitments it is about.
    pub fn committed_len(&self) -> usize {
        self.atoms.committed
    }

    /// How many public values it is about.
    pub fn public_len(&self) -> usize {
        self.atoms.instance - 1
    }

    /// log2 of the generators needed per side.
    pub fn lg_len(&self) -> u8 {
        self.gates.len().next_power_of_two().ilog2() as u8
    }

    /// The wires for an assignment of the statement's variables; `None` if it is another statement's.
    pub(crate) fn wires(&self, assignment: &[Fr]) -> Option<Wires> {
        if assignment.len() != self.atoms.variables {
            return None;
        }
        // Rows and gates name variables of the statement only.
        let value = |atom: &usize| assignment[*atom];
        let dot = |row: &Row| -> Fr {
            row.iter().map(|(factor, atom)| if factor.is_one() { value(atom) } else { *factor * value(atom) }).sum()
        };
        let (mut left, mut right) = (Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new()));
        left.reserve_exact(self.gates.len());
        right.reserve_exact(self.gates.len());
        for gate in &self.gates {
            let (l, r) = match gate {
                Gate::Row(a, b) => (dot(a), dot(b)),
                Gate::Wires(first, second) => (value(first), second.as_ref().map_or(Fr::zero(), value)),
                Gate::Padding => (Fr::zero(), Fr::zero()),
            };
            left.push(to_scalar(&l));
            right.push(to_scalar(&r));
        }
        // Ledger values, then public ones.
        let (fixed, committed) = assignment[1..].split_at(self.public_len());
        let values = committed[..self.committed_len()].iter().chain(fixed).map(to_scalar).collect();
        Some(Wires { values: Zeroizing::new(values), left, right })
    }

    /// Whether an assignment of the statement's variables satisfies the circuit.
    pub fn is_satisfied(&self, assignment: &[Fr]) -> bool {
        self.wires(assignment).is_some_and(|wires| self.holds(&wires))
    }

    /// Whether the wires satisfy the circuit.
    pub(crate) fn holds(&self, wires: &Wires) -> bool {
        self.circuit.is_satisfied(&wires.values, &wires.left, &wires.right)
    }

    /// The wires as the proof system wants them; `None` for other numbers of blindings than of committed values.
    pub(crate) fn witness(&self, wires: &Wires, blindings: &[Scalar]) -> Option<Witness<F>> {
        if blindings.len() != self.committed_len() {
            return None;
        }
        let mut blindings: Vec<F> = blindings.iter().map(|blinding| F(*blinding)).collect();
        blindings.resize(wires.values.len(), F(Scalar::ZERO));
        let out = wires.left.iter().zip(wires.right.iter()).map(|(l, r)| F(l.0 * r.0)).collect();
        Witness::new(wires.values.to_vec(), blindings, wires.left.to_vec(), wires.right.to_vec(), out)
    }
}
