#![doc = include_str!("../README.md")]

pub mod block;
pub mod codec;
pub mod committee;
pub mod disclosure;
pub mod genesis;
pub mod note;
pub mod parameters;
pub mod rules;
pub mod state;
pub mod storage;
pub mod transaction;
pub mod units;
pub mod validators;

pub use rules::Rejection;
pub use state::CheckError;
