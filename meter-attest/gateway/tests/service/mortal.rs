//! A disk that dies at a chosen operation, leaving what a power cut in its middle can leave.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use hushwatt_ledger::storage::{Disk, DiskFile, DiskLock, SimDisk};

#[derive(Debug, Default)]
struct Fuse {
    /// Operations that still go well; none: for ever.
    left: Option<u32>,
    seed: u64,
    /// What is left of the disk, once it died.
    remains: Option<SimDisk>,
    /// Operations so far.
    count: u32,
}

/// The disk; clones share it.
#[derive(Clone, Debug)]
pub struct MortalDisk {
    inner: SimDisk,
    fuse: Arc<Mutex<Fuse>>,
}

#[derive(Debug)]
struct MortalFile {
    inner: Box<dyn DiskFile>,
    disk: MortalDisk,
}

impl MortalDisk {
    pub fn new(inner: SimDisk) -> Self {
        MortalDisk { inner, fuse: Arc::default() }
    }

    /// It dies after so many further operations.
    pub fn dies_after(&self, operations: u32, seed: u64) {
        *self.fuse.lock().unwrap() = Fuse { left: Some(operations), seed, ..Fuse::default() };
    }

    /// What is left of it, if it died.
    pub fn remains(&self) -> Option<SimDisk> {
        self.fuse.lock().unwrap().remains.take()
    }

    /// Operations since it was told when to die.
    pub fn operations(&self) -> u32 {
        self.fuse.lock().unwrap().count
    }

    /// An operation: done, but when the disk is dead; when it dies, done and perhaps not durable.
    fn change<T>(&self, operation: impl FnOnce() -> io::Result<T>, is_sync: bool) -> io::Result<T> {
        let mut fuse = self.fuse.lock().unwrap();
        fuse.count += 1;
        match fuse.left {
            None => operation(),
            Some(0) => {
                if fuse.remains.is_none() {
                    // Cut off in the middle of it: a write may be there in part, a sync may not have happened.
                    if !is_sync {
                        let _ = operation();
                    }
                    fuse.remains = Some(self.inner.crash(fuse.seed));
                }
                Err(io::Error::other("the power is off"))
            }
            Some(left) => {
                fuse.left = Some(left - 1);
                operation()
            }
        }
    }
}

impl Disk for MortalDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        let opened = self.inner.open(path)?;
        Ok(opened.map(|inner| Box::new(MortalFile { inner, disk: self.clone() }) as Box<dyn DiskFile>))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inner = self.change(|| self.inner.create(path), false)?;
        Ok(Box::new(MortalFile { inner, disk: self.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|| self.inner.rename(from, to), false)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|| self.inner.remove(path), false)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.inner.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.change(|| self.inner.sync_dir(path), true)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.inner.list(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.inner.lock(path)
    }
}

impl DiskFile for MortalFile {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read_at(offset, buffer)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let inner = &mut self.inner;
        self.disk.change(|| inner.append(bytes), false)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let inner = &mut self.inner;
        self.disk.change(|| inner.truncate(len), false)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let inner = &mut self.inner;
        self.disk.change(|| inner.sync_data(), true)
    }
}
