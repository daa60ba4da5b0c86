//! From a statement (arkworks R1CS) to a circuit of the proof system.
//!
//! Every row `A*B = C` with `A` and `B` not constant becomes a gate `l*r = o` and three linear constraints `A = l`, `B = r`,
//! `C = o`; other rows are linear already. A circuit has no free variables besides committed values and wires, so the other
//! witnesses are solved for: Gaussian elimination removes each one together with one linear constraint. Witnesses left
//! over get wires of additional gates.
//!
//! Public values become committed values whose commitments the verifier computes (blinding zero), so that a compiled
//! circuit does not depend on them and can be kept.
//!
//! * `linear.rs`: gates and equations of a statement. `eliminate.rs`: solving for witnesses. `layout.rs`: the matrix.
//! * `compiled.rs`: the circuit and its wires.

mod compiled;
mod eliminate;
mod layout;
mod linear;
#[cfg(test)]
mod tests;

use ark_relations::gr1cs::SynthesisError;

use self::{
    eliminate::Eliminator,
    layout::{Layout, pinned},
    linear::System,
};
use crate::frontend::Builder;

pub(crate) use compiled::Wires;
pub use compiled::{Compiled, Stats, to_scalar};

/// Why a statement is not a circuit. Each is a mistake in the statement, never the fault of a value.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The constraint system is misused.
    #[error("the statement cannot be written down: {0}")]
    Synthesis(#[from] SynthesisError),
    /// Constraints of another kind than R1CS: they would be lost.
    #[error("the statement has constraints of another kind than products")]
    NotR1cs,
    /// No constraint mentions this committed value, so a proof would say nothing about it.
    #[error("no constraint mentions committed value {0}")]
    Unbound(usize),
    /// This committed value enters only through sums, so that a proof would not show that its commitment opens, and it was
    /// not declared as [admitted](Builder::admitted).
    #[error("committed value {0} is neither admitted nor pinned by a constraint of its own")]
    Unpinned(usize),
    /// Beyond what the proof system can number.
    #[error("the statement is too large")]
    TooLarge,
}

/// The circuit of a statement.
///
/// # Errors
/// See [`CompileError`].
pub fn compile(builder: &Builder) -> Result<Compiled, CompileError> {
    compile_with_solutions(builder).map(|(compiled, _)| compiled)
}

/// Also returns how the witnesses that are gone follow from the rest.
fn compile_with_solutions(builder: &Builder) -> Result<(Compiled, Eliminator), CompileError> {
    let System { atoms, mut gates, equations, rows } = System::of(builder)?;
    let mut solved = Eliminator::new(atoms);
    let constraints = solved.solve(&equations);
    let Layout { circuit, wires, nonzero, mentions } = Layout::new(&atoms, &solved, &constraints, &mut gates)?;

    let mut bound = vec![false; atoms.committed];
    mentions.iter().flatten().for_each(|place| bound[*place] = true);
    if let Some(place) = bound.iter().position(|bound| !bound) {
        return Err(CompileError::Unbound(place));
    }
    if let Some(place) = pinned(builder.admissions().to_vec(), &mentions).iter().position(|pinned| !pinned) {
        return Err(CompileError::Unpinned(place));
    }
    let alone = pinned(vec![false; atoms.committed], &mentions);
    let unpinned = alone.iter().filter(|pinned| !**pinned).count();
    let stats = Stats { rows, gates: gates.len(), wires, constraints: constraints.len(), nonzero, unpinned };
    Ok((Compiled::new(circuit, gates, atoms, stats), solved))
}
