//! Blocks: proposed, verified, appended, applied. Each is executed once, and each proof is verified once, in whatever order
//! these come.

use std::sync::{Arc, atomic::Ordering};

use hushwatt_ledger::{
    CheckError, Rejection,
    block::{
        AlreadyVerified, BlockDigest, Certificate, Parent, ProofVerdict, Refused, Verifier, check_certificate,
        execute_block, propose_verified,
    },
    state::{Resolved, StateRead},
    storage::Day,
    transaction::{Transaction, TransactionId},
    units::Timestamp,
};

use crate::{
    LiveBlock, NodeError, VerifyError,
    core::Shared,
    lock::{lock, read, write},
    mempool::Claim,
    pending::Pending,
    proofs::{Unproven, Work, verify_proofs},
    view::Layered,
};

/// Seconds for which a block has to come with its hints: a proposal without them cannot be voted for, and nobody shall be
/// able to pass one on like that.
pub(crate) const HINTED: u64 = 600;

/// Blocks of the log that wait to be applied at most.
const MOST_UNAPPLIED: u64 = 16;

/// A proposal.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The block; it is verified.
    pub block: LiveBlock,
    /// Transactions that waited and never can be in a block, and why.
    pub dropped: Vec<(TransactionId, Rejection)>,
}

/// A block that was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The block, with its hints if it came with them.
    pub block: LiveBlock,
    /// It as the parent of the next.
    pub parent: Parent,
    /// Transactions that waited and never can be in a block any more, and why.
    pub dropped: Vec<(TransactionId, Rejection)>,
}

/// When a block is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now: there is work, or the chain has been silent for long enough.
    Now,
    /// At this time of the ledger's clock, if nothing comes before.
    At(Timestamp),
    /// When there is work.
    Idle,
}

/// Asks what is known of proofs, and keeps the rest for later.
struct Deferred<'a> {
    shared: &'a Shared,
    unproven: Vec<(usize, Resolved)>,
}

impl Verifier for Deferred<'_> {
    fn verify(&mut self, place: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict {
        let content = transaction.full_digest();
        let known = lock(&self.shared.verdicts).get(content, &resolved.digests);
        match known {
            Some(verdict) => verdict,
            None if lock(&self.shared.mempool).has_verified(content, &resolved.digests) => Ok(()),
            None => {
                self.unproven.push((place, resolved.clone()));
                Ok(())
            }
        }
    }
}

/// Asks what is known of the proofs of what waits. What buckets and contracts hold never changes; the key of a meter may have
/// been replaced since, perhaps by this very block: then they are verified once more.
struct Reverified<'a>(&'a Shared);

impl Verifier for Reverified<'_> {
    fn verify(&mut self, _: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict {
        let content = transaction.full_digest();
        if lock(&self.0.mempool).has_verified(content, &resolved.digests) {
            return Ok(());
        }
        let known = lock(&self.0.verdicts).get(content, &resolved.digests);
        known.unwrap_or_else(|| {
            let unproven = Unproven { transaction: Arc::new(transaction.clone()), resolved: resolved.clone() };
            let verdicts = verify_proofs(self.0.store.genesis(), &self.0.work, std::slice::from_ref(&unproven));
            let verdict = verdicts.into_iter().next().unwrap_or(Err(Rejection::RangeProof));
            lock(&self.0.verdicts).insert(unproven.transaction, unproven.resolved.digests, verdict);
            verdict
        })
    }
}

impl Shared {
    pub fn check_usable(&self) -> Result<(), NodeError> {
        match &*lock(&self.failed) {
            None => Ok(()),
            Some((height, reason)) => Err(NodeError::CommitFailed { height: *height, reason: reason.clone() }),
        }
    }

    pub fn decode_live(&self, bytes: &[u8]) -> Result<LiveBlock, Refused> {
        let network = self.store.genesis().network();
        let known = |content: &_| self.known_transaction(content);
        let block = LiveBlock::decode(network, bytes, known, |count| Work::add(&self.work.decoded, count))?;
        let is_new = block.block().header.time > self.clock.now().minus(HINTED);
        if is_new && block.hints().is_none() {
            return Err(Rejection::HintsMismatch.into());
        }
        Ok(block)
    }

    /// A known parent, and the state after it. Nothing is applied while that is held.
    fn view(&self, parent: &BlockDigest) -> Option<(Parent, Layered<impl StateRead>)> {
        let committed = self.store.state();
        let tree = read(&self.tree);
        let layers = tree.layers(parent)?;
        Some((tree.parent(parent)?, Layered::new(committed, layers)))
    }

    pub fn due(&self, parent: &BlockDigest) -> Due {
        let now = self.clock.now();
        let on = {
            let mempool = lock(&self.mempool);
            let tree = read(&self.tree);
            let Some(on) = tree.parent(parent) else { return Due::Idle };
            let has_work = mempool.taken().items > 0
                && tree.below(parent).is_some_and(|below| mempool.has_candidate(&below, now.max(on.time)));
            if has_work {
                return Due::Now;
            }
            on
        };
        let heartbeat = on.time.plus(self.options.heartbeat);
        match on.height {
            // Block 1 is a Mint.
            0 => Due::Idle,
            _ if now >= heartbeat => Due::Now,
            _ => Due::At(heartbeat),
        }
    }

    pub fn propose(&self, parent: &BlockDigest) -> Result<Proposed, NodeError> {
        self.check_usable()?;
        let (on, view) = self.view(parent).ok_or(NodeError::UnknownParent)?;
        let now = self.clock.now().max(on.time);
        let candidates = {
            let mempool = lock(&self.mempool);
            let tree = read(&self.tree);
            let below = tree.below(parent).ok_or(NodeError::UnknownParent)?;
            // Where blocks pile up and none becomes final, the next ones stay empty, so that there is room for them.
            if tree.is_crowded() { Vec::new() } else { mempool.candidates(&below, now, self.options.proposals) }
        };
        let transactions: Vec<Transaction> =
            candidates.iter().map(|submission| Transaction::clone(submission.transaction())).collect();
        let genesis = self.store.genesis();
        let (cache, mut verifier) = (self.store.cache(), Reverified(self));
        let proposal = propose_verified(genesis, &view, cache, &on, now, &transactions, &mut verifier)?;
        drop(view);
        Work::add(&self.work.executed, 1);
        let left_out = proposal.left_out.iter().filter(|(_, rejection)| *rejection != Rejection::BlockTooLong);
        let left_out: Vec<(TransactionId, Rejection)> =
            left_out.map(|(place, rejection)| (*transactions[*place].id(), *rejection)).collect();
        let dropped = self.leave_out(parent, &left_out);
        let hints_of = |transaction: &Transaction| {
            let found = candidates.iter().find(|submission| submission.id() == transaction.id());
            found.map(|submission| submission.hints().to_vec()).unwrap_or_default()
        };
        let hints = proposal.block.transactions.iter().map(hints_of).collect();
        let block =
            LiveBlock::new(genesis.network(), proposal.block, Some(hints)).map_err(|refused| match refused.source {
                CheckError::Rejected(rejection) => NodeError::Rejected(rejection),
                CheckError::State(error) => error.into(),
            })?;
        let executed = Arc::new(proposal.executed);
        // Without room for its outcome it is executed again when it is final.
        let _ = write(&self.tree).insert(Pending { block: block.clone(), executed });
        Ok(Proposed { block, dropped })
    }

    /// What a rule of phase 2 refuses on a final parent is dropped; on another it may yet be right elsewhere.
    fn leave_out(
        &self,
        parent: &BlockDigest,
        left_out: &[(TransactionId, Rejection)],
    ) -> Vec<(TransactionId, Rejection)> {
        let mut mempool = lock(&self.mempool);
        mempool.leave_out(*parent, left_out);
        if read(&self.tree).tip().digest == *parent { mempool.drop_left_out(parent) } else { Vec::new() }
    }

    pub fn verify(&self, block: &LiveBlock, hinted: bool) -> Result<(), VerifyError> {
        self.check_usable()?;
        if read(&self.tree).parent(block.digest()).is_some() {
            return Ok(());
        }
        let height = block.height();
        if height > 0 && height <= self.store.height() {
            return self.verify_logged(block);
        }
        if hinted && block.hints().is_none() {
            return Err(Refused::from(Rejection::HintsMismatch).into());
        }
        let parent = &block.block().header.parent;
        let (on, view) = self.view(parent).ok_or(VerifyError::UnknownParent)?;
        let (genesis, cache) = (self.store.genesis(), self.store.cache());
        let mut deferred = Deferred { shared: self, unproven: Vec::new() };
        let executed = execute_block(genesis, &view, cache, &on, block.block(), &mut deferred)?;
        drop(view);
        Work::add(&self.work.executed, 1);
        self.prove(block, deferred.unproven)?;
        Ok(write(&self.tree).insert(Pending { block: block.clone(), executed: Arc::new(executed) })?)
    }

    /// A block at a height that is final already: it is that one, or none.
    fn verify_logged(&self, block: &LiveBlock) -> Result<(), VerifyError> {
        let same = self.store.digest(block.height())? == *block.digest();
        if same { Ok(()) } else { Err(Refused::from(Rejection::BlockParent).into()) }
    }

    /// Verifies what is not known of a block's proofs, as one batch, and remembers the verdicts.
    fn prove(&self, block: &LiveBlock, unproven: Vec<(usize, Resolved)>) -> Result<(), Refused> {
        let transactions = &block.block().transactions;
        let (places, unproven): (Vec<usize>, Vec<Unproven>) = unproven
            .into_iter()
            .filter_map(|(place, resolved)| {
                let transaction = Arc::new(transactions.get(place)?.clone());
                Some((place, Unproven { transaction, resolved }))
            })
            .unzip();
        let verdicts = verify_proofs(self.store.genesis(), &self.work, &unproven);
        let mut wrong = None;
        for ((place, unproven), verdict) in places.into_iter().zip(unproven).zip(verdicts) {
            if let Err(rejection) = verdict {
                wrong = wrong.or(Some(Refused { place: Some(place), source: rejection.into() }));
            }
            lock(&self.verdicts).insert(unproven.transaction, unproven.resolved.digests, verdict);
        }
        wrong.map_or(Ok(()), Err)
    }

    pub fn append(&self, block: &LiveBlock, certificate: Option<&Certificate>) -> Result<(), NodeError> {
        let _commit = lock(&self.commit);
        self.check_usable()?;
        let (height, last) = (block.height(), self.store.height());
        if height != last + 1 {
            // There already, or out of order: the store knows.
            return self.store.append(block, certificate);
        }
        let known = read(&self.tree).get(block.digest()).cloned();
        let pending = match known {
            Some(pending) => pending,
            None => self.execute_final(block)?,
        };
        if let Some(certificate) = certificate {
            self.check_certificate(block, certificate)?;
        }
        // Whoever verified it had its hints; whoever certifies it may send it without.
        let hinted = if block.hints().is_some() { block } else { &pending.block };
        let stored = if self.options.keep_hints { hinted.clone() } else { hinted.without_hints() };
        self.store.append(&stored, certificate).map_err(|error| self.fail(height, error))?;
        write(&self.tree).insert_logged(pending);
        // A log that runs ahead is worked off here, so that what is not applied stays little.
        if height > self.store.tip().height + MOST_UNAPPLIED {
            self.apply_next()?;
        }
        Ok(())
    }

    /// Executes a block on the end of the log; its proofs are vouched for.
    fn execute_final(&self, block: &LiveBlock) -> Result<Pending, NodeError> {
        let height = block.height();
        let parent = &block.block().header.parent;
        if *parent != self.store.last_digest() {
            return Err(NodeError::OtherBlock { height: height.saturating_sub(1) });
        }
        let (on, view) = self.view(parent).ok_or(NodeError::UnknownParent)?;
        let (genesis, cache) = (self.store.genesis(), self.store.cache());
        let executed = execute_block(genesis, &view, cache, &on, block.block(), &mut AlreadyVerified);
        drop(view);
        Work::add(&self.work.executed, 1);
        let executed = executed.map_err(|source| NodeError::InvalidFinal { height, source })?;
        Ok(Pending { block: block.clone(), executed: Arc::new(executed) })
    }

    /// A certificate of a block on the end of the log.
    fn check_certificate(&self, block: &LiveBlock, certificate: &Certificate) -> Result<(), NodeError> {
        let header = &block.block().header;
        let (_, view) = self.view(&header.parent).ok_or(NodeError::UnknownParent)?;
        check_certificate(self.store.genesis(), &view, header, certificate).map_err(|error| match error {
            CheckError::Rejected(source) => NodeError::Certificate { height: header.height, source },
            CheckError::State(error) => error.into(),
        })
    }

    /// Remembers that a block was perhaps not stored: nothing may be signed until the folder is opened again.
    fn fail(&self, height: u64, error: NodeError) -> NodeError {
        let refused = matches!(error, NodeError::OtherBlock { .. } | NodeError::OutOfOrder { .. });
        if !refused {
            lock(&self.failed).get_or_insert((height, error.to_string()));
        }
        error
    }

    pub fn apply_until(&self, height: u64) -> Result<(), NodeError> {
        let _commit = lock(&self.commit);
        while self.store.tip().height < height.min(self.store.height()) {
            self.apply_next()?;
        }
        Ok(())
    }

    /// Applies the block after the tip.
    fn apply_next(&self) -> Result<(), NodeError> {
        self.check_usable()?;
        let before = self.store.tip();
        let height = before.height + 1;
        let digest = self.store.digest(height)?;
        let known = read(&self.tree).get(&digest).cloned();
        let Some(pending) = known else {
            // What is in the log and not applied stays in the tree.
            return Err(self.fail(height, NodeError::OutOfOrder { tip: before.height, got: height }));
        };
        let block = pending.block.block();
        let mut dropped = Vec::new();
        let applied = self.store.apply(block, &pending.executed, |tip| {
            let mut mempool = lock(&self.mempool);
            write(&self.tree).advance(*tip);
            for transaction in &block.transactions {
                mempool.remove(transaction.id());
            }
            let taken = block.transactions.iter().flat_map(|transaction| Claim::of(transaction.action()));
            dropped.extend(mempool.drop_claimed(taken));
            let expired = mempool.drop_expired(tip.time).into_iter();
            dropped.extend(expired.map(|id| (id, Rejection::Expired)));
            dropped.extend(mempool.drop_left_out(&tip.digest));
        });
        applied.map_err(|error| self.fail(height, error))?;
        let parent = pending.executed.parent;
        let new_day = Day::of_unix(before.time.0) != Day::of_unix(parent.time.0);
        self.ask_to_tidy(new_day);
        let applied = Applied { block: pending.block, parent, dropped };
        self.observe(|observer| observer.applied(&applied));
        if new_day {
            self.forget_due.store(true, Ordering::Relaxed);
        }
        self.forget_hints(parent.time);
        Ok(())
    }

    /// Forgets the hints that are past their retention, if a day has begun since that was done. No block waits for it: what
    /// cannot be removed is said, and tried again with the next block.
    pub fn forget_hints(&self, now: Timestamp) {
        if self.forget_due.swap(false, Ordering::Relaxed)
            && let Err(error) = self.store.forget_hints(now)
        {
            tracing::error!(%error, "hints past their retention are still on disk: remove the file by hand, or free the disk");
            self.forget_due.store(true, Ordering::Relaxed);
        }
    }
}
