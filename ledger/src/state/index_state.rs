//! An index read as state, and what else stands in it: which block it is the state after, and where transactions and
//! blocks stand. Those entries are the node's own and no part of the state root.

use hushwatt_crypto::set_hash::SetHash;

use super::{Changes, StateRead, auction_index, contract_index, keys};
use crate::{
    block::{Block, BlockDigest, Parent},
    codec::{DecodeError, Reader, Writer},
    storage::{Index, IndexBatch, IndexEntries, MemoryIndex, SledIndex, StorageError},
    transaction::TransactionId,
    units::Timestamp,
};

/// Version of the keys and values: an index of another one is rebuilt from the log.
pub const INDEX_SCHEMA: u32 = 3;

macro_rules! index_is_state {
    ($($index:ty),+) => {$(
        impl StateRead for $index {
            fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
                Index::get(self, key)
            }
            fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
                self.scan_range(from, until, most)
            }
        }
    )+};
}
index_is_state!(SledIndex, MemoryIndex);

/// The batch of one block: its changes, where it and its transactions stand, and the new tip, applied together or not at
/// all.
pub fn block_batch(changes: &Changes, block: &Block, tip: &Parent) -> IndexBatch {
    let mut writer = Writer::new();
    writer.u64(tip.height).bytes(&tip.digest.0).u64(tip.time.0).element(&tip.set_hash.element());
    let mut batch: IndexBatch = changes.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let height = Some(tip.height.to_le_bytes().to_vec());
    batch.push((keys::place_of_block(&tip.digest), height.clone()));
    let transactions = block.transactions.iter();
    batch.extend(transactions.map(|transaction| (keys::place_of_transaction(transaction.id()), height.clone())));
    contract_index::entries(changes, block, &mut batch);
    auction_index::entries(changes, block, &mut batch);
    batch.push((keys::tip(), Some(writer.finish())));
    batch
}

/// The block an index is the state after; `None` for an empty one, or one that cannot be read.
pub fn index_tip(index: &dyn Index) -> Result<Option<Parent>, StorageError> {
    let Some(bytes) = index.get(&keys::tip())? else { return Ok(None) };
    let decode = || -> Result<Parent, DecodeError> {
        let mut reader = Reader::new(&bytes);
        let parent = Parent {
            height: reader.u64()?,
            digest: BlockDigest(reader.array()?),
            time: Timestamp(reader.u64()?),
            set_hash: SetHash::from_element(&reader.element()?),
        };
        reader.finish()?;
        Ok(parent)
    };
    Ok(decode().ok())
}

/// Height of the block that holds a transaction; `None` if no block does.
pub fn index_height_of_transaction(index: &dyn Index, id: &TransactionId) -> Result<Option<u64>, StorageError> {
    height_at(index, &keys::place_of_transaction(id))
}

/// Height of a block; `None` if it is not on this chain.
pub fn index_height_of_block(index: &dyn Index, digest: &BlockDigest) -> Result<Option<u64>, StorageError> {
    height_at(index, &keys::place_of_block(digest))
}

fn height_at(index: &dyn Index, key: &[u8]) -> Result<Option<u64>, StorageError> {
    let Some(bytes) = index.get(key)? else { return Ok(None) };
    match bytes.try_into() {
        Ok(bytes) => Ok(Some(u64::from_le_bytes(bytes))),
        Err(_) => {
            Err(StorageError::IndexBroken { reason: "the entry of a block or transaction is no height".to_owned() })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_an_index_is_the_range_of_a_map() {
        let mut index = MemoryIndex::new();
        let keys: Vec<Vec<u8>> =
            (0..=255u8).flat_map(|a| [vec![a], vec![a, 0], vec![a, 7, 255], vec![7, a, 1]]).collect();
        let batch: IndexBatch = keys.iter().map(|key| (key.clone(), Some(vec![1]))).collect();
        index.apply(&batch).unwrap();
        let mut map = super::super::MemoryState::new();
        map.apply(batch.into_iter().collect());
        let mut bounds = keys.clone();
        bounds.extend([vec![], vec![7, 7, 0], vec![7, 7, 1], vec![8, 0, 0]]);
        for from in bounds.iter().step_by(7) {
            for until in bounds.iter().step_by(5) {
                let expected = StateRead::range(&map, from, until).unwrap();
                assert_eq!(index.scan_range(from, until, usize::MAX).unwrap(), expected, "{from:?}..{until:?}");
            }
        }
    }
}
