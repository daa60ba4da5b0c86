//! What a node's folder holds beyond its time is deleted, whatever kills the deletion, and the node goes on (protocol
//! section 9).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/chain.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod chain;
#[path = "../../tests/forgetting/copied.rs"]
mod copied;
#[path = "../../ledger/tests/storage_support/kill.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod kill;
#[path = "../../tests/forgetting/scan.rs"]
mod scan;
mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chain::{HEIGHTS, chain, make_next, make_up_to, node_on, submit_next, time_of, transactions};
use copied::copy;
use hushwatt_ledger::{
    parameters::Parameters,
    storage::{ProbedDisk, RealDisk, StorageError},
    transaction::hints::encode_hints,
    units::Timestamp,
};
use hushwatt_node::{
    Core, LiveBlock, NodeError, Store,
    config::NodeFolder,
    forget::{EngineHolds, ForgetError, Past, StoppedNode, look},
};
use kill::{KillAt, run_to_its_end, start_child};
use scan::Needles;
use support::{Community, START, Setup};
use tempfile::TempDir;

const FOLDER: &str = "HUSHWATT_FORGET_FOLDER";
const NOW: &str = "HUSHWATT_FORGET_NOW";
/// Blocks of the folder; the next block's transactions wait.
const BLOCKS: u64 = 8;
/// A block that came ahead.
const AHEAD: u64 = 20;

/// When everything of the chain is past the retention.
fn later() -> Timestamp {
    time_of(HEIGHTS).plus(chain().genesis.parameters.retention + 86_400)
}

/// Every hint of the chain's first blocks, and what a file of the engine holds.
fn needles() -> Needles {
    let mut needles = Needles::default();
    for height in 1..=BLOCKS + 1 {
        for (place, built) in transactions(&chain().genesis, chain().folder.path(), height).iter().enumerate() {
            needles.bytes(&format!("hints of {height}.{place}"), &encode_hints(&built.hints)[..40]);
        }
    }
    needles.text("block of the engine", "a block with its hints, as the engine keeps it");
    needles
}

/// A folder as a validator leaves it behind, and its data.
fn left_behind() -> (TempDir, NodeFolder) {
    let folder = tempfile::tempdir().unwrap();
    let node = NodeFolder::at(folder.path());
    make_up_to(&node.data(), BLOCKS);
    let store = Store::open(&node.data(), chain().genesis.clone()).unwrap();
    // A block of the first day under a height that the log has not reached.
    let block = store.block(3).unwrap().0;
    let hints = store.block_hints(&block).unwrap();
    let live = LiveBlock::new(chain().genesis.network(), block, Some(hints)).unwrap();
    store.save_ahead(AHEAD, &[&[0, 1][..], &live.encode()].concat()).unwrap();
    let (mut lockstep, clock) = node_on(store);
    submit_next(&mut lockstep, &clock, chain().folder.path());
    drop(lockstep);
    engine_with(&node, 0);
    (folder, node)
}

fn engine_with(node: &NodeFolder, epoch: u64) {
    for partition in [format!("simplex-{epoch}"), format!("marshal-cache-{epoch}-verified-value")] {
        let folder = node.engine().join(partition);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("0000"), "a block with its hints, as the engine keeps it").unwrap();
    }
    node.mark_voted().unwrap();
}

fn take(node: &NodeFolder) -> StoppedNode {
    StoppedNode::take(node, chain().genesis.clone()).unwrap().expect("the node ran")
}

/// Whatever was forgotten: the chain is whole, and the node makes its next block.
fn goes_on(node: &NodeFolder) {
    let store = Store::open(&node.data(), chain().genesis.clone()).unwrap();
    assert_eq!((store.tip().height, store.recovery().rebuilt.as_ref()), (BLOCKS, None));
    let (mut lockstep, clock) = node_on(store);
    assert!(lockstep.core().restored().damaged == 0);
    let height = make_next(&mut lockstep, &clock, chain().folder.path());
    assert_eq!(lockstep.store().digest(height).unwrap(), chain().digests[height as usize - 1]);
}

#[test]
fn what_is_past_its_time_is_found_before_it_is_deleted_and_nothing_of_it_after() {
    let (folder, node) = left_behind();
    let needles = needles();
    let all: BTreeSet<String> = needles.names_in(folder.path());
    // Each of 8 mints and 6 payments in blocks, the two that wait, and the engine's.
    assert_eq!(all.len(), 8 + 6 + 2 + 1, "{all:?}");
    let stopped = take(&node);
    let soon = time_of(BLOCKS);
    assert_eq!(stopped.past(soon).unwrap(), []);
    assert_eq!(stopped.forget(soon, true).unwrap(), []);
    assert_eq!(needles.names_in(folder.path()), all, "nothing goes before its time");

    let past = stopped.past(later()).unwrap();
    let days: Vec<&str> = past
        .iter()
        .filter_map(|past| match past {
            Past::Hints { day, bytes } if *bytes > 100 => Some(day.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(days, ["2025-06-14", "2025-06-15"]);
    assert!(matches!(past[2], Past::Waiting { transactions: 2.. }), "{past:?}");
    assert!(matches!(past[3], Past::Ahead { height: AHEAD, .. }), "{past:?}");
    assert!(matches!(past[4], Past::Engine { holds: EngineHolds::LastVotes, .. }), "{past:?}");
    assert_eq!(look(&node, &chain().genesis, later()).unwrap(), past[..3]);

    let forgotten = stopped.forget(later(), false).unwrap();
    assert_eq!(forgotten, past[..4], "last votes go only if somebody says so");
    assert_eq!(needles.names_in(folder.path()), BTreeSet::from(["block of the engine".to_owned()]));
    assert_eq!(stopped.forget(later(), true).unwrap(), past[4..]);
    assert_eq!(needles.find(folder.path()), BTreeSet::new());
    assert!(node.forgot_its_votes(), "so it catches up before it votes");
    assert_eq!((stopped.past(later()).unwrap(), stopped.forget(later(), true).unwrap()), (vec![], vec![]));
    drop(stopped);
    goes_on(&node);
}

#[test]
fn the_first_day_goes_alone_when_the_second_is_not_due() {
    let (folder, node) = left_behind();
    let retention = chain().genesis.parameters.retention;
    // The first day ended at midnight, after a few blocks.
    let midnight = Timestamp(20_254 * 86_400);
    let stopped = take(&node);
    let hints = |now| stopped.past(now).unwrap().iter().filter(|past| matches!(past, Past::Hints { .. })).count();
    assert_eq!(hints(midnight.plus(retention - 1)), 0);
    assert_eq!(hints(midnight.plus(retention)), 1);
    assert_eq!(hints(midnight.plus(retention + 86_399)), 1);
    assert_eq!(hints(midnight.plus(retention + 86_400)), 2);
    stopped.forget(midnight.plus(retention), false).unwrap();
    let names = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!(names(&folder.path().join("data/hints")), 1);
}

#[test]
fn a_clock_behind_the_ledger_deletes_nothing() {
    let (_folder, node) = left_behind();
    let stopped = take(&node);
    let behind = Timestamp(time_of(BLOCKS).0 - 11);
    assert!(matches!(stopped.past(behind), Err(ForgetError::Clock { .. })));
    assert!(matches!(stopped.forget(behind, true), Err(ForgetError::Clock { .. })));
    assert_eq!(stopped.past(Timestamp(time_of(BLOCKS).0 - 10)).unwrap(), []);
}

#[test]
fn a_folder_in_use_is_refused_and_one_that_never_ran_has_nothing() {
    let (_folder, node) = left_behind();
    let store = Store::open(&node.data(), chain().genesis.clone()).unwrap();
    let refused = StoppedNode::take(&node, chain().genesis.clone()).err().unwrap();
    assert!(matches!(refused, ForgetError::Node(NodeError::Storage(StorageError::InUse { .. }))), "{refused}");
    drop(store);
    let fresh = tempfile::tempdir().unwrap();
    let fresh = NodeFolder::at(fresh.path());
    assert!(StoppedNode::take(&fresh, chain().genesis.clone()).unwrap().is_none());
    assert!(!fresh.data().exists(), "looking makes nothing");
}

#[test]
fn an_engine_whose_epochs_are_over_goes_with_its_mark_and_one_that_may_be_needed_stays() {
    let parameters = Parameters { epoch_blocks: 3, ..Setup::default().parameters };
    let mut community = Community::funded(&Setup { parameters, ..Setup::default() }, &[]);
    for place in 2..=3 {
        community.block_at(START.plus(100 * place));
    }
    let Community { genesis, node: lockstep, folder: made, .. } = community;
    drop(lockstep);
    let folder = tempfile::tempdir().unwrap();
    let node = NodeFolder::at(folder.path());
    copy(made.path(), &node.data());
    let retention = genesis.parameters.retention;
    let holds = |now| {
        let past = StoppedNode::take(&node, genesis.clone()).unwrap().unwrap().past(now).unwrap();
        past.into_iter().find_map(|past| if let Past::Engine { holds, .. } = past { Some(holds) } else { None })
    };
    // The third block is the first of epoch 1. An engine that knows only epoch 0 is one that left the validators.
    let over = START.plus(300 + retention);
    engine_with(&node, 0);
    assert_eq!(holds(over), None, "that block is as old as the retention, not older");
    assert_eq!(holds(over.plus(1)), Some(EngineHolds::PastEpochs));
    engine_with(&node, 1);
    assert_eq!(holds(over), None);
    assert_eq!(holds(over.plus(1)), Some(EngineHolds::LastVotes));
    fs::remove_dir_all(node.engine()).unwrap();
    assert_eq!(holds(over.plus(1)), None);
    engine_with(&node, 0);
    StoppedNode::take(&node, genesis.clone()).unwrap().unwrap().forget(over.plus(1), false).unwrap();
    assert!(!node.engine().exists() && !node.forgot_its_votes(), "it has nothing to contradict any more");
}

#[test]
fn a_removal_of_the_engine_that_was_cut_short_is_finished_and_touches_no_new_one() {
    let (folder, node) = left_behind();
    fs::rename(node.engine(), node.data().join("engine.removed")).unwrap();
    fs::remove_dir_all(node.data().join("engine.removed/simplex-0")).unwrap();
    // The node was started and votes again; then it was stopped.
    let new = node.engine().join("simplex-3");
    fs::create_dir_all(&new).unwrap();
    let stopped = take(&node);
    let forgotten = stopped.forget(time_of(BLOCKS), true).unwrap();
    assert!(matches!(forgotten[..], [Past::Engine { holds: EngineHolds::Remains, .. }]), "{forgotten:?}");
    assert!(new.is_dir() && !node.data().join("engine.removed").exists());
    assert!(!needles().names_in(folder.path()).contains("block of the engine"));
}

/// Not a test by itself: what the child processes of the test below do.
#[test]
fn child_forgets_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let now = Timestamp(kill::number(NOW));
    let disk = Arc::new(ProbedDisk::new(RealDisk, KillAt::chosen()));
    let folder = NodeFolder::at(Path::new(&folder));
    let stopped = StoppedNode::take_on(disk, &folder, chain::setup().genesis()).unwrap().unwrap();
    stopped.forget(now, true).unwrap();
}

#[test]
fn killed_at_every_change_the_deletion_goes_on_where_it_was() {
    let (original, _) = left_behind();
    let needles = needles();
    let mut kills = 0;
    for moment in 1.. {
        let folder = tempfile::tempdir().unwrap();
        copy(original.path(), folder.path());
        let node = NodeFolder::at(folder.path());
        let variables = [(FOLDER, folder.path().to_str().unwrap().to_owned()), (NOW, later().0.to_string())];
        let killed = run_to_its_end(start_child("child_forgets_until_it_is_killed", moment, &variables), |_| ());
        if killed {
            kills += 1;
            take(&node).forget(later(), true).unwrap();
        }
        assert_eq!(needles.find(folder.path()), BTreeSet::new(), "killed at {moment}");
        assert_eq!(take(&node).past(later()).unwrap(), []);
        if moment % 5 == 1 {
            goes_on(&node);
        }
        if !killed {
            break;
        }
    }
    println!("{kills} kills");
    assert!(kills >= 15, "{kills}");
}

#[test]
fn a_running_node_that_is_asked_forgets_without_a_block() {
    let (folder, node) = left_behind();
    fs::remove_dir_all(node.engine()).unwrap();
    let store = Store::open(&node.data(), chain().genesis.clone()).unwrap();
    let block = store.block(3).unwrap().0;
    let hints = store.block_hints(&block).unwrap();
    let live = LiveBlock::new(chain().genesis.network(), block, Some(hints)).unwrap();
    // One that the log has by now: a node that follows never loads it.
    store.save_ahead(BLOCKS, &[&[0, 1][..], &live.encode()].concat()).unwrap();
    store.drop_ahead(AHEAD).unwrap();
    let (lockstep, clock) = node_on(store);
    let core: &Core = lockstep.core();
    clock.step_to(later());
    let files = |name: &str| -> Vec<PathBuf> {
        fs::read_dir(node.data().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    assert_eq!((files("hints").len(), files("ahead").len()), (2, 1));
    core.forget(core.tip().time).unwrap();
    assert_eq!((files("hints").len(), files("ahead").len()), (2, 0), "no day is over by the ledger's time");
    core.forget(core.now()).unwrap();
    assert_eq!(files("hints").len(), 0);
    let record = core.store().record(BLOCKS).unwrap().unwrap();
    assert!(record.hints.is_none(), "memory forgets too");
    // What waits is still answered for: a wallet may have been told that it is accepted.
    let left = needles().names_in(folder.path());
    let waiting = (0..2).map(|place| format!("hints of {}.{place}", BLOCKS + 1)).collect();
    assert_eq!(left, waiting);
}

#[test]
fn a_request_to_forget_stays_until_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let node = NodeFolder::at(folder.path());
    assert!(!node.is_asked_to_forget());
    node.ask_to_forget().unwrap();
    node.ask_to_forget().unwrap();
    assert!(NodeFolder::at(folder.path()).is_asked_to_forget());
    node.has_forgotten().unwrap();
    node.has_forgotten().unwrap();
    assert!(!node.is_asked_to_forget());
}
