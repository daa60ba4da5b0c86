//! Phase 1 of many transactions at once: ring signatures on all cores, range proofs as one batch.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use hushwatt_crypto::range::RangeClaim;
use hushwatt_ledger::{
    Rejection,
    genesis::Genesis,
    rules::spending,
    state::Resolved,
    transaction::{Transaction, check::check_proofs},
};
use rayon::prelude::*;

/// How much a node has done. Numbers only grow.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub decoded: AtomicU64,
    pub verified: AtomicU64,
    pub executed: AtomicU64,
}

/// What a node has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkDone {
    /// Transactions decoded.
    pub transactions_decoded: u64,
    /// Transactions whose proofs were verified.
    pub proofs_verified: u64,
    /// Blocks executed: proposed, verified, or applied without being known before.
    pub blocks_executed: u64,
}

impl Work {
    pub fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub fn done(&self) -> WorkDone {
        WorkDone {
            transactions_decoded: self.decoded.load(Ordering::Relaxed),
            proofs_verified: self.verified.load(Ordering::Relaxed),
            blocks_executed: self.executed.load(Ordering::Relaxed),
        }
    }
}

/// A transaction whose proofs are to be verified against what it names.
pub(crate) struct Unproven {
    pub transaction: Arc<Transaction>,
    pub resolved: Resolved,
}

/// Each one's own verdict, in order. A wrong range proof costs the others some multiplications, not their verdict.
pub(crate) fn verify_proofs(genesis: &Genesis, work: &Work, all: &[Unproven]) -> Vec<Result<(), Rejection>> {
    Work::add(&work.verified, all.len());
    let claims: Vec<Result<Vec<RangeClaim>, Rejection>> =
        all.par_iter().map(|one| check_proofs(genesis, &one.transaction, &one.resolved)).collect();
    let (places, batch): (Vec<usize>, Vec<RangeClaim>) = claims
        .iter()
        .enumerate()
        .filter_map(|(place, claims)| Some((place, claims.as_ref().ok()?)))
        .flat_map(|(place, claims)| claims.iter().map(move |claim| (place, claim.clone())))
        .unzip();
    let mut verdicts: Vec<Result<(), Rejection>> = claims.into_iter().map(|claims| claims.map(|_| ())).collect();
    for failing in spending::range_proofs_verify(&batch).err().unwrap_or_default() {
        if let Some(verdict) = places.get(failing).and_then(|place| verdicts.get_mut(*place)) {
            *verdict = Err(Rejection::RangeProof);
        }
    }
    verdicts
}
