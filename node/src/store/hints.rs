//! Hints beside the log: one file for each UTC day, unlinked when the day is past its retention.

use std::{
    collections::{BTreeMap, HashMap},
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
type DayHints = HashMap<u64, (usize, Vec<u8>)>;

/// Days that were read lately.
#[derive(Default)]
struct Days {
    days: Vec<(Day, Arc<DayHints>, usize)>,
    /// How many appends there were.
    appends: u64,
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
        Ok(HintFiles { disk, folder: folder.to_path_buf(), files: RwLock::new(files), days: Mutex::default() })
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
        if let Some((_, known, bytes)) = days.days.iter_mut().find(|(known, _, _)| *known == day) {
            let encoded = encoded(entries.iter().map(|entry| &entry.bytes[..]));
            *bytes += encoded.len();
            Arc::make_mut(known).insert(height, (entries.len(), encoded));
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
        let of_day = self.day(day, height_of)?;
        let found = of_day.get(&height).filter(|(count, _)| *count == transactions);
        Ok(found.map(|(_, hints)| hints.clone()))
    }

    fn day(
        &self,
        day: Day,
        height_of: impl Fn(&TransactionId) -> Result<Option<u64>, NodeError>,
    ) -> Result<Arc<DayHints>, NodeError> {
        let appends = {
            let days = lock(&self.days);
            if let Some((_, known, _)) = days.days.iter().find(|(known, _, _)| *known == day) {
                return Ok(known.clone());
            }
            days.appends
        };
        let stored = read(&self.files).read_day(day)?;
        // Stored twice if a crash fell between the hints and the block; a block's transactions ascend by their ids.
        let mut blocks: HashMap<u64, BTreeMap<TransactionId, Vec<u8>>> = HashMap::new();
        for entry in stored {
            let id = TransactionId(entry.tx_id);
            if let Some(height) = height_of(&id)? {
                blocks.entry(height).or_default().insert(id, entry.bytes);
            }
        }
        let of_day: DayHints = blocks
            .into_iter()
            .map(|(height, entries)| (height, (entries.len(), encoded(entries.values().map(|bytes| &bytes[..])))))
            .collect();
        let bytes = of_day.values().map(|(_, hints)| hints.len()).sum();
        let of_day = Arc::new(of_day);
        let mut days = lock(&self.days);
        if days.appends == appends {
            days.days.push((day, of_day.clone(), bytes));
            while days.days.iter().map(|(_, _, bytes)| bytes).sum::<usize>() > MOST {
                days.days.remove(0);
            }
        }
        Ok(of_day)
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
        lock(&self.days).days.retain(|(day, _, _)| *day >= before);
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
