//! A ledger of numbers, just enough to drive the engine: a block is valid if it holds no number twice and none that the
//! chain below holds.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::channel::mpsc;
use hushwatt_consensus::{
    Application, Block, Certificate, Hash, Log, LogError, Stored, Timeliness, ValidatorKey,
    simulation::{Ledger, SimulatedTime},
};
use sha2::{Digest, Sha256};

/// What a dishonest proposer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Proposes a number that the chain has already.
    Repeats,
    /// Proposes an hour ahead.
    Ahead,
    /// Proposes an hour back.
    Behind,
}

#[derive(Default)]
pub struct Disk {
    pub records: Vec<(Block, Option<Certificate>)>,
    pub ahead: BTreeMap<u64, Vec<u8>>,
}

struct Inner {
    disk: Arc<Mutex<Disk>>,
    applied: u64,
    waiting: BTreeSet<u64>,
    pending: HashMap<Hash, BTreeSet<u64>>,
    numbers: BTreeSet<u64>,
}

pub struct Toy {
    inner: Mutex<Inner>,
    time: SimulatedTime,
    fault: Fault,
    epoch: u64,
    validators: Vec<(u64, Vec<ValidatorKey>)>,
    outgoing: Mutex<mpsc::Sender<Bytes>>,
}

const HEARTBEAT: u64 = 3;

fn encode(height: u64, parent: &Hash, time: u64, numbers: &BTreeSet<u64>) -> Bytes {
    let mut bytes = height.to_le_bytes().to_vec();
    bytes.extend_from_slice(parent);
    bytes.extend_from_slice(&time.to_le_bytes());
    numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    bytes.into()
}

struct Content {
    time: u64,
    numbers: BTreeSet<u64>,
}

fn read(bytes: Bytes) -> Option<Block> {
    let (height, rest) = bytes.split_first_chunk::<8>()?;
    let (parent, rest) = rest.split_first_chunk::<32>()?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (chunks, []) = rest.as_chunks::<8>() else { return None };
    let list: Vec<u64> = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect();
    if !list.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let content = Content { time: u64::from_le_bytes(*time), numbers: list.into_iter().collect() };
    Some(Block {
        height: u64::from_le_bytes(*height),
        parent: *parent,
        digest: Sha256::digest(&bytes).into(),
        bytes: bytes.clone(),
        content: Some(Arc::new(content)),
    })
}

fn content(block: &Block) -> &Content {
    block.content.as_ref().unwrap().downcast_ref().unwrap()
}

impl Toy {
    pub fn new(
        disk: Arc<Mutex<Disk>>,
        time: SimulatedTime,
        fault: Fault,
        epoch: u64,
        validators: Vec<(u64, Vec<ValidatorKey>)>,
    ) -> (Arc<Self>, Ledger) {
        let (outgoing, receiver) = mpsc::channel(64);
        let numbers: BTreeSet<u64> =
            disk.lock().unwrap().records.iter().flat_map(|(block, _)| content(block).numbers.clone()).collect();
        let applied = disk.lock().unwrap().records.len() as u64;
        let inner = Inner { disk, applied, waiting: BTreeSet::new(), pending: HashMap::new(), numbers };
        let toy =
            Arc::new(Toy { inner: Mutex::new(inner), time, fault, epoch, validators, outgoing: Mutex::new(outgoing) });
        let ledger = Ledger { application: toy.clone(), log: toy.clone(), outgoing: receiver };
        (toy, ledger)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn now(&self) -> u64 {
        self.time.now().duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    pub fn submit(&self, number: u64) {
        self.inner().waiting.insert(number);
        let _ = self.outgoing.lock().unwrap().try_send(Bytes::copy_from_slice(&number.to_le_bytes()));
    }

    pub fn final_numbers(&self) -> BTreeSet<u64> {
        self.inner().numbers.clone()
    }

    pub fn chain(&self) -> Vec<Hash> {
        self.inner().disk.lock().unwrap().records.iter().map(|(block, _)| block.digest).collect()
    }

    /// Final numbers and those of the pending blocks up to this one.
    fn numbers_at(inner: &Inner, digest: &Hash, height: u64) -> Option<BTreeSet<u64>> {
        if height == inner.applied {
            return Some(inner.numbers.clone());
        }
        inner.pending.get(digest).cloned()
    }
}

impl Application for Toy {
    fn genesis(&self) -> Block {
        read(encode(0, &[7; 32], 0, &BTreeSet::new())).unwrap()
    }

    fn height(&self) -> u64 {
        self.inner().applied
    }

    fn epoch_blocks(&self) -> u64 {
        self.epoch
    }

    fn validators(&self, epoch: u64) -> Option<Vec<ValidatorKey>> {
        if epoch > (self.inner().applied + 1) / self.epoch {
            return None;
        }
        let set = self.validators.iter().rev().find(|(from, _)| *from <= epoch)?;
        let mut keys = set.1.clone();
        keys.sort();
        Some(keys)
    }

    fn decode(&self, bytes: Bytes) -> Option<Block> {
        read(bytes)
    }

    fn knows(&self, block: &Block) -> bool {
        let inner = self.inner();
        block.height <= inner.applied || inner.pending.contains_key(&block.digest)
    }

    fn is_due(&self, parent: &Block) -> bool {
        let inner = self.inner();
        let below = Self::numbers_at(&inner, &parent.digest, parent.height).unwrap_or_default();
        inner.waiting.iter().any(|number| !below.contains(number)) || self.now() >= content(parent).time + HEARTBEAT
    }

    fn propose(&self, parent: &Block) -> Option<Block> {
        let mut inner = self.inner();
        let below = Self::numbers_at(&inner, &parent.digest, parent.height)?;
        let mut numbers: BTreeSet<u64> = inner.waiting.difference(&below).copied().collect();
        let mut time = self.now().max(content(parent).time);
        match self.fault {
            Fault::None => {}
            Fault::Repeats => numbers.extend(below.first()),
            Fault::Ahead => time += 3600,
            Fault::Behind => time = time.saturating_sub(3600),
        }
        let block = read(encode(parent.height + 1, &parent.digest, time, &numbers)).unwrap();
        let all = below.union(&numbers).copied().collect();
        inner.pending.insert(block.digest, all);
        Some(block)
    }

    fn timeliness(&self, block: &Block) -> Timeliness {
        let (now, time) = (self.now(), content(block).time);
        if time > now + 10 {
            Timeliness::Later
        } else if time + 10 < now {
            Timeliness::Never
        } else {
            Timeliness::Now
        }
    }

    fn verify(&self, block: &Block) -> bool {
        let mut inner = self.inner();
        if inner.pending.contains_key(&block.digest) || block.height <= inner.applied {
            return true;
        }
        let Some(below) = Self::numbers_at(&inner, &block.parent, block.height - 1) else { return false };
        let numbers = &content(block).numbers;
        if !numbers.is_disjoint(&below) {
            return false;
        }
        let all = below.union(numbers).copied().collect();
        inner.pending.insert(block.digest, all);
        true
    }

    fn finalize(&self, block: &Block) -> Result<(), LogError> {
        let mut inner = self.inner();
        if block.height <= inner.applied {
            return Ok(());
        }
        assert_eq!(block.height, inner.applied + 1, "final blocks come in order");
        let numbers = content(block).numbers.clone();
        assert!(numbers.is_disjoint(&inner.numbers), "a number is final twice");
        numbers.iter().for_each(|number| {
            inner.waiting.remove(number);
        });
        inner.numbers.extend(numbers);
        inner.applied = block.height;
        Ok(())
    }

    fn receive(&self, _: &ValidatorKey, transaction: Bytes) {
        let number = u64::from_le_bytes(transaction.as_ref().try_into().unwrap());
        let mut inner = self.inner();
        if !inner.numbers.contains(&number) {
            inner.waiting.insert(number);
        }
    }
}

impl Log for Toy {
    fn height(&self) -> u64 {
        self.inner().disk.lock().unwrap().records.len() as u64
    }

    fn uncertified(&self) -> Vec<u64> {
        let inner = self.inner();
        let disk = inner.disk.lock().unwrap();
        (1..).zip(&disk.records).filter(|(_, (_, certificate))| certificate.is_none()).map(|(at, _)| at).collect()
    }

    fn append(&self, block: &Block, certificate: Option<&Certificate>) -> Result<(), LogError> {
        let inner = self.inner();
        let mut disk = inner.disk.lock().unwrap();
        assert_eq!(block.height, disk.records.len() as u64 + 1);
        disk.records.push((block.clone(), certificate.cloned()));
        Ok(())
    }

    fn read(&self, height: u64) -> Result<Option<Stored>, LogError> {
        let inner = self.inner();
        let disk = inner.disk.lock().unwrap();
        let record = disk.records.get(height as usize - 1);
        Ok(record.map(|(block, certificate)| Stored { block: block.clone(), certificate: certificate.clone() }))
    }

    fn height_of(&self, digest: &Hash) -> Result<Option<u64>, LogError> {
        let inner = self.inner();
        let disk = inner.disk.lock().unwrap();
        Ok((1..).zip(&disk.records).find(|(_, (block, _))| block.digest == *digest).map(|(height, _)| height))
    }

    fn save_ahead(&self, height: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.inner().disk.lock().unwrap().ahead.insert(height, bytes.to_vec());
        Ok(())
    }

    fn load_ahead(&self) -> Result<Vec<(u64, Vec<u8>)>, LogError> {
        Ok(self.inner().disk.lock().unwrap().ahead.iter().map(|(at, bytes)| (*at, bytes.clone())).collect())
    }

    fn drop_ahead(&self, height: u64) -> Result<(), LogError> {
        self.inner().disk.lock().unwrap().ahead.remove(&height);
        Ok(())
    }
}

pub fn start_time() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}
