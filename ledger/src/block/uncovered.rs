//! Blocks that wait for a certificate (protocol section 7).
//!
//! A certificate makes its block final and with it every block before, since each header names its parent. The engine
//! certifies most blocks one by one, but a block may become final by a later one only, and then its record has no
//! certificate of its own. Who reads a chain believes no block before a certificate covers it: it waits here.

use super::{Block, BlockDigest, Parent};
use crate::{
    Rejection,
    genesis::Genesis,
    rules::{blocks, ensure, finality},
};

/// Most bytes of blocks that wait: longer runs without a certificate are no chain anybody should follow.
pub const MAX_UNCOVERED_BYTES: usize = 256 << 20;
/// What a block takes beside its transactions, in bytes, about.
const BLOCK_BYTES: usize = 512;

/// Blocks in the order of the chain that no certificate covers yet, each with what its reader keeps beside it. They are
/// linked to each other and to a block that is final, so that a certificate of the last one covers exactly these.
#[derive(Clone, Debug)]
pub struct Uncovered<T> {
    height: u64,
    digest: BlockDigest,
    blocks: Vec<(Block, T)>,
    bytes: usize,
}

impl<T> Uncovered<T> {
    /// None yet, after a block that is final.
    pub fn after(parent: &Parent) -> Self {
        Uncovered { height: parent.height, digest: parent.digest, blocks: Vec::new(), bytes: 0 }
    }

    /// Adds the next block. Refused if it does not follow, if a change of the validators before it should have been final
    /// by now, or if too much waits.
    pub fn push(&mut self, genesis: &Genesis, block: Block, beside: T) -> Result<(), Rejection> {
        blocks::height_is_next(self.height, &block.header)?;
        blocks::parent_is(&self.digest, &block.header)?;
        finality::changes_are_final(self.blocks.iter().map(|(block, _)| block), &block, &genesis.parameters)?;
        let transactions: usize = block.transactions.iter().map(|transaction| transaction.encoded_len()).sum();
        let bytes = self.bytes.saturating_add(BLOCK_BYTES + transactions);
        ensure(bytes <= MAX_UNCOVERED_BYTES, Rejection::TooManyUncovered)?;
        self.bytes = bytes;
        (self.height, self.digest) = (block.header.height, block.header.digest(genesis.network()));
        self.blocks.push((block, beside));
        Ok(())
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// All of them: a certificate of the last has come, and verifies.
    pub fn take(&mut self) -> Vec<(Block, T)> {
        self.bytes = 0;
        core::mem::take(&mut self.blocks)
    }
}
