//! Hints beside the log: one file for each UTC day, unlinked when the day is past its retention.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
};

use hushwatt_crypto::hint::{HINT_LENGTH, Hint};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    storage::{self, Day, Disk, DiskFile, HintStore, StorageError},
    transaction::{
        TransactionId,
        hints::{decode_hints, encode_hints},
    },
};

use crate::{
    NodeError,
    files::failed,
    lock::{lock, read, write},
};

/// Hints of a day's blocks by height, each as they travel with the block, with the number of its transactions.
type DayHints = BTreeMap<u64, (usize, Vec<u8>)>;

/// What was read of a day's file: all of it, or as much as there is room for, from a height on.
struct Cached {
    day: Day,
    heights: Range<u64>,
    hints: DayHints,
    bytes: usize,
}

/// Days that were read lately, the last one last.
struct Days {
    days: Vec<Cached>,
    /// How many appends there were.
    appends: u64,
    /// Bytes of hints kept in memory at most.
    most: usize,
}

impl Days {
    fn find(&self, day: Day, height: u64) -> Option<&Cached> {
        self.days.iter().find(|cached| cached.day == day && cached.heights.contains(&height))
    }

    fn keep(&mut self, cached: Cached) {
        self.days.retain(|other| other.day != cached.day);
        self.days.push(cached);
        self.trim();
    }

    fn trim(&mut self) {
        while self.days.iter().map(|cached| cached.bytes).sum::<usize>() > self.most {
            self.days.remove(0);
        }
    }
}

/// Bytes of hints kept in memory at most.
const MOST: usize = 16 << 20;

/// The files.
pub(crate) struct HintFiles {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    files: RwLock<HintStore>,
    days: Mutex<Days>,
}

impl HintFiles {
    pub fn open(disk: Arc<dyn Disk>, folder: &Path) -> Result<Self, StorageError> {
        let files = HintStore::open(disk.clone(), folder)?;
        // A crash can have left half an append in the last file only: reading it cuts that off.
        if let Some(last) = files.days()?.last() {
            files.file_len(*last)?;
        }
        let days = Days { days: Vec::new(), appends: 0, most: MOST };
        Ok(HintFiles { disk, folder: folder.to_path_buf(), files: RwLock::new(files), days: Mutex::new(days) })
    }

    /// Stores the hints of a block's transactions, those without any included; durable when this returns.
    pub fn append(&self, day: Day, height: u64, block: &Block, hints: &BlockHints) -> Result<(), StorageError> {
        let entries: Vec<storage::Hint> = block
            .transactions
            .iter()
            .zip(hints)
            .map(|(transaction, hints)| storage::Hint { tx_id: transaction.id().0, bytes: encode_hints(hints) })
            .collect();
        write(&self.files).append(day, &entries)?;
        let mut days = lock(&self.days);
        days.appends += 1;
        if let Some(cached) = days.days.iter_mut().find(|cached| cached.day == day && cached.heights.end == u64::MAX) {
            let encoded = encoded(entries.iter().map(|entry| &entry.bytes[..]));
            cached.bytes += encoded.len();
            cached.hints.insert(height, (entries.len(), encoded));
            days.trim();
        }
        Ok(())
    }

    /// The hints of a block of so many transactions as they travel with it, if all of them are kept. `height_of` knows the
    /// blocks of transactions.
    pub fn of_block(
        &self,
        day: Day,
        height: u64,
        transactions: usize,
        height_of: impl Fn(&TransactionId) -> Result<Option<u64>, NodeError>,
    ) -> Result<Option<Vec<u8>>, NodeError> {
        if transactions == 0 {
            return Ok(Some(Vec::new()));
        }
        let whole = |found: &(usize, Vec<u8>)| (found.0 == transactions).then(|| found.1.clone());
        let (appends, most) = {
            let days = lock(&self.days);
            if let Some(cached) = days.find(day, height) {
                return Ok(cached.hints.get(&height).and_then(whole));
            }
            (days.appends, days.most)
        };
        let cached = self.load(day, height, most, height_of)?;
        let found = cached.hints.get(&height).and_then(whole);
        let mut days = lock(&self.days);
        if days.appends == appends {
            days.keep(cached);
        }
        Ok(found)
    }

    /// Reads a day's file; of a long one keeps what there is room for, from a height on.
    fn load(
        &self,
        day: Day,
        height: u64,
        most: usize,
        height_of: impl Fn(&TransactionId) -> Result<Option<u64>, NodeError>,
    ) -> Result<Cached, NodeError> {
        let stored = read(&self.files).read_day(day)?;
        let all: usize = stored.iter().map(|entry| 1 + entry.bytes.len()).sum();
        let from = if all > most { height } else { 0 };
        // Stored twice if a crash fell between the hints and the block; a block's transactions ascend by their ids.
        let mut blocks: BTreeMap<u64, BTreeMap<TransactionId, Vec<u8>>> = BTreeMap::new();
        for entry in stored {
            let id = TransactionId(entry.tx_id);
            if let Some(height) = height_of(&id)?.filter(|height| *height >= from) {
                blocks.entry(height).or_default().insert(id, entry.bytes);
            }
        }
        let (mut hints, mut bytes, mut until) = (DayHints::new(), 0, u64::MAX);
        for (at, entries) in blocks {
            let encoded = encoded(entries.values().map(|bytes| &bytes[..]));
            bytes += encoded.len();
            if bytes > most && at > height {
                (bytes, until) = (bytes - encoded.len(), at);
                break;
            }
            hints.insert(at, (entries.len(), encoded));
        }
        Ok(Cached { day, heights: from..until, hints, bytes })
    }

    /// A block's hints as far as they are kept; none for a transaction whose hints are not.
    pub fn of_transactions(&self, day: Day, block: &Block) -> Result<BlockHints, NodeError> {
        let stored = read(&self.files).read_day(day)?;
        let of = |id: &TransactionId| -> Vec<Hint> {
            let found = stored.iter().rev().find(|hint| hint.tx_id == id.0);
            found.and_then(|hint| decode_hints(&hint.bytes).ok()).unwrap_or_default()
        };
        Ok(block.transactions.iter().map(|transaction| of(transaction.id())).collect())
    }

    /// Unlinks all days before this one; gives them.
    pub fn forget(&self, before: Day) -> Result<Vec<Day>, NodeError> {
        lock(&self.days).days.retain(|cached| cached.day >= before);
        let mut files = write(&self.files);
        let (mut forgotten, mut failed) = (Vec::new(), None);
        for day in files.days()?.into_iter().filter(|day| *day < before) {
            match files.remove_day(day) {
                Ok(_) => forgotten.push(day),
                Err(source) => failed = failed.or(Some(NodeError::Forget { day, source })),
            }
        }
        failed.map_or(Ok(forgotten), Err)
    }

    pub fn days(&self) -> Result<Vec<Day>, StorageError> {
        read(&self.files).days()
    }

    /// Each day's file and its length. No append is under way meanwhile, so they end with whole records.
    pub fn lengths(&self) -> Result<Vec<(Day, u64)>, NodeError> {
        let files = read(&self.files);
        let length = |day: Day| match self.file(day)? {
            Some(file) => Ok((day, file.len().map_err(failed("read", &self.path(day)))?)),
            None => Ok((day, 0)),
        };
        files.days()?.into_iter().map(length).collect()
    }

    /// Bytes of a day's file; none if there is no such file any more.
    pub fn read_at(&self, day: Day, offset: u64, length: usize) -> Result<Vec<u8>, StorageError> {
        let _files = read(&self.files);
        let Some(file) = self.file(day)? else { return Ok(Vec::new()) };
        let path = self.path(day);
        let left = file.len().map_err(failed("read", &path))?.saturating_sub(offset);
        let mut bytes = vec![0; length.min(usize::try_from(left).unwrap_or(usize::MAX))];
        let got = file.read_at(offset, &mut bytes).map_err(failed("read", &path))?;
        bytes.truncate(got);
        Ok(bytes)
    }

    fn path(&self, day: Day) -> PathBuf {
        self.folder.join(day.file_name())
    }

    fn file(&self, day: Day) -> Result<Option<Box<dyn DiskFile>>, StorageError> {
        self.disk.open(&self.path(day)).map_err(failed("open", &self.path(day)))
    }

    pub fn export(&self, day: Day, out: &mut dyn std::io::Write) -> Result<(), StorageError> {
        read(&self.files).export(day, out)
    }
}

/// As hints travel with a block: a count before each transaction's.
fn encoded<'a>(transactions: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut encoded = Vec::new();
    for hints in transactions {
        encoded.push((hints.len() / HINT_LENGTH) as u8);
        encoded.extend_from_slice(hints);
    }
    encoded
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::cell::Cell;

    use hushwatt_ledger::{block::Header, storage::SimDisk};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{Submission, testing::mints};

    const TODAY: Day = Day(20_000);
    const BLOCKS: u64 = 12;

    /// Block `height` of mints, with its hints. Only its transactions matter here.
    fn block(height: u64) -> (Block, BlockHints) {
        let start = 3 * (height as usize - 1);
        let mut own: Vec<&Submission> = mints()[start..start + 3].iter().collect();
        own.sort_by_key(|submission| *submission.id());
        let header = Header {
            height,
            time: hushwatt_ledger::units::Timestamp(0),
            parent: hushwatt_ledger::block::BlockDigest([0; 32]),
            transaction_root: [0; 32],
            state_root: [0; 32],
            validator_set: [0; 32],
        };
        let transactions = own.iter().map(|submission| (**submission.transaction()).clone()).collect();
        (Block { header, transactions }, own.iter().map(|submission| submission.hints().to_vec()).collect())
    }

    fn expected(height: u64) -> Vec<u8> {
        let (_, hints) = block(height);
        encoded(hints.iter().map(|hints| encode_hints(hints)).collect::<Vec<_>>().iter().map(|bytes| &bytes[..]))
    }

    #[test]
    fn hints_of_a_long_day_are_found_in_any_order_with_little_memory_and_read_in_turn_with_little_effort() {
        let of_block = expected(1).len().max(expected(2).len()).max(expected(3).len());
        for most in [0, of_block, 3 * of_block, usize::MAX] {
            let files = HintFiles::open(Arc::new(SimDisk::new()), Path::new("hints")).unwrap();
            lock(&files.days).most = most;
            let stored = Cell::new(0);
            let loads = Cell::new(0);
            let find = |height: u64| {
                let seen = Cell::new(false);
                let found = files.of_block(TODAY, height, 3, |id| {
                    loads.set(loads.get() + u64::from(!seen.replace(true)));
                    Ok((1..=stored.get()).find(|at| block(*at).0.transactions.iter().any(|other| other.id() == id)))
                });
                let bytes: usize = lock(&files.days).days.iter().map(|cached| cached.bytes).sum();
                assert!(bytes <= most);
                found.unwrap()
            };
            for height in 1..=BLOCKS {
                let (block, hints) = block(height);
                // A crash between the hints and the block has them stored twice.
                for _ in 0..1 + height % 2 {
                    files.append(TODAY, height, &block, &hints).unwrap();
                }
                stored.set(height);
                assert_eq!(find(height), Some(expected(height)));
            }
            let dice = &mut ChaCha8Rng::seed_from_u64(1);
            for _ in 0..20 {
                let height = dice.gen_range(1..=BLOCKS);
                assert_eq!(find(height), Some(expected(height)));
            }
            loads.set(0);
            (1..=BLOCKS).for_each(|height| assert_eq!(find(height), Some(expected(height))));
            match most {
                0 => {}
                usize::MAX => assert_eq!(loads.get(), 0, "all of it is in memory"),
                _ => assert!(loads.get() <= BLOCKS, "{}", loads.get()),
            }
            if most == 3 * of_block {
                assert!(loads.get() <= BLOCKS / 3 + 1, "{} for {BLOCKS} blocks", loads.get());
            }
            assert_eq!(find(BLOCKS + 1), None);
            assert_eq!(files.of_block(TODAY, 1, 4, |_| Ok(Some(1))).unwrap(), None, "one of its transactions lacks");
            files.forget(Day(TODAY.0 + 1)).unwrap();
            assert_eq!(find(1), None);
        }
    }
}
