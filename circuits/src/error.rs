//! Why a proof could not be made, or was refused.

/// Why a proof could not be made, or was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Other numbers of commitments, public values, values or blindings than the statement has.
    #[error("the statement has other numbers of commitments or public values")]
    Arity,
    /// A public part of the statement is out of its bounds.
    #[error("the statement is out of bounds")]
    Bounds,
    /// More gates than any statement may have, or a statement that is no circuit.
    #[error("the statement is too large")]
    TooLarge,
    /// The values do not satisfy the statement: there is nothing to prove.
    #[error("the values do not satisfy the statement")]
    Unsatisfied,
    /// The values and blindings are not those of the commitments.
    #[error("the values and blindings do not open the commitments")]
    Opening,
    /// The bytes are no proof.
    #[error("the bytes are no proof")]
    Malformed,
    /// The proof does not show the statement.
    #[error("the proof does not show the statement")]
    Rejected,
}

impl From<crate::bridge::CompileError> for Error {
    fn from(_: crate::bridge::CompileError) -> Self {
        Error::TooLarge
    }
}

impl From<ark_relations::gr1cs::SynthesisError> for Error {
    fn from(_: ark_relations::gr1cs::SynthesisError) -> Self {
        Error::Unsatisfied
    }
}
