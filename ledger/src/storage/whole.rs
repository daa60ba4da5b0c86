//! Small files that are read whole, and replaced whole or not at all.

use std::path::Path;

use super::{
    append::draft_of,
    disk::{Disk, DiskFile, folder_of},
    error::StorageError,
};

/// Puts a file with these contents in the place of whatever has its name, in one step; durable when this returns. What a crash
/// leaves is a draft, with `.new` at the end of its name, which the next replacing takes away.
///
/// # Errors
/// [`StorageError::Io`]: the name has its old or its new contents then, whole.
pub fn replace_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<Box<dyn DiskFile>, StorageError> {
    let io = StorageError::io;
    let draft = draft_of(path);
    if disk.open(&draft).map_err(io("open", &draft))?.is_some() {
        disk.remove(&draft).map_err(io("remove", &draft))?;
    }
    let mut file = disk.create(&draft).map_err(io("create", &draft))?;
    file.append(bytes).map_err(io("write", &draft))?;
    file.sync_data().map_err(io("sync", &draft))?;
    disk.rename(&draft, path).map_err(io("replace", path))?;
    let folder = folder_of(path);
    disk.sync_dir(folder).map_err(io("sync", folder))?;
    Ok(file)
}

/// The whole of a file, or as much of it as `most` bytes; `None` if there is none.
///
/// # Errors
/// [`StorageError::Io`].
pub fn read_whole(disk: &dyn Disk, path: &Path, most: u64) -> Result<Option<Vec<u8>>, StorageError> {
    let io = StorageError::io;
    let Some(file) = disk.open(path).map_err(io("open", path))? else { return Ok(None) };
    let length = file.len().map_err(io("read", path))?.min(most);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let got = file.read_at(0, &mut bytes).map_err(io("read", path))?;
    bytes.truncate(got);
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::storage::PrivateDisk;

    #[test]
    fn a_file_is_replaced_and_read_whole_whatever_a_crash_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status");
        assert_eq!(read_whole(&PrivateDisk, &path, 9).unwrap(), None);
        std::fs::write(draft_of(&path), "half").unwrap();
        for text in ["first", "second"] {
            replace_whole(&PrivateDisk, &path, text.as_bytes()).unwrap();
            assert_eq!(read_whole(&PrivateDisk, &path, 99).unwrap().unwrap(), text.as_bytes());
        }
        assert_eq!(read_whole(&PrivateDisk, &path, 3).unwrap().unwrap(), b"sec");
        assert!(!draft_of(&path).exists());
    }
}
