//! Clients of a simulated network: what they hand in, what they are told, and what they wait for in the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use hushwatt_ledger::transaction::{TransactionId, hints::encode_hints};
use hushwatt_node::{Core, Source, Standing, Status, Submission};

use super::{validator::Validator, world::World};

/// Simulated time in which a healed network must make everything final.
const PATIENCE: Duration = Duration::from_secs(300);
/// Simulated time in which a block in a log must be applied: much more than it takes.
const APPLYING: Duration = Duration::from_secs(3);

/// Where a transaction was handed in and what was said.
#[derive(Default)]
pub struct Client {
    /// What is not accepted by anybody yet.
    pub waiting: Vec<Submission>,
    /// Accepted by these correct validators, which must keep the promise.
    pub promised: BTreeMap<TransactionId, BTreeSet<usize>>,
    /// Said to be final by a correct validator, in this block.
    pub finals: BTreeMap<TransactionId, u64>,
    /// Changes of the validators that were handed in, whatever was said, by serial: one whose writing failed may be final
    /// all the same, as when the bytes were on the disk and the sync failed. Of each serial one can be final.
    changes: BTreeMap<u64, BTreeSet<TransactionId>>,
}

impl World<'_> {
    /// Hands a transaction in; whether it was accepted.
    pub fn submit(&mut self, place: usize, submission: &Submission) -> bool {
        let bytes = (submission.transaction().encode(), encode_hints(submission.hints()));
        let validator = &mut self.validators[place];
        if let Some((other, _)) = &validator.other {
            let _ = other.submit(&bytes.0, &bytes.1, Source::Client(2));
        }
        let Some(core) = validator.core() else { return false };
        match core.submit(&bytes.0, &bytes.1, Source::Client(1)) {
            Ok(submitted) => {
                if validator.is_correct() {
                    self.client.promised.entry(submitted.id).or_default().insert(place);
                    if let Standing::Final { height } = submitted.standing {
                        self.said_final(submitted.id, height);
                    }
                }
                true
            }
            Err(_) => false,
        }
    }

    fn said_final(&mut self, id: TransactionId, height: u64) {
        let before = *self.client.finals.entry(id).or_insert(height);
        assert_eq!(before, height, "transaction {id} is said to be final in two blocks");
    }

    /// Asks a correct validator about everything.
    pub fn ask(&mut self) {
        let up: Vec<usize> = self.correct().filter(|one| one.core().is_some()).map(|one| one.place).collect();
        let Some(place) = self.dice.pick(&up) else { return };
        let Some(core) = self.validators[place].core().cloned() else { return };
        let all: Vec<TransactionId> = self.client.promised.keys().copied().collect();
        for id in all {
            if let Status::Final { height } = core.status_of(&id).unwrap() {
                self.said_final(id, height);
            }
        }
    }

    pub fn submit_something(&mut self) {
        let voting: Vec<usize> = self.validators.iter().filter(|one| one.votes()).map(|one| one.place).collect();
        let Some(place) = self.dice.pick(&voting) else { return };
        if self.client.waiting.is_empty() {
            return;
        }
        let next = self.client.waiting[self.dice.roll(self.client.waiting.len() as u64) as usize].clone();
        // The other one that spends the same note goes elsewhere at the same time.
        if let (Some(rival), Some(elsewhere)) = (self.fixture.rival(next.id()).cloned(), self.dice.pick(&voting)) {
            self.submit(elsewhere, &rival);
        }
        if self.submit(place, &next) {
            self.client.waiting.retain(|one| one.id() != next.id());
        }
    }

    /// The registrars let the spare one in, or somebody out, or exchange two.
    pub fn change_validators(&mut self) {
        let all = self.plan.validators + self.plan.spare;
        let (first, spare) = (self.plan.validators, all - 1);
        let mut places: Vec<usize> = match self.dice.roll(3) {
            0 => (0..all).collect(),
            1 if first > 4 => (0..first).collect(),
            _ => (0..first).chain([spare]).collect(),
        };
        while places.len() > 4 && self.dice.once_in(2) {
            places.remove(self.dice.roll(places.len() as u64) as usize);
        }
        let serial = self.registry + 1;
        let change = self.fixture.registry(serial, &places);
        let voting: Vec<usize> = self.correct().filter(|one| one.votes()).map(|one| one.place).collect();
        let Some(place) = self.dice.pick(&voting) else { return };
        self.client.changes.entry(serial).or_default().insert(*change.id());
        if self.submit(place, &change) {
            self.registry = serial;
            self.count("change of validators");
        }
    }

    /// Until everything that was promised is final everywhere, and something new too.
    pub async fn settle(&mut self) {
        let fixture = self.fixture.clone();
        let until = self.network.time().now() + PATIENCE;
        let mut fresh: Option<TransactionId> = None;
        loop {
            let owed = self.client.promised.iter().filter(|(_, places)| !places.is_empty());
            let open: Vec<TransactionId> = owed.map(|(id, _)| *id).filter(|id| !self.is_settled(id)).collect();
            if fresh.is_some() && open.is_empty() {
                return;
            }
            assert!(self.network.time().now() < until, "no progress: {}", self.standing(&open));
            for place in self.everybody() {
                if !self.validators[place].is_correct() || !self.validators[place].votes() {
                    continue;
                }
                if !self.client.promised.contains_key(fixture.mint.id()) {
                    self.submit(place, &fixture.mint);
                } else if fresh.is_none() && self.submit(place, &fixture.fresh[0]) {
                    fresh = Some(*fixture.fresh[0].id());
                }
            }
            self.ask();
            self.pass(Duration::from_secs(1)).await;
        }
    }

    /// Until every correct validator has applied what its log holds: a block is acknowledged as soon as it is in the log,
    /// some moments before it is applied, and a run may end between the two.
    pub async fn come_to_rest(&mut self) {
        let until = self.network.time().now() + APPLYING;
        let is_applied = |core: &Core| core.tip().height == core.store().height();
        while !self.correct().all(|one| one.core().is_some_and(|core| is_applied(core))) {
            assert!(self.network.time().now() < until, "a block in a log is not applied: {}", self.standing(&[]));
            self.tick().await;
        }
    }

    /// Where everybody stands, for people.
    fn standing(&self, open: &[TransactionId]) -> String {
        let of = |one: &Validator| {
            let Some(core) = one.core() else { return format!("{} is down", one.place) };
            let status: Vec<_> = open.iter().map(|id| core.status_of(id)).collect();
            let (height, votes, nature) = (core.tip().height, one.votes(), one.nature);
            format!("{} ({nature:?}, votes: {votes}) stands at {height}, says {status:?}", one.place)
        };
        let all: Vec<String> = self.validators.iter().map(of).collect();
        format!("{open:?}: {}; {:?}", all.join("; "), self.counts)
    }

    /// Whether it, or one that excludes it, is final on every correct validator. What else a validator says of it does not
    /// count: one that never had it, or has been started anew, knows nothing of one that was dropped.
    fn is_settled(&self, id: &TransactionId) -> bool {
        let rival = self.fixture.rival(id).map(Submission::id);
        let same_serial = self.client.changes.values().find(|changes| changes.contains(id));
        let any: Vec<&TransactionId> = [id].into_iter().chain(rival).chain(same_serial.into_iter().flatten()).collect();
        let is_final = |core: &Core| any.iter().any(|id| matches!(core.status_of(id), Ok(Status::Final { .. })));
        self.correct().all(|one| one.core().is_some_and(|core| is_final(core)))
    }
}
