//! Domain-separated SHA-512: every hash of the protocol (section 1).
//!
//! Input: `"hushwatt"`, version (1 byte), network id (32), label length (1 byte), label, then each part as its
//! length (8 bytes, little endian) and its bytes. Lengths make the list of parts unambiguous.

use curve25519_dalek::ristretto::RistrettoPoint;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::{Label, NetworkId, PROTOCOL_VERSION, SecretScalar};

/// The first bytes of every hash and the protocol name of every transcript.
pub const PROTOCOL_NAME: &[u8] = b"hushwatt";

/// A hash in the making: bound to version, network and label from its first byte.
#[derive(Clone)]
pub struct Hasher(Sha512);

impl Hasher {
    /// Starts a hash for one use of the label table.
    pub fn new(network: &NetworkId, label: Label) -> Self {
        let text = label.as_str().as_bytes();
        let mut inner = Sha512::new();
        inner.update(PROTOCOL_NAME);
        inner.update([PROTOCOL_VERSION]);
        inner.update(network.0);
        inner.update([text.len() as u8]);
        inner.update(text);
        Hasher(inner)
    }

    /// Adds one part: its length, then its bytes.
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The state so far, for hashes that go on without lengths.
    pub(crate) fn into_inner(self) -> Sha512 {
        self.0
    }

    /// The 64-byte digest.
    pub fn finish64(self) -> [u8; 64] {
        self.0.finalize().into()
    }

    /// The first 32 bytes of the digest.
    pub fn finish32(self) -> [u8; 32] {
        let wide = Zeroizing::new(self.finish64());
        let mut short = [0u8; 32];
        short.copy_from_slice(&wide[..32]);
        short
    }

    /// `Hs`: a secret scalar, uniform below the group order.
    pub fn finish_scalar(self) -> SecretScalar {
        SecretScalar::from_wide(&Zeroizing::new(self.finish64()))
    }

    /// A group element whose discrete logarithm nobody knows.
    pub fn finish_point(self) -> RistrettoPoint {
        RistrettoPoint::from_uniform_bytes(&self.finish64())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
