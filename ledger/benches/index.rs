//! How long the index on disk takes and how much memory, by the number of its entries: what an audit that goes on, and a node, have
//! beside everything else.
//!
//! ```text
//! cargo bench -p hushwatt-ledger --bench index                up to two million entries, some minutes
//! cargo bench -p hushwatt-ledger --bench index -- 5000000     up to so many
//! ```
//!
//! Entries are like those of an audit: keys of 10 to 70 bytes that are spread over the whole, values of 50 bytes in the mean. They are
//! applied as an audit does, a large batch at a time. Memory is what the process has resident, and the most that it had (Linux
//! only). At the end a process of its own opens the index, which reads and checks every entry.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark")]

use std::{env, fs, path::Path, process::Command, time::Instant};

use hushwatt_ledger::storage::{Index, IndexBatch, Opened, SledIndex};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 50_000;
const ENTRIES: usize = 2_000_000;
const ROWS: usize = 8;

/// Megabytes that are resident, and the most that were.
fn memory() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let kilobytes = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
        kilobytes.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0) * 1024 / 1_000_000
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn megabytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder.join("sled")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    entries.sum::<u64>() / 1_000_000
}

fn batch(dice: &mut ChaCha8Rng) -> IndexBatch {
    let one = |_| {
        let (mut key, mut value) = (vec![0; dice.gen_range(10..=70)], vec![0; dice.gen_range(0..=100)]);
        dice.fill_bytes(&mut key);
        dice.fill_bytes(&mut value);
        (key, Some(value))
    };
    (0..BATCH).map(one).collect()
}

fn open(folder: &Path) -> (SledIndex, Opened) {
    SledIndex::open_or_recreate(folder, 1).unwrap()
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, folder] = &arguments[..]
        && flag == "--open"
    {
        let begun = Instant::now();
        let (_index, opened) = open(folder.as_ref());
        assert_eq!(opened, Opened::Existing);
        println!("opened in {:.1} s, at most {} MB of memory", begun.elapsed().as_secs_f64(), memory().1);
        return;
    }
    let most = arguments.first().map_or(ENTRIES, |argument| argument.parse().expect("a number of entries"));
    let desk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    println!("| entries | s in all | s for the last {BATCH} | MB of memory, now and at most | MB on disk |");
    println!("|---|---|---|---|---|");
    let (mut index, _) = open(desk.path());
    let (mut applying, mut next) = (0.0, most / ROWS);
    for entries in (BATCH..=most).step_by(BATCH) {
        let batch = batch(&mut dice);
        let begun = Instant::now();
        index.apply(&batch).unwrap();
        let last = begun.elapsed().as_secs_f64();
        applying += last;
        if entries >= next {
            next += most / ROWS;
            let (now, peak) = memory();
            println!("| {entries} | {applying:.0} | {last:.1} | {now}, {peak} | {} |", megabytes(desk.path()));
        }
    }
    drop(index);
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.arg("--open").arg(desk.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    print!("{}", String::from_utf8_lossy(&output.stdout));
}
