//! `kill -9` at every change that storage makes, and at random times: a child process (this binary again) writes blocks and
//! says what was acknowledged; after its death everything acknowledged must be there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod storage_support;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hushwatt_ledger::storage::{
    ChainLog, Day, Disk, Hint, HintStore, Index, Moment, NoProbe, Opened, Probe, ProbedDisk, RealDisk, RecordNumber,
    SledIndex,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use storage_support::{bytes, effort};

const FOLDER: &str = "HUSHWATT_KILL_FOLDER";
const KILL_AT: &str = "HUSHWATT_KILL_AT";
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

/// Kills this process at the n-th moment, counted from 1; never for 0.
#[derive(Debug)]
struct KillAt {
    moment: u64,
    count: AtomicU64,
}

impl Probe for KillAt {
    fn at(&self, _: Moment, name: &str) -> io::Result<()> {
        if name != "index.get" && self.count.fetch_add(1, Ordering::Relaxed) + 1 == self.moment {
            Command::new("kill").args(["-9", &std::process::id().to_string()]).status()?;
            std::thread::sleep(Duration::from_secs(60));
        }
        Ok(())
    }
}

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_writes_blocks_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    println!();
    let probe = KillAt { moment: number(KILL_AT), count: AtomicU64::new(0) };
    let mut node = Node::open(Path::new(&folder), Arc::new(probe));
    for _ in 0..number(BLOCKS) {
        node.append();
    }
}

fn start_child(folder: &Path, kill_at: u64, blocks: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_writes_blocks_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(KILL_AT, kill_at.to_string())
        .env(BLOCKS, blocks.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
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
    let mut child = start_child(folder, kill_at, blocks);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        acknowledged.hear(&line.unwrap());
    }
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "the child failed: {status}");
    !status.success()
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
        let mut child = start_child(folder.path(), 0, u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        // Up to its first words the child opens what the last one left: some kills hit that.
        for _ in 0..dice.gen_range(0..12) {
            line.clear();
            lines.read_line(&mut line).unwrap();
            acknowledged.hear(line.trim());
        }
        std::thread::sleep(Duration::from_micros(dice.gen_range(0..20_000)));
        child.kill().unwrap();
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        rest.lines().for_each(|line| acknowledged.hear(line));
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it ran until it was killed");
        kills += 1;
        rebuilt += u64::from(check(folder.path(), acknowledged));
    }
    println!("{kills} kills, index rebuilt {rebuilt} times, {acknowledged:?}");
}
