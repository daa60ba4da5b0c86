//! Reading the chain: as raw records, as blocks, as files. Nothing here waits for proofs.

use std::{io::Write, sync::Arc};

use hushwatt_ledger::{
    block::{Block, BlockDigest, BlockHints, Certificate, genesis_digest},
    state::{
        IndexedAuction, IndexedContract, index_auctions, index_contracts, index_height_of_block,
        index_height_of_transaction,
    },
    storage::{Day, DiskFile, RecordNumber, StorageError},
    transaction::TransactionId,
    units::Window,
};

use super::{RawRecord, Store};
use crate::{
    NodeError,
    files::failed,
    live::{count_of, header_of},
    lock::read,
};

/// The part of the log that is durable, as a file that only grows: whoever downloads it can go on where he stopped.
#[derive(Debug)]
pub struct LogFile {
    file: Box<dyn DiskFile>,
    length: u64,
}

impl LogFile {
    /// Length in bytes when it was opened.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Reads up to so many bytes at an offset; fewer only at the end.
    pub fn read_at(&self, offset: u64, most: usize) -> std::io::Result<Vec<u8>> {
        let rest = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; most.min(rest)];
        let got = self.file.read_at(offset, &mut bytes)?;
        bytes.truncate(got);
        Ok(bytes)
    }
}

impl Store {
    /// A record of the log with the block's hints if all of them are kept; `None` beyond the last one and for height 0.
    pub fn record(&self, height: u64) -> Result<Option<Arc<RawRecord>>, NodeError> {
        self.record_with(height, true)
    }

    /// The same, perhaps without hints although they are kept.
    pub fn record_without_hints(&self, height: u64) -> Result<Option<Arc<RawRecord>>, NodeError> {
        self.record_with(height, false)
    }

    fn record_with(&self, height: u64, hinted: bool) -> Result<Option<Arc<RawRecord>>, NodeError> {
        {
            let logged = read(&self.logged);
            if height == 0 || height > logged.height {
                return Ok(None);
            }
            if let Some(record) = logged.recent.get(height) {
                return Ok(Some(record.clone()));
            }
        }
        let record = read(&self.log).read(RecordNumber(height - 1))?;
        let header = header_of(self.genesis.network(), &record.body);
        let header = header.map_err(|source| NodeError::Record { height, source })?;
        let hints = if hinted {
            let (day, count) = (Day::of_unix(header.time.0), count_of(&record.body) as usize);
            self.hints.of_block(day, height, count, |id| self.height_of_transaction(id))?
        } else {
            None
        };
        let digest = header.digest(self.genesis.network());
        Ok(Some(Arc::new(RawRecord { height, digest, body: record.body, certificate: record.cert, hints })))
    }

    /// Records from a height on: at least one if there is one, and beyond that no more than so many bytes.
    pub fn records(&self, from: u64, most_bytes: usize) -> Result<Vec<Arc<RawRecord>>, NodeError> {
        let (mut records, mut bytes) = (Vec::new(), 0);
        for height in from.max(1)..=self.height() {
            let Some(record) = self.record(height)? else { break };
            bytes += record.bytes();
            if bytes > most_bytes && !records.is_empty() {
                break;
            }
            records.push(record);
        }
        Ok(records)
    }

    /// A block of the log with its certificate, if it has one of its own.
    pub fn block(&self, height: u64) -> Result<(Block, Option<Certificate>), NodeError> {
        let number = height.checked_sub(1).ok_or(NodeError::NoSuchBlock)?;
        let record = read(&self.log).read(RecordNumber(number))?;
        let decoded = Block::decode_record(self.genesis.network(), &record.body, &record.cert);
        decoded.map_err(|source| NodeError::Record { height, source })
    }

    /// A block's hints as far as they are kept; none for a transaction whose hints are not.
    pub fn block_hints(&self, block: &Block) -> Result<BlockHints, NodeError> {
        self.hints.of_transactions(Day::of_unix(block.header.time.0), block)
    }

    /// Digest of a block of the log.
    pub fn digest(&self, height: u64) -> Result<BlockDigest, NodeError> {
        let number = height.checked_sub(1).ok_or(NodeError::NoSuchBlock)?;
        {
            let logged = read(&self.logged);
            if let Some(record) = logged.recent.get(height) {
                return Ok(record.digest);
            }
        }
        let record = read(&self.log).read(RecordNumber(number))?;
        let header = header_of(self.genesis.network(), &record.body);
        let header = header.map_err(|source| NodeError::Record { height, source })?;
        Ok(header.digest(self.genesis.network()))
    }

    /// Height of a block of the log, or of the genesis.
    pub fn height_of(&self, digest: &BlockDigest) -> Result<Option<u64>, NodeError> {
        if *digest == genesis_digest(&self.genesis) {
            return Ok(Some(0));
        }
        let unapplied =
            read(&self.logged).unapplied.iter().find(|(_, other)| *other == digest).map(|(height, _)| *height);
        match unapplied {
            Some(height) => Ok(Some(height)),
            None => Ok(index_height_of_block(&**read(&self.index), digest)?),
        }
    }

    /// Height of the applied block that holds a transaction.
    pub fn height_of_transaction(&self, id: &TransactionId) -> Result<Option<u64>, NodeError> {
        Ok(index_height_of_transaction(&**read(&self.index), id)?)
    }

    /// Heights of the records that have no certificate of their own, ascending.
    pub fn uncertified(&self) -> Vec<u64> {
        read(&self.logged).uncertified.iter().copied().collect()
    }

    /// The durable part of the log as a file.
    pub fn log_file(&self) -> Result<LogFile, NodeError> {
        let path = self.folder.join(Self::LOG);
        // No append is under way while this is held.
        let _log = read(&self.log);
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let file = self.disk.open(&path).and_then(|file| file.ok_or_else(gone)).map_err(failed("open", &path))?;
        let length = file.len().map_err(failed("read", &path))?;
        Ok(LogFile { file, length })
    }

    /// Writes the chain in the log's own format, for auditors. No block is stored meanwhile: a running node gives
    /// [`Self::log_file`] instead.
    pub fn export(&self, out: &mut dyn Write) -> Result<(), NodeError> {
        Ok(read(&self.log).export(out)?)
    }

    /// The days whose hints are kept, with the lengths of their files in bytes.
    pub fn hint_files(&self) -> Result<Vec<(Day, u64)>, NodeError> {
        self.hints.lengths()
    }

    /// Bytes of a day's hint file from an offset on; fewer than `length` only at its end. What was read once stays at its
    /// place until the day is forgotten.
    pub fn read_hints(&self, day: Day, offset: u64, length: usize) -> Result<Vec<u8>, NodeError> {
        Ok(self.hints.read_at(day, offset, length)?)
    }

    /// The contracts of a window in the order in which they were opened: how many there are, and those from a place on, up
    /// to so many.
    pub fn contracts(
        &self,
        window: Window,
        from: usize,
        most: usize,
    ) -> Result<(usize, Vec<IndexedContract>), NodeError> {
        Ok(index_contracts(&**read(&self.index), window, from, most)?)
    }

    /// The auctions that had any order, of the windows from one to before another: by window and utility.
    pub fn auctions(&self, from: Window, until: Window) -> Result<Vec<IndexedAuction>, NodeError> {
        Ok(index_auctions(&**read(&self.index), from, until)?)
    }

    /// The days whose hints are kept.
    pub fn hint_days(&self) -> Result<Vec<Day>, NodeError> {
        Ok(self.hints.days()?)
    }

    /// Writes a day's hints in the format of their file, for wallets. No block is stored meanwhile.
    pub fn export_hints(&self, day: Day, out: &mut dyn Write) -> Result<(), NodeError> {
        Ok(self.hints.export(day, out)?)
    }

    /// Keeps bytes for a height ahead of the log, in the place of what was kept for it; durable when this returns.
    pub fn save_ahead(&self, height: u64, bytes: &[u8]) -> Result<(), StorageError> {
        self.ahead.save(height, bytes)
    }

    /// Everything kept ahead of the log, by height; what is damaged is deleted, since it can be fetched again.
    pub fn load_ahead(&self) -> Result<Vec<(u64, Vec<u8>)>, StorageError> {
        self.ahead.load()
    }

    /// Forgets what was kept ahead of heights that the log has by now: a node that follows never loads it.
    pub fn drop_passed_ahead(&self) -> Result<(), StorageError> {
        self.ahead.drop_until(self.height())
    }

    /// Forgets what was kept for a height.
    pub fn drop_ahead(&self, height: u64) -> Result<(), StorageError> {
        self.ahead.drop(height)
    }
}
