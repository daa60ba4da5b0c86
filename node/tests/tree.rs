//! Blocks that are not final yet, on several nodes that propose beside each other (protocol section 7): whatever they see
//! and in whatever order, the final chain is the same on all, its state is that of a plain replay, and nobody executes a
//! block or verifies a proof twice.
//!
//! `HUSHWATT_EFFORT=full` runs some hundred random histories, anything else a few.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::{Arc, OnceLock},
};

use hushwatt_ledger::{
    Rejection,
    block::{AlreadyVerified, Block, BlockDigest, Parent, execute_block},
    genesis::Genesis,
    parameters::Parameters,
    state::{MemoryState, RingCache, recompute_root},
    storage::{MemoryIndex, SimDisk},
    transaction::{FullDigest, build::Built},
};
use hushwatt_node::{
    Core, CoreOptions, Due, LiveBlock, NodeError, PendingLimits, Source, SteppedClock, Store, Submission, VerifyError,
};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use support::{Community, START, Setup, effort};

/// A genesis, its block 1, and transfers of which some spend the same notes.
struct Prepared {
    genesis: Arc<Genesis>,
    first: LiveBlock,
    built: Vec<Built>,
}

const NOTES: usize = 24;

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let parameters = Parameters { ring_min: 8, ring_cap: 32, credit_epoch: 300, ..Parameters::default() };
        let mut community = Community::found(&Setup { parameters, ..Setup::default() });
        let mint = community.mint_of(&[(0, 1_000_000); NOTES]);
        let produced = community.settle(vec![mint]);
        let network = community.genesis.network();
        let first = LiveBlock::new(network, produced.block, Some(produced.hints)).unwrap();
        let mut built = Vec::new();
        for amount in 0..NOTES as u64 {
            let one = community.pay(0, &[(1, 5 + amount)]);
            if amount % 3 == 0 {
                community.wallets[0].release(&one);
                built.push(community.pay(0, &[(2, 7)]));
            }
            built.push(one);
        }
        Prepared { genesis: community.genesis.clone(), first, built }
    })
}

fn core_with(clock: &SteppedClock, pending: PendingLimits) -> Core {
    let disk = Arc::new(SimDisk::new());
    let genesis = prepared().genesis.clone();
    let store = Store::open_on(Path::new("node"), genesis, disk, Box::new(MemoryIndex::new())).unwrap();
    let options = CoreOptions { worker: false, pending, ..CoreOptions::default() };
    let core = Core::on_store(store, Box::new(clock.clone()), options).unwrap();
    core.finalize(&prepared().first, None).unwrap();
    core
}

fn core(clock: &SteppedClock) -> Core {
    core_with(clock, PendingLimits::default())
}

fn submission(built: &Built) -> Submission {
    Submission::of_built(prepared().genesis.network(), built).unwrap()
}

/// A node, and what it has seen.
struct Seen {
    core: Core,
    /// Blocks it may build on, as far as they were not pruned.
    blocks: Vec<BlockDigest>,
    /// How many blocks it made, or was shown without knowing them.
    executed: u64,
    /// Transactions whose proofs it was shown.
    transactions: HashSet<FullDigest>,
}

impl Seen {
    fn new(clock: &SteppedClock) -> Self {
        let core = core(clock);
        let (first, tip) = (*prepared().first.digest(), core.tip().digest);
        assert_eq!(first, tip);
        Seen { core, blocks: vec![tip], executed: 1, transactions: HashSet::new() }
    }

    fn submit(&mut self, built: &Built) {
        self.transactions.insert(*built.transaction.full_digest());
        let submission = submission(built);
        // Some are in conflict with others, some are final by now.
        let _ = self.core.submit_all(vec![submission], Source::Client(1)).remove(0);
    }

    fn show(&mut self, block: &LiveBlock) -> Result<(), VerifyError> {
        self.saw(block);
        let verdict = self.core.verify(&self.core.decode_live(&block.encode()).unwrap());
        if !matches!(verdict, Err(VerifyError::UnknownParent)) {
            let transactions = block.block().transactions.iter();
            self.transactions.extend(transactions.map(|transaction| *transaction.full_digest()));
        }
        verdict
    }

    fn saw(&mut self, block: &LiveBlock) {
        let known = self.core.knows(block.digest()) || block.height() <= self.core.store().height();
        self.executed += u64::from(!known);
        self.blocks.push(*block.digest());
    }

    fn check(&self) {
        let done = self.core.work_done();
        assert!(done.proofs_verified <= self.transactions.len() as u64, "no proof is verified twice");
        assert!(done.blocks_executed <= self.executed, "no block is executed twice");
    }
}

/// The state roots after each block of a chain, from nothing but the blocks.
fn replay(genesis: &Genesis, blocks: &[Block]) -> Parent {
    let (mut state, cache, mut parent) = (MemoryState::new(), RingCache::new(), Parent::genesis(genesis));
    for block in blocks {
        let executed = execute_block(genesis, &state, &cache, &parent, block, &mut AlreadyVerified).unwrap();
        state.apply(executed.changes);
        parent = executed.parent;
    }
    let recomputed = recompute_root(genesis.network(), &state).unwrap();
    assert_eq!(recomputed, parent.set_hash);
    parent
}

fn random_history(seed: u64) {
    let dice = &mut ChaCha8Rng::seed_from_u64(seed);
    let Prepared { genesis, first, built } = prepared();
    let clock = SteppedClock::new(START.plus(10));
    let mut nodes: Vec<Seen> = (0..3).map(|_| Seen::new(&clock)).collect();
    // All blocks that somebody proposed, and which of them are final, in order.
    let mut proposed: BTreeMap<BlockDigest, LiveBlock> = BTreeMap::new();
    let mut finals: Vec<LiveBlock> = vec![first.clone()];
    for _ in 0..120 {
        let who = dice.gen_range(0..nodes.len());
        let node = &mut nodes[who];
        match dice.gen_range(0..10) {
            0 => clock.step_to(hushwatt_node::Clock::now(&clock).plus(dice.gen_range(0..30))),
            1..4 => node.submit(built.choose(dice).unwrap()),
            4..6 => {
                let parent = *node.blocks.choose(dice).unwrap();
                match node.core.propose(&parent) {
                    Ok(made) => {
                        node.executed += 1;
                        node.blocks.push(*made.block.digest());
                        assert!(node.core.knows(made.block.digest()));
                        proposed.insert(*made.block.digest(), made.block);
                    }
                    Err(NodeError::UnknownParent) => assert!(!node.core.knows(&parent)),
                    Err(error) => panic!("{error}"),
                }
            }
            6..8 => {
                let Some(block) = proposed.values().collect::<Vec<_>>().choose(dice).copied().cloned() else {
                    continue;
                };
                let below = node.core.knows(&block.block().header.parent);
                let is_final = finals.iter().any(|other| other.digest() == block.digest());
                let logged = node.core.store().height();
                match node.show(&block) {
                    Ok(()) => {}
                    Err(VerifyError::UnknownParent) => assert!(!below),
                    // A block beside the final chain.
                    Err(VerifyError::Refused(_)) => assert!(block.height() <= logged && !is_final),
                    Err(error) => panic!("{error}"),
                }
            }
            8 => {
                // One more block becomes final, somewhere.
                let last = *finals.last().unwrap().digest();
                let children: Vec<&LiveBlock> =
                    proposed.values().filter(|block| block.block().header.parent == last).collect();
                finals.extend(children.choose(dice).copied().cloned());
            }
            _ => {
                // The node hears of it, perhaps in two steps.
                let next = node.core.store().height() as usize;
                let Some(block) = finals.get(next) else { continue };
                let block = node.core.decode_live(&block.encode()).unwrap();
                node.saw(&block);
                node.core.append(&block, None).unwrap();
                if dice.gen_bool(0.7) {
                    node.core.apply_until(block.height()).unwrap();
                }
            }
        }
        nodes[who].check();
    }
    for node in &mut nodes {
        for block in &finals[node.core.store().height() as usize..] {
            node.saw(block);
            node.core.finalize(block, None).unwrap();
        }
        node.core.apply_until(u64::MAX).unwrap();
        node.check();
    }
    let blocks: Vec<Block> = finals.iter().map(|block| Block::clone(block.block())).collect();
    let end = replay(genesis, &blocks);
    for node in &nodes {
        let core = &node.core;
        assert_eq!(core.tip(), end, "seed {seed}");
        assert_eq!(recompute_root(genesis.network(), &core.store().state()).unwrap(), end.set_hash);
        for (height, block) in (1..).zip(&blocks) {
            let (stored, certificate) = core.block(height).unwrap();
            assert_eq!((&stored, certificate), (block, None));
            assert_eq!(core.store().height_of(finals[height as usize - 1].digest()).unwrap(), Some(height));
            for transaction in &block.transactions {
                let status = core.status_of(transaction.id()).unwrap();
                assert_eq!(status, hushwatt_node::Status::Final { height });
            }
        }
        // What still waits can be in the next block: nothing of it is final or spent.
        let waiting = core.waiting().transactions;
        let made = core.propose(&core.tip().digest).unwrap();
        assert_eq!((made.block.block().transactions.len(), made.dropped), (waiting, Vec::new()), "seed {seed}");
    }
}

#[test]
fn nodes_that_see_forks_in_any_order_agree_on_the_final_chain_and_on_its_state() {
    (0..effort(12, 300)).for_each(random_history);
}

#[test]
fn a_child_of_a_pending_block_sees_what_that_block_spends() {
    let clock = SteppedClock::new(START.plus(10));
    let core = core(&clock);
    let [one, other] = [&prepared().built[1], &prepared().built[0]];
    core.submit_all(vec![submission(one)], Source::Own).remove(0).unwrap();
    let tip = core.tip().digest;
    let parent = core.propose(&tip).unwrap().block;
    assert_eq!(parent.block().transactions, std::slice::from_ref(&one.transaction));
    assert_eq!(core.due(parent.digest()), Due::At(core.now().plus(30)), "it is in there already");
    assert_eq!(core.due(&tip), Due::Now);
    let child = core.propose(parent.digest()).unwrap().block;
    assert!(child.block().transactions.is_empty());

    // Somebody else proposes the other spend of the same note: right on the tip, wrong on the parent.
    let stranger = self::core(&clock);
    stranger.submit_all(vec![submission(other)], Source::Own).remove(0).unwrap();
    let beside = stranger.propose(&tip).unwrap().block;
    core.verify(&beside).unwrap();
    let mut on_parent = Block::clone(beside.block());
    on_parent.header.parent = *parent.digest();
    on_parent.header.height += 1;
    let on_parent = LiveBlock::new(prepared().genesis.network(), on_parent, beside.hints().map(|hints| hints.to_vec()));
    match core.verify(&on_parent.unwrap()) {
        Err(VerifyError::Refused(refused)) => {
            assert!(refused.to_string().contains(&Rejection::AlreadySpent.to_string()), "{refused}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_left_out_on_a_block_that_is_not_final_is_dropped_only_when_that_is_final() {
    let clock = SteppedClock::new(START.plus(10));
    let core = core(&clock);
    let [one, other] = [&prepared().built[1], &prepared().built[0]];
    core.submit_all(vec![submission(other)], Source::Own).remove(0).unwrap();
    let stranger = self::core(&clock);
    stranger.submit_all(vec![submission(one)], Source::Own).remove(0).unwrap();
    let tip = core.tip().digest;
    let theirs = stranger.propose(&tip).unwrap().block;
    core.verify(&theirs).unwrap();
    let made = core.propose(theirs.digest()).unwrap();
    assert!(made.block.block().transactions.is_empty() && made.dropped.is_empty());
    assert_eq!(core.waiting().transactions, 1, "on another branch it may be right");
    assert_eq!(core.due(theirs.digest()), Due::At(core.now().plus(30)), "but not on this one");
    assert_eq!(core.due(made.block.digest()), Due::At(core.now().plus(30)));
    assert_eq!(core.due(&tip), Due::Now);
    core.finalize(&theirs, None).unwrap();
    assert_eq!(core.waiting().transactions, 0);
    let spent = hushwatt_node::Dropped::Rule(Rejection::AlreadySpent);
    assert_eq!(core.status_of(other.transaction.id()).unwrap(), hushwatt_node::Status::Dropped(spent));
}

#[test]
fn beyond_its_bound_the_tree_forgets_other_branches_and_keeps_what_it_builds_on() {
    let clock = SteppedClock::new(START.plus(10));
    let core = core_with(&clock, PendingLimits { blocks: 4, bytes: usize::MAX });
    let proposer = self::core(&clock);
    let tip = core.tip().digest;
    let block_on = |parent: &BlockDigest| {
        clock.step_to(core.now().plus(1));
        proposer.propose(parent).unwrap().block
    };
    let old: Vec<LiveBlock> = (0..4).map(|_| block_on(&tip)).collect();
    old.iter().for_each(|block| core.verify(block).unwrap());
    assert_eq!(core.pending().0, 4);
    let mut chain = vec![block_on(&tip)];
    for _ in 0..3 {
        chain.push(block_on(chain.last().unwrap().digest()));
    }
    chain.iter().for_each(|block| core.verify(block).unwrap());
    assert!(chain.iter().all(|block| core.knows(block.digest())));
    assert!(old.iter().all(|block| !core.knows(block.digest())));
    let too_many = block_on(chain[3].digest());
    assert!(matches!(core.verify(&too_many), Err(VerifyError::NoRoom)));
    // What is final has room whatever else is there.
    core.finalize(&old[0], None).unwrap();
    assert_eq!((core.tip().digest, core.pending().0), (*old[0].digest(), 0), "the others can never be final");
}

#[test]
fn a_log_that_runs_ahead_is_applied_before_it_runs_far() {
    let clock = SteppedClock::new(START.plus(10));
    let (core, proposer) = (core(&clock), core(&clock));
    for _ in 0..40 {
        clock.step_to(core.now().plus(1));
        let block = proposer.propose(&proposer.tip().digest).unwrap().block;
        proposer.finalize(&block, None).unwrap();
        core.append(&block, None).unwrap();
        assert!(core.store().height() - core.tip().height <= 16);
    }
    assert_eq!(core.store().height(), 41);
    assert_eq!(core.store().height_of(&proposer.tip().digest).unwrap(), Some(41), "found though it is not applied");
    core.apply_until(30).unwrap();
    assert_eq!(core.tip().height, 30);
    core.apply_until(100).unwrap();
    assert_eq!(core.tip(), proposer.tip());
    assert_eq!(core.work_done().blocks_executed, 41);
}

#[test]
fn block_1_is_due_when_a_mint_waits_and_later_blocks_when_there_is_work_or_silence() {
    let clock = SteppedClock::new(START);
    let disk = Arc::new(SimDisk::new());
    let genesis = prepared().genesis.clone();
    let store = Store::open_on(Path::new("node"), genesis, disk, Box::new(MemoryIndex::new())).unwrap();
    let options = CoreOptions { worker: false, heartbeat: 20, ..CoreOptions::default() };
    let core = Core::on_store(store, Box::new(clock.clone()), options).unwrap();
    clock.step_to(START.plus(10));
    let nothing = core.tip().digest;
    assert_eq!(core.due(&nothing), Due::Idle);
    assert!(matches!(core.propose(&nothing), Err(NodeError::Rejected(Rejection::FirstBlock))));
    let first = &prepared().first;
    let mint = Built::new(first.block().transactions[0].clone(), first.hints().unwrap()[0].clone());
    core.submit_all(vec![submission(&mint)], Source::Own).remove(0).unwrap();
    assert_eq!(core.due(&nothing), Due::Now);
    let block = core.propose(&nothing).unwrap().block;
    assert_eq!(core.due(block.digest()), Due::At(START.plus(30)));
    core.finalize(&block, None).unwrap();
    assert_eq!(core.due(&nothing), Due::Idle, "its child is final");
    assert_eq!(core.due(&core.tip().digest), Due::At(START.plus(30)));
    clock.step_to(START.plus(29));
    assert_eq!(core.due(&core.tip().digest), Due::At(START.plus(30)));
    clock.step_to(START.plus(30));
    assert_eq!(core.due(&core.tip().digest), Due::Now);
}

#[test]
fn where_blocks_pile_up_the_next_ones_are_empty_until_some_are_final() {
    let clock = SteppedClock::new(START.plus(10));
    let core = core_with(&clock, PendingLimits { bytes: 40_000, ..PendingLimits::default() });
    let submissions: Vec<Submission> = prepared().built[4..20].iter().map(submission).collect();
    let mut parent = core.tip().digest;
    let mut sizes = Vec::new();
    for submission in submissions {
        let _ = core.submit_all(vec![submission], Source::Own).remove(0);
        let block = core.propose(&parent).unwrap().block;
        sizes.push(block.block().transactions.len());
        parent = *block.digest();
        assert!(core.knows(&parent));
    }
    assert_eq!((sizes[0], sizes[15]), (1, 0), "{sizes:?}");
    let tip = core.pending_block(&parent).unwrap();
    let mut chain = vec![tip];
    while let Some(block) = core.pending_block(&chain.last().unwrap().block().header.parent) {
        chain.push(block);
    }
    chain.iter().rev().for_each(|block| core.finalize(block, None).unwrap());
    assert!(!core.propose(&core.tip().digest).unwrap().block.block().transactions.is_empty());
}
