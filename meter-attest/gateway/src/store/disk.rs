//! The disk as the store uses it: files that only their owner may read, put in place whole.

use std::{
    fs::{OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use hushwatt_ledger::storage::{Disk, DiskFile, DiskLock, RealDisk};

/// Bits of a file's mode: its owner reads and writes.
const OWNER_ONLY: u32 = 0o600;

/// The file system of this machine, with new files readable by their owner only: a journal of readings is a household's
/// profile.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDisk;

impl Disk for PrivateDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        RealDisk.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).mode(OWNER_ONLY).create_new(true).open(path)?;
        // Exactly so, whatever the mask that the program was started with takes away.
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
        RealDisk.open(path)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        RealDisk.lock(path)
    }
}
