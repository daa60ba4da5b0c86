//! Blocks as nodes send them to each other: canonical, total on any bytes, and cheap where they are known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Block, Refused},
    genesis::Genesis,
    storage::{MemoryIndex, SimDisk},
    transaction::build::Built,
};
use hushwatt_node::{Core, CoreOptions, LiveBlock, Source, SteppedClock, Store, Submission, VerifyError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::{Community, START, Setup, effort};

struct Prepared {
    genesis: Arc<Genesis>,
    first: LiveBlock,
    second: LiveBlock,
    built: Vec<Built>,
}

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let mut community = Community::found(&Setup::default());
        let mint = community.mint_of(&[(0, 1_000_000); 8]);
        let first = community.settle(vec![mint]);
        let built: Vec<Built> = (0..3).map(|_| community.pay(0, &[(1, 5)])).collect();
        let second = community.settle(built.clone());
        let network = community.genesis.network();
        Prepared {
            first: LiveBlock::new(network, first.block, Some(first.hints)).unwrap(),
            second: LiveBlock::new(network, second.block, Some(second.hints)).unwrap(),
            genesis: community.genesis.clone(),
            built,
        }
    })
}

fn core() -> (Core, SteppedClock) {
    let clock = SteppedClock::new(START.plus(20));
    let (disk, index) = (Arc::new(SimDisk::new()), Box::new(MemoryIndex::new()));
    let store = Store::open_on(Path::new("node"), prepared().genesis.clone(), disk, index).unwrap();
    let options = CoreOptions { worker: false, ..CoreOptions::default() };
    let core = Core::on_store(store, Box::new(clock.clone()), options).unwrap();
    core.finalize(&prepared().first, None).unwrap();
    (core, clock)
}

fn rule(refused: Refused) -> Rejection {
    match refused.source {
        CheckError::Rejected(rejection) => rejection,
        CheckError::State(error) => panic!("{error}"),
    }
}

#[test]
fn a_block_is_read_as_it_was_sent_with_and_without_hints() {
    let (core, clock) = core();
    let block = &prepared().second;
    let read = core.decode_live(&block.encode()).unwrap();
    assert_eq!((read.block(), read.hints(), read.digest()), (block.block(), block.hints(), block.digest()));
    assert_eq!((read.encode(), read.bytes()), (block.encode(), block.encode().len()));
    let bare = block.without_hints();
    assert_eq!(bare.bytes(), bare.encode().len());
    assert_eq!(rule(core.decode_live(&bare.encode()).unwrap_err()), Rejection::HintsMismatch, "too young for that");
    clock.step_to(START.plus(20 + 600));
    let read = core.decode_live(&bare.encode()).unwrap();
    assert_eq!((read.block(), read.hints(), read.digest()), (block.block(), None, block.digest()));
    assert_eq!(read.encode(), bare.encode());
    match core.verify(&read) {
        Err(VerifyError::Refused(refused)) => assert_eq!(rule(refused), Rejection::HintsMismatch),
        other => panic!("{other:?}"),
    }
    core.verify_final(&read).unwrap();
}

#[test]
fn what_is_known_is_not_decoded_again() {
    let (core, _) = core();
    let Prepared { genesis, second, built, .. } = prepared();
    let submissions = built[..2].iter().map(|built| Submission::of_built(genesis.network(), built).unwrap());
    core.submit_all(submissions.collect(), Source::Own).into_iter().for_each(|verdict| assert!(verdict.is_ok()));
    let before = core.work_done().transactions_decoded;
    let read = core.decode_live(&second.encode()).unwrap();
    assert_eq!(read.block(), second.block());
    assert_eq!(core.work_done().transactions_decoded, before + 1);
    core.verify(&read).unwrap();
    core.decode_live(&second.encode()).unwrap();
    assert_eq!(core.work_done().transactions_decoded, before + 1, "by now all of them are known");
    assert_eq!(core.work_done().proofs_verified, 3);
}

#[test]
fn a_body_that_is_not_its_headers_and_hints_of_something_else_are_refused() {
    let Prepared { genesis, second, .. } = prepared();
    let network = genesis.network();
    let block = |change: fn(&mut Block)| {
        let mut changed = Block::clone(second.block());
        change(&mut changed);
        LiveBlock::new(network, changed, None).map_err(rule)
    };
    assert_eq!(block(|block| block.transactions.reverse()).unwrap_err(), Rejection::BlockOrder);
    assert_eq!(block(|block| drop(block.transactions.pop())).unwrap_err(), Rejection::TransactionRoot);
    let hints = second.hints().unwrap().to_vec();
    let mut swapped = hints.clone();
    swapped.swap(0, 1);
    for wrong in [hints[..2].to_vec(), Vec::new(), swapped] {
        let refused = LiveBlock::new(network, Block::clone(second.block()), Some(wrong)).unwrap_err();
        assert_eq!(rule(refused), Rejection::HintsMismatch);
    }
}

#[test]
fn every_cut_and_every_longer_text_is_refused() {
    let (core, _) = core();
    let bytes = prepared().second.encode();
    for cut in (0..bytes.len()).step_by(effort(7, 1) as usize) {
        core.decode_live(&bytes[..cut]).unwrap_err();
    }
    core.decode_live(&[&bytes[..], &[0]].concat()).unwrap_err();
    core.decode_live(&[&prepared().second.without_hints().encode()[..], &[0]].concat()).unwrap_err();
    core.decode_live(&[&u32::MAX.to_le_bytes()[..], &bytes[4..]].concat()).unwrap_err();
}

#[test]
fn any_changed_byte_makes_another_block_or_none_and_never_a_panic() {
    let (core, clock) = core();
    clock.step_to(START.plus(10_000));
    let (bytes, digest) = (prepared().second.encode(), prepared().second.digest());
    let dice = &mut ChaCha8Rng::seed_from_u64(1);
    for _ in 0..effort(400, 20_000) {
        let mut changed = bytes.clone();
        let place = dice.gen_range(0..changed.len());
        changed[place] ^= 1 << dice.gen_range(0..8);
        if let Ok(block) = core.decode_live(&changed) {
            assert_ne!(block.digest(), digest, "byte {place}: what a digest stands for is fixed to the last byte");
            assert_eq!(block.encode(), changed, "canonical");
        }
    }
}
