//! Blocks as the engine sees them: opaque bytes with a place in a chain.

use std::{any::Any, fmt, sync::Arc};

use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use commonware_consensus::{Block as ConsensusBlock, BoundedBlock, Heightable, types::Height};
use commonware_cryptography::{Digestible, sha256::Digest};

use crate::Application;

/// A block's digest.
pub type Hash = [u8; 32];

/// No live encoding of a block, hints included, is longer.
pub const MAX_LIVE_BLOCK_BYTES: usize = 16 * 1024 * 1024;

/// A block: what the application read from its bytes, and the bytes.
#[derive(Clone)]
pub struct Block {
    /// Its height; 0 is the genesis.
    pub height: u64,
    /// The digest of the block before it.
    pub parent: Hash,
    /// Its own digest.
    pub digest: Hash,
    /// Its live encoding.
    pub bytes: Bytes,
    /// What the application decoded, to keep it from decoding twice; `None` for a block read from the log.
    pub content: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({}, {} bytes)", self.height, self.bytes.len())
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}
impl Eq for Block {}

/// Decoding asks the application, which alone knows what a block is.
#[derive(Clone)]
pub struct Decoder(pub(crate) Arc<dyn Application>);

impl Write for Block {
    fn write(&self, buffer: &mut impl BufMut) {
        self.bytes.write(buffer);
    }
}

impl EncodeSize for Block {
    fn encode_size(&self) -> usize {
        self.bytes.encode_size()
    }
}

impl Read for Block {
    type Cfg = Decoder;

    fn read_cfg(buffer: &mut impl Buf, decoder: &Decoder) -> Result<Self, Error> {
        let bytes = Bytes::read_cfg(buffer, &RangeCfg::new(0..=MAX_LIVE_BLOCK_BYTES))?;
        decoder.0.decode(bytes).ok_or(Error::Invalid("Block", "the application cannot read it"))
    }
}

impl Digestible for Block {
    type Digest = Digest;

    fn digest(&self) -> Digest {
        Digest::from(self.digest)
    }
}

impl Heightable for Block {
    fn height(&self) -> Height {
        Height::new(self.height)
    }
}

impl ConsensusBlock for Block {
    fn parent(&self) -> Digest {
        Digest::from(self.parent)
    }
}

impl BoundedBlock for Block {
    fn max_encode_size(_: &Decoder) -> usize {
        MAX_LIVE_BLOCK_BYTES + 5
    }
}
