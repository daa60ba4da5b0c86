//! The seal: what all entries of an index add up to, written with every batch, so that an index can be told from a damaged one.

use sha2::{Digest, Sha256};

/// Version of this folder's use of sled.
const LAYOUT: u32 = 1;
/// Bytes of a seal.
pub(super) const SEAL_BYTES: usize = 48;

/// A summary of all entries, kept up to date within each batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seal {
    schema: u32,
    entries: u64,
    xor: [u8; 32],
}

impl Seal {
    pub fn empty(schema: u32) -> Self {
        Self { schema, entries: 0, xor: [0; 32] }
    }

    pub fn schema(&self) -> u32 {
        self.schema
    }

    /// How many there are.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    fn toggle(&mut self, key: &[u8], value: &[u8]) {
        let hash = Sha256::new()
            .chain_update((key.len() as u64).to_le_bytes())
            .chain_update(key)
            .chain_update(value)
            .finalize();
        for (byte, other) in self.xor.iter_mut().zip(hash) {
            *byte ^= other;
        }
    }

    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        self.toggle(key, value);
        self.entries += 1;
    }

    pub fn remove(&mut self, key: &[u8], value: &[u8]) {
        self.toggle(key, value);
        self.entries = self.entries.wrapping_sub(1);
    }

    pub fn encode(&self) -> [u8; SEAL_BYTES] {
        let mut bytes = [0; SEAL_BYTES];
        bytes[..4].copy_from_slice(&LAYOUT.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.schema.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.entries.to_le_bytes());
        bytes[16..].copy_from_slice(&self.xor);
        bytes
    }

    /// The seal as it is stored, after a step of a batch that `redo` has written down and that is not over yet.
    pub fn stored(&self, redo: Option<&[u8; 32]>) -> Vec<u8> {
        [&self.encode()[..], redo.map_or(&[][..], |redo| redo)].concat()
    }

    /// Whether what is stored has another version or schema.
    pub fn is_foreign(&self, stored: &[u8]) -> bool {
        stored.get(..8) != Some(&self.encode()[..8])
    }
}
