//! `kill -9` of a real node at every change on disk, and at random times. A child process (this binary again) makes blocks
//! and says which are acknowledged; after its death every one of them must be there, and the node must go on.
//!
//! `HUSHWATT_EFFORT=full` kills some thousand times, anything else about 150 times.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/chain.rs"]
mod chain;
mod support;

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chain::{HEIGHTS, chain, check, make_next, make_up_to, node_on};
use hushwatt_ledger::storage::{Moment, Probe};
use hushwatt_node::Store;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::effort;

const FOLDER: &str = "HUSHWATT_CRASH_FOLDER";
const CHAIN: &str = "HUSHWATT_CRASH_CHAIN";
const KILL_AT: &str = "HUSHWATT_CRASH_KILL_AT";
const BLOCKS: &str = "HUSHWATT_CRASH_BLOCKS";

/// Kills this process at the n-th moment, counted from 1; never for 0.
#[derive(Debug)]
struct KillAt {
    moment: u64,
    count: AtomicU64,
}

impl Probe for KillAt {
    fn at(&self, _: Moment, name: &str) -> io::Result<()> {
        let changes = name != "index.get" && name != "index.scan";
        if changes && self.count.fetch_add(1, Ordering::Relaxed) + 1 == self.moment {
            Command::new("kill").args(["-9", &std::process::id().to_string()]).status()?;
            std::thread::sleep(Duration::from_secs(60));
        }
        Ok(())
    }
}

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_makes_blocks_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let transactions = std::env::var(CHAIN).unwrap();
    println!();
    let probe = Arc::new(KillAt { moment: number(KILL_AT), count: AtomicU64::new(0) });
    let store = Store::open_probed(Path::new(&folder), chain::setup().genesis(), probe).unwrap();
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

fn start_child(folder: &Path, kill_at: u64, blocks: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_makes_blocks_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(CHAIN, chain().folder.path())
        .env(KILL_AT, kill_at.to_string())
        .env(BLOCKS, blocks.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

fn hear(acknowledged: &mut u64, line: &str) {
    if let Some(height) = line.trim().strip_prefix("acknowledged ") {
        *acknowledged = height.parse().unwrap();
    }
}

/// Runs a child to its end; gives whether it was killed.
fn run_child(folder: &Path, kill_at: u64, blocks: u64, acknowledged: &mut u64) -> bool {
    let mut child = start_child(folder, kill_at, blocks);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        hear(acknowledged, &line.unwrap());
    }
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "the child failed: {status}");
    !status.success()
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
        let mut child = start_child(folder.path(), 0, u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        // Up to its first words the child opens what the last one left: some kills hit that.
        for _ in 0..dice.gen_range(0..10) {
            line.clear();
            lines.read_line(&mut line).unwrap();
            hear(&mut acknowledged, &line);
        }
        std::thread::sleep(Duration::from_micros(dice.gen_range(0..40_000)));
        child.kill().unwrap();
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        rest.lines().for_each(|line| hear(&mut acknowledged, line));
        let status = child.wait().unwrap();
        kills += u64::from(status.signal() == Some(9));
        rebuilt += u64::from(check_and_go_on(folder.path(), &mut acknowledged));
    }
    println!("{kills} kills, index rebuilt {rebuilt} times");
}
