//! A follower's public view of the ledger: it executes final blocks and leaves proofs to validators and auditors.
//!
//! A block without a certificate of its own waits, unread, until that of a later block makes it final.
//!
//! A wallet downloads all blocks whatever it owns, so its requests tell nothing. Several wallets of one process may
//! share one follower: all it holds is public.

use std::sync::Arc;

use hushwatt_crypto::clsag::Member;
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{
        AlreadyVerified, Block, BlockHints, Certificate, Parent, Refused, Uncovered, check_certificate, execute_block,
    },
    genesis::Genesis,
    note::{BucketId, BucketVersion},
    state::{BlockEvents, LedgerState, MemoryState, RingCache, StateError, StateRead},
};

/// Why a block was not followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowerError {
    /// It does not follow on the blocks before it, or too many of those wait for a certificate.
    #[error("block {height}: {source}")]
    Unlinked {
        /// The block.
        height: u64,
        /// The rule.
        source: Rejection,
    },
    /// The validators of its epoch did not sign it.
    #[error("block {height}: {source}")]
    Certificate {
        /// The block.
        height: u64,
        /// The rule.
        source: Rejection,
    },
    /// Against a rule.
    #[error("block {height}: {source}")]
    Block {
        /// The block.
        height: u64,
        /// The rule and the transaction.
        source: Refused,
    },
    /// The follower's own state failed.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A block as it comes, with the hints that are still kept.
#[derive(Clone, Debug)]
pub struct ChainBlock {
    /// The block.
    pub block: Block,
    /// Its certificate, if it has one of its own.
    pub certificate: Option<Certificate>,
    /// Its hints, as far as they are kept; a wallet checks them itself.
    pub hints: BlockHints,
}

/// A block that is final, with what it did.
#[derive(Clone, Debug)]
pub struct FinalBlock {
    /// The block.
    pub block: Block,
    /// Its hints, as they came.
    pub hints: BlockHints,
    /// What it changed.
    pub events: BlockEvents,
}

/// A replica of the public state.
pub struct Follower {
    genesis: Arc<Genesis>,
    state: MemoryState,
    cache: RingCache,
    parent: Parent,
    uncovered: Uncovered<BlockHints>,
}

impl Follower {
    /// At genesis.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let parent = Parent::genesis(&genesis);
        let (state, cache) = (MemoryState::new(), RingCache::new());
        Follower { genesis, state, cache, parent, uncovered: Uncovered::after(&parent) }
    }

    /// The genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// The last final block.
    pub fn tip(&self) -> &Parent {
        &self.parent
    }

    /// How many blocks after the tip wait for a certificate.
    pub fn waiting(&self) -> usize {
        self.uncovered.len()
    }

    /// Takes the next block of the chain: the one after those that wait, or after the tip. Gives the blocks that are final
    /// by now and were not before, each executed: none if this one has no certificate, else all that waited and this one.
    ///
    /// # Errors
    /// [`FollowerError::Unlinked`] and [`FollowerError::Certificate`]: the tip is as before and nothing waits any more; ask
    /// somebody else for the block after the tip. [`FollowerError::Block`]: more than two thirds of the validators signed a block that breaks the rules;
    /// follow this chain no further.
    pub fn follow(&mut self, next: ChainBlock) -> Result<Vec<FinalBlock>, FollowerError> {
        let covered = cover(&self.genesis, &self.state, &self.parent, &mut self.uncovered, next)?;
        let executed = covered.into_iter().map(|(block, hints)| {
            let events = self.execute(&block)?;
            Ok(FinalBlock { block, hints, events })
        });
        let executed = executed.collect();
        if self.uncovered.is_empty() {
            self.uncovered = Uncovered::after(&self.parent);
        }
        executed
    }

    fn execute(&mut self, block: &Block) -> Result<BlockEvents, FollowerError> {
        let height = block.header.height;
        let executed =
            execute_block(&self.genesis, &self.state, &self.cache, &self.parent, block, &mut AlreadyVerified)
                .map_err(|source| FollowerError::Block { height, source })?;
        let events = BlockEvents::of(&executed.changes)?;
        self.state.apply(executed.changes);
        self.parent = executed.parent;
        Ok(events)
    }

    /// The state as of the last block.
    pub fn state(&self) -> LedgerState<'_> {
        LedgerState::new(&self.genesis, &self.state)
    }

    /// The latest version of a bucket.
    pub fn latest(&self, id: BucketId) -> Result<BucketVersion, StateError> {
        latest(&self.state(), id)
    }

    /// The ring of a bucket's latest version.
    pub fn ring(&self, version: BucketVersion) -> Result<Arc<[Member]>, StateError> {
        ring(&self.state(), &self.cache, version)
    }
}

/// Takes the next block among those that wait after `parent`, and gives those that its certificate covers: none if it has
/// no certificate of its own. After an error nothing waits any more.
pub(crate) fn cover(
    genesis: &Genesis,
    state: &dyn StateRead,
    parent: &Parent,
    uncovered: &mut Uncovered<BlockHints>,
    next: ChainBlock,
) -> Result<Vec<(Block, BlockHints)>, FollowerError> {
    let ChainBlock { block, certificate, hints } = next;
    let (header, height) = (block.header, block.header.height);
    let mut waiting = std::mem::replace(uncovered, Uncovered::after(parent));
    let pushed = waiting.push(genesis, block, hints);
    pushed.map_err(|source| FollowerError::Unlinked { height, source })?;
    let Some(certificate) = certificate else {
        *uncovered = waiting;
        return Ok(Vec::new());
    };
    check_certificate(genesis, state, &header, &certificate).map_err(|error| match error {
        CheckError::Rejected(source) => FollowerError::Certificate { height, source },
        CheckError::State(error) => error.into(),
    })?;
    Ok(waiting.take())
}

pub(crate) fn latest(state: &LedgerState<'_>, id: BucketId) -> Result<BucketVersion, StateError> {
    let bucket = state.bucket(id)?.ok_or(StateError::Missing("a bucket"))?;
    Ok(BucketVersion { id, length: bucket.length })
}

pub(crate) fn ring(
    state: &LedgerState<'_>,
    cache: &RingCache,
    version: BucketVersion,
) -> Result<Arc<[Member]>, StateError> {
    let bucket = state.bucket(version.id)?.ok_or(StateError::Missing("a bucket"))?;
    if bucket.length != version.length {
        return Err(StateError::Missing("this version among the latest ones of its bucket"));
    }
    state.ring(cache, version, bucket.digest)
}
