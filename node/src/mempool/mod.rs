//! Transactions that wait for a block: bounded, each verified once, none in conflict with another, room and blocks shared
//! fairly among those who handed them in (protocol section 8).

mod claims;
mod drops;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet},
};

use hushwatt_ledger::{
    Rejection,
    block::BlockDigest,
    transaction::{Action, FullDigest, TransactionId},
    units::Timestamp,
};

pub(crate) use claims::Claim;
pub use drops::Dropped;
use drops::Drops;

use crate::{
    Source, Submission, SubmitError,
    source::{Room, Shares},
};

/// Bounds of a mempool.
#[derive(Clone, Copy, Debug)]
pub struct MempoolLimits {
    /// Most transactions.
    pub transactions: usize,
    /// Most bytes, hints included.
    pub bytes: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        MempoolLimits { transactions: 10_000, bytes: 64 << 20 }
    }
}

/// Bounds of a block that this node proposes.
#[derive(Clone, Copy, Debug)]
pub struct ProposalLimits {
    /// Most transactions.
    pub transactions: usize,
    /// Most bytes of transactions.
    pub bytes: usize,
}

impl Default for ProposalLimits {
    fn default() -> Self {
        ProposalLimits { transactions: 1_024, bytes: 2 << 20 }
    }
}

/// A waiting transaction.
struct Entry {
    submission: Submission,
    /// The bucket versions its proofs were verified against.
    digests: Vec<[u8; 32]>,
    source: Source,
    /// How many came before it.
    arrival: u64,
    /// Whether the journal has it.
    journaled: bool,
    /// When it was last passed on to other nodes.
    sent: Timestamp,
    /// The parent on which a proposal left it out last, and why.
    left_out: Option<(BlockDigest, Rejection)>,
}

impl Entry {
    fn valid_until(&self) -> Timestamp {
        self.submission.transaction().envelope().valid_until
    }
}

/// Whether it has a deadline of its own and cannot be many: a Clear, of which there is one an auction, and what committee and
/// registrars do about totals, each of which takes what no second one can have.
fn is_urgent(action: &Action) -> bool {
    matches!(action, Action::Clear(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_))
}

/// What a proposal stands on, as far as the mempool needs to know it.
pub(crate) struct Below {
    /// The parent, and its ancestors down to the last final block.
    pub blocks: Vec<BlockDigest>,
    /// The transactions in those that are not final.
    pub included: HashSet<TransactionId>,
}

/// Waiting transactions.
pub(crate) struct Mempool {
    shares: Shares,
    entries: HashMap<TransactionId, Entry>,
    by_content: HashMap<FullDigest, TransactionId>,
    claims: HashMap<Claim, TransactionId>,
    /// Each source's, in the order in which they came.
    queues: BTreeMap<Source, BTreeMap<u64, TransactionId>>,
    expiries: BTreeSet<(Timestamp, TransactionId)>,
    arrivals: u64,
    drops: Drops,
}

impl Mempool {
    pub fn new(limits: MempoolLimits) -> Self {
        Mempool {
            shares: Shares::new(Room { items: limits.transactions, bytes: limits.bytes }),
            entries: HashMap::new(),
            by_content: HashMap::new(),
            claims: HashMap::new(),
            queues: BTreeMap::new(),
            expiries: BTreeSet::new(),
            arrivals: 0,
            drops: Drops::default(),
        }
    }

    /// How many wait, and their bytes.
    pub fn taken(&self) -> Room {
        self.shares.taken()
    }

    pub fn contains(&self, id: &TransactionId) -> bool {
        self.entries.contains_key(id)
    }

    /// The waiting transaction with exactly these bytes, by their digest.
    pub fn by_content(&self, content: &FullDigest) -> Option<&Submission> {
        self.by_content.get(content).and_then(|id| self.get(id))
    }

    pub fn get(&self, id: &TransactionId) -> Option<&Submission> {
        self.entries.get(id).map(|entry| &entry.submission)
    }

    /// Whether the journal has a waiting transaction.
    pub fn is_journaled(&self, id: &TransactionId) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.journaled)
    }

    pub fn set_journaled(&mut self, id: &TransactionId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.journaled = true;
        }
    }

    /// Whether exactly these bytes were verified here against exactly these bucket versions.
    pub fn has_verified(&self, content: &FullDigest, digests: &[[u8; 32]]) -> bool {
        let entry = self.by_content.get(content).and_then(|id| self.entries.get(id));
        entry.is_some_and(|entry| entry.digests == digests)
    }

    /// Whether a transaction that does not wait yet could be taken: no conflict, and room for its source. A Clear needs no
    /// room: there is one for an auction at most, and what is not cleared in time is not traded.
    pub fn admits(&self, submission: &Submission, source: Source) -> Result<(), SubmitError> {
        let action = submission.transaction().action();
        if let Some(other) = Claim::of(action).iter().find_map(|claim| self.claims.get(claim)) {
            return Err(SubmitError::Conflict(*other));
        }
        if is_urgent(action) { Ok(()) } else { Ok(self.shares.admits(source, submission.encoded_len())?) }
    }

    /// Takes a verified transaction that is admitted.
    pub fn insert(&mut self, submission: Submission, digests: Vec<[u8; 32]>, source: Source, now: Timestamp) {
        let (id, arrival) = (*submission.id(), self.arrivals);
        // Nobody knows what an earlier run has passed on.
        let journaled = source == Source::Restored;
        let sent = if journaled { Timestamp(0) } else { now };
        self.arrivals += 1;
        self.shares.add(source, submission.encoded_len());
        self.claims.extend(Claim::of(submission.transaction().action()).into_iter().map(|claim| (claim, id)));
        self.by_content.insert(*submission.transaction().full_digest(), id);
        self.queues.entry(source).or_default().insert(arrival, id);
        self.drops.forget(&id);
        let entry = Entry { submission, digests, source, arrival, journaled, sent, left_out: None };
        self.expiries.insert((entry.valid_until(), id));
        self.entries.insert(id, entry);
    }

    /// Removes a transaction: it is in a final block, or was never acknowledged.
    pub fn remove(&mut self, id: &TransactionId) -> Option<Submission> {
        let entry = self.entries.remove(id)?;
        self.expiries.remove(&(entry.valid_until(), *id));
        self.shares.remove(entry.source, entry.submission.encoded_len());
        self.by_content.remove(entry.submission.transaction().full_digest());
        for claim in Claim::of(entry.submission.transaction().action()) {
            self.claims.remove(&claim);
        }
        if let Some(queue) = self.queues.get_mut(&entry.source) {
            queue.remove(&entry.arrival);
            if queue.is_empty() {
                self.queues.remove(&entry.source);
            }
        }
        Some(entry.submission)
    }

    /// Removes a transaction and remembers why. Says whether it waited.
    pub fn drop_for(&mut self, id: &TransactionId, reason: Dropped) -> bool {
        let waited = self.remove(id).is_some();
        if waited {
            self.drops.remember(*id, reason);
        }
        waited
    }

    /// Remembers why a transaction of an earlier run does not wait any more.
    pub fn note_drop(&mut self, id: TransactionId, reason: Dropped) {
        self.drops.remember(id, reason);
    }

    /// Why a transaction was dropped, if that was lately.
    pub fn dropped(&self, id: &TransactionId) -> Option<Dropped> {
        self.drops.get(id)
    }

    /// Drops what has expired; gives the ids.
    pub fn drop_expired(&mut self, now: Timestamp) -> Vec<TransactionId> {
        let expired: Vec<TransactionId> =
            self.expiries.iter().take_while(|(until, _)| *until < now).map(|(_, id)| *id).collect();
        for id in &expired {
            self.drop_for(id, Dropped::Rule(Rejection::Expired));
        }
        expired
    }

    /// Drops what lays claim to what a final block has taken: the same note, the same auction; gives ids and rules. What is in
    /// that block is removed before.
    pub fn drop_claimed(&mut self, taken: impl Iterator<Item = Claim>) -> Vec<(TransactionId, Rejection)> {
        let claimed: Vec<(TransactionId, Rejection)> =
            taken.filter_map(|claim| Some((*self.claims.get(&claim)?, claim.lost()))).collect();
        claimed.into_iter().filter(|(id, rejection)| self.drop_for(id, Dropped::Rule(*rejection))).collect()
    }

    /// A proposal on `parent` left these out by a rule. They are not offered again to that parent or its descendants.
    pub fn leave_out(&mut self, parent: BlockDigest, left_out: &[(TransactionId, Rejection)]) {
        for (id, rejection) in left_out {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.left_out = Some((parent, *rejection));
            }
        }
    }

    /// A block is final: drops what was left out on it; gives ids and rules.
    pub fn drop_left_out(&mut self, parent: &BlockDigest) -> Vec<(TransactionId, Rejection)> {
        let left_out = self.entries.iter().filter_map(|(id, entry)| {
            let (on, rejection) = entry.left_out?;
            (on == *parent).then_some((*id, rejection))
        });
        let left_out: Vec<(TransactionId, Rejection)> = left_out.collect();
        for (id, rejection) in &left_out {
            self.drop_for(id, Dropped::Rule(*rejection));
        }
        left_out
    }

    fn is_candidate(entry: &Entry, below: &Below, time: Timestamp) -> bool {
        let left_out = entry.left_out.is_some_and(|(parent, _)| below.blocks.contains(&parent));
        !left_out && !below.included.contains(entry.submission.id()) && entry.valid_until() >= time
    }

    /// Whether there is anything for a block of this time on these.
    pub fn has_candidate(&self, below: &Below, time: Timestamp) -> bool {
        self.entries.values().any(|entry| Self::is_candidate(entry, below, time))
    }

    /// What a block of this time on these is filled with: first what has a deadline, then each source gets as many bytes as any other that has something to
    /// offer, and within a source what came first goes first.
    pub fn candidates(&self, below: &Below, time: Timestamp, limits: ProposalLimits) -> Vec<Submission> {
        let (mut chosen, mut bytes) = (Vec::new(), 0);
        let urgent = self.entries.values().filter(|entry| is_urgent(entry.submission.transaction().action()));
        let mut urgent: Vec<&Entry> = urgent.filter(|entry| Self::is_candidate(entry, below, time)).collect();
        urgent.sort_by_key(|entry| entry.arrival);
        for entry in urgent {
            bytes += entry.submission.transaction().encoded_len();
            chosen.push(entry.submission.clone());
        }
        let mut queues: HashMap<Source, _> = HashMap::new();
        // The source that has had the fewest bytes so far goes next; of equals the one whose turn came first.
        let mut turns = BinaryHeap::new();
        for (source, queue) in &self.queues {
            let offers = queue.iter().filter_map(|(arrival, id)| {
                let entry = self.entries.get(id).filter(|entry| Self::is_candidate(entry, below, time))?;
                let waits_its_turn = !is_urgent(entry.submission.transaction().action());
                waits_its_turn.then_some((*arrival, &entry.submission))
            });
            let mut offers = offers.peekable();
            if let Some((arrival, _)) = offers.peek() {
                turns.push(Reverse((0, *arrival, *source)));
                queues.insert(*source, offers);
            }
        }
        while let Some(Reverse((taken, _, source))) = turns.pop()
            && chosen.len() < limits.transactions
        {
            let Some(offers) = queues.get_mut(&source) else { continue };
            let Some((_, submission)) = offers.next() else { continue };
            let length = submission.transaction().encoded_len();
            // What does not fit ends its source's turns, not the others'.
            if bytes + length > limits.bytes && !chosen.is_empty() {
                continue;
            }
            bytes += length;
            chosen.push(submission.clone());
            if let Some((arrival, _)) = offers.peek() {
                turns.push(Reverse((taken + length, *arrival, source)));
            }
        }
        chosen
    }

    /// What this node answers for and has last passed on before `before`; marked as passed on `now`. Oldest first, up to so
    /// many bytes.
    pub fn pass_on(&mut self, before: Timestamp, now: Timestamp, bytes: usize) -> Vec<Submission> {
        let mut due: Vec<&mut Entry> =
            self.entries.values_mut().filter(|entry| entry.journaled && entry.sent < before).collect();
        due.sort_by_key(|entry| (entry.sent, entry.arrival));
        let mut total = 0;
        let fitting = due.into_iter().take_while(|entry| {
            total += entry.submission.encoded_len();
            total <= bytes
        });
        let passed = fitting.map(|entry| {
            entry.sent = now;
            entry.submission.clone()
        });
        passed.collect()
    }

    /// What the journal must hold: everything acknowledged, in the order in which it came.
    pub fn journaled(&self) -> Vec<Submission> {
        let mut promised: Vec<&Entry> = self.entries.values().filter(|entry| entry.journaled).collect();
        promised.sort_by_key(|entry| entry.arrival);
        promised.into_iter().map(|entry| entry.submission.clone()).collect()
    }
}
