//! What correct validators have said is final. It never changes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use hushwatt_consensus::{Block as EngineBlock, Certificate, Hash, Log, LogError, Stored};
use hushwatt_node::{Applied, Bridge, Observer};

/// The blocks that any correct validator has acknowledged, by height.
#[derive(Default)]
pub struct Chronicle {
    blocks: Mutex<BTreeMap<u64, Hash>>,
    problems: Mutex<Vec<String>>,
}

impl Chronicle {
    pub fn tell(&self, place: usize, height: u64, digest: Hash) {
        let known = *self.blocks.lock().unwrap().entry(height).or_insert(digest);
        if known != digest {
            let problem = format!("validator {place} has another final block {height} than somebody before");
            self.problems.lock().unwrap().push(problem);
        }
    }

    /// Fails if anything was wrong so far.
    pub fn check(&self) {
        let problems = self.problems.lock().unwrap();
        assert!(problems.is_empty(), "{}", problems.join("; "));
    }

    pub fn blocks(&self) -> BTreeMap<u64, Hash> {
        self.blocks.lock().unwrap().clone()
    }
}

/// Listens to one correct validator.
#[derive(Clone)]
pub struct Watcher {
    place: usize,
    chronicle: Arc<Chronicle>,
    /// The highest block that it called durable.
    durable: Arc<AtomicU64>,
}

impl Watcher {
    pub fn new(place: usize, chronicle: Arc<Chronicle>) -> Self {
        Watcher { place, chronicle, durable: Arc::default() }
    }

    pub fn durable(&self) -> u64 {
        self.durable.load(Ordering::SeqCst)
    }

    pub fn tell(&self, height: u64, digest: Hash) {
        self.durable.fetch_max(height, Ordering::SeqCst);
        self.chronicle.tell(self.place, height, digest);
    }

    /// It starts again with nothing.
    pub fn forget(&self) {
        self.durable.store(0, Ordering::SeqCst);
    }
}

impl Observer for Watcher {
    fn applied(&self, applied: &Applied) {
        self.tell(applied.block.height(), applied.block.digest().0);
    }
}

/// The log, listened to.
pub struct WatchedLog {
    pub bridge: Arc<Bridge>,
    pub watcher: Watcher,
}

impl Log for WatchedLog {
    fn height(&self) -> u64 {
        Log::height(&*self.bridge)
    }

    fn uncertified(&self) -> Vec<u64> {
        self.bridge.uncertified()
    }

    fn append(&self, block: &EngineBlock, certificate: Option<&Certificate>) -> Result<(), LogError> {
        self.bridge.append(block, certificate)?;
        self.watcher.tell(block.height, block.digest);
        Ok(())
    }

    fn read(&self, height: u64) -> Result<Option<Stored>, LogError> {
        self.bridge.read(height)
    }

    fn height_of(&self, digest: &Hash) -> Result<Option<u64>, LogError> {
        self.bridge.height_of(digest)
    }

    fn save_ahead(&self, height: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.bridge.save_ahead(height, bytes)
    }

    fn load_ahead(&self) -> Result<Vec<(u64, Vec<u8>)>, LogError> {
        self.bridge.load_ahead()
    }

    fn drop_ahead(&self, height: u64) -> Result<(), LogError> {
        self.bridge.drop_ahead(height)
    }
}
