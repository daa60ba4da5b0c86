//! Columns `1 | committed | public | l | r | o`, the matrix over them, and which commitments a proof says something about.

use commonware_cryptography::zk::bulletproofs::circuit::{Circuit, SparseMatrix};

use super::{
    CompileError,
    compiled::{Gate, to_scalar},
    eliminate::Eliminator,
    linear::{Atom, Atoms, Lc},
};
use crate::group::F;

/// Fewest gates of a circuit: see the note on multi-scalar multiplications in `crate::group`.
const MIN_GATES: usize = 4;

/// The matrix of a circuit, and what is counted on the way.
pub(super) struct Layout {
    pub(super) circuit: Circuit<F>,
    pub(super) wires: usize,
    pub(super) nonzero: usize,
    /// For each constraint, the committed values in it.
    pub(super) mentions: Vec<Vec<usize>>,
}

impl Layout {
    /// Gives witnesses that are left the wires of new gates, pads the gates, and fills the matrix.
    pub(super) fn new(
        atoms: &Atoms,
        solved: &Eliminator,
        constraints: &[Lc],
        gates: &mut Vec<Gate>,
    ) -> Result<Self, CompileError> {
        let mut left: Vec<usize> =
            constraints.iter().flatten().map(|term| term.0).filter(|atom| solved.is_unknown(*atom)).collect();
        left.sort_unstable();
        left.dedup();
        let first_left = gates.len();
        gates.extend(left.chunks(2).filter_map(|pair| Some(Gate::Wires(*pair.first()?, pair.get(1).copied()))));
        gates.resize_with(gates.len().max(MIN_GATES), || Gate::Padding);

        let fixed = atoms.committed + atoms.instance;
        let wire = |gate: usize, side: usize| fixed + side * gates.len() + gate;
        let column = |atom: usize| match atoms.kind(atom) {
            Atom::One => 0,
            Atom::Committed(place) => 1 + place,
            Atom::Public(place) => 1 + atoms.committed + place,
            Atom::Wire { gate, side } => wire(gate, side),
            // Every other witness was solved for or is in the list.
            Atom::Witness => {
                let place = left.partition_point(|other| *other < atom);
                wire(first_left + place / 2, place % 2)
            }
        };
        let mut weights = SparseMatrix::default();
        let (mut mentions, mut nonzero) = (Vec::with_capacity(constraints.len()), 0);
        for (row, terms) in constraints.iter().enumerate() {
            let mut mentioned = Vec::new();
            for (atom, factor) in terms {
                if let Atom::Committed(place) = atoms.kind(*atom) {
                    mentioned.push(place);
                }
                weights[(row, column(*atom))] = to_scalar(factor);
                nonzero += 1;
            }
            mentions.push(mentioned);
        }
        weights.pad(fixed + 3 * gates.len(), constraints.len());
        let circuit = Circuit::new(fixed - 1, weights).ok_or(CompileError::TooLarge)?;
        Ok(Layout { circuit, wires: left.len(), nonzero, mentions })
    }
}

/// Which committed values a proof shows to open, each by itself, given those that are known to: from the constraints, one
/// after the other, that mention a single value not yet known.
pub(super) fn pinned(mut known: Vec<bool>, mentions: &[Vec<usize>]) -> Vec<bool> {
    let mut rows_of = vec![Vec::new(); known.len()];
    let mut unknown: Vec<usize> = Vec::with_capacity(mentions.len());
    for (row, places) in mentions.iter().enumerate() {
        unknown.push(places.iter().filter(|place| !known[**place]).count());
        places.iter().for_each(|place| rows_of[*place].push(row));
    }
    let mut single: Vec<usize> = (0..mentions.len()).filter(|row| unknown[*row] == 1).collect();
    while let Some(row) = single.pop() {
        // None if another constraint has shown it meanwhile.
        let Some(place) = mentions[row].iter().copied().find(|place| !known[*place]) else { continue };
        known[place] = true;
        for row in &rows_of[place] {
            unknown[*row] -= 1;
            if unknown[*row] == 1 {
                single.push(*row);
            }
        }
    }
    known
}
