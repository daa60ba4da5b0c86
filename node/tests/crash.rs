//! `kill -9` of a real node at every change on disk, and at random times. A child process (this binary again) makes blocks
//! and says which are acknowledged; after its death every one of them must be there, and the node must go on.
//!
//! `HUSHWATT_EFFORT=full` kills some thousand times, anything else about 150 times.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/chain.rs"]
mod chain;
#[path = "../../ledger/tests/storage_support/kill.rs"]
mod kill;
mod support;

use std::{
    fs,
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Child,
    time::Duration,
};

use chain::{HEIGHTS, chain, check, make_next, make_up_to, node_on};
use hushwatt_node::Store;
use kill::{KillAt, kill_after, number, run_to_its_end, start_child};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::effort;

const FOLDER: &str = "HUSHWATT_CRASH_FOLDER";
const CHAIN: &str = "HUSHWATT_CRASH_CHAIN";
const BLOCKS: &str = "HUSHWATT_CRASH_BLOCKS";

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_makes_blocks_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let transactions = std::env::var(CHAIN).unwrap();
    println!();
    let store = Store::open_probed(Path::new(&folder), chain::setup().genesis(), KillAt::chosen()).unwrap();
    let (mut node, clock) = node_on(store);
    for _ in 0..number(BLOCKS) {
        if node.store().tip().height == HEIGHTS {
            break;
        }
        let height = make_next(&mut node, &clock, Path::new(&transactions));
        let mut out = io::stdout();
        writeln!(out, "acknowledged {height}").and_then(|()| out.flush()).unwrap();
    }
}

fn child(folder: &Path, kill_at: u64, blocks: u64) -> Child {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let variables = [(FOLDER, text(folder)), (CHAIN, text(chain().folder.path())), (BLOCKS, blocks.to_string())];
    start_child("child_makes_blocks_until_it_is_killed", kill_at, &variables)
}

fn hear(acknowledged: &mut u64, line: &str) {
    if let Some(height) = line.trim().strip_prefix("acknowledged ") {
        *acknowledged = height.parse().unwrap();
    }
}

/// Runs a child to its end; gives whether it was killed.
fn run_child(folder: &Path, kill_at: u64, blocks: u64, acknowledged: &mut u64) -> bool {
    run_to_its_end(child(folder, kill_at, blocks), |line| hear(acknowledged, line))
}

/// Checks what a kill left and makes one more block on it; says whether the index had to be rebuilt.
fn check_and_go_on(folder: &Path, acknowledged: &mut u64) -> bool {
    let (store, recovery) = check(folder, *acknowledged);
    assert!(recovery.rebuilt.is_some() || recovery.replayed <= 1, "a flushed batch outlives a kill: {recovery:?}");
    *acknowledged = store.tip().height;
    let (mut node, clock) = node_on(store);
    if *acknowledged < HEIGHTS {
        *acknowledged = make_next(&mut node, &clock, chain().folder.path());
    }
    assert_eq!(node.store().digest(*acknowledged).unwrap(), chain().digests[*acknowledged as usize - 1]);
    recovery.rebuilt.is_some()
}

#[test]
fn killed_at_every_change_of_its_first_start_a_node_loses_nothing_acknowledged() {
    let (mut kills, mut rebuilt) = (0, 0);
    for moment in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let mut acknowledged = 0;
        let killed = run_child(folder.path(), moment, effort(2, 8), &mut acknowledged);
        rebuilt += u64::from(check_and_go_on(folder.path(), &mut acknowledged));
        if !killed {
            break;
        }
        kills += 1;
    }
    println!("{kills} kills, index rebuilt {rebuilt} times");
    assert!(kills >= 50);
}

#[test]
fn killed_again_and_again_at_every_change_a_node_loses_nothing_acknowledged() {
    let (mut kills, mut rebuilt) = (0, 0);
    for _ in 0..effort(1, 10) {
        let folder = tempfile::tempdir().unwrap();
        let mut acknowledged = 0;
        for moment in 1.. {
            // The hints' day changes while this goes on.
            let killed = run_child(folder.path(), moment, 1, &mut acknowledged);
            rebuilt += u64::from(check_and_go_on(folder.path(), &mut acknowledged));
            if !killed {
                break;
            }
            kills += 1;
        }
    }
    println!("{kills} kills, index rebuilt {rebuilt} times");
    assert!(kills >= 20);
}

#[test]
fn killed_at_every_change_while_it_rebuilds_its_index_a_node_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 3;
    make_up_to(folder.path(), acknowledged);
    let mut kills = 0;
    for moment in 1.. {
        fs::remove_dir_all(folder.path().join("index")).unwrap();
        let killed = run_child(folder.path(), moment, 0, &mut acknowledged);
        let (store, recovery) = check(folder.path(), acknowledged);
        assert_eq!(store.tip().height, 3);
        // A killed rebuild is gone on with, or starts over.
        assert!(recovery.rebuilt.is_none() || recovery.replayed == 3);
        if !killed {
            assert_eq!(recovery.replayed, 0);
            break;
        }
        kills += 1;
    }
    println!("{kills} kills");
    assert!(kills >= 20);
}

#[test]
fn killed_at_random_times_a_node_loses_nothing_acknowledged() {
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    let mut folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut kills, mut rebuilt) = (0, 0, 0);
    while kills < effort(30, 1_000) {
        if acknowledged + 20 > HEIGHTS {
            (folder, acknowledged) = (tempfile::tempdir().unwrap(), 0);
        }
        let child = child(folder.path(), 0, u64::MAX);
        let (lines, pause) = (dice.gen_range(0..10), Duration::from_micros(dice.gen_range(0..40_000)));
        let status = kill_after(child, lines, pause, |line| hear(&mut acknowledged, line));
        kills += u64::from(status.signal() == Some(9));
        rebuilt += u64::from(check_and_go_on(folder.path(), &mut acknowledged));
    }
    println!("{kills} kills, index rebuilt {rebuilt} times");
}
