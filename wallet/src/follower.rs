//! A follower's public view of the ledger: it executes final blocks and leaves proofs to validators and auditors.
//!
//! A wallet downloads all blocks whatever it owns, so its requests tell nothing. Several wallets of one process may
//! share one follower: all it holds is public.

use std::sync::Arc;

use hushwatt_crypto::clsag::Member;
use hushwatt_ledger::{
    Rejection,
    block::{AlreadyVerified, Block, Certificate, Parent, Refused, check_certificate, execute_block},
    genesis::Genesis,
    note::{BucketId, BucketVersion},
    state::{BlockEvents, LedgerState, MemoryState, RingCache, StateError},
};

/// Why a block was not followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowerError {
    /// Not signed by the validator.
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

/// A replica of the public state.
pub struct Follower {
    genesis: Arc<Genesis>,
    state: MemoryState,
    cache: RingCache,
    parent: Parent,
}

impl Follower {
    /// At genesis.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let parent = Parent::genesis(&genesis);
        Follower { genesis, state: MemoryState::new(), cache: RingCache::new(), parent }
    }

    /// The genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// The last followed block.
    pub fn tip(&self) -> &Parent {
        &self.parent
    }

    /// Executes the next final block.
    pub fn follow(&mut self, block: &Block, certificate: &Certificate) -> Result<BlockEvents, FollowerError> {
        let height = block.header.height;
        let digest = block.header.digest(self.genesis.network());
        check_certificate(&self.genesis, &digest, certificate)
            .map_err(|source| FollowerError::Certificate { height, source })?;
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
        let bucket = self.state().bucket(id)?.ok_or(StateError::Missing("a bucket"))?;
        Ok(BucketVersion { id, length: bucket.length })
    }

    /// The ring of a bucket's latest version.
    pub fn ring(&self, version: BucketVersion) -> Result<Arc<[Member]>, StateError> {
        let state = self.state();
        let bucket = state.bucket(version.id)?.ok_or(StateError::Missing("a bucket"))?;
        if bucket.length != version.length {
            return Err(StateError::Missing("this version among the latest ones of its bucket"));
        }
        state.ring(&self.cache, version, bucket.digest)
    }
}
