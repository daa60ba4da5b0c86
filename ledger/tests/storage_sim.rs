//! The chain log and the hint files on a simulated disk which loses, tears and reorders whatever was not synced.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod storage_support;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use hushwatt_ledger::storage::{
    ChainLog, Day, Disk, Hint, HintStore, Moment, Probe, ProbedDisk, RecordNumber, SimDisk, StorageError,
};
use storage_support::{bytes, effort};

const LOG: &str = "node/chain.hwl";
const HINTS: &str = "node/hints";
const GENESIS: &[u8] = b"a small genesis";
const DAY: Day = Day(20_000);
const NEXT_DAY: Day = Day(20_001);

fn body(n: u64) -> Vec<u8> {
    bytes(n, 1 + (n as usize * 311) % 900)
}

fn cert(n: u64) -> Vec<u8> {
    bytes(n + 1_000, (n as usize * 37) % 120)
}

fn hints(n: u64) -> Vec<Hint> {
    let hint = |i: u64| {
        let tx_id = bytes(n * 100 + i, 64).try_into().unwrap();
        Hint { tx_id, bytes: bytes(n * 100 + i + 50, (n as usize * 53 + i as usize * 97) % 300) }
    };
    (0..=n % 3).map(hint).collect()
}

/// The day that block `n` of `total` falls on.
fn day(n: u64, total: u64) -> Day {
    if n < total / 2 { DAY } else { NEXT_DAY }
}

/// How far the run has come: how many appends were begun, and how many acknowledged.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    total: u64,
    hints_begun: u64,
    hints_done: u64,
    blocks_begun: u64,
    blocks_done: u64,
}

fn open_log(disk: &SimDisk) -> ChainLog {
    ChainLog::open(Arc::new(disk.clone()), Path::new(LOG), GENESIS).expect("a crash never makes the log unusable")
}

/// Opens what is on the disk, checks it against the progress, and gives the numbers of hint appends and blocks there.
fn check(disk: &SimDisk, progress: Progress) -> (u64, u64) {
    let log = open_log(disk);
    let blocks = log.len();
    assert!((progress.blocks_done..=progress.blocks_begun).contains(&blocks), "{blocks} blocks after {progress:?}");
    for (n, record) in log.records().enumerate() {
        let record = record.unwrap();
        assert_eq!((record.number, record.body, record.cert), (RecordNumber(n as u64), body(n as u64), cert(n as u64)));
    }

    let store = HintStore::open(Arc::new(disk.clone()), Path::new(HINTS)).unwrap();
    let mut found = store.read_day(DAY).expect("a crash never makes a hint file unusable");
    found.extend(store.read_day(NEXT_DAY).unwrap());
    let mut expected = Vec::new();
    let mut appends = 0;
    while expected.len() < found.len() {
        expected.extend(hints(appends));
        appends += 1;
    }
    assert_eq!(found, expected, "hints are whole, in order, and not half an append");
    assert!(
        (progress.hints_done..=progress.hints_begun).contains(&appends),
        "{appends} hint appends after {progress:?}"
    );
    assert!(appends >= blocks, "a block's hints are durable before the block");
    (appends, blocks)
}

/// At each changing call: every way in which the power can fail now, and every way after a mere kill and a restart.
#[derive(Debug)]
struct FailHere {
    disk: SimDisk,
    progress: Arc<Mutex<Progress>>,
    states: AtomicU64,
}

impl Probe for FailHere {
    fn at(&self, _: Moment, _: &str) -> io::Result<()> {
        let progress = *self.progress.lock().unwrap();
        let point = self.states.load(Ordering::Relaxed);
        let listed = self.disk.crash_states().into_iter();
        let random = (0..effort(20, 100)).map(|seed| self.disk.crash(point ^ seed << 32));
        for (n, disk) in listed.chain(random).enumerate() {
            self.states.fetch_add(1, Ordering::Relaxed);
            if (n as u64).is_multiple_of(effort(40, 10)) {
                check_crashes_during_recovery(&disk, progress);
            }
            check(&disk, progress);
        }

        let restarted = self.disk.fork();
        let shown = check(&restarted, progress);
        let progress = Progress { hints_done: shown.0, blocks_done: shown.1, ..progress };
        for disk in restarted.crash_states() {
            assert_eq!(check(&disk, progress), shown, "what a restarted process has shown is durable");
        }
        Ok(())
    }
}

/// A crash, and another one at each call of the recovery from it.
#[derive(Debug)]
struct FailAgain {
    disk: SimDisk,
    progress: Progress,
    points: AtomicU64,
}

impl Probe for FailAgain {
    fn at(&self, _: Moment, _: &str) -> io::Result<()> {
        let point = self.points.fetch_add(1, Ordering::Relaxed);
        for seed in 0..4 {
            check(&self.disk.crash(point << 8 | seed), self.progress);
        }
        Ok(())
    }
}

fn check_crashes_during_recovery(disk: &SimDisk, progress: Progress) {
    let disk = disk.fork();
    let probe = FailAgain { disk: disk.clone(), progress, points: AtomicU64::new(0) };
    let probed: Arc<dyn Disk> = Arc::new(ProbedDisk::new(disk, Arc::new(probe)));
    ChainLog::open(Arc::clone(&probed), Path::new(LOG), GENESIS).unwrap();
    let store = HintStore::open(probed, Path::new(HINTS)).unwrap();
    store.read_day(DAY).unwrap();
    store.read_day(NEXT_DAY).unwrap();
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_torn_is_visible_whenever_the_power_fails() {
    let total = effort(6, 12);
    let disk = SimDisk::new();
    let progress = Arc::new(Mutex::new(Progress { total, ..Progress::default() }));
    let probe = Arc::new(FailHere { disk: disk.clone(), progress: Arc::clone(&progress), states: AtomicU64::new(0) });
    let probed: Arc<dyn Disk> = Arc::new(ProbedDisk::new(disk.clone(), Arc::clone(&probe) as Arc<dyn Probe>));

    let mut log = ChainLog::open(Arc::clone(&probed), Path::new(LOG), GENESIS).unwrap();
    let mut store = HintStore::open(probed, Path::new(HINTS)).unwrap();
    for n in 0..total {
        progress.lock().unwrap().hints_begun += 1;
        store.append(day(n, total), &hints(n)).unwrap();
        progress.lock().unwrap().hints_done += 1;
        progress.lock().unwrap().blocks_begun += 1;
        assert_eq!(log.append(&body(n), &cert(n)).unwrap(), RecordNumber(n));
        progress.lock().unwrap().blocks_done += 1;
    }
    let states = probe.states.load(Ordering::Relaxed);
    println!("{states} crash states");
    assert!(states > 1_000);
    let progress = *progress.lock().unwrap();
    assert_eq!(check(&disk, progress), (progress.total, progress.total));
}

#[test]
fn a_log_that_recovered_from_a_crash_takes_further_blocks() {
    let disk = SimDisk::new();
    let mut log = open_log(&disk);
    log.append(&body(0), &cert(0)).unwrap();
    let before = disk.contents(Path::new(LOG)).unwrap();
    log.append(&body(1), &cert(1)).unwrap();
    let after = disk.contents(Path::new(LOG)).unwrap();
    for len in before.len()..after.len() {
        let disk = disk.fork();
        disk.set_contents(Path::new(LOG), &after[..len]);
        let mut log = open_log(&disk);
        assert_eq!(log.torn_tail().map(|torn| torn.bytes), (len > before.len()).then_some((len - before.len()) as u64));
        log.append(&body(2), &cert(2)).unwrap();
        let log = open_log(&disk);
        assert_eq!(log.torn_tail(), None);
        assert_eq!(log.read(RecordNumber(1)).unwrap().body, body(2));
    }
}

fn log_of(blocks: u64) -> (SimDisk, Vec<u8>, Vec<usize>) {
    let disk = SimDisk::new();
    let mut log = open_log(&disk);
    let mut ends = vec![disk.contents(Path::new(LOG)).unwrap().len()];
    for n in 0..blocks {
        log.append(&body(n), &cert(n)).unwrap();
        ends.push(disk.contents(Path::new(LOG)).unwrap().len());
    }
    let bytes = disk.contents(Path::new(LOG)).unwrap();
    (disk, bytes, ends)
}

fn reopen_with(bytes: &[u8]) -> (SimDisk, Result<ChainLog, StorageError>) {
    let disk = SimDisk::new();
    disk.set_contents(Path::new(LOG), bytes);
    let log = ChainLog::open(Arc::new(disk.clone()), Path::new(LOG), GENESIS);
    (disk, log)
}

#[test]
fn damage_before_the_last_record_is_an_error_and_changes_nothing() {
    let (_, good, ends) = log_of(5);
    let last = ends[4];
    for at in 0..last {
        for flip in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= flip;
            let (disk, log) = reopen_with(&bad);
            match log.err() {
                Some(StorageError::BadHeader { .. }) => assert!(at < ends[0]),
                Some(StorageError::Damaged { record, offset, .. }) => {
                    let record = record as usize;
                    assert!(ends[record] <= at && at < ends[record + 1] && offset == ends[record] as u64);
                }
                other => panic!("byte {at}: {other:?}"),
            }
            assert_eq!(disk.contents(Path::new(LOG)).unwrap(), bad);
        }
    }
    for at in last..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        let log = reopen_with(&bad).1.expect("the last record alone may be torn");
        assert_eq!((log.len(), log.torn_tail().map(|torn| torn.record)), (4, Some(4)));
    }
}

#[test]
fn two_bad_records_at_the_end_are_damage_since_one_append_cannot_leave_them() {
    let (_, good, ends) = log_of(5);
    let mut bad = good.clone();
    bad[ends[3] + 30..].fill(0);
    assert!(matches!(reopen_with(&bad).1, Err(StorageError::Damaged { record: 3, .. })));
}

#[test]
fn a_record_missing_from_the_middle_is_damage() {
    let (_, good, ends) = log_of(5);
    for n in 0..4 {
        let bad = [&good[..ends[n]], &good[ends[n + 1]..]].concat();
        assert!(matches!(reopen_with(&bad).1, Err(StorageError::Damaged { record, .. }) if record == n as u64));
    }
}

#[test]
fn a_tail_longer_than_any_record_is_damage_and_a_shorter_one_of_zeros_is_torn() {
    let (_, good, _) = log_of(2);
    let mut bad = good.clone();
    bad.resize(good.len() + 5_000, 0);
    assert_eq!(reopen_with(&bad).1.unwrap().len(), 2);
    bad.resize(good.len() + (17 << 20), 0);
    assert!(matches!(reopen_with(&bad).1, Err(StorageError::Damaged { record: 2, .. })));
}

#[test]
fn a_log_of_another_genesis_is_refused() {
    let (disk, before, _) = log_of(1);
    let error = ChainLog::open(Arc::new(disk.clone()), Path::new(LOG), b"another").unwrap_err();
    assert!(matches!(error, StorageError::ForeignGenesis { .. }), "{error}");
    assert_eq!(disk.contents(Path::new(LOG)).unwrap(), before);
}

#[test]
fn a_failed_append_refuses_further_ones_until_the_log_is_opened_again() {
    for space in [0, 1, 30, 200] {
        let disk = SimDisk::new();
        let mut log = open_log(&disk);
        log.append(&body(1), &[]).unwrap();
        disk.set_space(Some(space));
        assert!(matches!(log.append(&body(2), &[]), Err(StorageError::Io { .. })));
        disk.set_space(None);
        assert!(matches!(log.append(&body(2), &[]), Err(StorageError::Poisoned { .. })));
        assert_eq!(log.len(), 1);
        drop(log);
        let mut log = open_log(&disk);
        assert_eq!(log.len(), 1);
        log.append(&body(2), &[]).unwrap();
    }
}

#[test]
fn a_failed_hint_append_refuses_that_day_until_the_store_is_opened_again() {
    let disk = SimDisk::new();
    let open = || HintStore::open(Arc::new(disk.clone()), Path::new(HINTS)).unwrap();
    let mut store = open();
    store.append(DAY, &hints(1)).unwrap();
    disk.set_space(Some(50));
    assert!(matches!(store.append(DAY, &hints(2)), Err(StorageError::Io { .. })));
    disk.set_space(None);
    assert!(matches!(store.append(DAY, &hints(2)), Err(StorageError::Poisoned { .. })));
    let mut store = open();
    store.append(DAY, &hints(3)).unwrap();
    assert_eq!(store.read_day(DAY).unwrap(), [hints(1), hints(3)].concat());
}

#[derive(Debug, Default)]
struct FailSync {
    armed: AtomicBool,
}

impl Probe for FailSync {
    fn at(&self, moment: Moment, name: &str) -> io::Result<()> {
        let fails = moment == Moment::Before && name == "log.sync" && self.armed.load(Ordering::Relaxed);
        if fails { Err(io::Error::other("no sync")) } else { Ok(()) }
    }
}

#[test]
fn a_block_whose_sync_fails_is_not_acknowledged_and_may_be_there_after_a_restart() {
    let disk = SimDisk::new();
    let probe = Arc::new(FailSync::default());
    let failing = ProbedDisk::new(disk.clone(), Arc::clone(&probe) as Arc<dyn Probe>);
    let mut log = ChainLog::open(Arc::new(failing.clone()), Path::new(LOG), GENESIS).unwrap();
    log.append(&body(0), &[]).unwrap();
    probe.armed.store(true, Ordering::Relaxed);
    assert!(matches!(log.append(&body(1), &[]), Err(StorageError::Io { .. })));
    assert!(matches!(log.append(&body(1), &[]), Err(StorageError::Poisoned { .. })));
    assert_eq!(log.len(), 1);
    drop(log);
    let reopened = ChainLog::open(Arc::new(failing), Path::new(LOG), GENESIS);
    assert!(matches!(reopened, Err(StorageError::Io { .. })), "nothing is shown that cannot be made durable");
    assert_eq!(open_log(&disk).len(), 2);
}

#[test]
fn what_is_longer_than_its_cap_is_refused_and_the_log_goes_on() {
    let disk = SimDisk::new();
    let mut log = open_log(&disk);
    assert!(matches!(log.append(&vec![0; (16 << 20) + 1], &[]), Err(StorageError::TooLarge { .. })));
    assert!(matches!(log.append(&[], &vec![0; (64 << 10) + 1]), Err(StorageError::TooLarge { .. })));
    log.append(&[], &vec![0; 64 << 10]).unwrap();
    assert!(matches!(log.read(RecordNumber(1)), Err(StorageError::NoSuchRecord { asked: 1, have: 1, .. })));
    let genesis = vec![0; (4 << 20) + 1];
    let error = ChainLog::open(Arc::new(SimDisk::new()), Path::new(LOG), &genesis).unwrap_err();
    assert!(matches!(error, StorageError::TooLarge { .. }));

    let mut store = HintStore::open(Arc::new(disk), Path::new(HINTS)).unwrap();
    let long = Hint { tx_id: [1; 64], bytes: vec![0; (64 << 10) + 1] };
    assert!(matches!(store.append(DAY, &[long]), Err(StorageError::TooLarge { .. })));
    let many = vec![Hint { tx_id: [1; 64], bytes: Vec::new() }; (1 << 16) + 1];
    assert!(matches!(store.append(DAY, &many), Err(StorageError::TooLarge { .. })));
    assert_eq!(store.days().unwrap(), []);
}

#[test]
fn a_removed_day_is_gone_after_every_crash_and_the_other_days_are_not() {
    let disk = SimDisk::new();
    let mut store = HintStore::open(Arc::new(disk.clone()), Path::new(HINTS)).unwrap();
    for n in 0..4 {
        store.append(day(n, 4), &hints(n)).unwrap();
    }
    assert_eq!(store.days().unwrap(), [DAY, NEXT_DAY]);
    assert!(store.remove_day(DAY).unwrap());
    for disk in disk.crash_states() {
        let store = HintStore::open(Arc::new(disk), Path::new(HINTS)).unwrap();
        assert_eq!(store.days().unwrap(), [NEXT_DAY], "right after the removal");
    }
    assert!(!store.remove_day(DAY).unwrap());
    assert!(store.remove_day(NEXT_DAY).unwrap(), "the day in use can be removed");
    store.append(NEXT_DAY, &hints(9)).unwrap();
    let random = (0..50).map(|seed| disk.crash(seed));
    for disk in disk.crash_states().into_iter().chain(random) {
        let store = HintStore::open(Arc::new(disk), Path::new(HINTS)).unwrap();
        assert_eq!(store.days().unwrap(), [NEXT_DAY]);
        assert_eq!(store.read_day(DAY).unwrap(), []);
        assert_eq!(store.read_day(NEXT_DAY).unwrap(), hints(9));
    }
}

#[test]
fn a_hint_file_under_the_name_of_another_day_is_refused() {
    let disk = SimDisk::new();
    let mut store = HintStore::open(Arc::new(disk.clone()), Path::new(HINTS)).unwrap();
    store.append(DAY, &hints(1)).unwrap();
    let bytes = disk.contents(Path::new("node/hints/2024-10-04.hwh")).unwrap();
    disk.set_contents(Path::new("node/hints/2024-10-05.hwh"), &bytes);
    assert!(matches!(store.read_day(NEXT_DAY), Err(StorageError::WrongDay { .. })));
    assert!(matches!(store.append(NEXT_DAY, &hints(1)), Err(StorageError::WrongDay { .. })));
}
