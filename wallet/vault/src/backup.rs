//! A backup file: the contents of a sealed file, encrypted with a passphrase, and nothing else. `age -d` opens it, so that nobody
//! depends on this program to get at their data.

use std::{
    fs::File,
    io,
    io::Read,
    path::{Path, PathBuf},
};

use hushwatt_ledger::storage::{Disk, PrivateDisk};
use zeroize::Zeroizing;

use crate::{
    FileError, Passphrase, Strength, disk, new_name,
    seal::{self, AGE_MAGIC, Refused},
};

/// What to do about a damaged one.
const REMEDY: &str = "use another backup, or whatever else the contents can be restored from";

/// Writes a backup; never overwrites. Durable when this returns; takes about a second.
pub fn write(path: &Path, passphrase: &Passphrase, content: &[u8]) -> Result<(), FileError> {
    write_with(path, passphrase, content, Strength::USUAL)
}

/// As [`write()`], with another strength.
pub fn write_with(path: &Path, passphrase: &Passphrase, content: &[u8], strength: Strength) -> Result<(), FileError> {
    let path = new_name(path)?;
    let sealed = seal::seal_with_passphrase(passphrase, strength, content).map_err(FileError::io("encrypt", &path))?;
    disk::create(&PrivateDisk, &path, &[&sealed])
}

/// What a backup holds. Takes about a second.
pub fn read(path: &Path, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FileError::Missing { path: path.to_path_buf() });
        }
        opened => opened.map_err(FileError::io("open", path))?,
    };
    // First of all whether it is one: the wrong file may be large.
    let mut sealed = Vec::new();
    let start = AGE_MAGIC.len() as u64;
    Read::by_ref(&mut file).take(start).read_to_end(&mut sealed).map_err(FileError::io("read", path))?;
    if sealed != AGE_MAGIC {
        let path = path.to_path_buf();
        return Err(if AGE_MAGIC.starts_with(&sealed) {
            FileError::Damaged { path, what: "it is cut off or empty", remedy: REMEDY }
        } else {
            FileError::NotABackup { path }
        });
    }
    file.read_to_end(&mut sealed).map_err(FileError::io("read", path))?;
    seal::open_with_passphrase(&sealed, passphrase).map_err(|refused| {
        let path = path.to_path_buf();
        match refused {
            Refused::Foreign => FileError::NotABackup { path },
            Refused::Key => FileError::BackupRefused { path },
            Refused::TooMuchWork => FileError::TooMuchWork { path },
            Refused::Damaged => FileError::Damaged { path, what: "it is cut off or was changed", remedy: REMEDY },
        }
    })
}

/// Overwrites a backup with random bytes and removes it, and with it whatever a crash left of writing or of erasing it. Fine if
/// there is none; a file of this name that is no backup stays.
pub fn erase(path: &Path) -> Result<(), FileError> {
    let retired = disk::retired_of(path);
    disk::destroy(&PrivateDisk, &disk::draft_of(path))?;
    disk::destroy(&PrivateDisk, &retired)?;
    if let Some(start) = disk::read(&PrivateDisk, path, AGE_MAGIC.len() as u64)? {
        // One that was cut off while it was written may have nothing in it.
        if !AGE_MAGIC.starts_with(&start) {
            return Err(FileError::NotABackup { path: path.to_path_buf() });
        }
        // Half overwritten it could not be told from somebody's own file.
        PrivateDisk.rename(path, &retired).map_err(FileError::io("put aside", path))?;
        disk::destroy(&PrivateDisk, &retired)?;
    }
    disk::sync_folder_of(&PrivateDisk, path)
}

/// The backup that a file was part of when a crash cut off writing or erasing it; `None` for any other file.
pub fn leftover_of(path: &Path) -> Option<PathBuf> {
    let name = path.to_str()?;
    let of = [disk::DRAFT, disk::RETIRED].into_iter().find_map(|end| name.strip_suffix(end))?;
    Some(PathBuf::from(of))
}
