//! Why transactions left the mempool without being in a block: remembered for those who ask again.

use std::collections::{HashMap, VecDeque};

use hushwatt_ledger::{Rejection, transaction::TransactionId};

/// Why an accepted transaction will not be in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    /// A rule refuses it by now.
    #[error("refused by rule {name}: {0}", name = .0.name())]
    Rule(Rejection),
    /// It waited when this node stopped, and the node came back with less room.
    #[error("the node came back with less room: submit it again")]
    NoRoom,
}

/// The last ones; the oldest are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Drops {
    reasons: HashMap<TransactionId, Dropped>,
    order: VecDeque<TransactionId>,
}

impl Drops {
    /// How many are remembered.
    const MOST: usize = 10_000;

    pub fn remember(&mut self, id: TransactionId, reason: Dropped) {
        if self.reasons.insert(id, reason).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > Self::MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.reasons.remove(&oldest);
            }
        }
    }

    pub fn get(&self, id: &TransactionId) -> Option<Dropped> {
        self.reasons.get(id).copied()
    }

    /// It was accepted after all.
    pub fn forget(&mut self, id: &TransactionId) {
        if self.reasons.remove(id).is_some() {
            self.order.retain(|other| other != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> TransactionId {
        let mut bytes = [0; 64];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        TransactionId(bytes)
    }

    #[test]
    fn the_last_ones_are_remembered_and_the_oldest_forgotten() {
        let mut drops = Drops::default();
        let most = Drops::MOST as u64;
        (0..most + 5).for_each(|number| drops.remember(id(number), Dropped::NoRoom));
        assert_eq!((drops.get(&id(4)), drops.get(&id(5))), (None, Some(Dropped::NoRoom)));
        drops.remember(id(6), Dropped::Rule(Rejection::Expired));
        assert_eq!(drops.get(&id(6)), Some(Dropped::Rule(Rejection::Expired)));
        drops.forget(&id(6));
        assert_eq!((drops.get(&id(6)), drops.order.len(), drops.reasons.len()), (None, 9_999, 9_999));
    }
}
