//! Forgetting in the folder of a node (protocol section 9): what in it is past its time, and its deletion.
//!
//! A node that runs forgets by itself. This is for folders whose node does not run, and for looking.
//!
//! | what | when it is past its time |
//! |---|---|
//! | `hints/` | the day ended at least the retention ago |
//! | `waiting.hwl` | the transaction's validity is over: no block can hold it any more |
//! | `ahead/` | the log has reached the block, or the block is older than the retention |
//! | `engine/` | blocks with their hints: all epochs that it knows ended at least the retention ago |
//!
//! The engine of a validator that was stopped within an epoch, the retention or longer ago, also holds its votes: without
//! them it catches up with the others before it votes again. Somebody has to say that this is meant.
//!
//! Each deletion is one step that is whole or not done, and nothing is noted beside it: whoever looks again finds what is left.

use std::{fs, io, path::Path, sync::Arc};

use hushwatt_consensus::{block_ahead, last_epoch_of};
use hushwatt_ledger::{
    genesis::Genesis,
    storage::{ChainLog, Day, Disk, HintStore, RealDisk, RecordNumber, StorageError},
    units::{Epoch, Timestamp},
};
use serde::Serialize;

use crate::{
    Core, JournalError, NodeError, Store, Submission,
    ahead::Ahead,
    config::{ConfigError, NodeFolder},
    files::{draft_of, failed},
    journal::{Journal, Reloaded},
    live::{body_of, header_of},
};

/// Something in a node's folder that is past its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Past {
    /// The hints of a day.
    Hints {
        /// The day, UTC.
        day: String,
        /// Length of the file.
        bytes: u64,
    },
    /// Transactions that no block can hold any more.
    Waiting {
        /// How many, those that cannot be read included.
        transactions: u64,
    },
    /// A block received ahead of the log.
    Ahead {
        /// Its height.
        height: u64,
        /// Length of what was kept.
        bytes: u64,
    },
    /// What the consensus engine kept.
    Engine {
        /// Bytes in its folder.
        bytes: u64,
        /// What that is.
        holds: EngineHolds,
    },
}

/// What an engine's folder that is past its time holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineHolds {
    /// What a removal that was cut short has left.
    Remains,
    /// Votes and blocks of epochs that are over.
    PastEpochs,
    /// The last votes of this validator too: without them it has to catch up before it votes again.
    LastVotes,
}

impl Past {
    /// Whether it is deleted only if that is asked for.
    pub fn has_last_votes(&self) -> bool {
        matches!(self, Past::Engine { holds: EngineHolds::LastVotes, .. })
    }
}

/// Why forgetting failed. What was deleted before is gone; the next attempt goes on.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] ConfigError),
    /// The data.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The machine's clock is behind the ledger: what it says about retention is worth nothing.
    #[error(
        "this machine's clock says {now}, which is before the last block ({tip}, both in unix seconds): set the clock (chronyc tracking), then try again"
    )]
    Clock {
        /// The clock.
        now: u64,
        /// Time of the last block.
        tip: u64,
    },
}

impl From<StorageError> for ForgetError {
    fn from(error: StorageError) -> Self {
        NodeError::from(error).into()
    }
}

impl From<JournalError> for ForgetError {
    fn from(error: JournalError) -> Self {
        NodeError::from(error).into()
    }
}

/// What clocks may differ by, in seconds.
const SKEW: u64 = 10;

/// The folder of a node that does not run, and cannot be started while this is held.
pub struct StoppedNode {
    folder: NodeFolder,
    genesis: Arc<Genesis>,
    disk: Arc<dyn Disk>,
    log: ChainLog,
}

impl StoppedNode {
    /// Takes a node's folder; `None` if the node never ran.
    ///
    /// # Errors
    /// [`StorageError::InUse`] in [`ForgetError::Node`] if it runs now.
    pub fn take(folder: &NodeFolder, genesis: Arc<Genesis>) -> Result<Option<Self>, ForgetError> {
        Self::take_on(Arc::new(RealDisk), folder, genesis)
    }

    /// The same on another disk: crash tests give one that kills them.
    pub fn take_on(
        disk: Arc<dyn Disk>,
        folder: &NodeFolder,
        genesis: Arc<Genesis>,
    ) -> Result<Option<Self>, ForgetError> {
        let path = folder.data().join(Store::LOG);
        if disk.open(&path).map_err(failed("open", &path))?.is_none() {
            return Ok(None);
        }
        let log = ChainLog::open(disk.clone(), &path, genesis.bytes())?;
        Ok(Some(StoppedNode { folder: folder.clone(), genesis, disk, log }))
    }

    /// Time of the last block, or of the genesis.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn time(&self) -> Result<Timestamp, ForgetError> {
        let time = self.log.len().checked_sub(1).map(|last| self.time_of(last)).transpose()?;
        Ok(time.unwrap_or(self.genesis.time))
    }

    /// What is past its time at this time, in the order in which it is deleted.
    ///
    /// # Errors
    /// [`ForgetError::Clock`]; or if something cannot be read.
    pub fn past(&self, now: Timestamp) -> Result<Vec<Past>, ForgetError> {
        let tip = self.time()?;
        if now.plus(SKEW) < tip {
            return Err(ForgetError::Clock { now: now.0, tip: tip.0 });
        }
        let mut past = look_on(self.disk.clone(), &self.folder, &self.genesis, now)?;
        past.extend(self.ahead(now)?.into_iter().map(|(height, bytes)| Past::Ahead { height, bytes }));
        past.extend(self.engine(now)?);
        Ok(past)
    }

    /// Deletes what is past its time at this time, but a validator's last votes only with `votes`. Gives what is gone.
    ///
    /// # Errors
    /// As for [`Self::past`]; or if something cannot be deleted.
    pub fn forget(&self, now: Timestamp, votes: bool) -> Result<Vec<Past>, ForgetError> {
        let mut past = self.past(now)?;
        past.retain(|past| votes || !past.has_last_votes());
        let data = self.folder.data();
        let mut hints = HintStore::open(self.disk.clone(), &data.join(Store::HINTS))?;
        for day in past_days(&hints, &self.genesis, now)? {
            hints.remove_day(day)?;
        }
        if past.iter().any(|past| matches!(past, Past::Waiting { .. })) {
            let (mut journal, reloaded) =
                Journal::open(self.disk.clone(), &data.join(Core::JOURNAL), self.genesis.network())?;
            journal.rewrite(&self.sound(reloaded, now))?;
        }
        for past in &past {
            match past {
                Past::Ahead { height, .. } => {
                    Ahead::open(self.disk.clone(), &data.join(Store::AHEAD))?.drop(*height)?
                }
                Past::Engine { holds: EngineHolds::Remains, .. } => self.folder.finish_removal()?,
                Past::Engine { holds: EngineHolds::PastEpochs, .. } => {
                    self.folder.unmark_voted()?;
                    self.folder.remove_engine()?;
                }
                // The mark stays: with it and without its votes, the validator catches up before it votes.
                Past::Engine { holds: EngineHolds::LastVotes, .. } => self.folder.remove_engine()?,
                Past::Hints { .. } | Past::Waiting { .. } => {}
            }
        }
        Ok(past)
    }

    /// The records of the journal that a block can still hold.
    fn sound(&self, reloaded: Reloaded, now: Timestamp) -> Vec<Vec<u8>> {
        reloaded.bodies.into_iter().filter(|body| is_sound(&self.genesis, body, now)).collect()
    }

    fn time_of(&self, record: u64) -> Result<Timestamp, ForgetError> {
        let body = self.log.read(RecordNumber(record))?.body;
        let header = header_of(self.genesis.network(), &body);
        Ok(header.map_err(|source| NodeError::Record { height: record + 1, source })?.time)
    }

    fn ahead(&self, now: Timestamp) -> Result<Vec<(u64, u64)>, ForgetError> {
        let folder = self.folder.data().join(Store::AHEAD);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let before = now.minus(self.genesis.parameters.retention);
        let is_past = |height: u64, kept: &[u8]| {
            let time =
                block_ahead(kept).and_then(body_of).and_then(|body| header_of(self.genesis.network(), body).ok());
            height <= self.log.len() || time.is_some_and(|header| header.time < before)
        };
        let kept = Ahead::open(self.disk.clone(), &folder)?.look()?;
        let past = kept.iter().filter(|(height, bytes)| is_past(*height, bytes));
        Ok(past.map(|(height, bytes)| (*height, bytes.len() as u64)).collect())
    }

    fn engine(&self, now: Timestamp) -> Result<Vec<Past>, ForgetError> {
        let (engine, removed) = (self.folder.engine(), self.folder.removed_engine());
        let mut past = Vec::new();
        if removed.exists() {
            past.push(Past::Engine { bytes: bytes_in(&removed)?, holds: EngineHolds::Remains });
        }
        let Some(epoch) = last_epoch_of(&engine).map_err(failed("read", &engine))? else { return Ok(past) };
        let before = now.minus(self.genesis.parameters.retention);
        let next = self.genesis.parameters.first_height(Epoch(epoch.saturating_add(1)));
        let holds = if next <= self.log.len() && self.time_of(next.saturating_sub(1))? < before {
            EngineHolds::PastEpochs
        } else if self.time()? < before {
            EngineHolds::LastVotes
        } else {
            return Ok(past);
        };
        past.push(Past::Engine { bytes: bytes_in(&engine)?, holds });
        Ok(past)
    }
}

/// What of a folder's hints and waiting transactions is past its time at this time; changes nothing, so that the node may run.
///
/// # Errors
/// If something cannot be read.
pub fn look(folder: &NodeFolder, genesis: &Genesis, now: Timestamp) -> Result<Vec<Past>, ForgetError> {
    look_on(Arc::new(RealDisk), folder, genesis, now)
}

fn look_on(
    disk: Arc<dyn Disk>,
    folder: &NodeFolder,
    genesis: &Genesis,
    now: Timestamp,
) -> Result<Vec<Past>, ForgetError> {
    let (hints, journal) = (folder.data().join(Store::HINTS), folder.data().join(Core::JOURNAL));
    let mut past = Vec::new();
    if hints.is_dir() {
        let length = |day: Day| -> Result<u64, StorageError> {
            let path = hints.join(day.file_name());
            let file = disk.open(&path).map_err(failed("open", &path))?;
            file.map_or(Ok(0), |file| file.len().map_err(failed("read", &path)))
        };
        let files = HintStore::open(disk.clone(), &hints)?;
        for day in past_days(&files, genesis, now)? {
            past.push(Past::Hints { day: day.to_string(), bytes: length(day)? });
        }
    }
    let draft = draft_of(&journal);
    let has_draft = disk.open(&draft).map_err(failed("open", &draft))?.is_some();
    let Reloaded { bodies, torn, damaged } = Journal::look(disk, &journal, genesis.network())?;
    let unsound = bodies.iter().filter(|body| !is_sound(genesis, body, now)).count() as u64;
    if unsound + damaged + torn > 0 || has_draft {
        past.push(Past::Waiting { transactions: unsound + damaged + u64::from(torn > 0) });
    }
    Ok(past)
}

/// The days whose hints are past the retention, in order.
fn past_days(files: &HintStore, genesis: &Genesis, now: Timestamp) -> Result<Vec<Day>, StorageError> {
    let before = Day::of_unix(now.minus(genesis.parameters.retention).0);
    let mut days = files.days()?;
    days.retain(|day| *day < before);
    Ok(days)
}

/// Whether a block can still hold a submission.
fn is_sound(genesis: &Genesis, body: &[u8], now: Timestamp) -> bool {
    let read = Submission::from_bytes(genesis.network(), body);
    read.is_ok_and(|submission| submission.transaction().envelope().valid_until >= now)
}

/// Bytes of all files in a folder and the folders in it.
fn bytes_in(folder: &Path) -> Result<u64, StorageError> {
    let sum = |folder: &Path| -> io::Result<u64> {
        let (mut bytes, mut folders) = (0, vec![folder.to_path_buf()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                match entry.metadata()? {
                    metadata if metadata.is_dir() => folders.push(entry.path()),
                    metadata => bytes += metadata.len(),
                }
            }
        }
        Ok(bytes)
    };
    sum(folder).map_err(failed("read", folder))
}
