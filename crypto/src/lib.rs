#![doc = include_str!("../README.md")]

pub mod address;
pub mod clsag;
pub mod commitment;
pub mod context;
pub mod designated;
pub mod disclosure;
mod error;
pub mod generators;
pub mod handle;
pub mod hash;
pub mod hint;
pub mod keys;
pub mod labels;
pub mod meter;
pub mod onetime;
pub mod order_seal;
pub mod point;
pub mod range;
pub mod schnorr;
pub mod secret;
pub mod set_hash;
pub mod sharing;
pub mod signature;
pub mod tie;
pub mod transcript;
mod view_key;

pub use error::CryptoError;
pub use labels::{Label, NetworkId, PROTOCOL_VERSION};
pub use point::{Element, Point};
pub use secret::{PublicScalar, SecretScalar};

/// The randomness every prover and key generator here asks for.
pub trait Rng: rand_core::RngCore + rand_core::CryptoRng {}
impl<T: rand_core::RngCore + rand_core::CryptoRng + ?Sized> Rng for T {}
