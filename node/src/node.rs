//! The embedded node: one validator that takes transactions and makes blocks (protocol section 7 with n = 1).

use std::{collections::BTreeSet, path::Path, sync::Arc};

use hushwatt_crypto::{Label, range::RangeClaim, signature::SigningKey};
use hushwatt_ledger::{
    Rejection,
    block::{Block, BlockHints, Certificate, Executed, ProofVerdict, Refused, Verifier, propose, verify},
    codec::DecodeError,
    genesis::Genesis,
    rules::{blocks, spending, structure},
    state::{LedgerState, Resolved},
    transaction::{
        Transaction, TransactionId,
        build::Built,
        check::{check_alone, check_proofs, check_state},
    },
    units::Timestamp,
};
use rayon::prelude::*;

use crate::{Clock, Mempool, MempoolLimits, NodeError, Store, SubmitError};

/// A transaction handed in, with its hints.
pub type Submission = Built;

/// A block that is durable.
#[derive(Clone, Debug)]
pub struct Produced {
    /// The block.
    pub block: Block,
    /// The validator's signature.
    pub certificate: Certificate,
    /// The erasable half.
    pub hints: BlockHints,
    /// Waiting transactions that can no longer be included, and why.
    pub dropped: Vec<(TransactionId, Rejection)>,
}

/// Store, mempool, clock and key of the single validator.
pub struct Node {
    store: Store,
    mempool: Mempool,
    clock: Box<dyn Clock>,
    key: SigningKey,
    /// A block was signed and perhaps not stored: no other may be signed before the folder is opened again.
    poisoned: bool,
}

impl Node {
    /// Opens or creates a node's folder.
    pub fn open(
        folder: &Path,
        genesis: Arc<Genesis>,
        key: SigningKey,
        clock: Box<dyn Clock>,
        limits: MempoolLimits,
    ) -> Result<Self, NodeError> {
        Self::check_identity(&genesis, &key, &*clock)?;
        Self::on_store(Store::open(folder, genesis)?, key, clock, limits)
    }

    /// The same on a store that is open: crash tests give one with a probe.
    pub fn on_store(
        store: Store,
        key: SigningKey,
        clock: Box<dyn Clock>,
        limits: MempoolLimits,
    ) -> Result<Self, NodeError> {
        Self::check_identity(store.genesis(), &key, &*clock)?;
        Ok(Node { store, mempool: Mempool::new(limits), clock, key, poisoned: false })
    }

    fn check_identity(genesis: &Genesis, key: &SigningKey, clock: &dyn Clock) -> Result<(), NodeError> {
        if key.verifying_key() != genesis.validator {
            return Err(NodeError::ForeignKey);
        }
        if clock.is_simulated() && !genesis.simulated_time {
            return Err(NodeError::SimulatedClock);
        }
        Ok(())
    }

    /// The time of a block made now: the clock's, unless that has fallen behind the tip.
    fn block_time(&self) -> Timestamp {
        self.clock.now().max(self.store.tip().time)
    }

    /// What is on disk.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What waits.
    pub fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    /// Takes one transaction, if it would be valid now.
    pub fn submit(&mut self, submission: Submission) -> Result<TransactionId, SubmitError> {
        let mut verdicts = self.submit_all(vec![submission]);
        verdicts.pop().unwrap_or(Err(SubmitError::Full))
    }

    /// Takes several: cheap checks one by one, then proofs on all cores and range proofs as one batch. Each gets its
    /// own verdict, in order.
    pub fn submit_all(&mut self, submissions: Vec<Submission>) -> Vec<Result<TransactionId, SubmitError>> {
        let resolved: Vec<Result<Resolved, SubmitError>> =
            submissions.iter().map(|submission| self.precheck(submission)).collect();
        let genesis = self.store.genesis().clone();
        let claims: Vec<Option<Result<Vec<RangeClaim>, Rejection>>> = submissions
            .par_iter()
            .zip(&resolved)
            .map(|(submission, resolved)| {
                resolved.as_ref().ok().map(|resolved| check_proofs(&genesis, &submission.transaction, resolved))
            })
            .collect();
        let refused_ranges = failing_ranges(&claims);
        let mut verdicts = Vec::with_capacity(submissions.len());
        for (place, ((submission, resolved), proofs)) in submissions.into_iter().zip(resolved).zip(claims).enumerate() {
            let verdict = resolved.and_then(|resolved| {
                if let Some(Err(rejection)) = proofs {
                    return Err(rejection.into());
                }
                if refused_ranges.contains(&place) {
                    return Err(Rejection::RangeProof.into());
                }
                // Two of one call may conflict with each other.
                self.mempool.admits(&submission.transaction)?;
                let id = *submission.transaction.id();
                self.mempool.insert(submission.transaction, submission.hints, resolved.digests);
                Ok(id)
            });
            verdicts.push(verdict);
        }
        verdicts
    }

    /// Everything but proofs.
    fn precheck(&self, submission: &Submission) -> Result<Resolved, SubmitError> {
        let transaction = &submission.transaction;
        self.mempool.admits(transaction)?;
        let genesis = self.store.genesis();
        is_what_its_bytes_say(genesis, transaction)?;
        let digest = &transaction.envelope().hints;
        structure::hints_match(genesis.network(), transaction.action(), digest, &submission.hints)?;
        let now = self.block_time();
        if self.store.tip().height == 0 {
            // Anything else would keep block 1 from being made until it expires.
            blocks::first_block_mints(1, std::slice::from_ref(transaction), genesis.parameters.ring_min)?;
        }
        let state = LedgerState::new(genesis, self.store.state());
        let resolved = state.resolve(self.store.cache(), transaction, now)?;
        check_state(&state, transaction, &resolved, now)?;
        Ok(resolved)
    }

    /// Makes, signs and stores the next block of what waits. When this returns, the block is final and durable.
    pub fn produce(&mut self) -> Result<Produced, NodeError> {
        if self.poisoned {
            return Err(NodeError::CommitFailed);
        }
        let now = self.block_time();
        let expired = self.mempool.remove_expired(now);
        let candidates = self.mempool.candidates();
        let (genesis, tip) = (self.store.genesis().clone(), *self.store.tip());
        let proposal = propose(&genesis, self.store.state(), self.store.cache(), &tip, now, &candidates)?;
        let digest = proposal.executed.parent.digest;
        let certificate = self.key.sign(genesis.network(), Label::Certificate, &digest.0);
        let block = proposal.block;
        let hints: BlockHints = block
            .transactions
            .iter()
            .map(|transaction| {
                self.mempool.hints(transaction.id()).cloned().ok_or(NodeError::Mismatch { height: block.header.height })
            })
            .collect::<Result<_, _>>()?;
        self.poisoned = true;
        self.store.commit(&block, &certificate, &hints, proposal.executed)?;
        self.poisoned = false;
        for transaction in &block.transactions {
            self.mempool.remove(transaction.id());
        }
        let mut dropped: Vec<(TransactionId, Rejection)> =
            expired.into_iter().map(|id| (id, Rejection::Expired)).collect();
        for (place, rejection) in proposal.left_out {
            if rejection != Rejection::BlockTooLong {
                let id = *candidates[place].id();
                self.mempool.remove(&id);
                dropped.push((id, rejection));
            }
        }
        Ok(Produced { block, certificate, hints, dropped })
    }

    /// Verifies a block somebody else proposes on the tip, without proving again what was verified when it was
    /// submitted.
    pub fn verify(&self, block: &Block, hints: &BlockHints) -> Result<Executed, Refused> {
        let mut verifier = FromMempool { genesis: self.store.genesis(), mempool: &self.mempool };
        let (state, cache) = (self.store.state(), self.store.cache());
        verify(self.store.genesis(), state, cache, self.store.tip(), block, hints, &mut verifier)
    }
}

/// A transaction put together in memory obeys the decoder's rules too: what is logged must be readable again.
fn is_what_its_bytes_say(genesis: &Genesis, transaction: &Transaction) -> Result<(), Rejection> {
    let read = Transaction::decode(genesis.network(), &transaction.encode())?;
    if read == *transaction { Ok(()) } else { Err(DecodeError::NotCanonical.into()) }
}

/// Places of submissions with a failing range proof.
fn failing_ranges(claims: &[Option<Result<Vec<RangeClaim>, Rejection>>]) -> BTreeSet<usize> {
    let listed: Vec<(usize, &RangeClaim)> = claims
        .iter()
        .enumerate()
        .filter_map(|(place, claims)| claims.as_ref()?.as_ref().ok().map(|claims| (place, claims)))
        .flat_map(|(place, claims)| claims.iter().map(move |claim| (place, claim)))
        .collect();
    let batch: Vec<RangeClaim> = listed.iter().map(|(_, claim)| (*claim).clone()).collect();
    let failing = spending::range_proofs_verify(&batch).err().unwrap_or_default();
    failing.into_iter().filter_map(|index| listed.get(index)).map(|(place, _)| *place).collect()
}

/// Phase 1 of what was submitted here is known; the rest is verified now.
struct FromMempool<'a> {
    genesis: &'a Genesis,
    mempool: &'a Mempool,
}

impl Verifier for FromMempool<'_> {
    fn verify(&mut self, _: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict {
        let known = self.mempool.has_verified(transaction.id(), transaction.full_digest(), &resolved.digests);
        if known {
            return Ok(());
        }
        is_what_its_bytes_say(self.genesis, transaction)?;
        check_alone(self.genesis, transaction, resolved)
    }
}
