//! Transactions that wait for a block: bounded, each verified once, none in conflict with another.

use std::collections::HashMap;

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    transaction::{FullDigest, Transaction, TransactionId},
    units::Timestamp,
};

use crate::SubmitError;

/// Bounds of a mempool.
#[derive(Clone, Copy, Debug)]
pub struct MempoolLimits {
    /// Most transactions.
    pub transactions: usize,
    /// Most bytes, hints not counted.
    pub bytes: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        MempoolLimits { transactions: 10_000, bytes: 64 << 20 }
    }
}

struct Entry {
    transaction: Transaction,
    hints: Vec<Hint>,
    /// The bucket versions its proofs were verified against.
    digests: Vec<[u8; 32]>,
    /// How many came before it: who waits longest goes first, whatever ids others grind.
    arrival: u64,
}

/// Waiting transactions.
pub struct Mempool {
    limits: MempoolLimits,
    entries: HashMap<TransactionId, Entry>,
    images: HashMap<[u8; 32], TransactionId>,
    bytes: usize,
    arrivals: u64,
}

impl Mempool {
    /// Empty.
    pub fn new(limits: MempoolLimits) -> Self {
        Mempool { limits, entries: HashMap::new(), images: HashMap::new(), bytes: 0, arrivals: 0 }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a transaction could be taken: not known, no conflict, room.
    pub(crate) fn admits(&self, transaction: &Transaction) -> Result<(), SubmitError> {
        if self.entries.contains_key(transaction.id()) {
            return Err(SubmitError::AlreadyWaiting(*transaction.id()));
        }
        for spend in transaction.action().spends() {
            if let Some(other) = self.images.get(spend.image.as_bytes()) {
                return Err(SubmitError::Conflict(*other));
            }
        }
        let bytes = self.bytes + transaction.encoded_len();
        if self.entries.len() >= self.limits.transactions || bytes > self.limits.bytes {
            return Err(SubmitError::Full);
        }
        Ok(())
    }

    /// Takes a verified transaction.
    pub(crate) fn insert(&mut self, transaction: Transaction, hints: Vec<Hint>, digests: Vec<[u8; 32]>) {
        self.bytes += transaction.encoded_len();
        let id = *transaction.id();
        for spend in transaction.action().spends() {
            self.images.insert(*spend.image.as_bytes(), id);
        }
        self.entries.insert(id, Entry { transaction, hints, digests, arrival: self.arrivals });
        self.arrivals += 1;
    }

    /// Removes a transaction; gives its hints.
    pub(crate) fn remove(&mut self, id: &TransactionId) -> Option<Vec<Hint>> {
        let entry = self.entries.remove(id)?;
        self.bytes -= entry.transaction.encoded_len();
        for spend in entry.transaction.action().spends() {
            self.images.remove(spend.image.as_bytes());
        }
        Some(entry.hints)
    }

    /// Removes what has expired; gives the ids.
    pub(crate) fn remove_expired(&mut self, now: Timestamp) -> Vec<TransactionId> {
        let expired: Vec<TransactionId> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.transaction.envelope().valid_until < now)
            .map(|(id, _)| *id)
            .collect();
        expired.iter().for_each(|id| {
            self.remove(id);
        });
        expired
    }

    /// The waiting transactions, in the order in which they came.
    pub(crate) fn candidates(&self) -> Vec<Transaction> {
        let mut waiting: Vec<&Entry> = self.entries.values().collect();
        waiting.sort_by_key(|entry| entry.arrival);
        waiting.into_iter().map(|entry| entry.transaction.clone()).collect()
    }

    /// The hints of a waiting transaction.
    pub(crate) fn hints(&self, id: &TransactionId) -> Option<&Vec<Hint>> {
        self.entries.get(id).map(|entry| &entry.hints)
    }

    /// Whether exactly these bytes were verified here against exactly these bucket versions.
    pub(crate) fn has_verified(&self, id: &TransactionId, full: &FullDigest, digests: &[[u8; 32]]) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.transaction.full_digest() == full && entry.digests == digests)
    }
}
