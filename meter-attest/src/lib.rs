#![doc = include_str!("../README.md")]

pub mod attestor;
pub mod readings;

pub use attestor::{AttestError, Attestor, Metered, Pending};
