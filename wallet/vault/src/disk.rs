//! The disk as a sealed file uses it: files that only their owner may read, put in place whole or not at all.

use std::{
    fs::OpenOptions,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

use hushwatt_ledger::storage::{Disk, PrivateDisk};

use super::FileError;

/// What a sealed file needs beyond the file operations of the ledger's storage.
pub(crate) trait VaultDisk: Disk {
    /// Writes random bytes over a file where it lies, and makes them durable.
    fn overwrite(&self, path: &Path) -> io::Result<()>;
}

impl VaultDisk for PrivateDisk {
    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let mut left = file.metadata()?.len();
        file.rewind()?;
        let mut noise = [0_u8; 64 * 1024];
        while left > 0 {
            rand_core::RngCore::try_fill_bytes(&mut rand_core::OsRng, &mut noise).map_err(io::Error::other)?;
            let some = noise.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.write_all(&noise[..some])?;
            left -= some as u64;
        }
        file.sync_all()
    }
}

/// What the next contents of a file are called.
pub(crate) const DRAFT: &str = ".saving";
/// What a file is called between losing its name and being overwritten.
pub(crate) const RETIRED: &str = ".retired";

/// The name of a file beside `path`: the same with more at its end.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}

/// Where the next contents of a file are prepared. Always ours: nothing in it is worth keeping.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    beside(path, DRAFT)
}

/// Puts a file in the place of the one that has its name, in one step; durable when this returns. After an error the name
/// has its old or its new contents, whole.
pub(crate) fn replace(disk: &dyn VaultDisk, path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    let draft = draft_of(path);
    discard(disk, &draft)?;
    let written = write_draft(disk, &draft, parts)
        .and_then(|()| disk.rename(&draft, path).map_err(FileError::io("put in place", path)));
    if let Err(error) = written {
        // Gives a full disk its space back; should that fail as well, the next save does it.
        let _ = disk.remove(&draft);
        return Err(error);
    }
    sync_folder_of(disk, path)
}

/// Where a file lies between losing its name and being overwritten.
pub(crate) fn retired_of(path: &Path) -> PathBuf {
    beside(path, RETIRED)
}

/// As [`replace`], but the old file is overwritten with random bytes before it is removed. A crash between the two renames
/// leaves no file of that name: [`recover`] gives the old one its name back.
pub(crate) fn replace_for_good(disk: &dyn VaultDisk, path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    let (draft, retired) = (draft_of(path), retired_of(path));
    discard(disk, &draft)?;
    let renamed = write_draft(disk, &draft, parts)
        .and_then(|()| disk.rename(path, &retired).map_err(FileError::io("put aside", path)))
        .and_then(|()| disk.rename(&draft, path).map_err(FileError::io("put in place", path)));
    if let Err(error) = renamed {
        // Should these fail as well, the next opening does it.
        let _ = disk.remove(&draft);
        let _ = recover(disk, path);
        return Err(error);
    }
    sync_folder_of(disk, path)?;
    destroy(disk, &retired)?;
    sync_folder_of(disk, path)
}

/// Gives a file that was put aside, and that nothing replaced, its name back.
pub(crate) fn recover(disk: &dyn VaultDisk, path: &Path) -> Result<(), FileError> {
    let retired = retired_of(path);
    if read(disk, path, 0)?.is_some() || read(disk, &retired, 0)?.is_none() {
        return Ok(());
    }
    disk.rename(&retired, path).map_err(FileError::io("put in place", path))?;
    sync_folder_of(disk, path)
}

/// Ends what [`replace`] or [`replace_for_good`] began before a crash, for a file that is in its place and whole.
pub(crate) fn finish(disk: &dyn VaultDisk, path: &Path) -> Result<(), FileError> {
    let retired = retired_of(path);
    if read(disk, &retired, 0)?.is_some() {
        destroy(disk, &retired)?;
        sync_folder_of(disk, path)?;
    }
    discard(disk, &draft_of(path))
}

/// Overwrites a file with random bytes and removes it, if it is there.
pub(crate) fn destroy(disk: &dyn VaultDisk, path: &Path) -> Result<(), FileError> {
    match disk.overwrite(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::io("overwrite", path)(error)),
        _ => discard(disk, path),
    }
}

/// As [`replace`], but fails with `Exists` if the name is taken, by anything. A crash leaves nothing, an empty file, or
/// all of it.
pub(crate) fn create(disk: &dyn VaultDisk, path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    // The name is taken before anything is written, so that nobody else takes it meanwhile.
    match disk.create(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(FileError::Exists { path: path.to_path_buf() });
        }
        Err(error) => return Err(FileError::io("create", path)(error)),
    }
    replace(disk, path, parts).inspect_err(|_| {
        let _ = disk.remove(path);
    })
}

fn write_draft(disk: &dyn VaultDisk, draft: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    let mut file = disk.create(draft).map_err(FileError::io("create", draft))?;
    for part in parts {
        file.append(part).map_err(FileError::io("write", draft))?;
    }
    file.sync_data().map_err(FileError::io("write", draft))
}

/// Removes a file if it is there.
pub(crate) fn discard(disk: &dyn VaultDisk, path: &Path) -> Result<(), FileError> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Makes the names in the folder of `path` durable.
pub(crate) fn sync_folder_of(disk: &dyn VaultDisk, path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk.sync_dir(folder).map_err(FileError::io("write", folder))
}

/// The whole of a file; `None` when there is none.
pub(crate) fn read(disk: &dyn VaultDisk, path: &Path, most: u64) -> Result<Option<Vec<u8>>, FileError> {
    if path.is_dir() {
        return Err(FileError::io("read", path)(io::ErrorKind::IsADirectory.into()));
    }
    let Some(file) = disk.open(path).map_err(FileError::io("open", path))? else { return Ok(None) };
    let length = file.len().map_err(FileError::io("read", path))?.min(most);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let got = file.read_at(0, &mut bytes).map_err(FileError::io("read", path))?;
    bytes.truncate(got);
    Ok(Some(bytes))
}
