#![doc = include_str!("../README.md")]

pub mod allocation;
pub mod check;
mod error;
mod follow;
#[cfg(test)]
#[path = "../../ledger/tests/kit/mod.rs"]
mod kit;
mod proofs;
mod questions;
pub mod report;
mod tally;
mod text;
mod verify;
mod watch;

pub use error::AuditError;
pub use follow::{FactsError, Follower, Watch};
pub use proofs::ProofCounts;
pub use questions::{Question, Verdict};
pub use report::{Answer, Failure, Report};
pub use verify::{NoProgress, Progress, verify_path, verify_reader};
