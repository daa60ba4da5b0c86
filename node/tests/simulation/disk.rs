//! What a validator stores on: a disk that fails when told to, and an index that outlives a crash or not.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use hushwatt_ledger::storage::{Disk, DiskFile, DiskLock, Index, IndexEntries, MemoryIndex, SimDisk, StorageError};

/// What every injected failure says.
pub const INJECTED: &str = "an injected failure";

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// One operation fails; the next ones work.
    Once,
    /// Nothing works any more.
    Dead,
}

#[derive(Default, Debug)]
struct State {
    armed: Option<(u64, Failure)>,
    blown: bool,
    dead: bool,
}

/// Decides when a disk fails; clones share it.
#[derive(Clone, Default, Debug)]
pub struct Fuse(Arc<Mutex<State>>);

impl Fuse {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Fails after so many more changes.
    pub fn arm(&self, changes: u64, failure: Failure) {
        self.state().armed = Some((changes, failure));
    }

    /// A new disk, or one that is repaired.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    /// Whether it has failed since it was new.
    pub fn is_blown(&self) -> bool {
        self.state().blown
    }

    fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Whether this change fails.
    fn fails(&self) -> bool {
        let mut state = self.state();
        match &mut state.armed {
            Some((0, failure)) => {
                state.dead = *failure == Failure::Dead;
                state.armed = None;
                state.blown = true;
                true
            }
            Some((left, _)) => {
                *left -= 1;
                state.dead
            }
            None => state.dead,
        }
    }

    fn change<T>(&self, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.fails() { Err(io::Error::other(INJECTED)) } else { change() }
    }

    fn read<T>(&self, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.is_dead() { Err(io::Error::other(INJECTED)) } else { read() }
    }
}

/// A simulated disk that fails as its fuse says.
#[derive(Debug)]
pub struct FailingDisk {
    pub inner: SimDisk,
    pub fuse: Fuse,
}

impl FailingDisk {
    fn file(&self, inner: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(FailingFile { inner, fuse: self.fuse.clone() })
    }
}

impl Disk for FailingDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        Ok(self.fuse.read(|| self.inner.open(path))?.map(|file| self.file(file)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(self.fuse.change(|| self.inner.create(path))?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.fuse.change(|| self.inner.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.fuse.change(|| self.inner.remove(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.fuse.change(|| self.inner.create_dir(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.fuse.change(|| self.inner.sync_dir(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.fuse.read(|| self.inner.list(path))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.fuse.read(|| self.inner.lock(path))
    }
}

#[derive(Debug)]
struct FailingFile {
    inner: Box<dyn DiskFile>,
    fuse: Fuse,
}

impl DiskFile for FailingFile {
    fn len(&self) -> io::Result<u64> {
        self.fuse.read(|| self.inner.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.fuse.read(|| self.inner.read_at(offset, buffer))
    }

    /// Fails half done.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let was_dead = self.fuse.is_dead();
        if !self.fuse.fails() {
            return self.inner.append(bytes);
        }
        if !was_dead {
            self.inner.append(&bytes[..bytes.len() / 2])?;
        }
        Err(io::Error::other(INJECTED))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let inner = &mut self.inner;
        self.fuse.change(|| inner.truncate(len))
    }

    /// Fails with the bytes synced or not: nobody can know.
    fn sync_data(&mut self) -> io::Result<()> {
        let was_dead = self.fuse.is_dead();
        if !self.fuse.fails() {
            return self.inner.sync_data();
        }
        if !was_dead && self.inner.len()?.is_multiple_of(2) {
            self.inner.sync_data()?;
        }
        Err(io::Error::other(INJECTED))
    }
}

/// States of the index kept.
const KEPT: usize = 6;

/// An index in memory that remembers its last states; clones share it.
#[derive(Clone)]
pub struct KeptIndex {
    states: Arc<Mutex<Vec<MemoryIndex>>>,
    fuse: Fuse,
}

impl KeptIndex {
    pub fn new(fuse: Fuse) -> Self {
        KeptIndex { states: Arc::new(Mutex::new(vec![MemoryIndex::new()])), fuse }
    }

    /// As a kill of the process leaves it.
    pub fn fork(&self) -> Self {
        self.after_crash(0)
    }

    /// As a power cut leaves it: as after some earlier block (0: the last one), or empty.
    pub fn after_crash(&self, back: usize) -> Self {
        let states = self.states.lock().unwrap();
        let kept = states.len().checked_sub(1 + back).and_then(|place| states.get(place).cloned());
        KeptIndex { states: Arc::new(Mutex::new(vec![kept.unwrap_or_default()])), fuse: self.fuse.clone() }
    }

    fn now<T>(&self, read: impl FnOnce(&MemoryIndex) -> T) -> T {
        read(self.states.lock().unwrap().last().unwrap())
    }

    fn broken() -> StorageError {
        StorageError::IndexBroken { reason: INJECTED.to_owned() }
    }
}

impl Index for KeptIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.now(|index| index.get(key))
    }

    fn scan_prefix(&self, prefix: &[u8]) -> Result<IndexEntries, StorageError> {
        self.now(|index| index.scan_prefix(prefix))
    }

    fn scan_range(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        self.now(|index| index.scan_range(from, until, most))
    }

    fn apply(&mut self, batch: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StorageError> {
        if self.fuse.fails() {
            return Err(Self::broken());
        }
        let mut next = self.now(MemoryIndex::clone);
        next.apply(batch)?;
        let mut states = self.states.lock().unwrap();
        states.push(next);
        if states.len() > KEPT {
            states.remove(0);
        }
        drop(states);
        // Applied, and yet it fails.
        if self.fuse.fails() { Err(Self::broken()) } else { Ok(()) }
    }

    fn clear(&mut self) -> Result<(), StorageError> {
        *self.states.lock().unwrap() = vec![MemoryIndex::new()];
        Ok(())
    }
}
