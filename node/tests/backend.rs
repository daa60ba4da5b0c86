//! The core behind the HTTP interface: what it tells of itself, of blocks, of transactions and of contracts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use hushwatt_ledger::{
    Rejection,
    block::{Certificate, Header, vote},
    genesis::Genesis,
    storage::{HintReader, MemoryIndex, SimDisk},
    transaction::{TransactionId, build::Built, hints::encode_hints},
    units::{Epoch, Timestamp, Window},
};
use hushwatt_node::{
    Core, CoreOptions, LiveBlock, SteppedClock, Store,
    http::backend::{Backend, Finality, NewBlock, Outcome, Role, Submission, SubmitRefusal, Submitted},
};
use support::{Community, START, Setup, validator_key};

struct Prepared {
    genesis: Arc<Genesis>,
    chain: Vec<LiveBlock>,
    waiting: Built,
    rival: Built,
}

/// Four blocks, of which the second holds two transfers and the others but the first nothing.
fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let mut community = Community::found(&Setup::default());
        let mint = community.mint_of(&[(0, 1_000_000); 8]);
        let mut produced = vec![community.settle(vec![mint])];
        let built = vec![community.pay(0, &[(1, 5)]), community.pay(0, &[(1, 6)])];
        produced.push(community.settle(built));
        produced.push(community.settle(Vec::new()));
        produced.push(community.settle(Vec::new()));
        let waiting = community.pay(0, &[(1, 7)]);
        community.wallets[0].release(&waiting);
        let rival = community.pay(0, &[(2, 8)]);
        let network = community.genesis.network();
        let live = |produced: support::Produced| LiveBlock::new(network, produced.block, Some(produced.hints)).unwrap();
        let chain = produced.into_iter().map(live).collect();
        Prepared { genesis: community.genesis.clone(), chain, waiting, rival }
    })
}

fn certificate_of(block: &LiveBlock) -> Certificate {
    let (height, genesis) = (block.height(), &prepared().genesis);
    let signature = vote(&validator_key(), genesis.network(), Epoch(0), height, height - 1, block.digest());
    Certificate { epoch: Epoch(0), view: height, parent_view: height - 1, signatures: vec![(0, signature)] }
}

/// A voting node with the first blocks; only blocks 1 and 4 have certificates.
fn node(blocks: usize) -> (Core, SteppedClock) {
    let clock = SteppedClock::new(START.plus(60));
    let (disk, index) = (Arc::new(SimDisk::new()), Box::new(MemoryIndex::new()));
    let store = Store::open_on(Path::new("node"), prepared().genesis.clone(), disk, index).unwrap();
    let options = CoreOptions { worker: false, ..CoreOptions::default() };
    let core = Core::on_store(store, Box::new(clock.clone()), options).unwrap();
    core.set_validator(Some(validator_key().verifying_key()));
    for block in &prepared().chain[..blocks] {
        let certificate = [1, 4].contains(&block.height()).then(|| certificate_of(block));
        core.finalize(block, certificate.as_ref()).unwrap();
    }
    (core, clock)
}

fn submission(built: &Built) -> Submission {
    Submission { transaction: built.transaction.encode(), hints: encode_hints(&built.hints), source: 1 }
}

fn announced(block: &LiveBlock) -> NewBlock {
    let header = &block.block().header;
    let transactions = block.block().transactions.len() as u32;
    NewBlock { height: header.height, time: header.time, digest: block.digest().0, transactions }
}

#[test]
fn whoever_waits_for_blocks_is_told_of_each_once_it_is_applied() {
    let (core, _) = node(0);
    let mut tip = Backend::tip(&core);
    assert_eq!(tip.borrow_and_update().height, 0);
    assert_eq!(tip.borrow().digest, prepared().genesis.network().0);
    for block in &prepared().chain {
        core.append(block, None).unwrap();
        assert!(!tip.has_changed().unwrap(), "it is not applied yet");
        core.apply_until(block.height()).unwrap();
        assert_eq!(*tip.borrow_and_update(), announced(block));
    }
    assert_eq!(*Backend::tip(&core).borrow(), announced(&prepared().chain[3]));
    assert_eq!(*Backend::tip(&node(2).0).borrow(), announced(&prepared().chain[1]));
}

#[test]
fn blocks_come_as_they_are_stored_up_to_so_many_bytes_and_at_least_one() {
    let (core, _) = node(4);
    let chain = &prepared().chain;
    let all = core.blocks(1, usize::MAX, true).unwrap();
    for (record, block) in all.iter().zip(chain) {
        assert_eq!((record.height, &record.body), (block.height(), &block.block().encode()));
        let hints: Vec<Vec<u8>> = block.hints().unwrap().iter().map(|hints| encode_hints(hints)).collect();
        assert_eq!(record.hints, Some(hints));
        let certificate = [1, 4].contains(&block.height()).then(|| certificate_of(block));
        assert_eq!(record.certificate, Certificate::encode_optional(certificate.as_ref()));
    }
    assert_eq!(core.blocks(0, 0, false).unwrap().len(), 1);
    assert_eq!(core.blocks(2, 0, false).unwrap()[0].hints, None);
    let two = all[0].body.len() + all[0].certificate.len() + all[1].body.len();
    assert_eq!(core.blocks(1, two, false).unwrap().len(), 2);
    assert_eq!(core.blocks(1, two - 1, false).unwrap().len(), 1);
    assert!(core.blocks(5, usize::MAX, true).unwrap().is_empty());
    let expected: Vec<NewBlock> = chain.iter().map(announced).collect();
    assert_eq!(core.announcements(1, 10).unwrap(), expected);
    assert_eq!(core.announcements(2, 2).unwrap(), expected[1..3]);
    assert_eq!(core.announcements(2, 0).unwrap(), expected[1..2]);
    assert!(core.announcements(5, 1).unwrap().is_empty());
}

#[test]
fn finality_leads_from_a_block_to_the_certificate_that_covers_it() {
    let (core, _) = node(4);
    let chain = &prepared().chain;
    let headers = |from: usize| -> Vec<Vec<u8>> {
        chain[from..].iter().map(|block| Header::encode(&block.block().header)).collect()
    };
    let certificate = certificate_of(&chain[3]).encode();
    for height in 2..=4 {
        let found = core.finality(height).unwrap();
        let headers = headers(height as usize - 1);
        assert_eq!(found, Some(Finality { headers, certificate: certificate.clone(), epoch: 0, signers: vec![0] }));
    }
    assert_eq!(core.finality(1).unwrap().unwrap().headers.len(), 1);
    assert_eq!((core.finality(0).unwrap().unwrap().headers.len(), core.finality(5).unwrap()), (1, None));
    assert_eq!(node(3).0.finality(2).unwrap(), None, "not covered yet");
}

#[test]
fn a_transaction_is_followed_from_its_submission_to_its_end() {
    let (core, clock) = node(4);
    let Prepared { waiting, rival, chain, .. } = prepared();
    let id = *waiting.transaction.id();
    assert_eq!(Backend::submit(&core, submission(waiting)), Ok(Submitted::Waiting(id)));
    assert_eq!(Backend::submit(&core, submission(waiting)), Ok(Submitted::Waiting(id)));
    assert_eq!(Backend::submit(&core, submission(rival)), Err(SubmitRefusal::Conflict { with: id }));
    let garbage = Submission { transaction: vec![1, 2, 3], hints: Vec::new(), source: 1 };
    assert!(matches!(Backend::submit(&core, garbage), Err(SubmitRefusal::Malformed { .. })));
    let first = chain[1].block().transactions[0].clone();
    let first_hints = chain[1].hints().unwrap()[0].clone();
    let first = Built::new(first, first_hints);
    let known = *first.transaction.id();
    assert_eq!(Backend::submit(&core, submission(&first)), Ok(Submitted::Final { id: known, height: 2 }));
    let stranger = TransactionId([7; 64]);
    assert_eq!(
        core.outcomes(&[id, known, stranger]),
        [Outcome::Waiting, Outcome::Final { height: 2 }, Outcome::Unknown]
    );
    // It waits until it is too late.
    clock.step_to(waiting.transaction.envelope().valid_until.plus(1));
    let block = core.propose(&core.tip().digest).unwrap().block;
    core.finalize(&block, None).unwrap();
    let message = Rejection::Expired.to_string();
    assert_eq!(core.outcomes(&[id]), [Outcome::Dropped { rule: "Expired".to_owned(), message: message.clone() }]);
    let late = Backend::submit(&core, submission(waiting));
    assert_eq!(late, Err(SubmitRefusal::Rule { name: "Expired".to_owned(), message }));
}

#[test]
fn a_node_says_what_it_is_and_whether_it_is_well() {
    let (core, _) = node(4);
    Backend::submit(&core, submission(&prepared().waiting)).unwrap();
    core.set_connected(3);
    let status = Backend::status(&core);
    assert_eq!((status.tip, status.epoch, status.peers), (announced(&prepared().chain[3]), 0, 3));
    assert_eq!(status.state_root, prepared().chain[3].block().header.state_root);
    assert_eq!(
        (status.role, status.validators),
        (Role::Validator(0), vec![*validator_key().verifying_key().as_bytes()])
    );
    assert_eq!((status.mempool_transactions, status.syncing, status.now), (1, false, START.plus(60)));
    assert!(status.mempool_bytes > 1_000);
    let health = core.health();
    assert_eq!((health.live, health.ready), (Ok(()), Ok(())));
    core.set_syncing(true);
    assert!(core.health().ready.unwrap_err().contains("block 4"));
    core.set_syncing(false);
    core.set_validator(None);
    assert_eq!(Backend::status(&core).role, Role::Follower);
    assert!(core.health().ready.is_ok());
    let refused = Backend::submit(&core, submission(&prepared().waiting)).unwrap_err();
    assert!(matches!(refused, SubmitRefusal::Unavailable { message } if message.contains("validator")));
    core.set_failed("the engine stopped".to_owned());
    let health = core.health();
    assert_eq!((health.live, health.ready.is_err()), (Err("the engine stopped".to_owned()), true));
}

#[test]
fn a_simulated_clock_is_stepped_on_and_never_back() {
    let (core, _) = node(1);
    assert!(Backend::is_simulated(&core));
    assert_eq!(core.set_clock(START.plus(100)), START.plus(100));
    assert_eq!(core.set_clock(Timestamp(5)), START.plus(100));
}

#[test]
fn genesis_parameters_hints_and_contracts_are_those_of_the_store() {
    let (core, _) = node(4);
    let genesis = &prepared().genesis;
    assert_eq!((&*Backend::genesis(&core), Backend::network(&core)), (genesis.bytes(), *genesis.network()));
    assert_eq!(*Backend::parameters(&core), genesis.parameters);
    let days = core.hint_days().unwrap();
    assert_eq!(days.len(), 1);
    let half = days[0].bytes as usize / 2;
    let mut file = core.read_hints(days[0].day, 0, half).unwrap();
    file.extend(core.read_hints(days[0].day, half as u64, usize::MAX).unwrap());
    let hints = HintReader::new(&file[..]).unwrap().map(Result::unwrap).count();
    assert_eq!(hints, 3, "one entry a transaction");
    let page = core.contracts(Window(1), 0, 10).unwrap();
    assert_eq!((page.total, page.contracts.len()), (0, 0));
}
