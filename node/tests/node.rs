//! Mempool and execution of the embedded node (protocol sections 7 and 8).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use hushwatt_crypto::{NetworkId, clsag::Member, hint::Hint, meter::DayKey, signature::SigningKey};
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{Block, BlockHints, Certificate, Proposal, Refused, propose, vote},
    codec::DecodeError,
    genesis::Genesis,
    note::{BucketId, BucketVersion},
    parameters::Parameters,
    state::{LedgerState, recompute_root},
    storage::StorageError,
    transaction::{Action, Envelope, Transaction, build::Built, check::check_proofs},
    units::{Credit, Epoch, Timestamp},
};
use hushwatt_node::{
    Clock, Dropped, LiveBlock, Lockstep, MempoolLimits, NodeError, Standing, Status, SteppedClock, Store, SubmitError,
    Submitted, SystemClock, VerifyError,
};
use support::{Community, START, Setup, tampered, validator_key};

/// Eight notes of wallet 0 in bucket 0.
fn community() -> Community {
    with(Setup::default())
}

fn with(setup: Setup) -> Community {
    Community::funded(&setup, &[(0, 1_000_000); 8])
}

fn refusal(verdict: Result<Submitted, SubmitError>) -> Rejection {
    match verdict {
        Err(SubmitError::Refused { rejection }) => rejection,
        other => panic!("not refused by a rule: {other:?}"),
    }
}

/// Place and rule of a refused block.
fn rule_of(verdict: Result<(), VerifyError>) -> (Option<usize>, Rejection) {
    match verdict {
        Err(VerifyError::Refused(Refused { place, source: CheckError::Rejected(rejection) })) => (place, rejection),
        other => panic!("not refused by a rule: {other:?}"),
    }
}

fn transfer(action: &mut Action) -> &mut hushwatt_ledger::transaction::Transfer {
    match action {
        Action::Transfer(transfer) => transfer,
        _ => panic!("no transfer"),
    }
}

/// The block that a proposer makes of these on the node's tip.
fn proposal(community: &Community, built: &[&Built]) -> Proposal {
    let store = community.node.store();
    let candidates: Vec<Transaction> = built.iter().map(|built| built.transaction.clone()).collect();
    let time = store.tip().time.plus(10);
    propose(store.genesis(), &store.state(), store.cache(), &store.tip(), time, &candidates).unwrap()
}

fn hints_of(block: &Block, built: &[&Built]) -> BlockHints {
    let of = |transaction: &Transaction| {
        built.iter().find(|built| built.transaction.id() == transaction.id()).unwrap().hints.clone()
    };
    block.transactions.iter().map(of).collect()
}

/// Puts a wrong ring where the node keeps the decoded one of bucket 0: from now on no ring signature verifies.
fn poison_ring_cache(community: &Community) {
    let store = community.node.store();
    let committed = store.state();
    let state = LedgerState::new(store.genesis(), &committed);
    let bucket = state.bucket(BucketId(0)).unwrap().unwrap();
    let version = BucketVersion { id: BucketId(0), length: bucket.length };
    let ring = state.ring(store.cache(), version, bucket.digest).unwrap();
    let mut wrong: Vec<Member> = ring.to_vec();
    wrong.rotate_left(1);
    store.cache().insert(bucket.digest, wrong.into());
}

#[test]
fn what_is_submitted_is_in_the_next_block_with_its_hints_and_the_mempool_is_empty_again() {
    let mut community = community();
    let built: Vec<Built> = (0..4).map(|_| community.pay(0, &[(1, 5)])).collect();
    let produced = community.settle(built.clone());
    assert!(community.node.mempool().is_empty());
    let all: Vec<&Built> = built.iter().collect();
    assert_eq!(produced.hints, hints_of(&produced.block, &all));
    let store = community.node.store();
    let (block, certificate) = store.block(2).unwrap();
    assert_eq!((&block, &certificate.unwrap()), (&produced.block, &produced.certificate));
    assert_eq!(store.block_hints(&block).unwrap(), produced.hints);
    let root = recompute_root(community.genesis.network(), &store.state()).unwrap().root(community.genesis.network());
    assert_eq!(root, block.header.state_root);
    assert_eq!(community.wallets[1].balance().total().0, 20);
}

#[test]
fn blocks_without_transactions_are_legal_and_block_0_is_none() {
    let mut community = community();
    community.settle(Vec::new());
    assert_eq!(community.node.store().tip().height, 2);
    assert!(matches!(community.node.store().block(0), Err(NodeError::NoSuchBlock)));
    assert!(matches!(
        community.node.store().block(3),
        Err(NodeError::Storage(StorageError::NoSuchRecord { asked: 2, have: 2, .. }))
    ));
}

#[test]
fn a_transaction_submitted_twice_waits_once_and_is_found_once_it_is_in_a_block() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let id = *built.transaction.id();
    assert_eq!(community.node.submit(built.clone()).unwrap(), Submitted { id, standing: Standing::Accepted });
    assert_eq!(community.node.submit(built.clone()).unwrap(), Submitted { id, standing: Standing::Waiting });
    assert_eq!(community.node.mempool().len(), 1);
    assert_eq!(community.node.core().status_of(&id).unwrap(), Status::Waiting);
    community.block_at(START.plus(60));
    assert_eq!(community.node.submit(built).unwrap(), Submitted { id, standing: Standing::Final { height: 2 } });
    assert_eq!(community.node.core().status_of(&id).unwrap(), Status::Final { height: 2 });
}

#[test]
fn the_same_transaction_twice_in_one_call_waits_once() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let verdicts = community.node.submit_all(vec![built.clone(), built]);
    let standings: Vec<Standing> = verdicts.into_iter().map(|verdict| verdict.unwrap().standing).collect();
    assert_eq!(standings, [Standing::Accepted, Standing::Waiting]);
    assert_eq!(community.node.mempool().len(), 1);
}

#[test]
fn two_spends_of_one_note_conflict_in_two_calls_and_in_one() {
    let mut community = community();
    let one = community.pay(0, &[(1, 5)]);
    community.wallets[0].release(&one);
    let other = community.pay(0, &[(2, 7)]);
    let id = *one.transaction.id();
    let verdicts = community.node.submit_all(vec![one, other.clone()]);
    assert!(matches!(&verdicts[..], [Ok(_), Err(SubmitError::Conflict(first))] if *first == id));
    assert!(matches!(community.node.submit(other), Err(SubmitError::Conflict(first)) if first == id));
}

#[test]
fn a_full_mempool_refuses_and_has_room_after_the_next_block() {
    let limits = MempoolLimits { transactions: 2, ..MempoolLimits::default() };
    let mut community = with(Setup { limits, ..Setup::default() });
    let built: Vec<Built> = (0..3).map(|_| community.pay(0, &[(1, 5)])).collect();
    let late = built[2].clone();
    let verdicts = community.node.submit_all(built);
    assert!(matches!(verdicts[..], [Ok(_), Ok(_), Err(SubmitError::Full)]));
    community.block_at(START.plus(60));
    community.node.submit(late).unwrap();
}

#[test]
fn a_mempool_is_full_by_bytes_too() {
    // Room for the first Mint, and for two transfers of about 1.6 kB.
    let limits = MempoolLimits { bytes: 4_000, ..MempoolLimits::default() };
    let mut community = with(Setup { limits, ..Setup::default() });
    let built: Vec<Built> = (0..4).map(|_| community.pay(0, &[(1, 5)])).collect();
    let fit = 4_000 / built[0].transaction.encoded_len();
    assert!((1..4).contains(&fit));
    let verdicts = community.node.submit_all(built);
    let (taken, refused) = verdicts.split_at(fit);
    assert!(taken.iter().all(Result::is_ok));
    assert!(refused.iter().all(|verdict| matches!(verdict, Err(SubmitError::Full))));
}

#[test]
fn what_has_expired_leaves_the_mempool_and_is_reported_and_its_note_may_be_spent_again() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let valid_until = built.transaction.envelope().valid_until;
    let id = community.node.submit(built).unwrap().id;
    community.clock.step_to(valid_until.plus(1));
    let produced = community.node.produce().unwrap();
    assert_eq!(produced.dropped, [(id, Rejection::Expired)]);
    assert_eq!(community.node.core().status_of(&id).unwrap(), Status::Dropped(Dropped::Rule(Rejection::Expired)));
    assert!(produced.block.transactions.is_empty() && community.node.mempool().is_empty());
    community.scan(&produced);
    let again = community.pay(0, &[(1, 5)]);
    assert_eq!(community.settle(vec![again]).block.transactions.len(), 1);
}

#[test]
fn a_transaction_is_included_in_its_last_second() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let valid_until = built.transaction.envelope().valid_until;
    community.node.submit(built.clone()).unwrap();
    assert_eq!(community.block_at(valid_until).block.transactions, [built.transaction]);
}

#[test]
fn an_expired_transaction_is_not_taken() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    community.clock.step_to(built.transaction.envelope().valid_until.plus(1));
    assert_eq!(refusal(community.node.submit(built)), Rejection::Expired);
}

#[test]
fn hints_that_do_not_match_are_refused() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let mut flipped = built.hints.clone();
    flipped[0].0[40] ^= 1;
    let cases: [Vec<Hint>; 4] =
        [Vec::new(), built.hints[..1].to_vec(), built.hints.iter().rev().cloned().collect(), flipped];
    for hints in cases {
        let wrong = Built::new(built.transaction.clone(), hints.clone());
        assert_eq!(refusal(community.node.submit(wrong)), Rejection::HintsMismatch);
        let Proposal { block, .. } = proposal(&community, &[&built]);
        let refused = rule_of(community.node.verify(&block, &vec![hints]));
        assert_eq!(refused, (Some(0), Rejection::HintsMismatch));
    }
    assert!(community.node.mempool().is_empty());
}

/// The builders cannot make these; an embedder that puts a transaction together by hand can.
#[test]
fn what_its_own_decoder_would_not_read_again_is_refused_before_it_is_logged() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let third = tampered(&built, |action| {
        let outputs = &mut transfer(action).statement.outputs;
        outputs.push(outputs[0]);
    });
    let third = Built { hints: [&built.hints[..], &built.hints[..1]].concat(), ..third };
    assert!(matches!(refusal(community.node.submit(third)), Rejection::Malformed(_)));
    let nothing = tampered(&built, |action| {
        transfer(action).statement.inputs.clear();
        transfer(action).signatures.clear();
    });
    assert!(matches!(refusal(community.node.submit(nothing)), Rejection::Malformed(_)));
    let elsewhere = Envelope { network: NetworkId([7; 32]), ..*built.transaction.envelope() };
    let foreign = Transaction::new(elsewhere, built.transaction.action().clone());
    let foreign = Built { transaction: foreign, ..built.clone() };
    let refused = refusal(community.node.submit(foreign));
    assert_eq!(refused, Rejection::Malformed(DecodeError::ForeignNetwork));
    community.node.submit(built).unwrap();
}

/// Bucket 0 grows by what little there is when the oldest waiting note has waited for ten minutes.
fn appending() -> Setup {
    let parameters =
        Parameters { ring_min: 8, ring_cap: 16, credit_epoch: 600, seal_after: 600, ..Parameters::default() };
    Setup { parameters, ..Setup::default() }
}

#[test]
fn in_a_batch_exactly_the_bad_ones_are_refused_each_by_the_name_of_its_rule() {
    let mut community = with(appending());
    let stale = community.pay(0, &[(1, 1)]);
    let first = community.pay(0, &[(1, 2)]);
    community.settle(vec![first]);
    community.block_at(community.now().plus(610));
    // The bucket has grown; the old length may be named for ten minutes.
    community.block_at(community.now().plus(590));
    community.block_at(community.now().plus(20));
    let good: Vec<Built> = (0..4).map(|_| community.pay(0, &[(1, 5)])).collect();
    let donor = community.pay(0, &[(2, 5)]);
    let (bad_range, bad_ring) = (community.pay(0, &[(1, 6)]), good[3].clone());
    let mut given = donor.transaction.action().clone();
    let given = transfer(&mut given).clone();
    let bad_range = tampered(&bad_range, |action| transfer(action).range = given.range.clone());
    let bad_ring = tampered(&bad_ring, |action| transfer(action).signatures = given.signatures.clone());
    let batch = vec![good[0].clone(), bad_range, good[1].clone(), bad_ring, stale, good[2].clone(), donor];
    let verdicts = community.node.submit_all(batch);
    let names: Vec<String> = verdicts
        .into_iter()
        .map(|verdict| match verdict {
            Ok(_) => "taken".to_owned(),
            Err(SubmitError::Refused { rejection }) => rejection.name(),
            Err(other) => other.to_string(),
        })
        .collect();
    assert_eq!(names, ["taken", "RangeProof", "taken", "RingSignature", "OutdatedBucket", "taken", "taken"]);
    assert_eq!(community.node.mempool().len(), 4);
    assert_eq!(community.block_at(community.now().plus(10)).block.transactions.len(), 4);
}

#[test]
fn a_superseded_bucket_length_may_be_named_for_ten_minutes() {
    let mut community = with(appending());
    let old = community.pay(0, &[(1, 1)]);
    let first = community.pay(0, &[(1, 2)]);
    community.settle(vec![first]);
    community.block_at(community.now().plus(610));
    community.block_at(community.now().plus(589));
    assert_eq!(community.settle(vec![old]).block.transactions.len(), 1);
}

#[test]
fn a_bucket_that_grows_in_a_block_does_not_drop_what_names_its_former_length() {
    let mut community = with(appending());
    let first = community.pay(0, &[(1, 2)]);
    community.settle(vec![first]);
    let old = community.pay(0, &[(1, 1)]);
    community.node.submit(old.clone()).unwrap();
    let produced = community.block_at(community.now().plus(610));
    assert_eq!(produced.block.transactions, [old.transaction]);
    assert_eq!(community.follower.latest(BucketId(0)).unwrap().length, 10, "it has grown");
}

#[test]
fn a_node_accepts_what_it_proposes() {
    let mut community = community();
    let built: Vec<Built> = (0..3).map(|_| community.pay(0, &[(1, 5)])).collect();
    let all: Vec<&Built> = built.iter().collect();
    for verdict in community.node.submit_all(built.clone()) {
        verdict.unwrap();
    }
    let Proposal { block, executed, left_out } = proposal(&community, &all);
    assert!(left_out.is_empty());
    community.node.verify(&block, &hints_of(&block, &all)).unwrap();
    assert!(community.node.core().knows(&executed.parent.digest), "its outcome is kept");
}

#[test]
fn what_was_verified_when_it_was_submitted_costs_no_ring_signature_in_a_block() {
    let mut community = community();
    let built: Vec<Built> = (0..3).map(|_| community.pay(0, &[(1, 5)])).collect();
    let all: Vec<&Built> = built.iter().collect();
    for verdict in community.node.submit_all(built[..2].to_vec()) {
        verdict.unwrap();
    }
    poison_ring_cache(&community);
    // With a wrong ring nothing that is verified now can pass ...
    let all_proposed = proposal(&community, &all).block;
    let refused = rule_of(community.node.verify(&all_proposed, &hints_of(&all_proposed, &all)));
    let unknown = all_proposed.transactions.iter().position(|t| t.id() == built[2].transaction.id());
    assert_eq!(refused, (unknown, Rejection::RingSignature), "exactly the one that was not submitted is verified");
    // ... and what was submitted passes.
    let known = proposal(&community, &all[..2]).block;
    community.node.verify(&known, &hints_of(&known, &all)).unwrap();
}

#[test]
fn a_verdict_is_not_lent_to_the_same_id_with_other_proofs() {
    let mut community = community();
    let (built, donor) = (community.pay(0, &[(1, 5)]), community.pay(0, &[(1, 5)]));
    community.node.submit(built.clone()).unwrap();
    let mut given = donor.transaction.action().clone();
    let given = transfer(&mut given).clone();
    let forged = [
        (tampered(&built, |action| transfer(action).signatures = given.signatures.clone()), Rejection::RingSignature),
        (tampered(&built, |action| transfer(action).range = given.range.clone()), Rejection::RangeProof),
    ];
    for (forged, rule) in forged {
        assert_eq!(forged.transaction.id(), built.transaction.id());
        let Proposal { block, .. } = proposal(&community, &[&forged]);
        assert_eq!(rule_of(community.node.verify(&block, &vec![forged.hints.clone()])).1, rule);
    }
}

#[test]
fn an_unknown_transaction_in_a_block_is_verified_fully() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let Proposal { block, .. } = proposal(&community, &[&built]);
    community.node.verify(&block, &vec![built.hints.clone()]).unwrap();
    let forged = tampered(&built, |action| {
        let pseudo = transfer(action).statement.outputs[0].commitment;
        transfer(action).statement.inputs[0].pseudo = pseudo;
    });
    let Proposal { block, .. } = proposal(&community, &[&forged]);
    assert_eq!(rule_of(community.node.verify(&block, &vec![forged.hints.clone()])).1, Rejection::Unbalanced);
}

#[test]
fn a_block_with_a_false_header_is_refused() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let Proposal { block, .. } = proposal(&community, &[&built]);
    let earlier = Timestamp(community.now().0 - 1);
    type Change = fn(&mut Block, Timestamp);
    let cases: [(Change, Rejection); 5] = [
        (|block, _| block.header.height += 1, Rejection::BlockHeight),
        (|block, earlier| block.header.time = earlier, Rejection::BlockTime),
        (|block, _| block.header.state_root[0] ^= 1, Rejection::StateRoot),
        (|block, _| block.header.transaction_root[0] ^= 1, Rejection::TransactionRoot),
        (|block, _| block.header.validator_set[0] ^= 1, Rejection::ValidatorSet),
    ];
    for (change, rule) in cases {
        let mut forged = block.clone();
        change(&mut forged, earlier);
        assert_eq!(rule_of(community.node.verify(&forged, &vec![built.hints.clone()])).1, rule);
    }
}

#[test]
fn of_two_mints_with_one_serial_one_is_included_and_the_other_dropped() {
    let mut community = community();
    let (one, other) = (community.mint_of(&[]), community.mint_of(&[]));
    community.node.submit(one).unwrap();
    community.node.submit(other).unwrap();
    community.clock.step_to(START.plus(60));
    let produced = community.node.produce().unwrap();
    assert_eq!(produced.block.transactions.len(), 1);
    assert!(matches!(produced.dropped[..], [(_, Rejection::MintSerial)]));
    assert!(community.node.mempool().is_empty());
}

#[test]
fn a_block_on_an_unknown_parent_is_neither_valid_nor_invalid() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let Proposal { mut block, .. } = proposal(&community, &[&built]);
    block.header.parent.0[0] ^= 1;
    let verdict = community.node.verify(&block, &vec![built.hints]);
    assert!(matches!(verdict, Err(VerifyError::UnknownParent)));
}

/// The single validator's certificate of a block.
fn certificate_of(genesis: &Genesis, block: &Block) -> Certificate {
    let (height, digest) = (block.header.height, block.header.digest(genesis.network()));
    let signature = vote(&validator_key(), genesis.network(), Epoch(0), height, height - 1, &digest);
    Certificate { epoch: Epoch(0), view: height, parent_view: height - 1, signatures: vec![(0, signature)] }
}

fn live(genesis: &Genesis, block: &Block, hints: Option<BlockHints>) -> LiveBlock {
    LiveBlock::new(genesis.network(), block.clone(), hints).unwrap()
}

#[test]
fn storing_a_block_twice_changes_nothing_and_another_one_in_its_place_is_refused() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let Proposal { block, .. } = proposal(&community, &[&built]);
    let empty = proposal(&community, &[]).block;
    let genesis = community.genesis.clone();
    let core = community.node.core();
    let (certificate, hints) = (certificate_of(&genesis, &block), Some(vec![built.hints.clone()]));
    let block = live(&genesis, &block, hints);

    let mut ahead = Block::clone(block.block());
    ahead.header.height += 1;
    let refused = core.finalize(&live(&genesis, &ahead, None), None);
    assert!(matches!(refused, Err(NodeError::OutOfOrder { tip: 1, got: 3 })));
    let foreign = core.block(1).unwrap().1.unwrap();
    let refused = core.finalize(&block, Some(&foreign));
    let wrong = Rejection::CertificateSignature;
    assert!(matches!(refused, Err(NodeError::Certificate { height: 2, source }) if source == wrong));
    let mut other_parent = Block::clone(block.block());
    other_parent.header.parent.0[0] ^= 1;
    let refused = core.finalize(&live(&genesis, &other_parent, None), None);
    assert!(matches!(refused, Err(NodeError::OtherBlock { height: 1 })));
    let mut other_root = Block::clone(block.block());
    other_root.header.state_root[0] ^= 1;
    let refused = core.finalize(&live(&genesis, &other_root, None), None);
    assert!(matches!(refused, Err(NodeError::InvalidFinal { height: 2, .. })));
    assert_eq!((core.tip().height, core.store().height()), (1, 1), "nothing was stored");
    core.check_usable().unwrap();

    core.finalize(&block, Some(&certificate)).unwrap();
    let size = || {
        let mut exported = Vec::new();
        core.store().export(&mut exported).unwrap();
        exported.len()
    };
    let (tip, before) = (core.tip(), size());
    core.finalize(&block, Some(&certificate)).unwrap();
    core.finalize(&block, None).unwrap();
    assert_eq!((core.tip(), size()), (tip, before));
    let refused = core.finalize(&live(&genesis, &empty, None), None);
    assert!(matches!(refused, Err(NodeError::OtherBlock { height: 2 })));
    assert_eq!((core.tip(), size()), (tip, before));
}

#[test]
fn a_block_that_a_later_one_makes_final_is_stored_without_a_certificate() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let Proposal { block, .. } = proposal(&community, &[&built]);
    let core = community.node.core();
    core.finalize(&live(&community.genesis, &block, Some(vec![built.hints])), None).unwrap();
    assert_eq!(core.block(2).unwrap(), (block.clone(), None));
    assert_eq!(core.store().uncertified(), [2]);
    let Community { node, genesis, folder, .. } = community;
    drop(node);
    let store = Store::open(folder.path(), genesis.clone()).unwrap();
    assert_eq!((store.tip().height, store.block(2).unwrap()), (2, (block, None)));
    assert_eq!(store.uncertified(), [2]);
    drop(store);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    assert_eq!(Store::open(folder.path(), genesis).unwrap().uncertified(), [2], "the index was rebuilt");
}

#[test]
fn a_folder_of_another_network_is_refused_and_left_alone() {
    let community = community();
    let Community { node, folder, genesis, clock, .. } = community;
    drop(node);
    let other = Setup { start: START.plus(1), ..Setup::default() }.genesis();
    let opened =
        Lockstep::open(folder.path(), other, validator_key(), Box::new(clock.clone()), MempoolLimits::default());
    assert!(matches!(opened.err(), Some(NodeError::Storage(StorageError::ForeignGenesis { .. }))));
    let node =
        Lockstep::open(folder.path(), genesis, validator_key(), Box::new(clock), MempoolLimits::default()).unwrap();
    assert_eq!((node.store().tip().height, node.store().recovery().replayed), (1, 0));
}

#[test]
fn a_folder_in_use_is_refused() {
    let community = community();
    let (genesis, clock) = (community.genesis.clone(), community.clock.clone());
    let opened = Lockstep::open(community.path(), genesis, validator_key(), Box::new(clock), MempoolLimits::default());
    assert!(matches!(opened.err(), Some(NodeError::Storage(StorageError::InUse { .. }))));
}

#[test]
fn a_key_that_is_not_the_validators_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node");
    let (genesis, key) = (Setup::default().genesis(), SigningKey::from_bytes(&[3; 32]));
    let opened = Lockstep::open(&path, genesis, key, Box::new(SteppedClock::new(START)), MempoolLimits::default());
    assert!(matches!(opened.err(), Some(NodeError::ForeignKey)));
    assert!(!path.exists());
}

#[test]
fn a_stepped_clock_is_refused_on_a_network_without_simulated_time() {
    let folder = tempfile::tempdir().unwrap();
    let genesis = Setup { simulated_time: false, ..Setup::default() }.genesis();
    let (limits, stepped) = (MempoolLimits::default(), Box::new(SteppedClock::new(START)));
    let opened = Lockstep::open(folder.path(), genesis.clone(), validator_key(), stepped, limits);
    assert!(matches!(opened.err(), Some(NodeError::SimulatedClock)));
    Lockstep::open(folder.path(), genesis, validator_key(), Box::new(SystemClock), limits).unwrap();
}

/// A clock that somebody sets back.
#[derive(Clone)]
struct LooseClock(Arc<AtomicU64>);

impl Clock for LooseClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

#[test]
fn a_clock_set_back_makes_no_block_earlier_than_its_parent() {
    let mut community = community();
    community.block_at(START.plus(3_000));
    let built = community.pay(0, &[(1, 5)]);
    let Community { node, folder, genesis, .. } = community;
    drop(node);
    let clock = LooseClock(Arc::new(AtomicU64::new(START.0 - 90_000)));
    let limits = MempoolLimits::default();
    let mut node = Lockstep::open(folder.path(), genesis, validator_key(), Box::new(clock.clone()), limits).unwrap();
    // By the clock alone the transaction would be valid for more than a day.
    node.submit(built).unwrap();
    let produced = node.produce().unwrap();
    assert_eq!((produced.block.header.time, produced.block.transactions.len()), (START.plus(3_000), 1));
    clock.0.store(START.0 + 3_001, Ordering::SeqCst);
    assert_eq!(node.produce().unwrap().block.header.time, START.plus(3_001));
}

#[test]
fn a_transaction_that_expired_by_the_tips_time_is_refused_though_the_clock_is_behind() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let valid_until = built.transaction.envelope().valid_until;
    community.block_at(valid_until.plus(1));
    let Community { node, folder, genesis, .. } = community;
    drop(node);
    let clock = LooseClock(Arc::new(AtomicU64::new(START.0)));
    let limits = MempoolLimits::default();
    let mut node = Lockstep::open(folder.path(), genesis, validator_key(), Box::new(clock), limits).unwrap();
    assert_eq!(refusal(node.submit(built)), Rejection::Expired);
}

#[test]
fn a_node_opened_again_goes_on_at_its_tip_with_what_waited() {
    let mut community = community();
    let (kept, waiting) = (community.pay(0, &[(1, 5)]), community.pay(0, &[(1, 6)]));
    community.settle(vec![kept]);
    community.node.submit(waiting.clone()).unwrap();
    let Community { node, folder, genesis, clock, .. } = community;
    let tip = node.store().tip();
    drop(node);
    let limits = MempoolLimits::default();
    let mut node = Lockstep::open(folder.path(), genesis, validator_key(), Box::new(clock), limits).unwrap();
    assert_eq!(node.store().tip(), tip);
    assert_eq!(*node.store().recovery(), hushwatt_node::Recovery::default());
    assert_eq!((node.mempool().len(), node.core().restored().waiting), (1, 1));
    assert_eq!(node.submit(waiting).unwrap().standing, Standing::Waiting);
    let produced = node.produce().unwrap();
    assert_eq!((produced.block.header.height, produced.block.header.parent), (3, tip.digest));
    assert_eq!(produced.block.transactions.len(), 1);
}

#[test]
fn block_1_must_be_a_mint_and_nothing_else_is_taken_before_it() {
    let mut community = Community::found(&Setup { start: START.plus(1_800), ..appending() });
    assert!(matches!(community.node.produce(), Err(NodeError::Rejected(Rejection::FirstBlock))));
    let (few, now) = ([Credit(5); 2], community.now());
    let small = community.treasury.mint(&community.follower, &few, now, &mut community.rng).unwrap();
    assert_eq!(refusal(community.node.submit(small)), Rejection::FirstBlock);
    // A meter that is early would otherwise keep block 1 from being made until its attestation expires.
    let later = Timestamp(START.0 + 2 * 3_600 + 60);
    community.clock.step_to(later);
    let attest = attest_first_window(&community, later);
    assert_eq!(refusal(community.node.submit(attest.clone())), Rejection::FirstBlock);
    let notes = vec![Credit(5); 8];
    let mint = community.treasury.mint(&community.follower, &notes, later, &mut community.rng).unwrap();
    community.node.submit(mint).unwrap();
    let produced = community.node.produce().unwrap();
    assert_eq!((produced.block.header.height, produced.block.transactions.len()), (1, 1));
    community.node.submit(attest).unwrap();
    assert_eq!(community.node.produce().unwrap().block.transactions.len(), 1);
}

/// The attestation of zeros by meter 0 of its first window.
fn attest_first_window(community: &Community, now: Timestamp) -> Built {
    use hushwatt_crypto::{commitment::Opening, meter::Register};
    use hushwatt_ledger::{
        transaction::{
            Envelope, TransactionId,
            attest::{
                WindowStatus,
                build::{AttestPlan, WindowOpenings},
            },
        },
        units::MeterId,
    };
    let (genesis, mut rng) = (&community.genesis, community.rng.clone());
    let day_key = DayKey::random(START.day(), &mut rng);
    let window = genesis.first_window();
    let first = genesis.parameters.first_interval(window).0;
    let opening = |register, interval| {
        Opening::new(0, day_key.reading_blinding(genesis.network(), 0, &[7; 32], register, interval))
    };
    let spend = community.wallets[0].address().spend;
    let openings = WindowOpenings {
        status: WindowStatus::Measured,
        export: (first..first + 4).map(|interval| opening(Register::Export, interval)).collect(),
        import: (first..first + 4).map(|interval| opening(Register::Import, interval)).collect(),
        note_key: Some(day_key.note_key(genesis.network(), 0, window.0, &spend).unwrap()),
    };
    let plan = AttestPlan {
        meter: MeterId(0),
        sequence: 1,
        previous: TransactionId([0; 64]),
        salt: [7; 32],
        first_window: window,
        windows: vec![openings],
        valid_until: Envelope::validity_from(now),
    };
    plan.prove(genesis, &mut rng).unwrap().sign(&support::meter_key(0))
}

#[test]
fn proofs_are_checked_against_the_ring_on_the_ledger_not_against_a_copy() {
    let mut community = community();
    let built = community.pay(0, &[(1, 5)]);
    let store = community.node.store();
    let committed = store.state();
    let state = LedgerState::new(store.genesis(), &committed);
    let resolved = state.resolve(store.cache(), &built.transaction, community.now()).unwrap();
    assert_eq!(resolved.rings[0].len(), 8);
    check_proofs(store.genesis(), &built.transaction, &resolved).unwrap();
}
