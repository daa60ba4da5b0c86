//! The few file operations that storage uses, as traits, and the real disk.
//!
//! What may be relied on, and no more: bytes written to a file are durable after [`DiskFile::sync_data`]; a name created,
//! renamed or removed is durable after [`Disk::sync_dir`] on its folder. Everything later may be lost, torn or reordered.
//! [`super::SimDisk`] takes that literally.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file open for reading and appending.
pub trait DiskFile: Send + Sync + Debug {
    /// Length in bytes. Errors are the system's.
    fn len(&self) -> io::Result<u64>;

    /// Whether it has no bytes. Errors are the system's.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads at `offset` (bytes) into `buffer`; fewer bytes than asked for, or 0, only at the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes` at the end. After an error any part of them may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file to `len` bytes, not more than it has.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Returns when contents and length are durable.
    fn sync_data(&mut self) -> io::Result<()>;
}

/// Holds a lock until it is dropped; the system drops it for a process that dies.
pub trait DiskLock: Send + Sync + Debug {}

/// A locked file.
#[derive(Debug)]
pub(super) struct RealLock(pub(super) File);

impl DiskLock for RealLock {}

impl Drop for RealLock {
    /// Unlocks by itself: closing the file is not enough while a process forked on another thread, and not yet at its exec,
    /// has a duplicate of it. Should it fail, closing is all that is left.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// The operations on names.
pub trait Disk: Send + Sync + Debug {
    /// Opens an existing file; `None` when there is none.
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>>;

    /// Makes a new, empty file. Fails with `AlreadyExists` when the name is taken.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name in the same folder, in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Unlinks a file. Fails with `NotFound` when there is none.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes one folder in an existing one; fine when it is there already.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Returns when every name created, renamed or removed in this folder is durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a folder, sorted; names that are not UTF-8 are left out (none of ours is such).
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Takes the lock of this name, making the lock file if need be; fails with `WouldBlock` when somebody holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>>;
}

/// The folder in which `path` is a name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        match OpenOptions::new().read(true).append(true).open(path) {
            Ok(file) => Ok(Some(Box::new(RealFile(file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(RealLock(file))),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// A file of [`RealDisk`], open in append mode.
#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.0.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_dropped_lock_is_free_although_a_forked_process_still_has_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).unwrap();
        file.try_lock().unwrap();
        // What a fork on another thread does to the file, until its exec.
        let inherited = file.try_clone().unwrap();
        let lock = RealLock(file);
        assert_eq!(RealDisk.lock(&path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(lock);
        drop(RealDisk.lock(&path).unwrap());
        drop(inherited);
    }
}
