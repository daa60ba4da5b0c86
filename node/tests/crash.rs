//! `kill -9` of a real node at every change on disk, and at random times. A child process (this binary again) takes
//! transactions, makes blocks, and says what is acknowledged; after its death all of that must be there, and the node must
//! go on.
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

use chain::{HEIGHTS, chain, check, make_next, make_up_to, node_on, submit_next, transactions};
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
    let built = std::env::var(CHAIN).unwrap();
    println!();
    let store = Store::open_probed(Path::new(&folder), chain::setup().genesis(), KillAt::chosen()).unwrap();
    let (mut node, clock) = node_on(store);
    let say = |what: &str, height: u64| {
        let mut out = io::stdout();
        writeln!(out, "{what} {height}").and_then(|()| out.flush()).unwrap();
    };
    for _ in 0..number(BLOCKS) {
        if node.store().tip().height == HEIGHTS {
            break;
        }
        let height = submit_next(&mut node, &clock, Path::new(&built));
        say("accepted", height);
        assert_eq!(node.produce().unwrap().dropped, []);
        say("acknowledged", height);
    }
}

fn child(folder: &Path, kill_at: u64, blocks: u64) -> Child {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let variables = [(FOLDER, text(folder)), (CHAIN, text(chain().folder.path())), (BLOCKS, blocks.to_string())];
    start_child("child_makes_blocks_until_it_is_killed", kill_at, &variables)
}

/// What a child has said that it will not lose.
#[derive(Clone, Copy, Default)]
struct Said {
    /// The last block that is durable.
    block: u64,
    /// The block whose transactions are accepted.
    accepted: u64,
}

fn hear(said: &mut Said, line: &str) {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("acknowledged"), Some(height)) => said.block = height.parse().unwrap(),
        (Some("accepted"), Some(height)) => said.accepted = height.parse().unwrap(),
        _ => {}
    }
}

/// Runs a child to its end; gives whether it was killed.
fn run_child(folder: &Path, kill_at: u64, blocks: u64, said: &mut Said) -> bool {
    run_to_its_end(child(folder, kill_at, blocks), |line| hear(said, line))
}

/// Checks what a kill left and makes one more block on it; says whether the index had to be rebuilt.
fn check_and_go_on(folder: &Path, said: &mut Said) -> bool {
    let (store, recovery) = check(folder, said.block);
    assert!(recovery.rebuilt.is_some() || recovery.replayed <= 1, "a flushed batch outlives a kill: {recovery:?}");
    said.block = store.tip().height;
    let (mut node, clock) = node_on(store);
    let restored = node.core().restored().clone();
    assert_eq!((restored.dropped.as_slice(), restored.damaged), (&[][..], 0), "{restored:?}");
    if said.accepted > said.block {
        let accepted = transactions(&chain().genesis, chain().folder.path(), said.accepted).len();
        assert_eq!(restored.waiting, accepted, "what was accepted and is in no block waits");
    }
    if said.block < HEIGHTS {
        said.block = make_next(&mut node, &clock, chain().folder.path());
    }
    assert_eq!(node.store().digest(said.block).unwrap(), chain().digests[said.block as usize - 1]);
    recovery.rebuilt.is_some()
}

#[test]
fn killed_at_every_change_of_its_first_start_a_node_loses_nothing_acknowledged() {
    let (mut kills, mut rebuilt) = (0, 0);
    for moment in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let mut said = Said::default();
        let killed = run_child(folder.path(), moment, effort(2, 8), &mut said);
        rebuilt += u64::from(check_and_go_on(folder.path(), &mut said));
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
        let mut said = Said::default();
        for moment in 1.. {
            // The hints' day changes while this goes on.
            let killed = run_child(folder.path(), moment, 1, &mut said);
            rebuilt += u64::from(check_and_go_on(folder.path(), &mut said));
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
    let mut said = Said { block: 3, accepted: 3 };
    make_up_to(folder.path(), said.block);
    let mut kills = 0;
    for moment in 1.. {
        fs::remove_dir_all(folder.path().join("index")).unwrap();
        let killed = run_child(folder.path(), moment, 0, &mut said);
        let (store, recovery) = check(folder.path(), said.block);
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
    let (mut said, mut kills, mut rebuilt) = (Said::default(), 0, 0);
    while kills < effort(30, 1_000) {
        if said.block + 20 > HEIGHTS {
            (folder, said) = (tempfile::tempdir().unwrap(), Said::default());
        }
        let child = child(folder.path(), 0, u64::MAX);
        let (lines, pause) = (dice.gen_range(0..10), Duration::from_micros(dice.gen_range(0..40_000)));
        let status = kill_after(child, lines, pause, |line| hear(&mut said, line));
        kills += u64::from(status.signal() == Some(9));
        rebuilt += u64::from(check_and_go_on(folder.path(), &mut said));
    }
    println!("{kills} kills, index rebuilt {rebuilt} times");
}
