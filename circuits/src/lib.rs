#![doc = include_str!("../README.md")]

pub mod allocation;
pub mod bill;
pub mod bridge;
mod cache;
pub mod clearing;
mod error;
pub mod frontend;
mod group;
pub mod peak;
pub mod proof;

#[cfg(test)]
extern crate self as hushwatt_circuits;

pub use error::Error;
pub use group::F;
pub use proof::{CircuitProof, MAX_PROOF_BYTES};

/// Rounds of a property test: the second number with `HUSHWATT_EFFORT=full`.
#[cfg(test)]
fn effort(ci: u64, full: u64) -> u64 {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { full } else { ci }
}
