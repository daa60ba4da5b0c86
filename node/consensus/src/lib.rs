#![doc = include_str!("../README.md")]

mod application;
mod block;
mod certificate;
mod engine;
mod epochs;
mod error;
mod gossip;
mod network;
mod run;
#[cfg(feature = "simulation")]
pub mod simulation;
mod store;
mod timing;
mod voting;

pub use application::{Application, Timeliness};
pub use block::{Block, Hash, MAX_LIVE_BLOCK_BYTES};
pub use certificate::Certificate;
pub use error::{EngineError, LogError};
pub use network::{Peer, PeerAddress};
pub use run::{Engine, EngineConfig, Exit, last_epoch_of};
pub use store::{Log, Stored, block_ahead};
pub use timing::Timing;

/// Public key of a validator: 32 bytes of Ed25519.
pub type ValidatorKey = [u8; 32];
