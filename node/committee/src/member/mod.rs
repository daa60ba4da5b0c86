//! The member at work. He follows the chain, opens what was sealed for him, complains of what is wrong, and answers a request
//! when it is final and the rules allow it. Time is the last final block's: his own clock decides nothing.
//!
//! **What survives a kill.** Shares and answers are durable before the view of the ledger that has their blocks is; so a member
//! that was killed reads those blocks again, and finds what he had done. What must be sent follows from both: it is sent again,
//! ever more slowly, until a final block has it.

mod report;
mod seek;
mod send;
mod take;
mod trouble;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hushwatt_client::Backoff;
use hushwatt_crypto::sharing::Member as Number;
use hushwatt_ledger::{
    Rejection,
    committee::Committee,
    genesis::Genesis,
    parameters::TotalsParameters,
    state::StateError,
    storage::{Disk, StorageError, read_whole, replace_whole},
    units::Period,
};
use hushwatt_wallet::{ChainBlock, FollowerError, PublicView};
use rand_core::OsRng;
use trouble::Cause;

use crate::{
    answers::{Answers, AnswersError},
    chain::Chain,
    forget::{erase, is_over},
    keys::Keys,
    shares::{Shares, SharesError},
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

impl Parts {
    fn load_view(&self) -> PublicView {
        load(&*self.disk, &self.view, &self.genesis)
    }
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
pub enum StepError {
    /// Shares.
    #[error(transparent)]
    Shares(#[from] SharesError),
    /// Answers.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// Another file.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The view of the ledger.
    #[error("{}", of_view(.0))]
    State(#[from] StateError),
    /// A block that is no next one.
    #[error(transparent)]
    Chain(#[from] FollowerError),
    /// Validators certified a complaint that is none.
    #[error(
        "block {height} has a complaint that the rules do not allow ({source}): whom it names would be left out of a total for nothing. More than two thirds of the validators signed it; this member answers nothing on their chain. Ask the community what became of them"
    )]
    Complaint {
        /// The block.
        height: u64,
        /// The rule.
        source: Rejection,
    },
}

/// What is wrong with a view: it is no validator's state, and has no folder that could be made anew.
fn of_view(error: &StateError) -> String {
    match error {
        StateError::Storage(error) => error.to_string(),
        StateError::Damaged { key, source } => format!("entry {key} of the view of the ledger is damaged ({source})"),
        StateError::Missing(what) => format!("the view of the ledger lacks {what}"),
    }
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
    seeking: seek::Seeking,
    answering: send::Answering,
    sending: send::Sending,
    caught_up: bool,
    trouble: trouble::Trouble,
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
        let view = parts.load_view();
        Ok(Member {
            saved: view.tip().height,
            totals,
            view,
            shares,
            answers,
            following: Backoff::up_to(MOST_WAIT),
            saving: Backoff::up_to(MOST_WAIT),
            seeking: seek::Seeking::default(),
            answering: send::Answering::default(),
            sending: send::Sending::default(),
            caught_up: false,
            trouble: trouble::Trouble::default(),
            report: report::Report::at(&parts.status),
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
            let sought = self.seek(now);
            self.trouble.note(Cause::Seeking, sought);
            let answered = self.answer();
            self.trouble.note(Cause::Answering, answered);
            let sent = self.send(now);
            self.trouble.note(Cause::Sending, sent);
        }
        // Also while the chain is read: who cannot read it to its end keeps nothing that is over.
        let erased = self.erase();
        self.trouble.note(Cause::Erasing, erased);
        if self.view.tip().height > self.saved && self.saving.is_due(now) {
            let saved = self.save_view();
            self.trouble.note(Cause::Saving, saved);
            self.saving.rest(now, SAVE, &mut OsRng);
        }
        self.publish(now);
        more
    }

    /// Writes down how far the ledger was followed.
    ///
    /// # Errors
    /// [`StepError`]; nothing is lost then but time.
    pub fn save_view(&mut self) -> Result<(), StepError> {
        let path = &self.parts.view;
        // Nobody spends here.
        self.view.prune(|_| false)?;
        replace_whole(&*self.parts.disk, path, &self.view.export())?;
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
                self.trouble.nodes(Some(error.to_string()));
                self.following.fail(now, &mut OsRng);
                return false;
            }
        };
        if fetched.blocks.is_empty() {
            self.trouble.nodes(None);
            self.caught_up = true;
            self.following.rest(now, LOOK, &mut OsRng);
            return false;
        }
        for block in fetched.blocks {
            let height = block.block.header.height;
            if let Err(error) = self.follow_block(block) {
                self.stopped(height, error);
                self.following.fail(now, &mut OsRng);
                return false;
            }
        }
        self.trouble.nodes(None);
        self.trouble.note(Cause::Taking, Ok(()));
        self.caught_up = self.view.tip().height + self.view.waiting() as u64 >= fetched.tip;
        self.following.hurry();
        !self.caught_up
    }

    /// Follows what is final by a block: one after the other, each taken with the ledger as of it.
    fn follow_block(&mut self, next: ChainBlock) -> Result<(), StepError> {
        let mut covered = self.view.cover(next)?;
        loop {
            let replaced = self.view.state().replaced_meters()?;
            let Some(block) = self.view.replay_next(&mut covered)? else { return Ok(()) };
            self.take(&block, replaced.into_iter().collect())?;
            self.trouble.followed(block.block.header.height);
        }
    }

    /// What becomes of it when a block could not be followed: nothing of it may count as done, it is read again.
    fn stopped(&mut self, height: u64, error: StepError) {
        let text = error.to_string();
        match error {
            StepError::Chain(FollowerError::Unlinked { .. } | FollowerError::Certificate { .. }) => {
                self.parts.chain.blame(&text);
                self.trouble.nodes(Some(text));
                return;
            }
            // What the validators signed cannot be: only reading all of it again can say more.
            StepError::Chain(_) | StepError::State(_) => {
                self.trouble.chain_ends(height, text);
                self.view = PublicView::with_periods(self.parts.genesis.clone());
            }
            StepError::Answers(AnswersError::OtherChain(_)) | StepError::Complaint { .. } => {
                self.trouble.chain_ends(height, text);
                self.view = self.parts.load_view();
            }
            error => {
                self.trouble.note(Cause::Taking, Err(error));
                self.view = self.parts.load_view();
            }
        }
        self.caught_up = false;
        self.saved = self.view.tip().height;
    }

    /// Whether nothing of a period can be released any more: by the last final block, or because its shares were erased once,
    /// which a view that is read again does not know yet.
    fn is_over(&self, period: Period) -> bool {
        is_over(&self.answers, &self.totals, period, self.view.tip().time)
    }

    /// Removes the shares of periods that are over, for ever.
    fn erase(&mut self) -> Result<(), StepError> {
        let over: Vec<Period> = self.shares.periods().filter(|period| self.is_over(*period)).collect();
        erase(&mut self.answers, &mut self.shares, &over)
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
}

/// The view that was written down last, or a fresh one.
pub(crate) fn load(disk: &dyn Disk, path: &Path, genesis: &Arc<Genesis>) -> PublicView {
    let fresh = || PublicView::with_periods(genesis.clone());
    let bytes = match read_whole(disk, path, u64::MAX) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return fresh(),
        Err(error) => {
            tracing::warn!(%error, "the view of the ledger cannot be read: the chain is read from its beginning");
            return fresh();
        }
    };
    PublicView::import_with_periods(genesis.clone(), &bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "the view of the ledger cannot be used: the chain is read from its beginning");
        fresh()
    })
}
