#![doc = include_str!("../README.md")]

pub mod attestor;
mod draft;
pub mod readings;
pub mod registers;

pub use attestor::{AttestError, Attestor, Pending, PendingError};
pub use draft::{ChainPosition, Draft, DraftStatus, Metered};
