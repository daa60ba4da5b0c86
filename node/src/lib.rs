#![doc = include_str!("../README.md")]

pub mod clock;
mod error;
mod mempool;
mod node;
mod store;

pub use clock::{Clock, SteppedClock, SystemClock};
pub use error::{NodeError, SubmitError};
pub use mempool::{Mempool, MempoolLimits};
pub use node::{Node, Produced, Submission};
pub use store::{Recovery, Store};
