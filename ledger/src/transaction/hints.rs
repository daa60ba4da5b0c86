//! Hints travel beside a transaction and are erasable; the transaction keeps their digest (protocol section 3).

use hushwatt_crypto::{
    Label, NetworkId,
    hash::Hasher,
    hint::{HINT_LENGTH, Hint},
};

use crate::codec::{DecodeError, Reader};

/// Digest of all hints of a transaction, in order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HintsDigest(pub [u8; 32]);

impl HintsDigest {
    /// Of these hints. The ephemeral point of each salts it, so the digest tells nothing once they are deleted.
    pub fn of(network: &NetworkId, hints: &[Hint]) -> Self {
        let hasher = Hasher::new(network, Label::HintsDigest);
        HintsDigest(hints.iter().fold(hasher, |hasher, hint| hasher.part(&hint.0)).finish32())
    }
}

/// The hints of one transaction as bytes, one after the other.
pub fn encode_hints(hints: &[Hint]) -> Vec<u8> {
    hints.iter().flat_map(|hint| hint.0).collect()
}

/// Reads hints back; refuses a length that is no multiple of a hint's, or over 64 of them.
pub fn decode_hints(bytes: &[u8]) -> Result<Vec<Hint>, DecodeError> {
    if bytes.len() > HINT_LENGTH * 64 {
        return Err(DecodeError::LengthOutOfRange);
    }
    let mut reader = Reader::new(bytes);
    let mut hints = Vec::with_capacity(bytes.len() / HINT_LENGTH);
    while !reader.rest().is_empty() {
        hints.push(Hint(reader.array()?));
    }
    Ok(hints)
}
