//! Linear combinations, and the constraints of a statement as equations over them.

use ark_ff::{One, Zero};
use ark_relations::gr1cs::{Matrix, R1CS_PREDICATE_LABEL};

use super::{CompileError, compiled::Gate};
use crate::frontend::{Builder, Fr};

/// Linear combination of atoms: variables of the statement (one, public values, committed values, witnesses), then wires
/// `l, r, o` of each gate.
pub(super) type Lc = Vec<(usize, Fr)>;
/// A row of a matrix of the statement.
pub(super) type Row = Vec<(Fr, usize)>;

/// Sorted by atom, each at most once and with a coefficient that is not zero.
pub(super) fn merged(mut terms: Lc) -> Lc {
    terms.sort_unstable_by_key(|term| term.0);
    terms.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    terms.retain(|term| !term.1.is_zero());
    terms
}

/// Where each kind of atom begins: `1 | public | committed | witnesses | wires of gate 0 | of gate 1 | ..`.
#[derive(Clone, Copy)]
pub(super) struct Atoms {
    /// The constant one and the public values.
    pub(super) instance: usize,
    /// Committed values.
    pub(super) committed: usize,
    /// All of the statement, wires left out.
    pub(super) variables: usize,
}

/// What an atom is, with its number among its kind.
pub(super) enum Atom {
    One,
    Public(usize),
    Committed(usize),
    Witness,
    Wire { gate: usize, side: usize },
}

impl Atoms {
    pub(super) fn kind(&self, atom: usize) -> Atom {
        match atom {
            0 => Atom::One,
            _ if atom < self.instance => Atom::Public(atom - 1),
            _ if atom < self.instance + self.committed => Atom::Committed(atom - self.instance),
            _ if atom < self.variables => Atom::Witness,
            _ => Atom::Wire { gate: (atom - self.variables) / 3, side: (atom - self.variables) % 3 },
        }
    }

    pub(super) fn wire(&self, gate: usize, side: usize) -> usize {
        self.variables + 3 * gate + side
    }
}

/// `terms = 0`.
pub(super) struct Equation {
    pub(super) terms: Lc,
    /// Whether it says what a wire is.
    pub(super) ties: bool,
}

/// A statement as gates, and equations between its variables and their wires.
pub(super) struct System {
    pub(super) atoms: Atoms,
    pub(super) gates: Vec<Gate>,
    pub(super) equations: Vec<Equation>,
    pub(super) rows: usize,
}

fn scaled(row: &Row, factor: Fr) -> Lc {
    row.iter().map(|(coefficient, atom)| (*atom, *coefficient * factor)).collect()
}

/// The value of a row that mentions no variable.
fn constant(row: &Row) -> Option<Fr> {
    match merged(scaled(row, Fr::one()))[..] {
        [] => Some(Fr::zero()),
        [(0, value)] => Some(value),
        _ => None,
    }
}

impl System {
    /// A row `A * B = C` becomes a gate with three equations, or one equation if a factor is constant.
    pub(super) fn of(builder: &Builder) -> Result<Self, CompileError> {
        let cs = builder.cs();
        cs.finalize();
        let matrices = cs.to_matrices()?;
        let [a, b, c]: [&Matrix<Fr>; 3] = match matrices.get(R1CS_PREDICATE_LABEL) {
            Some(m) if matrices.len() == 1 => {
                m.iter().collect::<Vec<_>>().try_into().map_err(|_| CompileError::NotR1cs)?
            }
            _ => return Err(CompileError::NotR1cs),
        };
        let instance = cs.num_instance_variables();
        let atoms =
            Atoms { instance, committed: builder.committed_len(), variables: instance + cs.num_witness_variables() };
        let mut system = System { atoms, gates: Vec::new(), equations: Vec::new(), rows: a.len() };
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            let linear = match (constant(a), constant(b)) {
                (Some(factor), _) => Some(scaled(b, factor)),
                (_, Some(factor)) => Some(scaled(a, factor)),
                _ => None,
            };
            if let Some(mut terms) = linear {
                terms.extend(scaled(c, -Fr::one()));
                system.equations.push(Equation { terms: merged(terms), ties: false });
                continue;
            }
            for (side, row) in [a, b, c].into_iter().enumerate() {
                let mut terms = scaled(row, Fr::one());
                terms.push((atoms.wire(system.gates.len(), side), -Fr::one()));
                system.equations.push(Equation { terms: merged(terms), ties: true });
            }
            system.gates.push(Gate::Row(a.clone(), b.clone()));
        }
        Ok(system)
    }
}
