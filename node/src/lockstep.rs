//! One validator without an engine: every block it makes is final at once. For tests, benches and demonstrations on a
//! network of one validator; the same [`Core`] under an engine is what runs elsewhere.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    Rejection,
    block::{Block, BlockHints, Certificate, vote},
    genesis::Genesis,
    transaction::{TransactionId, build::Built},
};

use crate::{
    Applied, Clock, Core, CoreOptions, LiveBlock, MempoolLimits, NodeError, Observer, Source, Store, Submission,
    SubmitError, Submitted, VerifyError, Waiting, lock::lock,
};

/// A block that is durable.
#[derive(Clone, Debug)]
pub struct Produced {
    /// The block.
    pub block: Block,
    /// The validator's vote for it.
    pub certificate: Certificate,
    /// The erasable half.
    pub hints: BlockHints,
    /// Waiting transactions that can no longer be included, and why.
    pub dropped: Vec<(TransactionId, Rejection)>,
}

/// Collects what blocks drop from the mempool.
#[derive(Default)]
struct Drops(Mutex<Vec<(TransactionId, Rejection)>>);

impl Observer for Drops {
    fn applied(&self, applied: &Applied) {
        lock(&self.0).extend_from_slice(&applied.dropped);
    }
}

/// A node with the key of the single validator.
pub struct Lockstep {
    core: Core,
    key: SigningKey,
    drops: Arc<Drops>,
}

impl Lockstep {
    /// Opens or creates a node's folder.
    pub fn open(
        folder: &Path,
        genesis: Arc<Genesis>,
        key: SigningKey,
        clock: Box<dyn Clock>,
        limits: MempoolLimits,
    ) -> Result<Self, NodeError> {
        check_key(&genesis, &key)?;
        Ok(Self::around(Core::open(folder, genesis, clock, options(limits))?, key))
    }

    /// The same on a store that is open: crash tests give one with a probe.
    pub fn on_store(
        store: Store,
        key: SigningKey,
        clock: Box<dyn Clock>,
        limits: MempoolLimits,
    ) -> Result<Self, NodeError> {
        check_key(store.genesis(), &key)?;
        Ok(Self::around(Core::on_store(store, clock, options(limits))?, key))
    }

    fn around(core: Core, key: SigningKey) -> Self {
        let drops = Arc::new(Drops::default());
        core.observe(drops.clone());
        Lockstep { core, key, drops }
    }

    /// The node.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// What is on disk.
    pub fn store(&self) -> &Store {
        self.core.store()
    }

    /// What waits.
    pub fn mempool(&self) -> Waiting {
        self.core.waiting()
    }

    /// Takes one transaction, if it would be valid now.
    pub fn submit(&mut self, built: Built) -> Result<Submitted, SubmitError> {
        let mut verdicts = self.submit_all(vec![built]);
        verdicts.pop().unwrap_or(Err(SubmitError::Stopping))
    }

    /// Takes several as one batch. Each gets its own verdict, in order.
    pub fn submit_all(&mut self, built: Vec<Built>) -> Vec<Result<Submitted, SubmitError>> {
        let network = self.core.genesis().network();
        let read: Vec<Result<Submission, Rejection>> =
            built.iter().map(|built| Submission::of_built(network, built)).collect();
        let readable = read.iter().flatten().cloned().collect();
        let mut verdicts = self.core.submit_all(readable, Source::Own).into_iter();
        let verdict = |read: Result<Submission, Rejection>| match read {
            Ok(_) => verdicts.next().unwrap_or(Err(SubmitError::Stopping)),
            Err(rejection) => Err(rejection.into()),
        };
        read.into_iter().map(verdict).collect()
    }

    /// Makes, signs and stores the next block of what waits. When this returns, the block is final and durable.
    pub fn produce(&mut self) -> Result<Produced, NodeError> {
        let tip = self.core.tip();
        let proposed = self.core.propose(&tip.digest)?;
        let genesis = self.core.genesis();
        // The only validator: every view has its block.
        let view = tip.height + 1;
        let epoch = genesis.parameters.epoch_of(view);
        let signature = vote(&self.key, genesis.network(), epoch, view, view - 1, proposed.block.digest());
        let certificate = Certificate { epoch, view, parent_view: view - 1, signatures: vec![(0, signature)] };
        self.core.finalize(&proposed.block, Some(&certificate))?;
        let hints = proposed.block.hints().map(|hints| hints.to_vec()).unwrap_or_default();
        let mut dropped = proposed.dropped;
        dropped.append(&mut lock(&self.drops.0));
        Ok(Produced { block: Block::clone(proposed.block.block()), certificate, hints, dropped })
    }

    /// Verifies a block that somebody else proposes on the tip.
    pub fn verify(&self, block: &Block, hints: &BlockHints) -> Result<(), VerifyError> {
        let network = self.core.genesis().network();
        let block = LiveBlock::new(network, block.clone(), Some(hints.clone()))?;
        self.core.verify(&self.core.decode_live(&block.encode())?)
    }
}

fn options(mempool: MempoolLimits) -> CoreOptions {
    CoreOptions { mempool, worker: false, ..CoreOptions::default() }
}

fn check_key(genesis: &Genesis, key: &SigningKey) -> Result<(), NodeError> {
    if genesis.validators().keys() == [key.verifying_key()] { Ok(()) } else { Err(NodeError::ForeignKey) }
}
