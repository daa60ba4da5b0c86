//! `kill -9` at every change that storage makes, and at random times: a child process (this binary again) writes blocks and
//! says what was acknowledged; after its death everything acknowledged must be there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "storage_support/kill.rs"]
mod kill;
mod storage_support;

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use hushwatt_ledger::storage::{
    ChainLog, Day, Disk, Hint, HintStore, Index, NoProbe, Opened, Probe, ProbedDisk, RealDisk, RecordNumber, SledIndex,
};
use kill::{KillAt, kill_after, number, run_to_its_end, start_child};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use storage_support::{bytes, effort};

const FOLDER: &str = "HUSHWATT_KILL_FOLDER";
const BLOCKS: &str = "HUSHWATT_KILL_BLOCKS";
const GENESIS: &[u8] = b"genesis";
const TIP: &[u8] = b"tip";

fn body(n: u64) -> Vec<u8> {
    bytes(n, 200 + (n as usize * 1_237) % 20_000)
}

fn hint(n: u64) -> Hint {
    Hint { tx_id: bytes(n, 64).try_into().unwrap(), bytes: bytes(n + 1, 300) }
}

/// The block that the index has last, if any.
fn tip(index: &SledIndex) -> Option<u64> {
    index.get(TIP).unwrap().map(|tip| u64::from_be_bytes(tip.try_into().unwrap()))
}

/// A node's storage, opened as a node would.
struct Node {
    log: ChainLog,
    hints: HintStore,
    index: SledIndex,
    opened: Opened,
    /// The tip that the index had before it was brought up to the log.
    found_tip: Option<u64>,
}

impl Node {
    fn open(folder: &Path, probe: Arc<dyn Probe>) -> Self {
        let disk: Arc<dyn Disk> = Arc::new(ProbedDisk::new(RealDisk, Arc::clone(&probe)));
        let log = ChainLog::open(Arc::clone(&disk), &folder.join("chain.hwl"), GENESIS).unwrap();
        let hints = HintStore::open(disk, &folder.join("hints")).unwrap();
        let (index, opened) = SledIndex::open_or_recreate_probed(&folder.join("index"), 1, probe).unwrap();
        let found_tip = tip(&index);
        let mut node = Self { log, hints, index, opened, found_tip };
        for n in found_tip.map_or(0, |tip| tip + 1)..node.log.len() {
            node.put_in_index(n);
        }
        node
    }

    fn put_in_index(&mut self, n: u64) {
        let record = self.log.read(RecordNumber(n)).unwrap();
        let tip = (TIP.to_vec(), Some(n.to_be_bytes().to_vec()));
        let entries = (0..20_u8).map(|i| {
            let key = [b"e", &n.to_be_bytes()[..], &[i]].concat();
            (key, Some(record.body[i as usize * 5..][..100].to_vec()))
        });
        let batch: Vec<_> = entries.chain([tip]).collect();
        self.index.apply(&batch).unwrap();
    }

    /// Says on standard output, which is a pipe, what has been acknowledged.
    fn append(&mut self) {
        let n = self.log.len();
        let say = |what| {
            let mut out = io::stdout();
            writeln!(out, "{what} {n}").and_then(|()| out.flush()).unwrap();
        };
        self.hints.append(Day(20_000 + (n / 8) as u32), &[hint(n)]).unwrap();
        say("hint");
        self.log.append(&body(n), b"cert").unwrap();
        say("block");
        self.put_in_index(n);
        say("index");
    }
}

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_writes_blocks_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    println!();
    let mut node = Node::open(Path::new(&folder), KillAt::chosen());
    for _ in 0..number(BLOCKS) {
        node.append();
    }
}

fn child(folder: &Path, kill_at: u64, blocks: u64) -> Child {
    let variables = [(FOLDER, folder.to_str().unwrap().to_owned()), (BLOCKS, blocks.to_string())];
    start_child("child_writes_blocks_until_it_is_killed", kill_at, &variables)
}

/// How many hints, blocks and index batches have been acknowledged in a folder.
#[derive(Debug, Default, Clone, Copy)]
struct Acknowledged {
    hints: u64,
    blocks: u64,
    index: u64,
}

impl Acknowledged {
    fn hear(&mut self, line: &str) {
        let Some((what, Ok(n))) = line.split_once(' ').map(|(what, n)| (what, n.parse::<u64>())) else { return };
        match what {
            "hint" => self.hints = n + 1,
            "block" => self.blocks = n + 1,
            "index" => self.index = n + 1,
            _ => {}
        }
    }
}

/// Opens what the child left and checks all of it. Says whether the index had to start empty.
fn check(folder: &Path, acknowledged: Acknowledged) -> bool {
    let node = Node::open(folder, Arc::new(NoProbe));
    let blocks = node.log.len();
    assert!((acknowledged.blocks..=acknowledged.hints).contains(&blocks), "{blocks} blocks, {acknowledged:?}");
    let mut hints = Vec::new();
    for day in node.hints.days().unwrap() {
        hints.extend(node.hints.read_day(day).unwrap());
    }
    for n in 0..blocks.max(acknowledged.hints) {
        assert!(hints.contains(&hint(n)), "hint {n}");
    }
    for n in 0..blocks {
        assert_eq!(node.log.read(RecordNumber(n)).unwrap().body, body(n));
    }
    let recreated = matches!(node.opened, Opened::Recreated(_));
    if !recreated {
        assert!(node.found_tip.map_or(0, |tip| tip + 1) >= acknowledged.index, "a flushed batch outlives a kill");
        assert!(node.found_tip.map_or(0, |tip| tip + 1) <= blocks, "the index is never ahead of the log");
    }
    assert_eq!(tip(&node.index).map_or(0, |tip| tip + 1), blocks, "the index was brought up to the log");
    assert_eq!(node.index.scan_prefix(b"e").unwrap().len() as u64, blocks * 20);
    recreated && acknowledged.index > 0
}

/// Runs a child to its end; gives whether it was killed.
fn run_child(folder: &Path, kill_at: u64, blocks: u64, acknowledged: &mut Acknowledged) -> bool {
    run_to_its_end(child(folder, kill_at, blocks), |line| acknowledged.hear(line))
}

#[test]
fn killed_at_every_change_of_its_first_start_a_node_loses_nothing_acknowledged() {
    let (mut kills, mut rebuilt) = (0, 0);
    for moment in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let mut acknowledged = Acknowledged::default();
        let killed = run_child(folder.path(), moment, effort(2, 10), &mut acknowledged);
        rebuilt += u64::from(check(folder.path(), acknowledged));
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
    let folder = tempfile::tempdir().unwrap();
    let (mut kills, mut rebuilt) = (0, 0);
    let mut acknowledged = Acknowledged::default();
    for _ in 0..effort(1, 6) {
        for moment in 1.. {
            let killed = run_child(folder.path(), moment, effort(2, 4), &mut acknowledged);
            rebuilt += u64::from(check(folder.path(), acknowledged));
            if !killed {
                break;
            }
            kills += 1;
        }
    }
    println!("{kills} kills, index rebuilt {rebuilt} times, {acknowledged:?}");
    assert!(kills >= 30);
}

#[test]
fn killed_at_random_times_a_node_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    let mut acknowledged = Acknowledged::default();
    let (mut kills, mut rebuilt) = (0, 0);
    for _ in 0..effort(25, 400) {
        let child = child(folder.path(), 0, u64::MAX);
        let (lines, pause) = (dice.gen_range(0..12), Duration::from_micros(dice.gen_range(0..20_000)));
        let status = kill_after(child, lines, pause, |line| acknowledged.hear(line));
        assert_eq!(status.signal(), Some(9), "it ran until it was killed");
        kills += 1;
        rebuilt += u64::from(check(folder.path(), acknowledged));
    }
    println!("{kills} kills, index rebuilt {rebuilt} times, {acknowledged:?}");
}
