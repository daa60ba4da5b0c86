//! A backup file: the contents of a wallet, encrypted with a passphrase, and nothing else. `age -d` opens it, so that nobody
//! depends on this program to get at their data.

use std::{fs::File, io, io::Read, path::Path};

use hushwatt_ledger::storage::PrivateDisk;
use zeroize::Zeroizing;

use super::{
    FileError, Passphrase, Strength, disk, new_name,
    seal::{self, AGE_MAGIC, Refused},
};

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
            FileError::Damaged { path, what: "it is cut off or empty" }
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
            Refused::Damaged => FileError::Damaged { path, what: "it is cut off or was changed" },
        }
    })
}
