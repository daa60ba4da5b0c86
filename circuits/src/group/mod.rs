//! The ledger's group and its scalars, as the proof system's algebra wants them.

mod point;
mod scalar;
#[cfg(test)]
mod tests;

pub(crate) use point::{Point, PublicPoint, SecretPoint};
pub use scalar::F;
