//! The index: the same behaviour in memory and on sled, and a usable index whatever has happened to sled's files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../../tests/forgetting/copied.rs"]
mod copied;
mod storage_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use copied::copy;
use hushwatt_ledger::storage::{Index, IndexBatch, IndexEntries, MemoryIndex, Opened, SledIndex, StorageError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use storage_support::{bytes, effort};

const SCHEMA: u32 = 7;

fn open(folder: &Path) -> (SledIndex, Opened) {
    SledIndex::open_or_recreate(folder, SCHEMA).expect("whatever is in the folder, an index can be had")
}

fn random_batch(dice: &mut ChaCha8Rng) -> IndexBatch {
    let one = |dice: &mut ChaCha8Rng| {
        let len = dice.gen_range(0..4);
        let key: Vec<u8> = (0..len).map(|_| dice.gen_range(0..4)).collect();
        let long = dice.gen_range(0..20) == 0;
        let value = bytes(dice.r#gen(), if long { 4096 } else { dice.gen_range(0..40) });
        (key, dice.gen_bool(0.7).then_some(value))
    };
    (0..dice.gen_range(0..20)).map(|_| one(dice)).collect()
}

fn entries(model: &BTreeMap<Vec<u8>, Vec<u8>>, prefix: &[u8]) -> IndexEntries {
    model.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn behaves_as_a_map(index: &mut dyn Index, seed: u64, batches: u64) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut model = BTreeMap::new();
    for n in 0..batches {
        if n % 40 == 39 {
            index.clear().unwrap();
            model.clear();
        }
        let batch = random_batch(&mut dice);
        index.apply(&batch).unwrap();
        for (key, value) in batch {
            match value {
                Some(value) => model.insert(key, value),
                None => model.remove(&key),
            };
        }
        for prefix in [&[][..], &[0], &[3], &[1, 2], &[1, 2, 3], &[255]] {
            assert_eq!(index.scan_prefix(prefix).unwrap(), entries(&model, prefix));
            assert_eq!(index.get(prefix).unwrap(), model.get(prefix).cloned());
        }
    }
    model
}

#[test]
fn the_index_in_memory_behaves_as_a_map() {
    behaves_as_a_map(&mut MemoryIndex::new(), 1, effort(200, 5_000));
}

#[test]
fn the_index_on_sled_behaves_as_a_map_and_is_the_same_when_reopened() {
    for seed in 0..effort(3, 30) {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, opened) = open(folder.path());
        assert!(matches!(opened, Opened::Recreated(_)));
        let model = behaves_as_a_map(&mut index, seed, 60);
        drop(index);
        let (index, opened) = open(folder.path());
        assert_eq!(opened, Opened::Existing);
        assert_eq!(index.scan_prefix(&[]).unwrap(), entries(&model, &[]));
    }
}

#[test]
fn keys_and_values_above_their_caps_are_refused_and_nothing_is_applied() {
    let folder = tempfile::tempdir().unwrap();
    let mut sled = open(folder.path()).0;
    let mut memory = MemoryIndex::new();
    for index in [&mut sled as &mut dyn Index, &mut memory] {
        for (key, value) in [(vec![1], vec![0; 4097]), (vec![1; 257], vec![])] {
            let batch = [(vec![9], Some(vec![9])), (key, Some(value))];
            assert!(matches!(index.apply(&batch), Err(StorageError::TooLarge { .. })));
        }
        assert_eq!(index.scan_prefix(&[]).unwrap(), []);
        index.apply(&[(vec![1; 256], Some(vec![0; 4096]))]).unwrap();
    }
}

#[test]
fn an_index_of_another_schema_starts_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path()).0;
    index.apply(&[(vec![1], Some(vec![2]))]).unwrap();
    drop(index);
    let (index, opened) = SledIndex::open_or_recreate(folder.path(), SCHEMA + 1).unwrap();
    assert_eq!(opened, Opened::Recreated("it has another version".to_owned()));
    assert_eq!(index.scan_prefix(&[]).unwrap(), []);
}

#[test]
fn an_index_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path()).0;
    index.apply(&[(vec![1], Some(vec![2]))]).unwrap();
    assert!(matches!(SledIndex::open_or_recreate(folder.path(), SCHEMA), Err(StorageError::InUse { .. })));
    assert_eq!(index.get(&[1]).unwrap(), Some(vec![2]));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_which_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = SledIndex::open_or_recreate(&folder.path().join("no/such"), SCHEMA).unwrap_err();
    assert!(matches!(error, StorageError::IndexUnavailable { .. }));
    assert!(error.to_string().contains("no/such"));
}

/// An index with `batches` batches, closed; the state after each batch.
fn written(folder: &Path, batches: u64) -> Vec<IndexEntries> {
    let (mut index, _) = open(folder);
    let mut states = vec![Vec::new()];
    for n in 0..batches {
        let mut batch: IndexBatch =
            (0..40).map(|i| (bytes(n * 40 + i, 12), Some(bytes(i, 20 + (i as usize * 31) % 200)))).collect();
        batch.push((b"tip".to_vec(), Some(n.to_be_bytes().to_vec())));
        index.apply(&batch).unwrap();
        states.push(index.scan_prefix(&[]).unwrap());
    }
    states
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Opens, checks that it holds exactly one of the states if it claims to exist, and that it can be used and reopened.
fn assert_usable(folder: &Path, states: &[IndexEntries]) -> Opened {
    let (mut index, opened) = open(folder);
    let found = index.scan_prefix(&[]).unwrap();
    match &opened {
        Opened::Existing => assert!(states.contains(&found), "what is shown as existing is the state after some batch"),
        Opened::Recreated(_) => assert_eq!(found, []),
    }
    index.apply(&[(b"new".to_vec(), Some(b"entry".to_vec()))]).unwrap();
    drop(index);
    let (index, again) = open(folder);
    assert_eq!(again, Opened::Existing);
    assert_eq!(index.get(b"new").unwrap(), Some(b"entry".to_vec()));
    opened
}

#[test]
fn a_kill_during_the_start_up_snapshot_costs_nothing() {
    let origin = tempfile::tempdir().unwrap();
    let states = written(origin.path(), 10);
    drop(open(origin.path()));
    let snapshot = files(&origin.path().join("sled"))
        .into_iter()
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("snap."))
        .expect("sled has written a snapshot");
    let name = snapshot.file_name().unwrap().to_str().unwrap();
    let whole = fs::read(&snapshot).unwrap();
    for len in [0, 1, whole.len() / 2, whole.len().saturating_sub(1)] {
        for keep_old in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            copy(origin.path(), folder.path());
            let sled = folder.path().join("sled");
            fs::write(sled.join(format!("{name}.generating")), &whole[..len]).unwrap();
            fs::write(sled.join("snap.00000000FFFFFFFF.generating"), &whole[..len]).unwrap();
            if !keep_old {
                fs::remove_file(sled.join(name)).unwrap();
            }
            assert_eq!(assert_usable(folder.path(), &states[10..]), Opened::Existing);
        }
    }
}

#[test]
fn damaged_index_files_always_end_in_a_usable_index() {
    let origin = tempfile::tempdir().unwrap();
    let states = written(origin.path(), 12);
    drop(open(origin.path()));
    let (mut existing, mut recreated) = (0, 0);
    for seed in 0..effort(120, 4_000) {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        copy(origin.path(), folder.path());
        let all = files(&folder.path().join("sled"));
        for _ in 0..dice.gen_range(1..=2) {
            let path = &all[dice.gen_range(0..all.len())];
            let Ok(mut content) = fs::read(path) else { continue };
            // Most of sled's data file is unused: aim at what is written.
            let used = content.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1).min(content.len());
            match dice.gen_range(0..5) {
                0 => {
                    fs::remove_file(path).unwrap();
                    continue;
                }
                1 => content.truncate(dice.gen_range(0..=used)),
                2 if used > 0 => {
                    let (from, len) = (dice.gen_range(0..used), dice.gen_range(1..600));
                    content[from..used.min(from + len)].fill(0);
                }
                _ if used > 0 => {
                    for _ in 0..dice.gen_range(1..=20) {
                        let at = dice.gen_range(0..used);
                        content[at] ^= dice.gen_range(1..=255_u8);
                    }
                }
                _ => {}
            }
            fs::write(path, content).unwrap();
        }
        match assert_usable(folder.path(), &states) {
            Opened::Existing => existing += 1,
            Opened::Recreated(_) => recreated += 1,
        }
    }
    println!("{existing} still whole, {recreated} started empty");
    assert!(recreated > 0);
}

#[test]
fn entries_lost_added_or_changed_behind_the_seal_end_in_an_empty_index() {
    let origin = tempfile::tempdir().unwrap();
    let states = written(origin.path(), 3);
    let tip = [b"\x01", &b"tip"[..]].concat();
    let tampers: [&dyn Fn(&sled::Db); 5] = [
        &|db| drop(db.remove(&tip).unwrap()),
        &|db| drop(db.insert(&tip, b"another").unwrap()),
        &|db| drop(db.insert(b"\x01extra", b"").unwrap()),
        &|db| drop(db.insert(b"\x02stray", b"").unwrap()),
        &|db| drop(db.remove(b"\x00").unwrap()),
    ];
    for tamper in tampers {
        let folder = tempfile::tempdir().unwrap();
        copy(origin.path(), folder.path());
        let db = sled::open(folder.path().join("sled")).unwrap();
        tamper(&db);
        db.flush().unwrap();
        drop(db);
        assert!(matches!(assert_usable(folder.path(), &states), Opened::Recreated(_)));
    }
}

#[test]
fn anything_in_place_of_the_database_ends_in_a_usable_index() {
    let noise = |len| bytes(3, len);
    for (name, content) in
        [("db", noise(10_000)), ("db", Vec::new()), ("conf", noise(100)), ("snap.0000000000000010", noise(64))]
    {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sled")).unwrap();
        fs::write(folder.path().join("sled").join(name), content).unwrap();
        assert!(matches!(assert_usable(folder.path(), &[]), Opened::Recreated(_)));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("sled/db")).unwrap();
    assert!(matches!(assert_usable(folder.path(), &[]), Opened::Recreated(_)));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sled"), b"a file where a folder should be").unwrap();
    assert!(matches!(assert_usable(folder.path(), &[]), Opened::Recreated(_)));
}
