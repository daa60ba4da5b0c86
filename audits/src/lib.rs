#![doc = include_str!("../README.md")]

// The chains of `tests/verify`, which say `hushwatt_audits`, are also told in unit tests.
#[cfg(test)]
extern crate self as hushwatt_audits;

pub mod allocation;
#[cfg(test)]
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    missing_docs,
    reason = "tests; not all is used here"
)]
#[path = "../tests/verify/chain.rs"]
mod chain;
pub mod check;
mod error;
pub mod evidence;
mod folder;
mod follow;
#[cfg(test)]
#[path = "../../ledger/tests/kit/mod.rs"]
mod kit;
pub mod paper;
mod proofs;
mod questions;
pub mod report;
#[cfg(test)]
#[path = "../tests/verify/shared.rs"]
mod shared;
mod tally;
mod text;
pub mod totals;
mod verify;
mod watch;

pub use error::{AuditError, FolderError};
pub use folder::AuditFolder;
pub use follow::{FactsError, Follower, Watch};
pub use proofs::ProofCounts;
pub use questions::{Count, Question, Unanswerable, Verdict};
pub use report::{Answer, Failure, Report};
pub use verify::{NoProgress, Progress, verify_path, verify_path_until, verify_reader, verify_reader_until};
