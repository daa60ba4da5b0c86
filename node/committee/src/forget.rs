//! Forgetting by hand: the shares of periods that are over, in the folder of a stopped member. A running one erases them by
//! himself ([`crate::member`]), by the ledger's time; one that is stopped reads no ledger, so it is this machine's clock here.
//!
//! It may be broken off at any time, and goes on when it is called again: what is erased for ever is written down first, and each
//! period is gone durably before the next one.

use std::{path::Path, sync::Arc};

use hushwatt_ledger::{
    genesis::Genesis,
    parameters::TotalsParameters,
    storage::{Day, Disk, PrivateDisk},
    units::{Period, Timestamp},
};
use serde::Serialize;

use crate::{
    answers::Answers,
    folder::{FolderError, MemberFolder},
    member::{OpenError, StepError, load},
    shares::Shares,
};

/// What clocks may differ by, in seconds.
const SKEW: u64 = 10;

/// How it is done.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForgetOptions {
    /// Only say what is over.
    pub dry_run: bool,
    /// Somebody looked at the clock and says that it is right, however far it is ahead of the ledger.
    pub clock_is_right: bool,
}

/// A period that is over, of which shares are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Its number.
    pub period: u64,
    /// Its first second.
    pub start: u64,
    /// Meters and trades of which something is kept.
    pub subjects: usize,
    /// Length of its file.
    pub bytes: u64,
}

/// What was over. Times are unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// The time by which it is.
    pub at: u64,
    /// Time of the last block that the member read; of the genesis if he read none.
    pub last_block: u64,
    /// The periods, in order.
    pub periods: Vec<Past>,
    /// Periods whose shares are kept for now.
    pub kept: usize,
    /// Whether the shares were erased.
    pub deleted: bool,
}

/// Why nothing is erased, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// The folder; also if a member runs there.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What the last run left cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something could not be erased, or written down.
    #[error(transparent)]
    Erase(#[from] StepError),
    /// The machine's clock is behind the ledger.
    #[error(
        "this machine's clock says {now}, which is before the last block that this member read ({last_block}, both in unix seconds): set the clock (chronyc tracking), then try again"
    )]
    ClockBehind {
        /// The clock.
        now: u64,
        /// Time of the last block.
        last_block: u64,
    },
    /// The machine's clock is far ahead of the ledger, and shares would go by it alone.
    #[error(
        "this machine's clock says {}, and the last block that this member read is of {}, more than the retention before. Shares that are erased are gone for ever, and if the clock is wrong totals may fail for it: look at it (chronyc tracking); if it is right, say --yes",
        Day::of_unix(*.now), Day::of_unix(*.last_block)
    )]
    ClockAhead {
        /// The clock.
        now: u64,
        /// Time of the last block.
        last_block: u64,
    },
}

/// Whether nothing of a period can be released any more: by a time, or because its shares were erased once.
pub(crate) fn is_over(answers: &Answers, totals: &TotalsParameters, period: Period, at: Timestamp) -> bool {
    answers.erased() >= Some(period) || at > totals.times(period).release
}

/// Removes the shares of periods that are over, in ascending order, for ever: that is written down first.
pub(crate) fn erase(answers: &mut Answers, shares: &mut Shares, over: &[Period]) -> Result<(), StepError> {
    let noted = over.last().map_or(Ok(()), |last| answers.erase(*last));
    // A disk that is too full for that is none for shares that are over.
    for period in over {
        shares.forget(*period)?;
        tracing::info!(period = period.0, "the shares of a period that is over were erased");
    }
    Ok(noted?)
}

/// The files of a member who does not run.
pub struct StoppedMember {
    genesis: Arc<Genesis>,
    totals: TotalsParameters,
    shares: Shares,
    answers: Answers,
    last_block: Timestamp,
}

impl StoppedMember {
    /// Opens his files; whoever calls is the only one who has them open.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        disk: &Arc<dyn Disk>,
        genesis: Arc<Genesis>,
        shares: &Path,
        answers: &Path,
        view: &Path,
    ) -> Result<Self, OpenError> {
        let totals = genesis.parameters.totals.ok_or(OpenError::NoTotals)?;
        Ok(StoppedMember {
            shares: Shares::open(disk.clone(), shares, genesis.network())?,
            answers: Answers::open(disk.clone(), answers, genesis.network())?,
            last_block: load(&**disk, view, &genesis).tip().time,
            totals,
            genesis,
        })
    }

    /// Erases the shares of the periods that are over at the time `clock` of this machine, or by the last block that he read; in a
    /// network with simulated time by that alone.
    ///
    /// # Errors
    /// [`ForgetError::ClockBehind`], [`ForgetError::ClockAhead`]: nothing is erased then; [`ForgetError::Erase`].
    pub fn forget(&mut self, clock: Timestamp, options: ForgetOptions) -> Result<Forgotten, ForgetError> {
        let (now, last_block) = (clock.0, self.last_block.0);
        let at = if self.genesis.simulated_time { self.last_block } else { clock.max(self.last_block) };
        if !self.genesis.simulated_time && clock.plus(SKEW) < self.last_block {
            return Err(ForgetError::ClockBehind { now, last_block });
        }
        let over = self.over(at);
        let is_far_ahead = at > self.last_block.plus(self.genesis.parameters.retention);
        // What is over by the ledger is over whatever the clock says.
        if !options.dry_run && !options.clock_is_right && is_far_ahead && over != self.over(self.last_block) {
            return Err(ForgetError::ClockAhead { now, last_block });
        }
        let periods: Vec<Past> = over.iter().map(|period| self.past(*period)).collect();
        let kept = self.shares.periods().count() - over.len();
        let deleted = !options.dry_run && !over.is_empty();
        if deleted {
            erase(&mut self.answers, &mut self.shares, &over)?;
        }
        Ok(Forgotten { at: at.0, last_block, periods, kept, deleted })
    }

    /// The periods of which shares are kept and that are over at a time.
    fn over(&self, at: Timestamp) -> Vec<Period> {
        self.shares.periods().filter(|period| is_over(&self.answers, &self.totals, *period, at)).collect()
    }

    fn past(&self, period: Period) -> Past {
        Past {
            period: period.0,
            start: self.totals.start(period).0,
            subjects: self.shares.of(period).count(),
            bytes: self.shares.bytes(period),
        }
    }
}

/// Erases the shares of periods that are over in a member's folder, as [`StoppedMember::forget`] does. His keys are not needed.
///
/// # Errors
/// [`ForgetError`].
pub fn forget(path: &Path, clock: Timestamp, options: ForgetOptions) -> Result<Forgotten, ForgetError> {
    let folder = MemberFolder::at(path);
    let genesis = folder.genesis()?;
    let lock = folder.lock()?;
    let disk: Arc<dyn Disk> = Arc::new(PrivateDisk);
    let (shares, answers, view) = (folder.shares_folder(), folder.answers_file(), folder.view_file());
    let forgotten = StoppedMember::open(&disk, genesis, &shares, &answers, &view)?.forget(clock, options);
    drop(lock);
    forgotten
}
