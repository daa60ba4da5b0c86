//! Small files of the node's own beside the log: written whole or not at all, and checksummed.

use std::{
    io,
    path::{Path, PathBuf},
};

pub(crate) use hushwatt_ledger::storage::replace_whole;
use hushwatt_ledger::storage::{Disk, DiskFile, StorageError};
use sha2::{Digest, Sha256};

/// Bytes of a checksum.
pub(crate) const CHECK: usize = 16;

/// The first bytes of SHA-256 over these, one after the other. Finds accidents; it is no defence against whoever may write
/// the file.
pub(crate) fn checksum(parts: &[&[u8]]) -> [u8; CHECK] {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&hash[..CHECK]);
    check
}

/// For `map_err`: names what was being done to which file.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StorageError {
    let path = path.to_path_buf();
    move |source| StorageError::Io { action, path, source }
}

/// The whole of a file, or as much of it as `most` bytes.
pub(crate) fn read_all(file: &dyn DiskFile, path: &Path, most: u64) -> Result<Vec<u8>, StorageError> {
    let length = file.len().map_err(failed("read", path))?.min(most);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let got = file.read_at(0, &mut bytes).map_err(failed("read", path))?;
    bytes.truncate(got);
    Ok(bytes)
}

/// Where a file is prepared before it gets its name.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    PathBuf::from(name)
}

/// Removes a file if it is there; durable when this returns.
pub(crate) fn remove(disk: &dyn Disk, path: &Path) -> Result<(), StorageError> {
    match disk.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => {
            other.map_err(failed("remove", path))?;
            sync_folder_of(disk, path)
        }
    }
}

/// Makes the names in the folder of `path` durable.
pub(crate) fn sync_folder_of(disk: &dyn Disk, path: &Path) -> Result<(), StorageError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk.sync_dir(folder).map_err(failed("sync", folder))
}
