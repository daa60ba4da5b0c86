//! What an index says of its own beside the state: its tip, and where blocks and transactions stand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use hushwatt_ledger::{
    block::{Parent, execute_block},
    state::{
        RingCache, StateRead, block_batch, index_height_of_block, index_height_of_transaction, index_tip,
        recompute_root,
    },
    storage::{Index, MemoryIndex, StorageError},
    transaction::TransactionId,
};
use kit::*;

#[test]
fn an_index_finds_blocks_and_transactions_by_their_digests_and_keeps_them_out_of_the_state() {
    let mut world = World::before_the_first_block(&Setup::default());
    let mint = world.mint(&[(ANNA, 1_000_000), (BERT, 2_000_000)]);
    let mut blocks = vec![world.accept(START.plus(60), &[mint])];
    let payments = [world.pay(ANNA, BERT, 5), world.pay(BERT, ANNA, 6)];
    blocks.push(world.accept(world.after(60), &payments));
    blocks.push(world.accept(world.after(60), &[]));

    let network = *world.network();
    let (mut index, rings) = (MemoryIndex::new(), RingCache::new());
    let mut parent = Parent::genesis(&world.genesis);
    for block in &blocks {
        let digest = block.header.digest(&network);
        assert_eq!(index_height_of_block(&index, &digest).unwrap(), None);
        let mut checking = Checking(&world.genesis);
        let executed = execute_block(&world.genesis, &index, &rings, &parent, block, &mut checking).unwrap();
        index.apply(&block_batch(&executed.changes, block, &executed.parent)).unwrap();
        parent = executed.parent;
        assert_eq!(index_tip(&index).unwrap(), Some(parent));
        assert_eq!(recompute_root(&network, &index).unwrap(), parent.set_hash, "no part of the root");
    }
    for block in &blocks {
        let height = Some(block.header.height);
        assert_eq!(index_height_of_block(&index, &block.header.digest(&network)).unwrap(), height);
        for transaction in &block.transactions {
            assert_eq!(index_height_of_transaction(&index, transaction.id()).unwrap(), height);
        }
    }
    assert_eq!(index_height_of_block(&index, &NO_BLOCK).unwrap(), None);
    assert_eq!(index_height_of_transaction(&index, &TransactionId([7; 64])).unwrap(), None);
    // The state in memory and the one in the index are the same.
    let all = |state: &dyn StateRead| state.range(&[1], &[u8::MAX]).unwrap();
    assert_eq!(all(&index), all(&world.state));
}

#[test]
fn an_entry_that_is_no_height_is_an_error() {
    let mut index = MemoryIndex::new();
    let key = [&[0, b'D'][..], &NO_BLOCK.0].concat();
    index.apply(&[(key, Some(vec![1, 2, 3]))]).unwrap();
    assert!(matches!(index_height_of_block(&index, &NO_BLOCK), Err(StorageError::IndexBroken { .. })));
}
