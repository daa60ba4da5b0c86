//! What a node keeps on disk: the log is the truth, hints beside it, the index rebuilt when it is missing, torn or stale.
//!
//! Order for each block: hints synced, then the log synced, then one index batch, then acknowledged. `commit` is
//! idempotent, so a block that is delivered twice, or again after a crash, changes nothing.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    block::{
        AlreadyVerified, Block, BlockDigest, BlockHints, Certificate, Executed, Parent, check_certificate,
        execute_block,
    },
    genesis::Genesis,
    state::{INDEX_SCHEMA, RingCache, StateRead, block_batch, index_tip},
    storage::{
        self, ChainLog, Day, Disk, HintStore, Index, NoProbe, Opened, Probe, ProbedDisk, RealDisk, RecordNumber,
        SledIndex,
    },
    transaction::{
        TransactionId,
        hints::{decode_hints, encode_hints},
    },
};

use crate::NodeError;

/// What opening a store had to repair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Blocks applied to the index from the log.
    pub replayed: u64,
    /// Why the index was rebuilt from nothing, if it was.
    pub rebuilt: Option<String>,
    /// Whether an unfinished append was cut off the log.
    pub torn_tail: bool,
}

/// Log, hints and index of one node folder.
pub struct Store {
    genesis: Arc<Genesis>,
    log: ChainLog,
    hints: HintStore,
    index: SledIndex,
    cache: RingCache,
    tip: Parent,
    recovery: Recovery,
}

impl Store {
    /// Name of the log in a node's folder.
    pub const LOG: &'static str = "chain.hwl";

    /// Opens or creates a node's folder; brings the index up to the log.
    pub fn open(folder: &Path, genesis: Arc<Genesis>) -> Result<Self, NodeError> {
        Self::open_probed(folder, genesis, Arc::new(NoProbe))
    }

    /// The same, with a probe before and after every change on disk: crash tests kill the process there.
    pub fn open_probed(folder: &Path, genesis: Arc<Genesis>, probe: Arc<dyn Probe>) -> Result<Self, NodeError> {
        let paths = Paths::of(folder);
        let disk: Arc<dyn Disk> = Arc::new(ProbedDisk::new(RealDisk, probe.clone()));
        disk.create_dir(folder).map_err(|source| storage::StorageError::Io {
            action: "create",
            path: folder.to_path_buf(),
            source,
        })?;
        let log = ChainLog::open(disk.clone(), &paths.log, genesis.bytes())?;
        let hints = HintStore::open(disk, &paths.hints)?;
        let (index, opened) = SledIndex::open_or_recreate_probed(&paths.index, INDEX_SCHEMA, probe)?;
        let tip = Parent::genesis(&genesis);
        let rebuilt = match opened {
            Opened::Existing => None,
            Opened::Recreated(reason) => Some(reason).filter(|_| !log.is_empty()),
        };
        let recovery = Recovery { replayed: 0, rebuilt, torn_tail: log.torn_tail().is_some() };
        let mut store = Store { genesis, log, hints, index, cache: RingCache::new(), tip, recovery };
        store.catch_up()?;
        Ok(store)
    }

    /// Finds where the index stands in the log and applies what is missing; starts over if it stands nowhere.
    fn catch_up(&mut self) -> Result<(), NodeError> {
        if let Some(tip) = index_tip(&self.index)? {
            if tip.height > self.log.len() {
                // The log is synced before the index: what the index has seen and the log lacks was acknowledged and
                // is lost. Going on would sign a second block of that height.
                return Err(NodeError::LogBehindIndex { log: self.log.len(), index: tip.height });
            }
            if self.stands_in_log(&tip)? {
                self.tip = tip;
            } else {
                self.recovery.rebuilt = Some("it was not of this log".to_owned());
                self.index.clear()?;
            }
        } else if !self.index.scan_prefix(&[])?.is_empty() {
            // Entries without a readable tip are the state after nobody knows which block.
            self.recovery.rebuilt = Some("it does not say which block it stands at".to_owned());
            self.index.clear()?;
        }
        while self.tip.height < self.log.len() {
            let height = self.tip.height + 1;
            let (block, _) = self.block(height)?;
            let executed =
                execute_block(&self.genesis, &self.index, &self.cache, &self.tip, &block, &mut AlreadyVerified)
                    .map_err(|source| NodeError::Replay { height, source })?;
            self.index.apply(&block_batch(&executed.changes, &executed.parent))?;
            self.tip = executed.parent;
            self.recovery.replayed += 1;
        }
        Ok(())
    }

    fn stands_in_log(&self, tip: &Parent) -> Result<bool, NodeError> {
        if tip.height == 0 {
            return Ok(false);
        }
        let (block, _) = self.block(tip.height)?;
        let network = self.genesis.network();
        Ok(block.header.digest(network) == tip.digest && block.header.state_root == tip.set_hash.root(network))
    }

    /// What opening had to repair.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// The last durable block.
    pub fn tip(&self) -> &Parent {
        &self.tip
    }

    /// The state after the last durable block.
    pub fn state(&self) -> &dyn StateRead {
        &self.index
    }

    /// Decoded rings.
    pub fn cache(&self) -> &RingCache {
        &self.cache
    }

    /// A block of the log with its certificate.
    pub fn block(&self, height: u64) -> Result<(Block, Certificate), NodeError> {
        let number = height.checked_sub(1).ok_or(NodeError::NoSuchBlock)?;
        let record = self.log.read(RecordNumber(number))?;
        let decoded = Block::decode_record(self.genesis.network(), &record.body, &record.cert);
        decoded.map_err(|source| NodeError::Record { height, source })
    }

    /// A block's hints, as far as they are still kept.
    pub fn block_hints(&self, block: &Block) -> Result<BlockHints, NodeError> {
        let stored = self.hints.read_day(Day::of_unix(block.header.time.0))?;
        let of = |id: &TransactionId| -> Vec<Hint> {
            let found = stored.iter().rev().find(|hint| hint.tx_id == id.0);
            found.and_then(|hint| decode_hints(&hint.bytes).ok()).unwrap_or_default()
        };
        Ok(block.transactions.iter().map(|transaction| of(transaction.id())).collect())
    }

    /// Makes a certified block durable: when this returns, nothing can lose it. A block that is already there is left
    /// alone, whatever certificate it comes with; another block at its height is an error.
    pub fn commit(
        &mut self,
        block: &Block,
        certificate: &Certificate,
        hints: &BlockHints,
        executed: Executed,
    ) -> Result<(), NodeError> {
        let height = block.header.height;
        let digest = block.header.digest(self.genesis.network());
        if height <= self.tip.height {
            return if self.digest(height)? == digest { Ok(()) } else { Err(NodeError::OtherBlock { height }) };
        }
        if height != self.tip.height + 1 || self.log.len() != self.tip.height {
            return Err(NodeError::OutOfOrder { tip: self.tip.height, got: height });
        }
        let outcome = executed.parent.digest == digest && block.header.parent == self.tip.digest;
        if !outcome || hints.len() != block.transactions.len() {
            return Err(NodeError::Mismatch { height });
        }
        check_certificate(&self.genesis, &digest, certificate).map_err(NodeError::Rejected)?;
        let listed: Vec<storage::Hint> = block
            .transactions
            .iter()
            .zip(hints)
            .filter(|(_, hints)| !hints.is_empty())
            .map(|(transaction, hints)| storage::Hint { tx_id: transaction.id().0, bytes: encode_hints(hints) })
            .collect();
        self.hints.append(Day::of_unix(block.header.time.0), &listed)?;
        self.log.append(&block.encode(), &certificate.0)?;
        self.index.apply(&block_batch(&executed.changes, &executed.parent))?;
        self.tip = executed.parent;
        Ok(())
    }

    /// Writes the chain in the log's own format, for auditors.
    pub fn export(&self, out: &mut dyn Write) -> Result<(), NodeError> {
        Ok(self.log.export(out)?)
    }

    /// The days whose hints are kept.
    pub fn hint_days(&self) -> Result<Vec<Day>, NodeError> {
        Ok(self.hints.days()?)
    }

    /// Writes a day's hints in the format of their file, for wallets.
    pub fn export_hints(&self, day: Day, out: &mut dyn Write) -> Result<(), NodeError> {
        Ok(self.hints.export(day, out)?)
    }

    /// Digest of a block of the log.
    pub fn digest(&self, height: u64) -> Result<BlockDigest, NodeError> {
        Ok(self.block(height)?.0.header.digest(self.genesis.network()))
    }
}

struct Paths {
    log: PathBuf,
    hints: PathBuf,
    index: PathBuf,
}

impl Paths {
    fn of(folder: &Path) -> Self {
        Paths { log: folder.join(Store::LOG), hints: folder.join("hints"), index: folder.join("index") }
    }
}
