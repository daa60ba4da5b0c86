//! The service: from telegrams to attestations on the ledger, one step after the other (protocol section 6.2).
//!
//! It never waits: what comes from the line is given to [`Service::hear`], what time makes due is done by [`Service::step`], and
//! what has to do with nodes is done at a [`Desk`]. So tests drive it with a clock of their own, and a crash at any point of it is
//! a crash between two records of the store.
//!
//! Invariants:
//! 1. A sample is in the store, synced, before anything follows from it.
//! 2. An attestation is in the store, synced, before any node sees it; the values of its windows never change again.
//! 3. An attestation counts as made only when a block has it that the validators certified; it is built anew only when certified
//!    blocks have passed the last time at which it could be included.
//! 4. The time at which a window is attested is drawn from the gateway's secret before the window has begun.
//! 5. What opens a period's sums is shared with a committee that certified blocks and the registrars' signatures name, once, and
//!    wiped when the ledger has it or can have it no more.
//! 6. When somebody else attests with this meter's key, this gateway stops and says so.

mod alarms;
mod deliver;
mod report;
mod run;
mod sane;
mod share;
mod telegram;

use std::{path::PathBuf, sync::Arc, time::Duration};

use hushwatt_client::Backoff;
use hushwatt_ledger::{
    genesis::Genesis,
    state::MeterStanding,
    units::{Timestamp, Window},
};
use hushwatt_meter_attest::registers::Sample;

pub use run::{Opened, RunError, RunOptions, open, run};

use crate::{
    clock::{Clock, JumpWatch},
    config::Config,
    desk::Desk,
    forget::{Kept, old_files, remove_files},
    keys::{Keys, KeysError},
    ledger::LedgerState,
    line::LineState,
    page::Board,
    schedule::Schedule,
    store::{Store, StoreError},
};
use alarms::Alarms;
use deliver::Sending;
use share::Sharing;

/// Between two attempts at most.
const MOST_WAIT: Duration = Duration::from_secs(600);
/// Between two times of tidying up.
const TIDY: Duration = Duration::from_secs(3_600);
/// Between two looks for files that ask for corrections.
const CORRECTIONS: Duration = Duration::from_secs(10);

/// What a service is made of.
pub struct Parts {
    /// The network.
    pub genesis: Arc<Genesis>,
    /// The settings.
    pub config: Config,
    /// The secrets.
    pub keys: Keys,
    /// Where they are kept, for forgetting old ones.
    pub keys_file: Option<PathBuf>,
    /// What is kept.
    pub store: Store,
    /// Errands to the nodes.
    pub desk: Desk,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is told to the page.
    pub board: Arc<Board>,
    /// Files of the grid operator are read from here.
    pub inbox: Option<PathBuf>,
    /// Whether to go on where the ledger stands, if the store knows less: after a lost disk, and when no other gateway has
    /// the key.
    pub adopt: bool,
}

/// Why a service cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Not paired.
    #[error(
        "the gateway is not paired with a household yet: run \"hushwatt meter pair\" with the address of the household's wallet"
    )]
    NotPaired,
}

/// The service of one gateway.
pub struct Service {
    parts: Parts,
    schedule: Schedule,
    watch: JumpWatch,
    alarms: Alarms,
    started: Timestamp,
    line: LineState,
    /// The newest sample that is not kept yet, to spare the disk.
    held: Option<Sample>,
    /// When a telegram with a time came last, and that time; kept or not, it is a witness of the clock.
    heard: Option<(Timestamp, Timestamp)>,
    /// When a sample was kept last, on the monotonic clock.
    kept: Option<Duration>,
    jumps: u64,
    sending: Sending,
    sharing: Sharing,
    reading: Backoff,
    /// Time of the last certified block, and whether all nodes that answer have no later one.
    ledger_time: Timestamp,
    caught_up: Option<Duration>,
    ledger: LedgerState,
    /// Where the meter stands by certified blocks.
    standing: Option<Box<MeterStanding>>,
    /// Height and status of the last confirmed one, if it was seen since the start.
    last_seen: Option<(u64, &'static str)>,
    unsaved: bool,
    tidied: Option<Duration>,
    inbox_read: Option<Duration>,
    corrections_read: Option<Duration>,
    forgotten: Option<Window>,
    sealed_until: Option<(Timestamp, u64)>,
}

impl Service {
    /// Ready to be stepped.
    ///
    /// # Errors
    /// [`ServiceError::NotPaired`].
    pub fn new(parts: Parts) -> Result<Self, ServiceError> {
        if parts.config.household.is_none() {
            return Err(ServiceError::NotPaired);
        }
        let schedule = Schedule::new(parts.genesis.network(), parts.config.meter, &parts.keys.schedule);
        let (watch, started) = (JumpWatch::new(parts.clock.as_ref()), parts.clock.now());
        let mut sending = Sending::default();
        // Where the ledger stands is found out from all of it.
        sending.start_anew = parts.adopt;
        Ok(Service {
            parts,
            schedule,
            watch,
            alarms: Alarms::default(),
            started,
            line: LineState::default(),
            held: None,
            heard: None,
            kept: None,
            jumps: 0,
            sending,
            sharing: Sharing::default(),
            reading: Backoff::up_to(MOST_WAIT),
            ledger_time: Timestamp(0),
            caught_up: None,
            ledger: LedgerState::default(),
            standing: None,
            last_seen: None,
            unsaved: false,
            tidied: None,
            inbox_read: None,
            corrections_read: None,
            forgotten: None,
            sealed_until: None,
        })
    }

    /// What is kept.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// The same, for what a person says: acknowledging a warning, taking substitutes.
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.parts.store
    }

    /// What it is made of.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Whether it is time to look into the inbox.
    pub(crate) fn inbox_is_due(&mut self, every: Duration) -> bool {
        let now = self.parts.clock.monotonic();
        let due = self.inbox_read.is_none_or(|at| now.saturating_sub(at) >= every);
        if due {
            self.inbox_read = Some(now);
        }
        due
    }

    /// Whether it is time to look for files that ask for corrections.
    pub(crate) fn corrections_are_due(&mut self) -> bool {
        let now = self.parts.clock.monotonic();
        let due = self.corrections_read.is_none_or(|at| now.saturating_sub(at) >= CORRECTIONS);
        if due {
            self.corrections_read = Some(now);
        }
        due
    }

    /// How the line is, for the page.
    pub fn line_is(&mut self, line: LineState) {
        self.line = line;
    }

    /// Does whatever the time makes due. An error leaves everything as it was; the next step tries again.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the disk takes nothing, [`ServiceError::Keys`].
    pub fn step(&mut self) -> Result<(), ServiceError> {
        let stepped = self.steps();
        match &stepped {
            Ok(()) => self.alarms.clear("disk"),
            Err(error) => {
                let now = self.parts.clock.now();
                self.alarms.raise("disk", now, error.to_string());
            }
        }
        self.publish();
        stepped
    }

    fn steps(&mut self) -> Result<(), ServiceError> {
        self.look_at_clock()?;
        self.take_news()?;
        if self.clock_is_sane() {
            self.let_time_pass()?;
            self.read_inbox()?;
            self.give_up_old()?;
            self.deliver()?;
            self.share_sums()?;
        }
        self.send_errand()?;
        self.tidy()
    }

    /// Forgets what nobody needs any more: old windows, and the keys of their days.
    fn tidy(&mut self) -> Result<(), ServiceError> {
        let now = self.parts.clock.monotonic();
        if !self.clock_is_sane() || self.tidied.is_some_and(|at| now.saturating_sub(at) < TIDY) {
            return Ok(());
        }
        self.tidied = Some(now);
        let genesis = self.parts.genesis.clone();
        // By the ledger's time: a clock that runs ahead must not throw keys away.
        let kept = Kept::from(&genesis.parameters, self.parts.store.state(), self.ledger_time);
        if self.forgotten.is_none_or(|before| before < kept.window) {
            self.parts.store.forget_before(kept.window)?;
            self.forgotten = Some(kept.window);
        }
        if let Some(path) = &self.parts.keys_file {
            self.parts.keys.forget_before(genesis.network(), kept.day, path)?;
        }
        if let Some(inbox) = &self.parts.inbox
            && let Err(error) = remove_files(&old_files(inbox, genesis.parameters.retention))
        {
            tracing::error!(%error, "a file of the grid operator that should be gone by now cannot be deleted");
        }
        Ok(())
    }
}
