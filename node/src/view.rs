//! The state after a block that is not applied yet: the index, under the changes of the blocks in between.

use std::sync::{Arc, RwLockReadGuard};

use hushwatt_ledger::{
    block::Executed,
    state::{Changes, StateRead, index_height_of_transaction, range_over},
    storage::{Index, IndexEntries, StorageError},
    transaction::TransactionId,
};

use crate::store::SharedIndex;

/// An index read as state.
pub(crate) struct IndexState<'a>(pub &'a dyn Index);

impl StateRead for IndexState<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.0.get(key)
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        self.0.scan_range(from, until, most)
    }
}

/// The state of the applied blocks. While it is held no block is applied: hold it for reads only, never while proofs are
/// verified or files are synced, and take no second one meanwhile.
pub struct Committed<'a>(RwLockReadGuard<'a, SharedIndex>);

impl<'a> Committed<'a> {
    pub(crate) fn new(index: RwLockReadGuard<'a, SharedIndex>) -> Self {
        Committed(index)
    }

    /// Height of the block that holds a transaction.
    pub(crate) fn height_of_transaction(&self, id: &TransactionId) -> Result<Option<u64>, StorageError> {
        index_height_of_transaction(&**self.0, id)
    }
}

impl StateRead for Committed<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.0.get(key)
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        self.0.scan_range(from, until, most)
    }
}

/// A state under the changes of blocks on it, oldest first.
pub(crate) struct Layered<B> {
    base: B,
    layers: Vec<Arc<Executed>>,
}

impl<B: StateRead> Layered<B> {
    pub fn new(base: B, layers: Vec<Arc<Executed>>) -> Self {
        Layered { base, layers }
    }
}

impl<B: StateRead> StateRead for Layered<B> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        match self.layers.iter().rev().find_map(|layer| layer.changes.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        let layers: Vec<&Changes> = self.layers.iter().map(|layer| &layer.changes).collect();
        range_over(&self.base, &layers, from, until, most)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_crypto::set_hash::SetHash;
    use hushwatt_ledger::{
        block::{BlockDigest, Parent},
        state::{Changes, MemoryState},
        units::Timestamp,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn changes(dice: &mut ChaCha8Rng) -> Changes {
        let change = |dice: &mut ChaCha8Rng| {
            let length = dice.gen_range(1..4);
            let key = (0..length).map(|_| dice.gen_range(0..4)).collect();
            (key, dice.gen_bool(0.7).then(|| vec![dice.r#gen()]))
        };
        (0..dice.gen_range(0..12)).map(|_| change(dice)).collect()
    }

    #[test]
    fn reads_through_layers_are_those_of_the_state_with_the_changes_applied() {
        let mut dice = ChaCha8Rng::seed_from_u64(4);
        for _ in 0..300 {
            let mut base = MemoryState::new();
            base.apply(changes(&mut dice));
            base.apply(changes(&mut dice));
            let (mut plain, mut layers) = (base.clone(), Vec::new());
            for height in 0..dice.gen_range(0..5) {
                let changes = changes(&mut dice);
                plain.apply(changes.clone());
                let parent =
                    Parent { height, digest: BlockDigest([0; 32]), time: Timestamp(0), set_hash: SetHash::empty() };
                layers.push(Arc::new(Executed { changes, parent }));
            }
            let layered = Layered::new(base, layers);
            let bound = |dice: &mut ChaCha8Rng| -> Vec<u8> {
                let length = dice.gen_range(0..3);
                (0..length).map(|_| dice.gen_range(0..5)).collect()
            };
            for _ in 0..20 {
                let (from, until) = (bound(&mut dice), bound(&mut dice));
                let all = layered.range(&from, &until).unwrap();
                assert_eq!(all, plain.range(&from, &until).unwrap());
                let most = dice.gen_range(0..6);
                assert_eq!(layered.range_first(&from, &until, most).unwrap()[..], all[..most.min(all.len())]);
                assert_eq!(layered.get(&from).unwrap(), plain.get(&from).unwrap());
            }
        }
    }
}
