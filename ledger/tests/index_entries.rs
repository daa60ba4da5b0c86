//! What an index says of its own beside the state: its tip, where blocks and transactions stand, the contracts of a window.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use hushwatt_ledger::{
    block::{Parent, execute_block},
    state::{
        Closed, RingCache, StateRead, block_batch, index_contracts, index_height_of_block, index_height_of_transaction,
        index_tip, recompute_root,
    },
    storage::{Index, MemoryIndex, StorageError},
    transaction::{TransactionId, build::Built, open::ContractId},
    units::{Timestamp, Utility},
};
use kit::{build::Bid, *};

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

/// A block that is proposed, indexed and accepted.
fn step(world: &mut World, index: &mut MemoryIndex, at: Timestamp, built: &[Built]) -> u64 {
    let proposal = world.propose(at, built).unwrap();
    index.apply(&block_batch(&proposal.executed.changes, &proposal.block, &proposal.executed.parent)).unwrap();
    world.accept(at, built).header.height
}

#[test]
fn the_contracts_of_a_window_are_listed_with_how_they_ended() {
    let (mut index, mut opened) = (MemoryIndex::new(), (ContractId([0; 32]), ContractId([0; 32]), 0));
    let mut world = World::with_energy(&Setup::default(), |world| {
        let bid = |buyer, quantity| Bid {
            buyer,
            seller: BERT,
            utility: Utility::Electricity,
            window: world.window(0),
            price: 200,
            quantity,
        };
        let bids = [bid(ANNA, 100), bid(CARLA, 300)];
        let built = bids.map(|bid| world.open(&bid));
        let soon = world.after(60);
        opened.2 = step(world, &mut index, soon, &built);
        (opened.0, opened.1) = (world.contract_of(&built[0]), world.contract_of(&built[1]));
    });
    let (kept, forgotten, height) = opened;
    let window = world.window(0);
    let (total, listed) = index_contracts(&index, window, 0, 10).unwrap();
    assert_eq!((total, listed.len()), (2, 2));
    assert!(listed.iter().all(|contract| contract.closed.is_none() && contract.opened == height));

    let deliver = world.deliver(BERT, electricity(window), &[(kept, 70)]);
    let soon = world.after(60);
    let delivered = step(&mut world, &mut index, soon, &[deliver]);
    let late = world.parameters().deliver_until(window).plus(1);
    let expired = step(&mut world, &mut index, late, &[]);
    let of = |id| {
        let (_, listed) = index_contracts(&index, window, 0, 10).unwrap();
        listed.into_iter().find(|contract| contract.id == id).unwrap()
    };
    let closed = of(kept).closed.unwrap();
    assert!(closed.height == delivered && closed.receipt.is_some());
    assert_eq!(of(forgotten).closed, Some(Closed { height: expired, receipt: None }));
    assert_eq!((of(kept).price.micro_euro(), of(kept).utility), (200, Utility::Electricity));
    // In pages, and only of this window.
    let page = |from| index_contracts(&index, window, from, 1).unwrap();
    assert_eq!((page(0).0, page(0).1[0].id != page(1).1[0].id, page(2).1.len()), (2, true, 0));
    assert_eq!(index_contracts(&index, world.window(1), 0, 10).unwrap().0, 0);
}
