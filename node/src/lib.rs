#![doc = include_str!("../README.md")]

mod ahead;
mod backend;
mod board;
mod bridge;
mod chain;
pub mod client;
pub mod clock;
pub mod config;
mod core;
mod error;
mod files;
pub mod forget;
pub mod http;
mod intake;
mod journal;
mod live;
mod lock;
#[cfg(feature = "lockstep")]
mod lockstep;
mod mempool;
pub mod metrics;
mod pending;
mod presence;
mod proofs;
pub mod service;
mod source;
mod store;
mod submission;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod testing;
mod verdicts;
mod view;

pub use bridge::Bridge;
pub use chain::{Applied, Due, Proposed};
pub use clock::{Clock, SteppedClock, SystemClock, TimeVerdict};
pub use core::{Core, CoreOptions, Observer, Restored, Status, Waiting};
pub use error::{NodeError, SubmitError, VerifyError};
pub use intake::{Standing, SubmitVerdict, Submitted};
pub use journal::JournalError;
pub use live::LiveBlock;
#[cfg(feature = "lockstep")]
pub use lockstep::{Lockstep, Produced};
pub use mempool::{Dropped, MempoolLimits, ProposalLimits};
pub use pending::PendingLimits;
pub use proofs::WorkDone;
pub use source::Source;
pub use store::{LogFile, RawRecord, Recovery, SharedIndex, Store};
pub use submission::Submission;
pub use view::Committed;
