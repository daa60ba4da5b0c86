//! What a node keeps on disk: the log is the truth, hints beside it, the index rebuilt when it is missing, torn or stale.
//!
//! Two durable steps for each final block. [`Store::append`]: hints synced, then the log synced; from then on the block is
//! part of the chain. [`Store::apply`]: one batch to the index. The log may be some blocks ahead of the index, never behind;
//! opening brings the index up to it.

mod hints;
mod reads;
mod recent;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
};

use hushwatt_ledger::{
    block::{AlreadyVerified, Block, BlockDigest, Certificate, Executed, Parent, execute_block, genesis_digest},
    genesis::Genesis,
    state::{INDEX_SCHEMA, RingCache, block_batch, index_tip},
    storage::{
        ChainLog, Day, Disk, Index, NoProbe, Opened, Probe, ProbedDisk, RealDisk, RecordNumber, SledIndex, StorageError,
    },
    units::Timestamp,
};

pub use reads::LogFile;
pub use recent::RawRecord;

use crate::{
    LiveBlock, NodeError,
    ahead::Ahead,
    files::{failed, sync_folder_of},
    live::{encode_block_hints, header_of},
    lock::{lock, read, write},
    view::{Committed, IndexState},
};
use hints::HintFiles;
use recent::Recent;

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

/// An index that many threads may read.
pub type SharedIndex = Box<dyn Index + Sync>;

/// Where the log ends.
struct Logged {
    height: u64,
    digest: BlockDigest,
    /// Blocks that are in the log and not applied yet.
    unapplied: BTreeMap<u64, BlockDigest>,
    /// Heights of records without a certificate.
    uncertified: BTreeSet<u64>,
    recent: Recent,
}

/// Log, hints and index of one node folder. All functions may be called from any thread; one writes at a time.
pub struct Store {
    genesis: Arc<Genesis>,
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    /// Held by who appends or applies.
    writer: Mutex<()>,
    log: RwLock<ChainLog>,
    hints: HintFiles,
    ahead: Ahead,
    index: RwLock<SharedIndex>,
    cache: RingCache,
    logged: RwLock<Logged>,
    tip: RwLock<Parent>,
    recovery: Recovery,
}

impl Store {
    /// Name of the log in a node's folder.
    pub const LOG: &'static str = "chain.hwl";
    /// Name of the folder of hints.
    pub const HINTS: &'static str = "hints";
    /// Name of the folder of what was received ahead of the log.
    pub const AHEAD: &'static str = "ahead";

    /// Opens or creates a node's folder; brings the index up to the log.
    pub fn open(folder: &Path, genesis: Arc<Genesis>) -> Result<Self, NodeError> {
        Self::open_probed(folder, genesis, Arc::new(NoProbe))
    }

    /// The same, with a probe before and after every change on disk: crash tests kill the process there.
    pub fn open_probed(folder: &Path, genesis: Arc<Genesis>, probe: Arc<dyn Probe>) -> Result<Self, NodeError> {
        let disk: Arc<dyn Disk> = Arc::new(ProbedDisk::new(RealDisk, probe.clone()));
        create_folder(&*disk, folder)?;
        // The log before the index: its lock keeps a second node out.
        let log = ChainLog::open(disk.clone(), &folder.join(Self::LOG), genesis.bytes())?;
        let (index, opened) = SledIndex::open_or_recreate_probed(&folder.join("index"), INDEX_SCHEMA, probe)?;
        let rebuilt = match opened {
            Opened::Existing => None,
            Opened::Recreated(reason) => Some(reason).filter(|_| !log.is_empty()),
        };
        Self::open_parts(folder, genesis, disk, log, Box::new(index), rebuilt)
    }

    /// A store on any disk and index: simulations run on a [`hushwatt_ledger::storage::SimDisk`] and an index in memory.
    pub fn open_on(
        folder: &Path,
        genesis: Arc<Genesis>,
        disk: Arc<dyn Disk>,
        index: SharedIndex,
    ) -> Result<Self, NodeError> {
        create_folder(&*disk, folder)?;
        let log = ChainLog::open(disk.clone(), &folder.join(Self::LOG), genesis.bytes())?;
        Self::open_parts(folder, genesis, disk, log, index, None)
    }

    fn open_parts(
        folder: &Path,
        genesis: Arc<Genesis>,
        disk: Arc<dyn Disk>,
        log: ChainLog,
        mut index: SharedIndex,
        rebuilt: Option<String>,
    ) -> Result<Self, NodeError> {
        let hints = HintFiles::open(disk.clone(), &folder.join(Self::HINTS))?;
        let ahead = Ahead::open(disk.clone(), &folder.join(Self::AHEAD))?;
        let recovery = Recovery { replayed: 0, rebuilt, torn_tail: log.torn_tail().is_some() };
        let mut opening = Opening { genesis: &genesis, log: &log, index: &mut *index, recovery };
        let cache = RingCache::new();
        let tip = opening.catch_up(&cache)?;
        let recovery = opening.recovery;
        let uncertified = log.without_certificate().map(|number| number.0 + 1).collect();
        let logged = Logged {
            height: tip.height,
            digest: tip.digest,
            unapplied: BTreeMap::new(),
            uncertified,
            recent: Recent::default(),
        };
        Ok(Store {
            genesis,
            folder: folder.to_path_buf(),
            disk,
            writer: Mutex::new(()),
            log: RwLock::new(log),
            hints,
            ahead,
            index: RwLock::new(index),
            cache,
            logged: RwLock::new(logged),
            tip: RwLock::new(tip),
            recovery,
        })
    }

    /// What opening had to repair.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The disk that everything lies on.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// The last applied block.
    pub fn tip(&self) -> Parent {
        *read(&self.tip)
    }

    /// Height of the last block in the log; applied or not.
    pub fn height(&self) -> u64 {
        read(&self.logged).height
    }

    /// Digest of the last block in the log.
    pub(crate) fn last_digest(&self) -> BlockDigest {
        read(&self.logged).digest
    }

    /// The state after the last applied block. No block is applied while this is held.
    pub fn state(&self) -> Committed<'_> {
        Committed::new(read(&self.index))
    }

    /// Decoded rings.
    pub fn cache(&self) -> &RingCache {
        &self.cache
    }

    /// Adds the block of the next height, and makes it durable with its hints: when this returns, nothing can lose it. It
    /// may come without a certificate if a later block's makes it final. A block that is there already is left alone,
    /// whatever certificate it comes with. The caller has held every rule against it.
    ///
    /// # Errors
    /// [`NodeError::OtherBlock`], [`NodeError::OutOfOrder`]: nothing was stored. [`NodeError::Storage`]: whether it was
    /// stored is unknown until the store is opened again.
    pub fn append(&self, block: &LiveBlock, certificate: Option<&Certificate>) -> Result<(), NodeError> {
        let _writer = lock(&self.writer);
        let height = block.height();
        let (last, digest) = (self.height(), self.last_digest());
        if height <= last {
            let same = self.digest(height)? == *block.digest();
            return if same { Ok(()) } else { Err(NodeError::OtherBlock { height }) };
        }
        if height != last + 1 {
            return Err(NodeError::OutOfOrder { tip: last, got: height });
        }
        if block.block().header.parent != digest {
            return Err(NodeError::OtherBlock { height: last });
        }
        let day = Day::of_unix(block.block().header.time.0);
        if let Some(hints) = block.hints() {
            self.hints.append(day, height, block.block(), hints)?;
        }
        let (body, encoded) = (block.block().encode(), Certificate::encode_optional(certificate));
        write(&self.log).append(&body, &encoded)?;
        let mut logged = write(&self.logged);
        (logged.height, logged.digest) = (height, *block.digest());
        logged.unapplied.insert(height, *block.digest());
        if certificate.is_none() {
            logged.uncertified.insert(height);
        }
        let hints = block.hints().map(|hints| encode_block_hints(hints));
        logged.recent.push(RawRecord { height, digest: *block.digest(), body, certificate: encoded, hints });
        Ok(())
    }

    /// Applies the block after the tip, which is in the log, with its outcome. `then` is called before anybody can read the
    /// state after it.
    ///
    /// # Errors
    /// [`NodeError::OutOfOrder`], [`NodeError::OtherBlock`]: nothing was applied. [`NodeError::Storage`]: the index is of no
    /// use until the store is opened again.
    pub fn apply(&self, block: &Block, executed: &Executed, then: impl FnOnce(&Parent)) -> Result<(), NodeError> {
        let _writer = lock(&self.writer);
        let (height, tip) = (executed.parent.height, self.tip());
        if height != tip.height + 1 || height > self.height() {
            return Err(NodeError::OutOfOrder { tip: tip.height, got: height });
        }
        let logged = read(&self.logged).unapplied.get(&height).copied();
        if block.header.parent != tip.digest || logged != Some(executed.parent.digest) {
            return Err(NodeError::OtherBlock { height });
        }
        let batch = block_batch(&executed.changes, block, &executed.parent);
        let mut index = write(&self.index);
        index.apply(&batch)?;
        *write(&self.tip) = executed.parent;
        write(&self.logged).unapplied.remove(&height);
        then(&executed.parent);
        Ok(())
    }

    /// Unlinks the hints of all days that ended at least the retention period before `now`; gives those days.
    ///
    /// # Errors
    /// [`NodeError::Forget`] for the first that cannot be removed; the others are removed.
    pub fn forget_hints(&self, now: Timestamp) -> Result<Vec<Day>, NodeError> {
        let before = Day::of_unix(now.minus(self.genesis.parameters.retention).0);
        let network = self.genesis.network();
        write(&self.logged).recent.forget_hints(|record| {
            header_of(network, &record.body).is_ok_and(|header| Day::of_unix(header.time.0) < before)
        });
        self.hints.forget(before)
    }
}

/// Makes a node's folder, if it is not there, in an existing one.
fn create_folder(disk: &dyn Disk, folder: &Path) -> Result<(), StorageError> {
    disk.create_dir(folder).map_err(failed("create", folder))?;
    // A folder whose name is not durable takes everything in it along in a power cut.
    sync_folder_of(disk, folder)
}

/// A log with an index that may be behind it.
struct Opening<'a> {
    genesis: &'a Genesis,
    log: &'a ChainLog,
    index: &'a mut (dyn Index + Sync),
    recovery: Recovery,
}

impl Opening<'_> {
    /// Finds where the index stands in the log and applies what is missing; starts over if it stands nowhere.
    fn catch_up(&mut self, cache: &RingCache) -> Result<Parent, NodeError> {
        let mut tip = self.standing()?;
        while tip.height < self.log.len() {
            let height = tip.height + 1;
            let (block, _) = self.block(height)?;
            let state = IndexState(&*self.index);
            let executed = execute_block(self.genesis, &state, cache, &tip, &block, &mut AlreadyVerified)
                .map_err(|source| NodeError::Replay { height, source })?;
            self.index.apply(&block_batch(&executed.changes, &block, &executed.parent))?;
            tip = executed.parent;
            self.recovery.replayed += 1;
        }
        Ok(tip)
    }

    fn standing(&mut self) -> Result<Parent, NodeError> {
        let genesis = Parent::genesis(self.genesis);
        let Some(tip) = index_tip(&*self.index)? else {
            if !self.index.scan_prefix(&[])?.is_empty() {
                // Entries without a readable tip are the state after nobody knows which block.
                self.start_over("it does not say which block it stands at")?;
            }
            return Ok(genesis);
        };
        if tip.height > self.log.len() {
            // The log is synced before the index: what the index has seen and the log lacks was acknowledged and is lost.
            // Going on would sign a second block of that height.
            return Err(NodeError::LogBehindIndex { log: self.log.len(), index: tip.height });
        }
        if self.stands_in_log(&tip)? {
            return Ok(tip);
        }
        self.start_over("it was not of this log")?;
        Ok(genesis)
    }

    fn start_over(&mut self, reason: &str) -> Result<(), StorageError> {
        self.recovery.rebuilt = Some(reason.to_owned());
        self.index.clear()
    }

    fn stands_in_log(&self, tip: &Parent) -> Result<bool, NodeError> {
        if tip.height == 0 {
            return Ok(tip.digest == genesis_digest(self.genesis));
        }
        let network = self.genesis.network();
        let record = self.log.read(RecordNumber(tip.height - 1))?;
        let header =
            header_of(network, &record.body).map_err(|source| NodeError::Record { height: tip.height, source })?;
        Ok(header.digest(network) == tip.digest && header.state_root == tip.set_hash.root(network))
    }

    fn block(&self, height: u64) -> Result<(Block, Option<Certificate>), NodeError> {
        let record = self.log.read(RecordNumber(height - 1))?;
        let decoded = Block::decode_record(self.genesis.network(), &record.body, &record.cert);
        decoded.map_err(|source| NodeError::Record { height, source })
    }
}
