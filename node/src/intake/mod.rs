//! How a transaction gets in: decoded by whoever brings it, verified in batches, written down, and only then accepted
//! (protocol section 8).

mod queue;
mod restore;
mod worker;

use std::{
    collections::HashSet,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use hushwatt_ledger::{
    Rejection,
    rules::blocks,
    state::{LedgerState, Resolved, StateError},
    transaction::{FullDigest, TransactionId, check::check_state, hints::decode_hints},
};

pub use queue::SubmitVerdict;
pub(crate) use queue::{Job, Queue};
pub(crate) use worker::Worker;

use crate::{
    JournalError, Source, Submission, SubmitError,
    core::Shared,
    journal::Journal,
    live::content_of,
    lock::lock,
    proofs::{Unproven, Work, verify_proofs},
};

/// What became of an accepted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was taken, and waits.
    Accepted,
    /// It waits already; handing it in again changes nothing.
    Waiting,
    /// It is in this block.
    Final {
        /// Height of the block.
        height: u64,
    },
}

/// The answer to a submission that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The transaction.
    pub id: TransactionId,
    /// What became of it.
    pub standing: Standing,
}

/// The way in.
pub(crate) struct Intake {
    pub queue: Mutex<Queue>,
    /// Told when there is something for the worker.
    pub wake: Condvar,
    /// Held by who verifies and takes in.
    pub journal: Mutex<Journal>,
    /// The journal should be written anew, so that it forgets what is final.
    pub tidy: AtomicBool,
    /// That was tried and failed: the next block asks for it again.
    pub tidy_failed: AtomicBool,
    /// Without a worker whoever hands something in verifies it.
    pub has_worker: bool,
}

impl Intake {
    pub fn new(journal: Journal, has_worker: bool) -> Self {
        Intake {
            queue: Mutex::new(Queue::new()),
            wake: Condvar::new(),
            journal: Mutex::new(journal),
            tidy: AtomicBool::new(false),
            tidy_failed: AtomicBool::new(false),
            has_worker,
        }
    }
}

/// A submission on its way in.
struct Entrant {
    submission: Submission,
    source: Source,
    stage: Stage,
}

impl Entrant {
    fn verdict(self) -> SubmitVerdict {
        let standing = |standing| Ok(Submitted { id: *self.submission.id(), standing });
        match self.stage {
            Stage::Inserted => standing(Standing::Accepted),
            Stage::Promoted => standing(Standing::Waiting),
            Stage::Done(verdict) => verdict,
            // Nothing stops between these stages; should it, nothing was kept.
            Stage::Checked { .. } | Stage::Verified { .. } => Err(SubmitError::Stopping),
        }
    }
}

/// How far it has come.
enum Stage {
    /// Everything but its proofs is right, as of the block of this height.
    Checked {
        resolved: Box<Resolved>,
        height: u64,
    },
    /// Its proofs are right too.
    Verified {
        digests: Vec<[u8; 32]>,
        height: u64,
    },
    /// It is in the mempool, and who is promised it was not told yet.
    Inserted,
    /// It was in the mempool before, and is promised now.
    Promoted,
    Done(SubmitVerdict),
}

impl Shared {
    /// Reads what is handed in; a transaction that is known is not decoded again.
    pub fn read_submission(&self, transaction: &[u8], hints: &[u8]) -> Result<Submission, Rejection> {
        let network = self.store.genesis().network();
        let content = content_of(network, transaction);
        match self.known_transaction(&content) {
            Some(known) => Submission::new(network, known, decode_hints(hints)?),
            None => {
                Work::add(&self.work.decoded, 1);
                Submission::decode(network, transaction, hints)
            }
        }
    }

    /// Whether exactly these bytes wait or are being verified.
    pub fn is_on_its_way(&self, content: &FullDigest) -> bool {
        lock(&self.mempool).by_content(content).is_some() || lock(&self.intake.queue).contains(content)
    }

    /// Takes a job; its reply comes from the worker, or from this call where there is none.
    pub fn enqueue(&self, job: Job) {
        if let Some(known) = self.known_standing(&job.submission, job.source) {
            return (job.reply)(known);
        }
        let refused = lock(&self.intake.queue).push(job);
        if let Some((job, error)) = refused {
            return (job.reply)(Err(error));
        }
        self.intake.wake.notify_one();
        if !self.intake.has_worker {
            loop {
                let batch = lock(&self.intake.queue).take();
                if batch.is_empty() {
                    break;
                }
                self.process(batch);
            }
        }
    }

    /// The answer that needs no verification.
    fn known_standing(&self, submission: &Submission, source: Source) -> Option<SubmitVerdict> {
        if self.check_usable().is_err() {
            return Some(Err(SubmitError::Failed));
        }
        let id = *submission.id();
        let mempool = lock(&self.mempool);
        if mempool.contains(&id) {
            let told = !source.is_promised() || mempool.is_journaled(&id);
            return told.then_some(Ok(Submitted { id, standing: Standing::Waiting }));
        }
        mempool.admits(submission, source).err().map(Err)
    }

    /// Verifies a batch and takes in what is right; replies to each.
    pub fn process(&self, jobs: Vec<Job>) {
        let (entrants, replies): (Vec<(Submission, Source)>, Vec<_>) =
            jobs.into_iter().map(|job| ((job.submission, job.source), job.reply)).unzip();
        let verdicts = self.take_in(entrants);
        for (verdict, reply) in verdicts.into_iter().zip(replies) {
            reply(verdict);
        }
    }

    /// Verifies several as one batch and takes in what is right, all of it durable when this returns; each gets its own
    /// verdict, in order.
    pub fn take_in(&self, entrants: Vec<(Submission, Source)>) -> Vec<SubmitVerdict> {
        let mut journal = lock(&self.intake.journal);
        let mut entrants = self.verified(entrants);
        self.insert(&mut entrants);
        self.write_down(&mut journal, &mut entrants);
        self.tidy(&mut journal);
        drop(journal);
        for entrant in &entrants {
            if matches!(entrant.stage, Stage::Inserted) && entrant.source.is_promised() {
                self.observe(|observer| observer.fresh(&entrant.submission));
            }
        }
        let verdicts: Vec<SubmitVerdict> = entrants.into_iter().map(Entrant::verdict).collect();
        if verdicts.iter().flatten().any(|submitted| submitted.standing == Standing::Accepted) {
            self.observe(|observer| observer.work());
        }
        verdicts
    }

    /// Takes everything as far as it comes without a place in the mempool.
    fn verified(&self, entrants: Vec<(Submission, Source)>) -> Vec<Entrant> {
        let mut entrants: Vec<Entrant> = entrants
            .into_iter()
            .map(|(submission, source)| {
                let stage = self.checked(&submission, source);
                Entrant { submission, source, stage }
            })
            .collect();
        let (mut places, mut unproven) = (Vec::new(), Vec::new());
        for (place, entrant) in entrants.iter_mut().enumerate() {
            let Stage::Checked { resolved, height } = &entrant.stage else { continue };
            let transaction = entrant.submission.transaction();
            let known = lock(&self.verdicts).get(transaction.full_digest(), &resolved.digests);
            match known {
                Some(Ok(())) => {
                    entrant.stage = Stage::Verified { digests: resolved.digests.clone(), height: *height };
                }
                Some(Err(rejection)) => self.refuse_proofs(entrant, rejection),
                None => {
                    places.push(place);
                    unproven.push(Unproven { transaction: transaction.clone(), resolved: (**resolved).clone() });
                }
            }
        }
        let proofs = verify_proofs(self.store.genesis(), &self.work, &unproven);
        for ((place, verdict), unproven) in places.into_iter().zip(proofs).zip(unproven) {
            let digests = unproven.resolved.digests;
            lock(&self.verdicts).insert(unproven.transaction, digests.clone(), verdict);
            let entrant = &mut entrants[place];
            match (verdict, &entrant.stage) {
                (Ok(()), Stage::Checked { height, .. }) => {
                    entrant.stage = Stage::Verified { digests, height: *height };
                    lock(&self.intake.queue).judge(entrant.source, true);
                }
                (Err(rejection), _) => self.refuse_proofs(entrant, rejection),
                (Ok(()), _) => {}
            }
        }
        entrants
    }

    fn refuse_proofs(&self, entrant: &mut Entrant, rejection: Rejection) {
        entrant.stage = Stage::Done(Err(rejection.into()));
        lock(&self.intake.queue).judge(entrant.source, false);
    }

    /// Everything but proofs and a place in the mempool.
    fn checked(&self, submission: &Submission, source: Source) -> Stage {
        let id = *submission.id();
        if lock(&self.mempool).contains(&id) {
            return Stage::Promoted;
        }
        match self.known_standing(submission, source) {
            Some(verdict) => Stage::Done(verdict),
            None => self.check_state(submission).unwrap_or_else(|error| Stage::Done(Err(error))),
        }
    }

    /// Phase 2, as of the last applied block.
    fn check_state(&self, submission: &Submission) -> Result<Stage, SubmitError> {
        let (genesis, transaction) = (self.store.genesis(), submission.transaction());
        let committed = self.store.state();
        let tip = self.store.tip();
        let id = *submission.id();
        if let Some(height) = committed.height_of_transaction(&id).map_err(StateError::from)? {
            return Ok(Stage::Done(Ok(Submitted { id, standing: Standing::Final { height } })));
        }
        if tip.height == 0 {
            // Anything else would keep block 1 from being made until it expires.
            blocks::first_block_mints(1, std::slice::from_ref(transaction), genesis.parameters.ring_min)?;
        }
        let now = self.clock.now().max(tip.time);
        let state = LedgerState::new(genesis, &committed);
        let resolved = state.resolve(self.store.cache(), transaction, now)?;
        check_state(&state, transaction, &resolved, now)?;
        Ok(Stage::Checked { resolved: Box::new(resolved), height: tip.height })
    }

    /// Gives each that is verified its place in the mempool.
    fn insert(&self, entrants: &mut [Entrant]) {
        for entrant in entrants {
            let Stage::Verified { digests, height } = &mut entrant.stage else { continue };
            let digests = std::mem::take(digests);
            // A block that was applied meanwhile may hold it, or spend its notes.
            if *height != self.store.tip().height {
                match self.check_state(&entrant.submission) {
                    Ok(Stage::Checked { .. }) => {}
                    Ok(other) => {
                        entrant.stage = other;
                        continue;
                    }
                    Err(error) => {
                        entrant.stage = Stage::Done(Err(error));
                        continue;
                    }
                }
            }
            let now = self.clock.now();
            let mut mempool = lock(&self.mempool);
            // Another of this batch may be the same, or in conflict.
            entrant.stage = if mempool.contains(entrant.submission.id()) {
                Stage::Promoted
            } else {
                match mempool.admits(&entrant.submission, entrant.source) {
                    Ok(()) => {
                        mempool.insert(entrant.submission.clone(), digests, entrant.source, now);
                        Stage::Inserted
                    }
                    Err(error) => Stage::Done(Err(error)),
                }
            };
        }
    }

    /// Makes durable what is promised; what cannot be is taken out again.
    fn write_down(&self, journal: &mut Journal, entrants: &mut [Entrant]) {
        let is_due = |entrant: &&mut Entrant| {
            matches!(entrant.stage, Stage::Inserted | Stage::Promoted)
                && entrant.source.is_promised()
                && !lock(&self.mempool).is_journaled(entrant.submission.id())
        };
        let mut promised: Vec<&mut Entrant> = entrants.iter_mut().filter(is_due).collect();
        if promised.is_empty() {
            return;
        }
        // What waits is what was verified: somebody may have handed in a worse copy with the same id.
        let mut seen = HashSet::new();
        let ids = promised.iter().map(|entrant| entrant.submission.id()).filter(|id| seen.insert(**id));
        let waiting: Vec<Submission> = {
            let mempool = lock(&self.mempool);
            ids.filter_map(|id| mempool.get(id).cloned()).collect()
        };
        let bodies: Vec<Vec<u8>> = waiting.iter().map(Submission::to_bytes).collect();
        let written = if journal.is_broken() { self.rewrite(journal) } else { Ok(()) };
        let written = written.and_then(|()| journal.append(&bodies));
        let mut mempool = lock(&self.mempool);
        for entrant in &mut promised {
            let id = entrant.submission.id();
            match &written {
                Ok(()) => mempool.set_journaled(id),
                Err(error) => {
                    if matches!(entrant.stage, Stage::Inserted) {
                        mempool.remove(id);
                    }
                    entrant.stage = Stage::Done(Err(SubmitError::Journal { reason: error.to_string() }));
                }
            }
        }
    }

    /// Writes the journal anew if most of it is history, or if it should forget what is final.
    pub fn tidy(&self, journal: &mut Journal) {
        let wanted = self.intake.tidy.swap(false, Ordering::Relaxed);
        let waiting = lock(&self.mempool).taken().bytes as u64;
        if (wanted || journal.is_mostly_history(waiting)) && self.rewrite(journal).is_err() {
            self.intake.tidy_failed.store(true, Ordering::Relaxed);
        }
    }

    /// A block of a new day is applied, or an earlier attempt failed: has the journal forget what is final.
    pub fn ask_to_tidy(&self, new_day: bool) {
        if !new_day && !self.intake.tidy_failed.swap(false, Ordering::Relaxed) {
            return;
        }
        self.intake.tidy.store(true, Ordering::Relaxed);
        if self.intake.has_worker {
            // Under the lock, so that the worker is either waiting or has yet to look.
            let _queue = lock(&self.intake.queue);
            self.intake.wake.notify_one();
        } else {
            self.tidy(&mut lock(&self.intake.journal));
        }
    }

    /// Has the journal forget what is final, now.
    pub fn forget_final(&self) -> Result<(), JournalError> {
        self.rewrite(&mut lock(&self.intake.journal))
    }

    /// Writes the journal anew with what it must hold.
    fn rewrite(&self, journal: &mut Journal) -> Result<(), JournalError> {
        let waiting = lock(&self.mempool).journaled();
        let bodies: Vec<Vec<u8>> = waiting.iter().map(Submission::to_bytes).collect();
        journal.rewrite(&bodies)
    }
}
