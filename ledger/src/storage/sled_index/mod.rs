//! The index on sled 0.34.7, with what is known about sled built in.
//!
//! * Its `flush` is `sync_file_range`, not `fsync`: a batch outlives the process at once, but a power cut may lose or mangle
//!   recent ones. That is why the log is the truth.
//! * A kill during its start-up snapshot leaves a `snap.*.generating` on which it refuses to open: those are deleted first.
//! * On damaged files it may return errors, panic, or open and show less than there was. So every call is guarded against
//!   panics, and a **seal** is written within every batch: number of entries and XOR of the SHA-256 of each, with a version.
//!   [`SledIndex::open_or_recreate`] reads everything once and compares: what it opens as [`Opened::Existing`] is exactly the
//!   state after some applied batch; anything else is wiped, and the caller rebuilds from the log.
//! * Until an `apply_batch` ends it keeps a copy of a page for every change in it, some 4 kB each. So a batch is applied in
//!   steps of at most 4,000 changes; one that takes more than one is written down first (`redo.rs`), and the seals in between say
//!   that they are of its middle.
//!
//! Files: `<folder>/lock`, `<folder>/redo` while a large batch is applied, and sled's own in `<folder>/sled/`. Keys in sled are
//! `1 || key`; key `0` is the seal. One writer, one tree, no timer, one `apply_batch` a step and one `flush` per batch: the setting
//! measured to hold under kills.
//!
//! Guarding relies on panics that unwind (`panic = "abort"` would turn a damaged index into an abort at start).

mod redo;
mod seal;

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::disk::{Disk, DiskLock, RealDisk};
use super::error::StorageError;
use super::index::{Index, IndexEntries, check_batch};
use super::probe::{NoProbe, Probe, probed};
use redo::Redo;
use seal::{SEAL_BYTES, Seal};

const SEAL_KEY: [u8; 1] = [0];
const ENTRY: u8 = 1;
/// Bytes of pages that sled keeps in memory (its default is 1 GB).
const CACHE: u64 = 64 << 20;
/// Most changes of one step.
const STEP: usize = 4_000;

/// A key, and its new value if it gets one.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);
/// The seal of an index, and the batch that it is in the middle of.
type Found = (Seal, Option<[u8; 32]>);

/// Why what is in a folder cannot be opened.
enum Unusable {
    /// It is not there, not whole, or not of this version: begun again.
    NotWhole(String),
    /// It is whole but for a batch that could not be applied to its end, on a full disk say: left as it is.
    Unfinished(String),
}

/// What [`SledIndex::open_or_recreate`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// Exactly the state after some applied batch: compare the tip recorded in it with the log, and replay what is missing.
    Existing,
    /// Nothing, or nothing usable, for this reason: it is empty now, replay the whole log.
    Recreated(String),
}

/// The index on disk.
#[derive(Debug)]
pub struct SledIndex {
    /// `None` only after a failed [`Index::clear`].
    db: Option<sled::Db>,
    seal: Seal,
    broken: Option<String>,
    folder: PathBuf,
    probe: Arc<dyn Probe>,
    /// Dropped last.
    _lock: Box<dyn DiskLock>,
}

impl SledIndex {
    /// Opens the index in `folder` (made if missing, in an existing one); if it is missing, damaged, or of another `schema`
    /// (the caller's version of its keys and values), starts an empty one. Reads every entry once, and applies to its end a large
    /// batch that was interrupted.
    ///
    /// # Errors
    /// [`StorageError::InUse`] (nothing is touched then); [`StorageError::IndexUnavailable`] (what is there is left as it is if only
    /// the end of a batch could not be applied).
    pub fn open_or_recreate(folder: &Path, schema: u32) -> Result<(Self, Opened), StorageError> {
        Self::open_or_recreate_probed(folder, schema, Arc::new(NoProbe))
    }

    /// The same, with a probe before and after each call into sled.
    ///
    /// # Errors
    /// As for [`Self::open_or_recreate`].
    pub fn open_or_recreate_probed(
        folder: &Path,
        schema: u32,
        probe: Arc<dyn Probe>,
    ) -> Result<(Self, Opened), StorageError> {
        let unavailable = |reason: String| StorageError::IndexUnavailable { path: folder.to_path_buf(), reason };
        RealDisk.create_dir(folder).map_err(|error| unavailable(error.to_string()))?;
        let lock_path = folder.join("lock");
        let lock = RealDisk.lock(&lock_path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => StorageError::InUse { path: lock_path.clone() },
            _ => unavailable(error.to_string()),
        })?;

        let (db, seal, opened) = match open_existing(folder, schema, &*probe) {
            Ok((db, seal)) => (db, seal, Opened::Existing),
            Err(Unusable::Unfinished(reason)) => return Err(unavailable(reason)),
            Err(Unusable::NotWhole(reason)) => {
                let db = recreate(folder, schema, &*probe).map_err(unavailable)?;
                (db, Seal::empty(schema), Opened::Recreated(reason))
            }
        };
        Ok((Self { db: Some(db), seal, broken: None, folder: folder.to_path_buf(), probe, _lock: lock }, opened))
    }

    fn db(&self) -> Result<&sled::Db, String> {
        match &self.broken {
            Some(reason) => Err(reason.clone()),
            None => self.db.as_ref().ok_or_else(|| "it was not opened again after it was cleared".to_owned()),
        }
    }

    /// Runs a call into sled between the moments of the probe; its errors and panics become `IndexBroken`.
    fn call<T>(&self, name: &str, call: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StorageError> {
        self.db().and_then(|db| guarded(&*self.probe, name, || call(db))).map_err(broken)
    }

    fn apply_unguarded(&self, batch: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<Seal, StorageError> {
        let last: BTreeMap<&[u8], Option<&[u8]>> =
            batch.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
        let changes: Vec<Change<'_>> = last.into_iter().collect();
        let (db, probe) = (self.db().map_err(broken)?, &*self.probe);
        if changes.len() <= STEP {
            let seal = step(db, probe, self.seal, &changes, None).map_err(broken)?;
            self.call("index.flush", |db| db.flush())?;
            return Ok(seal);
        }
        let written = probed(probe, "index.redo", || Ok(Redo::write(&self.folder, &self.seal, &changes)));
        let id = written.map_err(|error| broken(error.to_string()))??;
        steps(db, probe, &self.folder, self.seal, &id, &changes).map_err(broken)
    }
}

impl Index for SledIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.call("index.get", |db| Ok(db.get(stored_key(key))?.map(|value| value.to_vec())))
    }

    fn scan_prefix(&self, prefix: &[u8]) -> Result<IndexEntries, StorageError> {
        self.call("index.scan", |db| {
            let entries = db.scan_prefix(stored_key(prefix));
            entries.map(|entry| entry.map(|(key, value)| (key[1..].to_vec(), value.to_vec()))).collect()
        })
    }

    fn scan_range(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        if from >= until {
            return Ok(Vec::new());
        }
        self.call("index.scan", |db| {
            let entries = db.range(stored_key(from)..stored_key(until)).take(most);
            entries.map(|entry| entry.map(|(key, value)| (key[1..].to_vec(), value.to_vec()))).collect()
        })
    }

    fn apply(&mut self, batch: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StorageError> {
        check_batch(batch)?;
        match self.apply_unguarded(batch) {
            Ok(seal) => {
                self.seal = seal;
                Ok(())
            }
            Err(error) => {
                if self.broken.is_none() {
                    self.broken = Some(format!("an earlier batch failed: {error}"));
                }
                Err(error)
            }
        }
    }

    fn clear(&mut self) -> Result<(), StorageError> {
        close(self.db.take());
        let db = recreate(&self.folder, self.seal.schema(), &*self.probe)
            .map_err(|reason| StorageError::IndexUnavailable { path: self.folder.clone(), reason })?;
        self.db = Some(db);
        self.seal = Seal::empty(self.seal.schema());
        self.broken = None;
        Ok(())
    }
}

impl Drop for SledIndex {
    fn drop(&mut self) {
        close(self.db.take());
    }
}

fn stored_key(key: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(key.len() + 1);
    stored.push(ENTRY);
    stored.extend_from_slice(key);
    stored
}

fn sled_folder(folder: &Path) -> PathBuf {
    folder.join("sled")
}

fn broken(reason: String) -> StorageError {
    StorageError::IndexBroken { reason }
}

/// Applies changes at once, with the seal after them, which names the batch if it is not over then; gives the seal.
fn step(
    db: &sled::Db,
    probe: &dyn Probe,
    mut seal: Seal,
    changes: &[Change<'_>],
    redo: Option<&[u8; 32]>,
) -> Result<Seal, String> {
    let mut batch = sled::Batch::default();
    for (key, value) in changes {
        if let Some(old) = guarded(probe, "index.get", || db.get(stored_key(key)))? {
            seal.remove(key, &old);
        }
        match value {
            Some(value) => {
                seal.add(key, value);
                batch.insert(stored_key(key), *value);
            }
            None => batch.remove(stored_key(key)),
        }
    }
    batch.insert(&SEAL_KEY, seal.stored(redo));
    guarded(probe, "index.apply", || db.apply_batch(batch))?;
    Ok(seal)
}

/// Applies what is written down, from wherever in it the index stands, and removes it; gives the seal.
fn steps(
    db: &sled::Db,
    probe: &dyn Probe,
    folder: &Path,
    mut seal: Seal,
    id: &[u8; 32],
    changes: &[Change<'_>],
) -> Result<Seal, String> {
    let mut rest = changes.chunks(STEP).peekable();
    while let Some(changes) = rest.next() {
        seal = step(db, probe, seal, changes, rest.peek().map(|_| id))?;
    }
    guarded(probe, "index.flush", || db.flush())?;
    // Else a power cut could leave a part of the batch, and the file gone.
    let synced = probed(probe, "index.sync", || fs::File::open(sled_folder(folder).join("db"))?.sync_all());
    synced.map_err(|error| error.to_string())?;
    remove_redo(folder, probe)?;
    Ok(seal)
}

fn remove_redo(folder: &Path, probe: &dyn Probe) -> Result<(), String> {
    let removed = probed(probe, "index.redone", || Ok(Redo::remove(folder)));
    removed.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// What is in the folder, if it is whole and of this version; otherwise why not.
fn open_existing(folder: &Path, schema: u32, probe: &dyn Probe) -> Result<(sled::Db, Seal), Unusable> {
    let (db, found) = open_whole(folder, schema, probe).map_err(Unusable::NotWhole)?;
    match finish(&db, probe, folder, found) {
        Ok(seal) => Ok((db, seal)),
        Err(unusable) => {
            close(Some(db));
            Err(unusable)
        }
    }
}

/// The same before a batch that was interrupted is applied to its end.
fn open_whole(folder: &Path, schema: u32, probe: &dyn Probe) -> Result<(sled::Db, Found), String> {
    let sled_folder = sled_folder(folder);
    if !sled_folder.join("db").exists() {
        return Err("there was none".to_owned());
    }
    remove_unfinished_snapshots(&sled_folder).map_err(|error| error.to_string())?;
    let db = open_sled(&sled_folder, probe)?;
    match guarded(probe, "index.scan", || read_seal(&db, schema)).and_then(|found| found) {
        Ok(found) => Ok((db, found)),
        Err(reason) => {
            close(Some(db));
            Err(reason)
        }
    }
}

/// Applies to its end a batch that a kill interrupted; gives the seal.
fn finish(db: &sled::Db, probe: &dyn Probe, folder: &Path, (seal, unfinished): Found) -> Result<Seal, Unusable> {
    let redo = Redo::read(folder).map_err(|error| Unusable::Unfinished(error.to_string()))?;
    let belongs = |redo: &Redo| unfinished.map_or_else(|| redo.follows(&seal), |id| redo.id == id);
    let finished = match (redo.filter(belongs), unfinished) {
        (Some(redo), _) => {
            let changes: Vec<Change<'_>> =
                redo.batch.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
            steps(db, probe, folder, seal, &redo.id, &changes)
        }
        (None, Some(_)) => {
            let reason = "a batch was applied in part, and the rest of it is gone".to_owned();
            return Err(Unusable::NotWhole(reason));
        }
        (None, None) => remove_redo(folder, probe).map(|()| seal),
    };
    finished.map_err(Unusable::Unfinished)
}

/// Reads everything and compares it with the seal; gives which batch it is in the middle of, too.
fn read_seal(db: &sled::Db, schema: u32) -> sled::Result<Result<Found, String>> {
    let Some(stored) = db.get(SEAL_KEY)? else {
        return Ok(Err("it has no seal: it was never completed".to_owned()));
    };
    let (mut seal, mut all) = (Seal::empty(schema), 0_u64);
    if seal.is_foreign(&stored) {
        return Ok(Err("it has another version".to_owned()));
    }
    for entry in db.iter() {
        let (key, value) = entry?;
        all += 1;
        if let Some((&ENTRY, key)) = key.split_first() {
            seal.add(key, &value);
        }
    }
    let unfinished = stored.get(SEAL_BYTES..).and_then(|id| <[u8; 32]>::try_from(id).ok());
    if stored != seal.stored(unfinished.as_ref()) || all != seal.entries() + 1 {
        return Ok(Err("its entries do not match its seal: it is damaged".to_owned()));
    }
    Ok(Ok((seal, unfinished)))
}

/// An empty, sealed index.
fn recreate(folder: &Path, schema: u32, probe: &dyn Probe) -> Result<sled::Db, String> {
    remove_redo(folder, probe)?;
    let sled_folder = sled_folder(folder);
    let wiped = probed(probe, "index.wipe", || match fs::remove_dir_all(&sled_folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(&sled_folder),
        other => other,
    });
    wiped.map_err(|error| error.to_string())?;
    let db = open_sled(&sled_folder, probe)?;
    guarded(probe, "index.apply", || db.insert(SEAL_KEY, Seal::empty(schema).stored(None)))?;
    guarded(probe, "index.flush", || db.flush())?;
    Ok(db)
}

/// Opens sled; waits up to a second for a database just closed by this process, whose last thread may still hold its lock.
fn open_sled(sled_folder: &Path, probe: &dyn Probe) -> Result<sled::Db, String> {
    let config = sled::Config::default()
        .path(sled_folder)
        .mode(sled::Mode::HighThroughput)
        .flush_every_ms(None)
        .cache_capacity(CACHE);
    let mut tries = 0;
    loop {
        match guarded(probe, "index.open", || config.open()) {
            Err(reason) if reason.contains("could not acquire lock") && tries < 20 => {
                tries += 1;
                thread::sleep(Duration::from_millis(50));
            }
            other => return other,
        }
    }
}

/// Deletes what a kill during sled's start-up snapshot left, on which it would refuse to open.
fn remove_unfinished_snapshots(sled_folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(sled_folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Runs a call into sled between the moments of the probe; its errors and panics become text.
fn guarded<T>(probe: &dyn Probe, name: &str, call: impl FnOnce() -> sled::Result<T>) -> Result<T, String> {
    probe.at(super::Moment::Before, name).map_err(|error| error.to_string())?;
    let result = catch_unwind(AssertUnwindSafe(call));
    let value = result.map_err(|panic| panic_text(&*panic))?.map_err(|error| error.to_string())?;
    probe.at(super::Moment::After, name).map_err(|error| error.to_string())?;
    Ok(value)
}

/// Drops a database; what it panics about then is of no consequence, since whatever is opened is checked.
fn close(db: Option<sled::Db>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("sled panicked: {}", text.unwrap_or("without a message"))
}
