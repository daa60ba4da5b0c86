//! Batches of the index that take more than one step: all of one or nothing of it, whenever the process dies, and whatever became
//! of the file in which it was written down.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../../tests/forgetting/copied.rs"]
mod copied;
#[path = "storage_support/kill.rs"]
mod kill;
mod storage_support;

use std::{
    fs,
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Child,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use copied::copy;
use hushwatt_ledger::storage::{
    Index, IndexBatch, IndexEntries, MemoryIndex, Moment, NoProbe, Opened, Probe, SledIndex, StorageError,
};
use kill::{KillAt, kill_after, number, run_to_its_end, start_child};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use storage_support::{bytes, effort};

const FOLDER: &str = "HUSHWATT_KILL_FOLDER";
const BATCHES: &str = "HUSHWATT_KILL_BATCHES";
const NUMBER: &[u8] = b"number";
/// More than two steps.
const CHANGES: u64 = 9_000;

/// The n-th batch: half of its entries change what the one before wrote, some remove it.
fn batch(n: u64) -> IndexBatch {
    let entry = |i: u64| {
        let key = bytes(i + n * CHANGES / 2, 16);
        let removes = n > 0 && i < CHANGES / 2 && i.is_multiple_of(5);
        (key, (!removes).then(|| bytes(n ^ i, 10 + i as usize % 50)))
    };
    (0..CHANGES).map(entry).chain([(NUMBER.to_vec(), Some(n.to_be_bytes().to_vec()))]).collect()
}

/// All entries after each of the first batches.
fn states(batches: u64) -> Vec<IndexEntries> {
    let mut model = MemoryIndex::new();
    let mut states = vec![Vec::new()];
    for n in 0..batches {
        model.apply(&batch(n)).unwrap();
        states.push(model.scan_prefix(&[]).unwrap());
    }
    states
}

fn open(folder: &Path, probe: Arc<dyn Probe>) -> (SledIndex, Opened) {
    SledIndex::open_or_recreate_probed(folder, 1, probe).unwrap()
}

fn redo(folder: &Path) -> PathBuf {
    folder.join("redo")
}

/// The index that is found there and what was said of it; nothing is left of what was written down.
fn found(folder: &Path) -> (IndexEntries, Opened) {
    let (index, opened) = open(folder, Arc::new(NoProbe));
    let entries = index.scan_prefix(&[]).unwrap();
    assert!(!redo(folder).exists() && !folder.join("redo.new").exists());
    (entries, opened)
}

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_applies_large_batches_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    println!();
    let (mut index, _) = open(Path::new(&folder), KillAt::chosen());
    let number_of = |value: Vec<u8>| u64::from_be_bytes(value.try_into().unwrap()) + 1;
    let next = index.get(NUMBER).unwrap().map_or(0, number_of);
    for n in next..number(BATCHES) {
        index.apply(&batch(n)).unwrap();
        let mut out = io::stdout();
        writeln!(out, "applied {n}").and_then(|()| out.flush()).unwrap();
    }
}

fn child(folder: &Path, kill_at: u64, batches: u64) -> Child {
    let variables = [(FOLDER, folder.to_str().unwrap().to_owned()), (BATCHES, batches.to_string())];
    start_child("child_applies_large_batches_until_it_is_killed", kill_at, &variables)
}

fn hear(line: &str, applied: &mut usize) {
    if let Some(n) = line.strip_prefix("applied ") {
        *applied = n.parse::<usize>().unwrap() + 1;
    }
}

/// What the child left is what is after some batch, and none that was said to be applied is missing.
fn check(folder: &Path, states: &[IndexEntries], applied: usize) -> usize {
    let copied = tempfile::tempdir().unwrap();
    copy(folder, copied.path());
    let written = redo(copied.path()).exists();
    let (entries, opened) = found(copied.path());
    let after = states.iter().position(|state| *state == entries).expect("after some batch");
    match opened {
        Opened::Existing => assert!(after >= applied, "{after} is before {applied}"),
        // A kill before there was an index.
        Opened::Recreated(reason) => {
            assert!(applied == 0 && after == 0 && !written, "{applied} were applied: {reason}")
        }
    }
    after
}

#[test]
fn killed_at_every_change_a_large_batch_is_there_or_not() {
    let states = states(2);
    let (mut kills, mut redone) = (0, 0);
    let again = tempfile::tempdir().unwrap();
    let mut applied_again = 0;
    for moment in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let mut applied = 0;
        let killed = run_to_its_end(child(folder.path(), moment, 2), |line| hear(line, &mut applied));
        redone += usize::from(redo(folder.path()).exists());
        check(folder.path(), &states, applied);
        // And one folder whose every child dies a little later than the one before it: in the middle of what that one left too.
        if applied_again < 2 {
            run_to_its_end(child(again.path(), moment, 2), |line| hear(line, &mut applied_again));
            check(again.path(), &states, applied_again);
        }
        if !killed {
            break;
        }
        kills += 1;
    }
    println!("{kills} kills, {redone} with a batch written down");
    assert!(kills >= 30 && redone >= 10, "{kills} kills, {redone} with a batch written down");
}

#[test]
fn killed_at_random_times_large_batches_are_there_or_not() {
    let batches = effort(6, 60);
    let states = states(batches);
    let folder = tempfile::tempdir().unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let (mut kills, mut applied) = (0, 0);
    for _ in 0..effort(15, 300) {
        let child = child(folder.path(), 0, batches);
        let (lines, pause) = (dice.gen_range(1..4), Duration::from_millis(dice.gen_range(0..1_000)));
        let status = kill_after(child, lines, pause, |line| hear(line, &mut applied));
        kills += u64::from(status.signal() == Some(9));
        applied = check(folder.path(), &states, applied);
        if applied as u64 == batches {
            fs::remove_dir_all(folder.path()).unwrap();
            fs::create_dir(folder.path()).unwrap();
            applied = 0;
        }
    }
    println!("{kills} kills");
    assert!(kills > 0);
}

/// Fails at the n-th step.
#[derive(Debug)]
struct FailAt(AtomicU64);

impl Probe for FailAt {
    fn at(&self, moment: Moment, name: &str) -> io::Result<()> {
        let fails = (moment, name) == (Moment::Before, "index.apply") && self.0.fetch_sub(1, Ordering::Relaxed) == 1;
        if fails { Err(io::Error::other("failed at this step")) } else { Ok(()) }
    }
}

/// An index in which the first batch is applied and the second one in so many steps.
fn broken_off(steps: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), Arc::new(NoProbe)).0.apply(&batch(0)).unwrap();
    let (mut index, _) = open(folder.path(), Arc::new(FailAt(AtomicU64::new(steps + 1))));
    let error = index.apply(&batch(1)).unwrap_err();
    assert!(error.to_string().contains("failed at this step"), "{error}");
    assert!(matches!(index.get(NUMBER), Err(StorageError::IndexBroken { .. })), "it is of no use");
    drop(index);
    assert!(redo(folder.path()).exists());
    folder
}

#[test]
fn what_was_written_down_is_applied_to_its_end_from_wherever_it_stopped() {
    let states = states(2);
    for steps in 0..3 {
        let folder = broken_off(steps);
        assert_eq!(found(folder.path()), (states[2].clone(), Opened::Existing));
        assert_eq!(found(folder.path()), (states[2].clone(), Opened::Existing));
    }
}

#[test]
fn without_what_was_written_down_nothing_is_shown_in_the_middle_of_a_batch() {
    let states = states(2);
    let (not_begun, begun) = (broken_off(0), broken_off(1));
    let whole = fs::read(redo(begun.path())).unwrap();
    let another = fs::read(redo(broken_off_after_another().path())).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let files = [None, Some(whole[..whole.len() - 1].to_vec()), Some(flipped), Some(Vec::new()), Some(another)];
    for file in files {
        for (origin, expected) in [(&not_begun, Some(&states[1])), (&begun, None)] {
            let folder = tempfile::tempdir().unwrap();
            copy(origin.path(), folder.path());
            fs::remove_file(redo(folder.path())).unwrap();
            if let Some(bytes) = &file {
                fs::write(redo(folder.path()), bytes).unwrap();
            }
            fs::write(folder.path().join("redo.new"), b"a kill while it was written").unwrap();
            let (entries, opened) = found(folder.path());
            match expected {
                Some(state) => assert_eq!((&entries, opened), (state, Opened::Existing)),
                None => {
                    assert_eq!(entries, []);
                    let Opened::Recreated(reason) = opened else { panic!("shown as whole") };
                    assert!(reason.contains("applied in part"), "{reason}");
                }
            }
        }
    }
}

/// The second batch written down over another first one.
fn broken_off_after_another() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), Arc::new(NoProbe)).0.apply(&[(vec![1], None), (vec![2], Some(vec![3]))]).unwrap();
    let (mut index, _) = open(folder.path(), Arc::new(FailAt(AtomicU64::new(1))));
    index.apply(&batch(1)).unwrap_err();
    folder
}

#[test]
fn what_cannot_be_finished_now_is_left_as_it_is_and_finished_later() {
    let folder = broken_off(1);
    let full = Arc::new(FailAt(AtomicU64::new(1)));
    let error = SledIndex::open_or_recreate_probed(folder.path(), 1, full).unwrap_err();
    assert!(matches!(error, StorageError::IndexUnavailable { .. }), "{error}");
    assert!(error.to_string().contains("failed at this step"), "{error}");
    assert_eq!(found(folder.path()), (states(2)[2].clone(), Opened::Existing));
}

#[test]
fn an_index_that_is_emptied_forgets_what_was_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let (mut index, _) = open(folder.path(), Arc::new(FailAt(AtomicU64::new(3))));
    // What is written down would go on from an empty index, as this one is again.
    index.apply(&batch(0)).unwrap_err();
    assert!(redo(folder.path()).exists());
    index.clear().unwrap();
    drop(index);
    assert_eq!(found(folder.path()), (Vec::new(), Opened::Existing));
}
