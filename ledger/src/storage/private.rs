//! The disk of a household's programs: files that only their owner may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::disk::{Disk, DiskFile, DiskLock, RealDisk, RealLock};

/// Bits of a file's mode: its owner reads and writes.
const OWNER_ONLY: u32 = 0o600;

/// The file system of this machine, with new files readable by their owner only, whatever the mask that the program was
/// started with: for what would tell about a household.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDisk;

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(OWNER_ONLY);
    options
}

/// Makes a folder that only its owner may look into, and the folders above it. One that is there stays as it is.
///
/// # Errors
/// What the system says.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that is not there yet and that only its owner may read, durably.
///
/// # Errors
/// What the system says; `AlreadyExists` for a file that is there.
pub fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl Disk for PrivateDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        RealDisk.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file: File = private().create_new(true).open(path)?;
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

    /// Erasing what a file belongs to removes its lock file: a lock on one that has lost its name locks nobody out, so
    /// another one is taken then.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        loop {
            let file = private().create(true).truncate(false).open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let named = fs::metadata(path).ok().map(|named| (named.dev(), named.ino()));
            let locked = file.metadata()?;
            let lock = RealLock(file);
            if named == Some((locked.dev(), locked.ino())) {
                return Ok(Box::new(lock));
            }
        }
    }
}
