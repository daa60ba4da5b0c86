//! The context `ctx` that makes one-time keys of different transactions differ (section 2).

use crate::{Label, NetworkId, Point, hash::Hasher};

/// First key image of the transaction (inputs sorted by image), or for a Mint a hash of its serial.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context([u8; 32]);

impl Context {
    /// Of a transaction with inputs.
    pub fn of_first_image(image: &Point) -> Self {
        Context(*image.as_bytes())
    }

    /// Of a Mint.
    pub fn of_mint(network: &NetworkId, serial: u64) -> Self {
        Context(Hasher::new(network, Label::MintContext).part(&serial.to_le_bytes()).finish32())
    }

    /// The bytes that enter key derivation.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
