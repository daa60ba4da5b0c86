//! The member at work. He follows the chain, opens what was sealed for him, complains of what is wrong, and answers a request
//! when it is final and the rules allow it. Time is the last final block's: his own clock decides nothing.
//!
//! **What survives a kill.** Shares and answers are durable before the view of the ledger that has their blocks is; so a member
//! that was killed reads those blocks again, and finds what he had done. What must be sent follows from both: it is sent again,
//! ever more slowly, until a final block has it.

mod report;
mod send;
mod take;

use std::{path::PathBuf, sync::Arc, time::Duration};

use hushwatt_client::Backoff;
use hushwatt_crypto::sharing::Member as Number;
use hushwatt_ledger::{
    committee::Committee,
    genesis::Genesis,
    parameters::TotalsParameters,
    state::StateError,
    storage::{Disk, StorageError},
    units::Period,
};
use hushwatt_wallet::{FollowerError, PublicView};
use rand_core::OsRng;

use crate::{
    answers::{Answers, AnswersError},
    chain::Chain,
    keys::Keys,
    shares::{Shares, SharesError, at},
};

/// Between two looks at a chain that was read to its end.
const LOOK: Duration = Duration::from_secs(2);
/// Longest wait after a failure.
const MOST_WAIT: Duration = Duration::from_secs(60);
/// The view of the ledger is written down so often while the chain is read.
const SAVE: Duration = Duration::from_secs(30);

/// What a member is made of.
pub struct Parts {
    /// The network.
    pub genesis: Arc<Genesis>,
    /// The secrets.
    pub keys: Keys,
    /// Where blocks come from.
    pub chain: Box<dyn Chain>,
    /// The disk of the files that follow.
    pub disk: Arc<dyn Disk>,
    /// Folder of the shares; it is there.
    pub shares: PathBuf,
    /// File of the answers.
    pub answers: PathBuf,
    /// File of the view.
    pub view: PathBuf,
    /// File of the status.
    pub status: PathBuf,
}

/// Why a member cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Shares.
    #[error(transparent)]
    Shares(#[from] SharesError),
    /// Answers.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// The genesis has no totals.
    #[error("this community's genesis makes no totals: there is nothing for a committee to do")]
    NoTotals,
}

/// Why a step went no further.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Shares(#[from] SharesError),
    #[error(transparent)]
    Answers(#[from] AnswersError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    State(#[from] StateError),
}

/// A member of the committee.
pub struct Member {
    parts: Parts,
    totals: TotalsParameters,
    view: PublicView,
    /// Height of the view that is written down.
    saved: u64,
    shares: Shares,
    answers: Answers,
    following: Backoff,
    saving: Backoff,
    seeking: Backoff,
    sending: send::Sending,
    caught_up: bool,
    /// What is wrong with nodes, the ledger, the disk and the registry.
    trouble: report::Trouble,
    report: report::Report,
}

impl Member {
    /// Opens what the last run left. A view that is lost or damaged is read again from the beginning.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(parts: Parts) -> Result<Self, OpenError> {
        let totals = parts.genesis.parameters.totals.ok_or(OpenError::NoTotals)?;
        let network = *parts.genesis.network();
        let shares = Shares::open(parts.disk.clone(), &parts.shares, &network)?;
        let answers = Answers::open(parts.disk.clone(), &parts.answers, &network)?;
        let view = load(&parts);
        Ok(Member {
            saved: view.tip().height,
            totals,
            view,
            shares,
            answers,
            following: Backoff::up_to(MOST_WAIT),
            saving: Backoff::up_to(MOST_WAIT),
            seeking: Backoff::up_to(MOST_WAIT),
            sending: send::Sending::default(),
            caught_up: false,
            trouble: report::Trouble::default(),
            report: report::Report::default(),
            parts,
        })
    }

    /// One piece of the chain, and what follows from it, at a time of a clock that never goes back; nothing while it is not time
    /// for that. Says whether there is more to read at once.
    pub fn step(&mut self, now: Duration) -> bool {
        if !self.following.is_due(now) {
            return false;
        }
        let more = self.follow(now);
        if self.caught_up {
            let done =
                self.seek(now).and_then(|()| self.answer()).and_then(|()| self.send(now)).and_then(|()| self.erase());
            self.note(done);
        }
        if self.view.tip().height > self.saved && self.saving.is_due(now) {
            let saved = self.save_view();
            self.note(saved.map_err(StepError::from));
            self.saving.rest(now, SAVE, &mut OsRng);
        }
        self.publish();
        more
    }

    /// Writes down how far the ledger was followed.
    ///
    /// # Errors
    /// [`StorageError`]; nothing is lost then but time.
    pub fn save_view(&mut self) -> Result<(), StorageError> {
        let path = &self.parts.view;
        replace(&*self.parts.disk, path, &self.view.export())?;
        self.saved = self.view.tip().height;
        Ok(())
    }

    /// Reads the next piece of the chain.
    fn follow(&mut self, now: Duration) -> bool {
        let after = self.view.tip().height + self.view.waiting() as u64;
        let retention_from = self.view.tip().time.minus(self.parts.genesis.parameters.retention);
        let fetched = match self.parts.chain.fetch(after, retention_from) {
            Ok(fetched) => fetched,
            Err(error) => {
                self.trouble.set_nodes(Some(error.to_string()));
                self.following.fail(now, &mut OsRng);
                return false;
            }
        };
        self.trouble.set_nodes(None);
        if fetched.blocks.is_empty() {
            self.caught_up = true;
            self.following.rest(now, LOOK, &mut OsRng);
            return false;
        }
        for block in fetched.blocks {
            let taken = match self.view.follow(block) {
                Ok(blocks) => blocks.iter().try_for_each(|block| self.take(block)),
                Err(error @ (FollowerError::Unlinked { .. } | FollowerError::Certificate { .. })) => {
                    self.parts.chain.blame(&error.to_string());
                    self.following.fail(now, &mut OsRng);
                    return false;
                }
                Err(error) => {
                    // What the validators signed cannot be: only reading all of it again can say more.
                    self.trouble.set_ledger(Some(error.to_string()));
                    self.view = PublicView::with_periods(self.parts.genesis.clone());
                    self.saved = 0;
                    self.following.fail(now, &mut OsRng);
                    return false;
                }
            };
            if taken.is_err() {
                // Nothing of this block may count as done: it is read again.
                self.note(taken);
                self.view = load(&self.parts);
                self.saved = self.view.tip().height;
                self.following.fail(now, &mut OsRng);
                return false;
            }
        }
        self.trouble.set_ledger(None);
        self.caught_up = self.view.tip().height + self.view.waiting() as u64 >= fetched.tip;
        self.following.hurry();
        !self.caught_up
    }

    /// Removes the shares of periods that are over.
    fn erase(&mut self) -> Result<(), StepError> {
        let time = self.view.tip().time;
        let over: Vec<Period> =
            self.shares.periods().filter(|period| time > self.totals.times(*period).release).collect();
        for period in over {
            self.shares.forget(period)?;
            tracing::info!(period = period.0, "the shares of a period that is over were erased");
        }
        Ok(())
    }

    /// The committee of a period and this member's number in it.
    fn place_in(&self, period: Period) -> Result<Option<(Committee, Number)>, StateError> {
        let public = self.parts.keys.public();
        let committee = self.view.state().committee_of(period)?;
        Ok(committee.and_then(|committee| {
            let number = committee.number_of(&public.key)?;
            Some((committee, number))
        }))
    }

    /// What he was asked and answers.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The member's shares.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// The ledger as far as it was followed.
    pub fn view(&self) -> &PublicView {
        &self.view
    }

    fn note(&mut self, done: Result<(), StepError>) {
        self.trouble.set_disk(done.err().map(|error| error.to_string()));
    }
}

/// The view that was written down last, or a fresh one.
fn load(parts: &Parts) -> PublicView {
    let fresh = || PublicView::with_periods(parts.genesis.clone());
    let bytes = match read(&*parts.disk, &parts.view) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return fresh(),
        Err(error) => {
            tracing::warn!(%error, "the view of the ledger cannot be read: the chain is read from its beginning");
            return fresh();
        }
    };
    PublicView::import_with_periods(parts.genesis.clone(), &bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "the view of the ledger cannot be used: the chain is read from its beginning");
        fresh()
    })
}

fn read(disk: &dyn Disk, path: &std::path::Path) -> Result<Option<Vec<u8>>, StorageError> {
    let Some(file) = disk.open(path).map_err(at("open", path))? else { return Ok(None) };
    let length = file.len().map_err(at("read", path))?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let got = file.read_at(0, &mut bytes).map_err(at("read", path))?;
    bytes.truncate(got);
    Ok(Some(bytes))
}

/// Replaces a file in one step, durably.
fn replace(disk: &dyn Disk, path: &std::path::Path, bytes: &[u8]) -> Result<(), StorageError> {
    let mut draft = path.as_os_str().to_os_string();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    if disk.open(&draft).map_err(at("open", &draft))?.is_some() {
        disk.remove(&draft).map_err(at("remove", &draft))?;
    }
    let mut file = disk.create(&draft).map_err(at("create", &draft))?;
    file.append(bytes).map_err(at("write", &draft))?;
    file.sync_data().map_err(at("sync", &draft))?;
    drop(file);
    disk.rename(&draft, path).map_err(at("replace", path))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(std::path::Path::new("."));
    disk.sync_dir(folder).map_err(at("sync", folder))
}
