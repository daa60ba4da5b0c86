//! One pass over a chain from its first block, from a file or block by block: every certificate is verified and every block
//! executed. What is looked for is a [`Watch`]'s to keep.

use std::{io::Read, path::Path};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    block::{AlreadyVerified, Block, Certificate, Parent, Uncovered, check_certificate, execute_block},
    disclosure::At,
    genesis::Genesis,
    state::{Changes, LedgerState, MemoryState, RingCache, StateError},
    storage::StorageError,
};

use crate::{
    error::AuditError,
    verify::{HEADER_BYTES, Progress, RECORD_BYTES, open_chain, read_genesis},
};

/// Why a chain says nothing.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// No chain of the network that is asked about.
    #[error(transparent)]
    Chain(#[from] AuditError),
    /// A block that is damaged, does not follow, is not certified, or breaks a rule.
    #[error("the chain is broken at block {height}: {reason}; get it from somebody else")]
    Broken {
        /// The block.
        height: u64,
        /// What is wrong.
        reason: String,
    },
    /// Nothing is final.
    #[error("the chain has no final block yet, so that it says nothing")]
    NoBlocks,
}

/// Looks at the final blocks of a chain, one after the other.
pub trait Watch {
    /// What a block is about to change.
    ///
    /// # Errors
    /// What was written cannot be read.
    fn changes(&mut self, _: At, _: &Changes) -> Result<(), StateError> {
        Ok(())
    }

    /// A block, and the ledger after it.
    ///
    /// # Errors
    /// The ledger cannot be asked.
    fn block(&mut self, at: At, block: Block, ledger: &LedgerState<'_>) -> Result<(), StateError>;
}

/// Follows a chain from its first block.
pub struct Follower<W> {
    pub(crate) genesis: Genesis,
    state: MemoryState,
    rings: RingCache,
    parent: Parent,
    uncovered: Uncovered<()>,
    watch: W,
}

/// A chain that was gone through.
pub(crate) struct Followed<W> {
    pub(crate) genesis: Genesis,
    pub(crate) state: MemoryState,
    pub(crate) rings: RingCache,
    /// The last final block.
    pub(crate) tip: At,
    pub(crate) watch: W,
}

impl<W: Watch> Follower<W> {
    /// Before the first block, if it is the genesis of this network.
    pub(crate) fn of_network(
        genesis: Genesis,
        expected: &NetworkId,
        watch: impl FnOnce(&Genesis) -> W,
    ) -> Result<Self, FactsError> {
        let found = *genesis.network();
        if *expected != found {
            return Err(AuditError::ForeignNetwork { expected: *expected, found }.into());
        }
        let parent = Parent::genesis(&genesis);
        Ok(Follower {
            state: MemoryState::new(),
            rings: RingCache::new(),
            uncovered: Uncovered::after(&parent),
            parent,
            watch: watch(&genesis),
            genesis,
        })
    }

    /// The block that comes next.
    pub fn next_height(&self) -> u64 {
        self.parent.height.saturating_add(self.uncovered.len() as u64).saturating_add(1)
    }

    fn broken(&self, reason: &dyn std::fmt::Display) -> FactsError {
        FactsError::Broken { height: self.next_height(), reason: reason.to_string() }
    }

    /// Takes the next block with its certificate, which may be empty: it then waits for that of a later block.
    ///
    /// # Errors
    /// [`FactsError::Broken`]: nothing more can be learned from this chain.
    pub fn record(&mut self, body: &[u8], certificate: &[u8]) -> Result<(), FactsError> {
        let decoded = Block::decode_record(self.genesis.network(), body, certificate);
        let (block, certificate): (Block, Option<Certificate>) = decoded.map_err(|error| self.broken(&error))?;
        let (header, height) = (block.header, self.next_height());
        let broken = |reason: &dyn std::fmt::Display| FactsError::Broken { height, reason: reason.to_string() };
        self.uncovered.push(&self.genesis, block, ()).map_err(|rule| broken(&rule))?;
        let Some(certificate) = certificate else { return Ok(()) };
        check_certificate(&self.genesis, &self.state, &header, &certificate).map_err(|error| broken(&error))?;
        self.uncovered.take().into_iter().try_for_each(|(block, ())| self.block(block))
    }

    /// A block that is final.
    fn block(&mut self, block: Block) -> Result<(), FactsError> {
        let executed =
            execute_block(&self.genesis, &self.state, &self.rings, &self.parent, &block, &mut AlreadyVerified)
                .map_err(|refused| FactsError::Broken { height: block.header.height, reason: refused.to_string() })?;
        let at = At { height: block.header.height, time: block.header.time };
        self.watch.changes(at, &executed.changes).map_err(|error| self.broken(&error))?;
        self.state.apply(executed.changes);
        self.parent = executed.parent;
        let seen = self.watch.block(at, block, &LedgerState::new(&self.genesis, &self.state));
        seen.map_err(|error| self.broken(&error))
    }

    /// All that was seen; blocks that no certificate covers do not count.
    pub(crate) fn end(self) -> Result<Followed<W>, FactsError> {
        if self.parent.height == 0 {
            return Err(FactsError::NoBlocks);
        }
        let tip = At { height: self.parent.height, time: self.parent.time };
        let Follower { genesis, state, rings, watch, .. } = self;
        Ok(Followed { genesis, state, rings, tip, watch })
    }
}

/// Goes through an exported chain, or through the one in a node's folder.
pub(crate) fn follow_path<W: Watch>(
    path: &Path,
    network: &NetworkId,
    start: impl FnOnce(Genesis) -> Result<Follower<W>, FactsError>,
    progress: &mut dyn Progress,
) -> Result<Followed<W>, FactsError> {
    let (file, total) = open_chain(path)?;
    follow_reader(file, total, network, start, progress)
}

/// Goes through a chain from any source of bytes; `total` is their number, for the progress only.
pub(crate) fn follow_reader<R: Read, W: Watch>(
    source: R,
    total: u64,
    network: &NetworkId,
    start: impl FnOnce(Genesis) -> Result<Follower<W>, FactsError>,
    progress: &mut dyn Progress,
) -> Result<Followed<W>, FactsError> {
    let (mut reader, genesis) = read_genesis(source, network)?;
    let mut done = HEADER_BYTES + reader.genesis().len() as u64;
    let mut follower = start(genesis)?;
    loop {
        let record = match reader.next_record() {
            Ok(Some(record)) => record,
            Ok(None) => return follower.end(),
            Err(error @ StorageError::ExportIo { .. }) => return Err(AuditError::Read(error).into()),
            Err(error) => return Err(follower.broken(&error)),
        };
        follower.record(&record.body, &record.cert)?;
        done += RECORD_BYTES + record.body.len() as u64 + record.cert.len() as u64;
        progress.progress(done, total);
    }
}
