//! The two durable steps of a block under failing disks and power cuts, the hints' days, and reading what is stored
//! (protocol sections 3 and 7).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::{
    io,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::Genesis,
    parameters::Parameters,
    state::recompute_root,
    storage::{ChainReader, Day, HintReader, MemoryIndex, Moment, Probe, ProbedDisk, SimDisk},
    transaction::{build::Built, hints::encode_hints},
    units::Timestamp,
};
use hushwatt_node::{
    Core, CoreOptions, LiveBlock, NodeError, Recovery, Source, SteppedClock, Store, SubmitError, VerifyError,
};
use support::{Community, Setup, effort};

const DAY: u64 = 86_400;
/// The day of block 1: hints are kept for two days, and the chain has a block of each day and one more of the last.
const FIRST_DAY: u64 = 20_254;
const DAYS: u64 = 6;

struct Prepared {
    genesis: Arc<Genesis>,
    chain: Vec<LiveBlock>,
    /// A transfer that is right after any block of the chain's last day.
    waiting: Built,
}

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let parameters = Parameters {
            ring_min: 8,
            ring_cap: 32,
            retention: 2 * DAY,
            correction_term: DAY,
            seal_after: 300 * DAY,
            ..Parameters::default()
        };
        let start = Timestamp(FIRST_DAY * DAY + DAY / 2 - 10);
        let mut community = Community::found(&Setup { parameters, start, ..Setup::default() });
        let mint = community.mint_of(&[(0, 1_000_000); 16]);
        let mut produced = vec![community.settle(vec![mint])];
        for day in 1..DAYS {
            community.clock.step_to(Timestamp((FIRST_DAY + day) * DAY + 100));
            produced.push(community.block_at(Timestamp((FIRST_DAY + day) * DAY + 100)));
            let built = vec![community.pay(0, &[(1, day)]), community.pay(0, &[(2, day)])];
            produced.push(community.settle(built));
        }
        let waiting = community.pay(0, &[(1, 99)]);
        let network = community.genesis.network();
        let live = |produced: support::Produced| LiveBlock::new(network, produced.block, Some(produced.hints)).unwrap();
        Prepared { genesis: community.genesis.clone(), chain: produced.into_iter().map(live).collect(), waiting }
    })
}

fn folder() -> &'static Path {
    Path::new("node")
}

fn store_on(disk: &SimDisk) -> Result<Store, NodeError> {
    let index = Box::new(MemoryIndex::new());
    Store::open_on(folder(), prepared().genesis.clone(), Arc::new(disk.clone()), index)
}

fn core_of(store: Store) -> (Core, SteppedClock) {
    let clock = SteppedClock::new(prepared().genesis.time);
    let options = CoreOptions { worker: false, ..CoreOptions::default() };
    (Core::on_store(store, Box::new(clock.clone()), options).unwrap(), clock)
}

fn core_on(disk: &SimDisk) -> Core {
    core_of(store_on(disk).unwrap()).0
}

/// A disk with the first blocks of the chain.
fn disk_with(blocks: usize) -> SimDisk {
    let disk = SimDisk::new();
    let core = core_on(&disk);
    prepared().chain[..blocks].iter().for_each(|block| core.finalize(block, None).unwrap());
    disk
}

/// Holds what a store has against the chain; gives its height.
fn check(store: &Store) -> u64 {
    let network = prepared().genesis.network();
    let tip = store.tip();
    assert_eq!(store.height(), tip.height, "what is in the log is applied on opening");
    for height in 1..=tip.height {
        let expected = &prepared().chain[height as usize - 1];
        assert_eq!(&store.block(height).unwrap().0, &**expected.block());
    }
    if tip.height > 0 {
        assert_eq!(tip.digest, *prepared().chain[tip.height as usize - 1].digest());
        assert_eq!(recompute_root(network, &store.state()).unwrap(), tip.set_hash);
    }
    tip.height
}

/// The hints of a stored block.
fn hints_of(store: &Store, height: u64) -> Option<Vec<Vec<u8>>> {
    store.record(height).unwrap().unwrap().hints_by_transaction()
}

fn encoded(hints: &BlockHints) -> Vec<Vec<u8>> {
    hints.iter().map(|hints| encode_hints(hints)).collect()
}

#[test]
fn when_the_disk_is_full_the_node_signs_nothing_more_and_opened_again_it_stands_before_or_after_the_block() {
    let whole = disk_with(3);
    let next = &prepared().chain[3];
    for step in 0..effort(20, 200) {
        let disk = whole.fork();
        let core = core_on(&disk);
        disk.set_space(Some(step * 400));
        let stored = core.finalize(next, None);
        if let Err(error) = &stored {
            assert!(matches!(error, NodeError::Storage(_)), "{error}");
            assert!(matches!(core.check_usable(), Err(NodeError::CommitFailed { height: 4, .. })));
            let tip = core.tip().digest;
            assert!(matches!(core.propose(&tip), Err(NodeError::CommitFailed { .. })));
            assert!(matches!(core.verify(next), Err(VerifyError::Node(NodeError::CommitFailed { .. }))));
            assert!(matches!(core.finalize(next, None), Err(NodeError::CommitFailed { .. })));
            let waiting = &prepared().waiting;
            let refused = core.submit(&waiting.transaction.encode(), &encode_hints(&waiting.hints), Source::Own);
            assert!(matches!(refused, Err(SubmitError::Failed)));
            assert_eq!(core.tip().height, 3, "reading goes on");
            assert!(core.store().record(3).unwrap().is_some());
        }
        drop(core);
        disk.set_space(None);
        for crashed in [disk.fork(), disk.crash(step), disk.crash(step + 1_000)] {
            let core = core_on(&crashed);
            let height = check(core.store());
            assert!(height == 4 || height == 3 && stored.is_err());
            core.finalize(next, None).unwrap();
            assert_eq!(hints_of(core.store(), 4), Some(encoded(next.hints().unwrap())));
        }
    }
}

#[test]
fn a_power_cut_at_any_write_of_a_block_leaves_it_whole_or_out() {
    let disk = disk_with(2);
    // A process that stops between the log and the index, with nothing synced by anybody after it.
    let core = core_on(&disk);
    core.append(&prepared().chain[2], None).unwrap();
    drop(core);
    for seed in 0..effort(10, 200) {
        assert_eq!(check(&store_on(&disk.crash(seed)).unwrap()), 3, "what is in the log stays");
    }
    let next = &prepared().chain[3];
    for step in 0..effort(15, 150) {
        let disk = disk.fork();
        let core = core_on(&disk);
        disk.set_space(Some(step * 500));
        let appended = core.append(next, None).is_ok();
        drop(core);
        let store = store_on(&disk.crash(step)).unwrap();
        let height = check(&store);
        assert!(height == 4 || height == 3 && !appended);
        assert!(height == 3 || hints_of(&store, 4) == Some(encoded(next.hints().unwrap())), "hints come first");
    }
}

/// Fails calls of one name while it is told to.
#[derive(Debug, Default)]
struct Fail {
    name: &'static str,
    on: AtomicBool,
    calls: AtomicU64,
}

impl Probe for Fail {
    fn at(&self, moment: Moment, name: &str) -> io::Result<()> {
        if name != self.name || moment != Moment::Before {
            return Ok(());
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.on.load(Ordering::SeqCst) { Err(io::Error::other("the test says no")) } else { Ok(()) }
    }
}

fn failing(name: &'static str) -> Arc<Fail> {
    Arc::new(Fail { name, ..Fail::default() })
}

#[test]
fn when_the_index_fails_the_node_stops_and_opened_again_it_has_the_block() {
    let disk = SimDisk::new();
    let probe = failing("index.apply");
    let index = Box::new(MemoryIndex::with_probe(probe.clone()));
    let store = Store::open_on(folder(), prepared().genesis.clone(), Arc::new(disk.clone()), index).unwrap();
    let (core, _) = core_of(store);
    core.finalize(&prepared().chain[0], None).unwrap();
    probe.on.store(true, Ordering::SeqCst);
    assert!(core.finalize(&prepared().chain[1], None).is_err());
    assert_eq!((core.store().height(), core.tip().height), (2, 1));
    assert!(matches!(core.check_usable(), Err(NodeError::CommitFailed { height: 2, .. })));
    drop(core);
    let store = store_on(&disk).unwrap();
    assert_eq!(check(&store), 2);
    assert_eq!(*store.recovery(), Recovery { replayed: 2, ..Recovery::default() });
}

#[test]
fn hints_are_unlinked_when_their_retention_is_over_and_blocks_and_state_stay() {
    let disk = disk_with(0);
    let core = core_on(&disk);
    for block in &prepared().chain {
        core.finalize(block, None).unwrap();
        let today = Day::of_unix(block.block().header.time.0);
        let kept = core.store().hint_days().unwrap();
        assert!(kept.iter().all(|day| day.0 + 2 >= today.0), "{kept:?} on {today}");
        assert!(block.block().transactions.is_empty() || kept.contains(&today));
        let folder = Path::new("node/hints");
        let files: Vec<String> = kept.iter().map(|day| day.file_name()).collect();
        assert_eq!(hushwatt_ledger::storage::Disk::list(&disk, folder).unwrap(), files);
    }
    let last = Day((FIRST_DAY + DAYS - 1) as u32);
    let check = |store: &Store| {
        for (height, block) in (1..).zip(&prepared().chain) {
            let day = Day::of_unix(block.block().header.time.0);
            let kept = day.0 + 2 >= last.0 || block.block().transactions.is_empty();
            let hints = kept.then(|| encoded(block.hints().unwrap()));
            assert_eq!(hints_of(store, height), hints, "block {height}");
            assert_eq!(store.record_without_hints(height).unwrap().unwrap().body, block.block().encode());
        }
    };
    check(core.store());
    drop(core);
    let core = core_on(&disk);
    check(core.store());
    check(core.store());
    assert_eq!(self::check(core.store()), prepared().chain.len() as u64);
}

#[test]
fn hints_that_cannot_be_unlinked_hold_nothing_up_and_go_with_the_next_block() {
    let disk = SimDisk::new();
    let probe = failing("hints.remove");
    let probed = Arc::new(ProbedDisk::new(disk, probe.clone()));
    let store = Store::open_on(folder(), prepared().genesis.clone(), probed, Box::new(MemoryIndex::new())).unwrap();
    let (core, _) = core_of(store);
    probe.on.store(true, Ordering::SeqCst);
    let (last, rest) = prepared().chain.split_last().unwrap();
    rest.iter().for_each(|block| core.finalize(block, None).unwrap());
    assert_eq!(core.store().hint_days().unwrap().len(), DAYS as usize - 1, "the last one has no hints yet");
    assert!(probe.calls.load(Ordering::SeqCst) > 0);
    probe.on.store(false, Ordering::SeqCst);
    core.finalize(last, None).unwrap();
    assert_eq!(core.store().hint_days().unwrap().len(), 3);
}

#[test]
fn a_follower_that_keeps_no_hints_has_the_same_chain() {
    let disk = SimDisk::new();
    let options = CoreOptions { keep_hints: false, worker: false, ..CoreOptions::default() };
    let clock = Box::new(SteppedClock::new(prepared().genesis.time));
    let core = Core::on_store(store_on(&disk).unwrap(), clock, options).unwrap();
    prepared().chain.iter().for_each(|block| core.adopt(block, None).unwrap());
    assert!(core.store().hint_days().unwrap().is_empty());
    assert_eq!(hints_of(core.store(), 1), None);
    assert_eq!(check(core.store()), prepared().chain.len() as u64);
    let transactions: usize = prepared().chain.iter().map(|block| block.block().transactions.len()).sum();
    assert_eq!(core.work_done().proofs_verified, transactions as u64, "it verifies everything");
}

#[test]
fn a_block_that_comes_with_hints_later_is_served_with_those_that_were_verified() {
    let disk = SimDisk::new();
    let core = core_on(&disk);
    let block = &prepared().chain[0];
    core.verify(block).unwrap();
    core.finalize(&block.without_hints(), None).unwrap();
    assert_eq!(hints_of(core.store(), 1), Some(encoded(block.hints().unwrap())));
}

#[test]
fn records_are_read_as_they_travel_up_to_so_many_bytes_and_at_least_one() {
    let disk = disk_with(prepared().chain.len());
    let core = core_on(&disk);
    let store = core.store();
    assert!(store.record(0).unwrap().is_none() && store.record(store.height() + 1).unwrap().is_none());
    let all = store.records(0, usize::MAX).unwrap();
    assert_eq!(all.len(), prepared().chain.len());
    assert_eq!(store.records(1, 0).unwrap().len(), 1);
    let two = all[0].bytes() + all[1].bytes();
    assert_eq!(store.records(1, two).unwrap().len(), 2);
    assert_eq!(store.records(1, two - 1).unwrap().len(), 1);
    assert!(store.records(store.height() + 1, 1).unwrap().is_empty());
    for (record, block) in all.iter().zip(&prepared().chain) {
        assert_eq!((record.height, record.digest), (block.height(), *block.digest()));
        assert_eq!(record.header(prepared().genesis.network()).unwrap(), block.block().header);
        assert_eq!(record.transactions() as usize, block.block().transactions.len());
        let hinted = record.hints.is_some();
        let expected = if hinted { block.clone() } else { block.without_hints() };
        assert_eq!(record.to_live(), expected.encode());
        assert_eq!(expected.encode().len(), expected.bytes());
        assert_eq!(store.height_of(&record.digest).unwrap(), Some(record.height));
    }
    assert_eq!(store.uncertified(), (1..=store.height()).collect::<Vec<_>>());
    assert_eq!(store.height_of(&hushwatt_ledger::block::BlockDigest([9; 32])).unwrap(), None);
}

#[test]
fn files_are_read_in_pieces_while_they_grow() {
    let disk = disk_with(4);
    let core = core_on(&disk);
    let log = core.store().log_file().unwrap();
    let (day, length) = *core.store().hint_files().unwrap().last().unwrap();
    let hints = core.store().read_hints(day, 0, usize::MAX).unwrap();
    assert_eq!(hints.len() as u64, length);
    core.finalize(&prepared().chain[4], None).unwrap();
    let mut read = Vec::new();
    while (read.len() as u64) < log.length() {
        read.extend(log.read_at(read.len() as u64, 1_000).unwrap());
    }
    assert!(log.read_at(log.length(), 10).unwrap().is_empty());
    let records: Vec<_> = ChainReader::new(&read[..]).unwrap().map(Result::unwrap).collect();
    assert_eq!(records.len(), 4);
    let grown = core.store().read_hints(day, 0, usize::MAX).unwrap();
    assert!(grown.starts_with(&hints) || grown == hints);
    assert_eq!(core.store().read_hints(day, length - 3, 2).unwrap(), hints[hints.len() - 3..hints.len() - 1]);
    assert!(core.store().read_hints(day, u64::MAX, 10).unwrap().is_empty());
    assert!(core.store().read_hints(Day(1), 0, 10).unwrap().is_empty());
    HintReader::new(&grown[..]).unwrap().for_each(|hint| drop(hint.unwrap()));
}

#[test]
fn half_an_append_of_hints_is_cut_off_before_anybody_reads_it() {
    let disk = disk_with(3);
    let (day, length) = *core_on(&disk).store().hint_files().unwrap().last().unwrap();
    let path = Path::new("node/hints").join(day.file_name());
    let mut bytes = disk.contents(&path).unwrap();
    bytes.extend([5; 40]);
    disk.set_contents(&path, &bytes);
    assert_eq!(core_on(&disk).store().hint_files().unwrap().last(), Some(&(day, length)));
}

#[test]
fn the_chain_of_these_tests_is_what_they_need() {
    let chain = &prepared().chain;
    assert_eq!(chain.len(), 1 + 2 * (DAYS as usize - 1));
    let days: std::collections::BTreeSet<Day> =
        chain.iter().map(|block| Day::of_unix(block.block().header.time.0)).collect();
    assert_eq!(days.len(), DAYS as usize);
    let with_hints = |block: &Block| !block.transactions.is_empty();
    assert_eq!(chain.iter().filter(|block| with_hints(block.block())).count(), DAYS as usize);
}
