//! An exported chain with its hints, read block by block: how a wallet is restored from its seed.
//!
//! Everything is downloaded whole and read here, so nobody learns what a wallet looks for.

use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    block::{Block, BlockHints},
    codec::DecodeError,
    genesis::{Genesis, GenesisError},
    rules::structure::hints_match,
    storage::{ChainReader, Day, HintReader, StorageError},
    transaction::{Transaction, TransactionId, hints::decode_hints},
};

use crate::{ChainBlock, Follower, FollowerError, Progress, Wallet};

/// Why an archive was not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file.
    #[error("cannot open {path}: {source}")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Its content.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The genesis in it.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// A record that is no block.
    #[error("record {record} of the chain is no block: {source}")]
    Block {
        /// Which, from 0.
        record: u64,
        /// Why not.
        source: DecodeError,
    },
    /// A block that does not follow.
    #[error(transparent)]
    Follower(#[from] FollowerError),
    /// The end of the chain is not final.
    #[error(
        "the last {blocks} blocks of the chain have no certificate yet: they were not read; export the chain again"
    )]
    NotFinal {
        /// How many.
        blocks: usize,
    },
}

/// Reads a chain file and the hint files beside it.
pub struct Archive {
    genesis: Genesis,
    chain: ChainReader<File>,
    hints_folder: PathBuf,
    day: Option<(Day, HashMap<TransactionId, Vec<u8>>)>,
    records: u64,
    without_hints: u64,
}

impl Archive {
    /// Opens a chain file and a folder of hint files; days without a file are days whose hints were forgotten.
    pub fn open(chain: &Path, hints_folder: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(chain).map_err(|source| ArchiveError::Open { path: chain.to_path_buf(), source })?;
        let chain = ChainReader::new(file)?;
        let genesis = Genesis::parse(chain.genesis())?;
        Ok(Archive {
            genesis,
            chain,
            hints_folder: hints_folder.to_path_buf(),
            day: None,
            records: 0,
            without_hints: 0,
        })
    }

    /// The genesis in the file. Whether it is the community's is for the caller to check, by its network id.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The next block.
    pub fn next_block(&mut self) -> Result<Option<ChainBlock>, ArchiveError> {
        let Some(record) = self.chain.next_record()? else { return Ok(None) };
        let number = self.records;
        let wrong = |source| ArchiveError::Block { record: number, source };
        self.records += 1;
        let decoded = Block::decode_record(self.genesis.network(), &record.body, &record.cert);
        let (block, certificate) = decoded.map_err(wrong)?;
        let day = Day::of_unix(block.header.time.0);
        if self.day.as_ref().is_none_or(|(loaded, _)| *loaded != day) {
            self.day = Some((day, self.load_day(day)?));
        }
        let stored = self.day.as_ref().map(|(_, hints)| hints);
        let network = self.genesis.network();
        let hints = block.transactions.iter().map(|transaction| -> Vec<Hint> {
            let bytes = stored.and_then(|stored| stored.get(transaction.id()));
            let hints = bytes.and_then(|bytes| decode_hints(bytes).ok()).unwrap_or_default();
            // Hints that are not the transaction's own are as good as none.
            let digest = &transaction.envelope().hints;
            if hints_match(network, transaction.action(), digest, &hints).is_ok() { hints } else { Vec::new() }
        });
        let hints: BlockHints = hints.collect();
        let lacks =
            |(transaction, hints): &(&Transaction, &Vec<Hint>)| hints.len() != transaction.action().hint_count();
        self.without_hints += block.transactions.iter().zip(&hints).filter(lacks).count() as u64;
        Ok(Some(ChainBlock { block, certificate, hints }))
    }

    /// Transactions so far whose hints were missing or not their own. A wallet restored from such an archive may lack
    /// notes: their hints were forgotten after retention, or somebody withheld them.
    pub fn without_hints(&self) -> u64 {
        self.without_hints
    }

    fn load_day(&self, day: Day) -> Result<HashMap<TransactionId, Vec<u8>>, ArchiveError> {
        let path = self.hints_folder.join(day.file_name());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
            Err(source) => return Err(ArchiveError::Open { path, source }),
        };
        let mut hints = HashMap::new();
        for hint in HintReader::new(file)? {
            let hint = hint?;
            hints.insert(TransactionId(hint.tx_id), hint.bytes);
        }
        Ok(hints)
    }
}

/// Scans a whole archive into wallets that have scanned nothing yet. `blocks` is for the progress only.
///
/// # Errors
/// After [`ArchiveError::NotFinal`] the wallets are right as of the follower's tip.
pub fn restore(
    archive: &mut Archive,
    follower: &mut Follower,
    wallets: &mut [Wallet],
    blocks: u64,
    progress: &mut dyn Progress,
) -> Result<(), ArchiveError> {
    while let Some(next) = archive.next_block()? {
        for block in follower.follow(next)? {
            for wallet in wallets.iter_mut() {
                wallet.scan_block(&block.block, &block.hints, &block.events);
            }
            progress.scanned(block.block.header.height, blocks);
        }
    }
    match follower.waiting() {
        0 => Ok(()),
        blocks => Err(ArchiveError::NotFinal { blocks }),
    }
}
