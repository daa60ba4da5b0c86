//! What the engine asks of the ledger, and the adapter that asks it.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use commonware_consensus::{
    Application as EngineApplication, marshal::ancestry::Ancestry, simplex::scheme::ed25519::Scheme,
    simplex::types::Context,
};
use commonware_cryptography::{Digested, ed25519::PublicKey, sha256::Digest};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Spawner};
use futures::StreamExt;
use tracing::{debug, warn};

use crate::{Block, LogError, Timing, ValidatorKey};

/// Whether a block's time is close enough to this node's clock to vote for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// Yes.
    Now,
    /// Not yet: it lies ahead.
    Later,
    /// Never: it lies too far back.
    Never,
}

/// The ledger behind the engine. All functions may block for milliseconds; the engine calls them off its own tasks.
pub trait Application: Send + Sync + 'static {
    /// The block of height 0.
    fn genesis(&self) -> Block;
    /// Height of the last block that was applied.
    fn height(&self) -> u64;
    /// Blocks in an epoch, at least 2; epoch `e` holds the heights from `e * blocks` to `(e + 1) * blocks - 1`.
    fn epoch_blocks(&self) -> u64;
    /// The validators of an epoch, ascending by key; `None` while the chain has not come to the end of the epoch before.
    fn validators(&self, epoch: u64) -> Option<Vec<ValidatorKey>>;

    /// Reads a block's live encoding. Total on any bytes; a block is only given if its body belongs to its digest.
    fn decode(&self, bytes: Bytes) -> Option<Block>;
    /// Whether the state after this block is at hand, so that a child can be built and verified.
    fn knows(&self, block: &Block) -> bool;
    /// Whether a block should be proposed on this parent now: there is work, or a heartbeat is due.
    fn is_due(&self, parent: &Block) -> bool;
    /// Makes a block on a parent that it knows.
    fn propose(&self, parent: &Block) -> Option<Block>;
    /// Holds the voting rule of time against a block.
    fn timeliness(&self, block: &Block) -> Timeliness;
    /// Holds every rule against a block whose parent it knows, and keeps its outcome. The answer is final.
    fn verify(&self, block: &Block) -> bool;
    /// Applies a final block, which is in the log already. Blocks come in order, each at least once.
    fn finalize(&self, block: &Block) -> Result<(), LogError>;

    /// Takes a transaction that another validator passed on.
    fn receive(&self, from: &ValidatorKey, transaction: Bytes);
}

/// Unfinished blocks executed at most to learn the state a proposal is built on.
const MAX_UNKNOWN: usize = 32;

/// Implements the engine's own trait.
#[derive(Clone)]
pub(crate) struct Adapter {
    pub application: Arc<dyn Application>,
    pub timing: Timing,
}

impl Adapter {
    /// Executes the ancestors of a block that are not known yet, oldest first. `blocks` starts with the youngest. A node
    /// that is far behind waits until what is final has been applied.
    async fn learn<E: Clock + Spawner>(&self, runtime: &E, blocks: impl Ancestry<Block>) -> bool {
        loop {
            let mut walk = blocks.clone();
            let mut unknown: Vec<Digested<Block>> = Vec::new();
            while unknown.len() <= MAX_UNKNOWN {
                let Some(block) = walk.next().await else { return false };
                if self.application.knows(block.inner()) {
                    return self.execute(runtime, unknown).await;
                }
                unknown.push(block);
            }
            runtime.sleep(self.timing.leader).await;
        }
    }

    async fn execute<E: Clock + Spawner>(&self, runtime: &E, youngest_first: Vec<Digested<Block>>) -> bool {
        if youngest_first.is_empty() {
            return true;
        }
        let application = self.application.clone();
        let work = move || youngest_first.iter().rev().all(|block| application.verify(block.inner()));
        blocking(runtime.child("learn"), work).await.unwrap_or(false)
    }
}

impl<E: Clock + Spawner> EngineApplication<E> for Adapter {
    type SigningScheme = Scheme;
    type Context = Context<Digest, PublicKey>;
    type Block = Block;
    type Input = ();

    async fn propose(
        &mut self,
        (runtime, _): (E, Self::Context),
        ancestry: impl Ancestry<Block>,
        (): (),
    ) -> Option<Digested<Block>> {
        let parent = ancestry.peek()?.clone();
        if !self.learn(&runtime, ancestry).await {
            warn!(height = parent.inner().height, "cannot build on a block that does not verify here");
            return None;
        }
        while !self.application.is_due(parent.inner()) {
            runtime.sleep(self.timing.poll).await;
        }
        let application = self.application.clone();
        let made = blocking(runtime, move || application.propose(parent.inner())).await.flatten()?;
        Some(Digested::compute(made, &Sequential).await)
    }

    async fn verify(&mut self, (runtime, _): (E, Self::Context), ancestry: impl Ancestry<Block>) -> bool {
        let mut blocks = ancestry;
        let Some(block) = blocks.next().await else { return false };
        loop {
            match self.application.timeliness(block.inner()) {
                Timeliness::Now => break,
                Timeliness::Later => runtime.sleep(self.timing.poll).await,
                Timeliness::Never => {
                    debug!(height = block.inner().height, "not voted for: its time lies too far back");
                    return false;
                }
            }
        }
        if !self.application.knows(block.inner()) && !self.learn(&runtime, blocks).await {
            warn!(height = block.inner().height, "not voted for: a block below it does not verify here");
            return false;
        }
        let application = self.application.clone();
        let verified = blocking(runtime, move || application.verify(block.inner())).await;
        // A task that did not end is a node that shuts down: no verdict is given.
        match verified {
            Some(verdict) => verdict,
            None => std::future::pending().await,
        }
    }
}

/// Runs something slow off the engine's own tasks.
pub(crate) fn blocking<E: Spawner, T: Send + 'static>(
    runtime: E,
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Option<T>> + Send {
    let handle = runtime.shared(true).spawn(move |_| async move { work() });
    async move { handle.await.ok() }
}
