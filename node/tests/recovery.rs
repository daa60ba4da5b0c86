//! A node's folder after damage: the log is the truth, the index is rebuilt by itself and says why, and a damaged log is
//! never repaired in silence (protocol section 7).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/chain.rs"]
mod chain;
#[path = "../../tests/forgetting/copied.rs"]
mod copied;
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use chain::{chain, check, make_next, make_up_to, node_on};
use copied::copy;
use hushwatt_ledger::storage::StorageError;
use hushwatt_node::{NodeError, Recovery, Store};
use support::{Community, Setup};
use tempfile::TempDir;

/// A folder with so many blocks of the chain.
fn folder_with(blocks: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    make_up_to(folder.path(), blocks);
    folder
}

/// Puts another folder's index in the place of this one's.
fn transplant(from: &Path, to: &Path) {
    fs::remove_dir_all(to.join("index")).unwrap();
    copy(&from.join("index"), &to.join("index"));
}

fn goes_on(store: Store) {
    let (mut node, clock) = node_on(store);
    let height = make_next(&mut node, &clock, chain().folder.path());
    assert_eq!(node.store().digest(height).unwrap(), chain().digests[height as usize - 1]);
}

#[test]
fn a_folder_that_is_whole_needs_no_repair() {
    let folder = folder_with(4);
    let (store, recovery) = check(folder.path(), 4);
    assert_eq!(recovery, Recovery::default());
    goes_on(store);
}

#[test]
fn a_new_folder_has_nothing_to_repair() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(check(folder.path(), 0).1, Recovery::default());
}

#[test]
fn a_deleted_index_is_rebuilt() {
    let folder = folder_with(4);
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    let (store, recovery) = check(folder.path(), 4);
    assert_eq!(recovery, Recovery { replayed: 4, rebuilt: Some("there was none".to_owned()), torn_tail: false });
    goes_on(store);
}

#[test]
fn a_corrupted_index_is_rebuilt_and_the_reason_is_given() {
    let database = |folder: &Path| folder.join("index/sled/db");
    let damages: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.clear(),
        |bytes| bytes.fill(0xa5),
        |bytes| {
            let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
            bytes[used / 4..used].iter_mut().for_each(|byte| *byte ^= 0x55);
        },
    ];
    let mut rebuilt = 0;
    for damage in damages {
        let folder = folder_with(3);
        let path = database(folder.path());
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let (store, recovery) = check(folder.path(), 3);
        // What is left of it may be the whole state after an earlier block: that is gone on with, and needs no reason.
        assert!(recovery.replayed > 0);
        assert!(recovery.rebuilt.as_ref().is_none_or(|reason| !reason.is_empty() && recovery.replayed == 3));
        rebuilt += u64::from(recovery.rebuilt.is_some());
        goes_on(store);
    }
    assert!(rebuilt > 0);
}

#[test]
fn an_older_index_of_the_same_chain_is_brought_up_to_the_log() {
    let (folder, older) = (folder_with(6), folder_with(2));
    transplant(older.path(), folder.path());
    let (store, recovery) = check(folder.path(), 6);
    assert_eq!(recovery, Recovery { replayed: 4, ..Recovery::default() });
    goes_on(store);
}

#[test]
fn a_log_that_lost_acknowledged_blocks_is_refused_and_left_alone() {
    let (folder, newer) = (folder_with(2), folder_with(5));
    transplant(newer.path(), folder.path());
    let refused = Store::open(folder.path(), chain().genesis.clone());
    assert!(matches!(refused, Err(NodeError::LogBehindIndex { log: 2, index: 5 })));
    // Without that index the folder is what it was.
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    let (store, _) = check(folder.path(), 2);
    goes_on(store);
}

#[test]
fn an_index_of_another_network_is_rebuilt() {
    let folder = folder_with(3);
    let stranger = {
        let Community { node, folder, .. } = Community::funded(&Setup::default(), &[]);
        drop(node);
        folder
    };
    transplant(stranger.path(), folder.path());
    let (store, recovery) = check(folder.path(), 3);
    let rebuilt = Some("it was not of this log".to_owned());
    assert_eq!(recovery, Recovery { replayed: 3, rebuilt, torn_tail: false });
    goes_on(store);
}

#[test]
fn a_snapshot_left_unfinished_by_a_kill_does_not_keep_the_index_from_opening() {
    let folder = folder_with(3);
    let sled = folder.path().join("index/sled");
    for name in ["snap.0000000000000000.generating", "snap.00000000FFFFFFFF.generating"] {
        fs::write(sled.join(name), b"half a snapshot").unwrap();
    }
    let (store, recovery) = check(folder.path(), 3);
    assert_eq!(recovery, Recovery::default(), "not even rebuilt");
    goes_on(store);
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join(Store::LOG)
}

#[test]
fn a_log_cut_inside_an_acknowledged_block_is_refused_and_an_unfinished_append_is_cut_off() {
    let folder = folder_with(4);
    let bytes = fs::read(log_of(folder.path())).unwrap();
    fs::write(log_of(folder.path()), &bytes[..bytes.len() - 7]).unwrap();
    // The index has seen block 4, so it was acknowledged.
    let refused = Store::open(folder.path(), chain().genesis.clone());
    assert!(matches!(refused.err(), Some(NodeError::LogBehindIndex { log: 3, index: 4 })));

    // An index that stands at block 3 says that block 4 was not: its append was interrupted.
    fs::write(log_of(folder.path()), &bytes[..bytes.len() - 7]).unwrap();
    transplant(folder_with(3).path(), folder.path());
    let (store, recovery) = check(folder.path(), 3);
    assert_eq!(recovery, Recovery { replayed: 0, rebuilt: None, torn_tail: true });
    goes_on(store);
}

#[test]
fn a_block_damaged_in_the_middle_of_the_log_stops_the_node_and_nothing_is_changed() {
    let folder = folder_with(4);
    let mut bytes = fs::read(log_of(folder.path())).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(log_of(folder.path()), &bytes).unwrap();
    let opened = Store::open(folder.path(), chain().genesis.clone());
    assert!(matches!(opened.err(), Some(NodeError::Storage(StorageError::Damaged { .. }))));
    assert_eq!(fs::read(log_of(folder.path())).unwrap(), bytes);
}

#[test]
fn forgotten_hints_leave_blocks_and_state_whole() {
    let folder = folder_with(4);
    fs::remove_dir_all(folder.path().join("hints")).unwrap();
    let store = Store::open(folder.path(), chain().genesis.clone()).unwrap();
    let (block, _) = store.block(4).unwrap();
    assert_eq!(store.block_hints(&block).unwrap(), vec![Vec::new(); block.transactions.len()]);
    assert_eq!((store.tip().height, store.recovery()), (4, &Recovery::default()));
    goes_on(store);
}
