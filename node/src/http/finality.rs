//! Submissions whose senders wait until they are final. One task asks the node once a block for all of them together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hushwatt_ledger::transaction::TransactionId;
use tokio::sync::{Notify, oneshot, watch};

use super::backend::{Backend, Outcome};

type Waiting = HashMap<TransactionId, Vec<oneshot::Sender<Outcome>>>;

/// Who waits for which transaction.
#[derive(Default)]
pub(super) struct Waiters {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

impl Waiters {
    /// Resolves when the transaction no longer waits; with an error when the node stops.
    pub fn outcome_of(&self, id: TransactionId) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        self.lock().entry(id).or_default().push(sender);
        self.arrived.notify_one();
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the waiting until the node stops.
    pub async fn run(&self, backend: Arc<dyn Backend>, mut stopping: watch::Receiver<bool>) {
        let mut tip = backend.tip();
        loop {
            tokio::select! {
                changed = tip.changed() => if changed.is_err() { break },
                () = self.arrived.notified() => {}
                _ = stopping.wait_for(|stopping| *stopping) => break,
            }
            let ids = self.still_waiting();
            if ids.is_empty() {
                continue;
            }
            let node = backend.clone();
            let asked = tokio::task::spawn_blocking(move || {
                let outcomes = node.outcomes(&ids);
                ids.into_iter().zip(outcomes).filter(|(_, outcome)| *outcome != Outcome::Waiting).collect::<Vec<_>>()
            });
            for (id, outcome) in asked.await.unwrap_or_default() {
                let senders = self.lock().remove(&id).unwrap_or_default();
                for sender in senders {
                    // Who has gone away meanwhile misses nothing.
                    let _ = sender.send(outcome.clone());
                }
            }
        }
        self.lock().clear();
    }

    /// Forgets those who have gone away; tells what the others wait for.
    fn still_waiting(&self) -> Vec<TransactionId> {
        let mut waiting = self.lock();
        waiting.retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
        waiting.keys().copied().collect()
    }
}
