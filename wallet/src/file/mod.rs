//! What a wallet keeps on disk: the encrypted wallet file, the backup file, and the words to write down.
//!
//! Promises to the code above:
//!
//! 1. **Old or new, never neither.** [`WalletFile::save`] returns when the new contents are durable; a crash at any instant
//!    leaves the old or the new contents, whole.
//! 2. **Nothing that is not ours is overwritten**: not a file that exists when one is created, not a foreign or damaged file
//!    under the name of a wallet, not a file that took the wallet's place while it was open.
//! 3. **One program at a time.** An open wallet is locked (by a file beside it, `.lock`); the system unlocks it for a program
//!    that dies.
//! 4. **Only the owner reads**: files have the mode 0600, and nothing but ciphertext and the format's name is in them.
//!
//! | file | what it is |
//! |---|---|
//! | `format` | the bytes of a wallet file |
//! | `seal` | encryption by age |
//! | `disk` | files put in place whole or not at all, and the lock |
//! | [`backup`] | one file that `age -d` opens |
//! | `words` | 24 words for a seed |

pub mod backup;
mod disk;
mod error;
mod format;
mod passphrase;
mod seal;
#[cfg(test)]
mod tests;
mod words;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_ledger::storage::{DiskLock, PrivateDisk};
use zeroize::Zeroizing;

pub use error::FileError;
pub use passphrase::{Passphrase, Strength};
pub use words::{SeedWords, UnknownWord, WordsError};

use disk::WalletDisk;
use format::Head;
use seal::{FileKey, Refused};

/// What to tell somebody who erases a wallet.
pub const ERASING_LEAVES: &str = "The file was overwritten with random bytes and removed. A solid-state disk, a file system with snapshots, \
     and backups may keep older copies; they are encrypted, and open only with the passphrase they were made with.";

/// An open wallet file, locked until this is dropped.
pub struct WalletFile {
    path: PathBuf,
    disk: Arc<dyn WalletDisk>,
    _lock: Box<dyn DiskLock>,
    key: FileKey,
    head: Head,
    strength: Strength,
}

impl core::fmt::Debug for WalletFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WalletFile({})", self.path.display())
    }
}

impl WalletFile {
    /// Makes a wallet file with these contents and locks it; never overwrites. Takes about a second.
    pub fn create(path: &Path, passphrase: &Passphrase, content: &[u8]) -> Result<Self, FileError> {
        Self::create_with(path, passphrase, content, Strength::USUAL)
    }

    /// As [`WalletFile::create`], with another strength.
    pub fn create_with(
        path: &Path,
        passphrase: &Passphrase,
        content: &[u8],
        strength: Strength,
    ) -> Result<Self, FileError> {
        let path = new_name(path)?;
        Self::create_on(Arc::new(PrivateDisk), &path, passphrase, content, strength)
    }

    fn create_on(
        disk: Arc<dyn WalletDisk>,
        path: &Path,
        passphrase: &Passphrase,
        content: &[u8],
        strength: Strength,
    ) -> Result<Self, FileError> {
        let lock = lock(&*disk, path)?;
        let (key, head) = new_key(path, passphrase, strength)?;
        let sealed = key.encrypt(content).map_err(FileError::io("encrypt", path))?;
        disk::create(&*disk, path, &[head.bytes(), &sealed])?;
        Ok(WalletFile { path: path.to_path_buf(), disk, _lock: lock, key, head, strength })
    }

    /// Opens and locks a wallet file; gives what it holds. Takes about a second. What a save left behind that was cut short is
    /// removed.
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<(Self, Zeroizing<Vec<u8>>), FileError> {
        // A wallet reached through a link is locked and replaced where it lies.
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(FileError::Missing { path: path.to_path_buf() });
            }
            Err(error) => return Err(FileError::io("open", path)(error)),
        };
        Self::open_on(Arc::new(PrivateDisk), &path, passphrase)
    }

    fn open_on(
        disk: Arc<dyn WalletDisk>,
        path: &Path,
        passphrase: &Passphrase,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), FileError> {
        // First of all whether it is ours: nothing is made beside a file that is not.
        let missing = || FileError::Missing { path: path.to_path_buf() };
        let start = disk::read(&*disk, path, format::LONGEST_START as u64)?.ok_or_else(missing)?;
        format::begins(path, &start)?;
        let lock = lock(&*disk, path)?;
        let file = disk::read(&*disk, path, u64::MAX)?.ok_or_else(missing)?;
        let (head, sealed) = Head::split(path, &file)?;
        let key = FileKey::open(head.sealed(), passphrase).map_err(refused(path))?;
        let content = key.decrypt(sealed).map_err(|_| damaged_contents(path))?;
        disk::discard(&*disk, &disk::draft_of(path))?;
        let file = WalletFile { path: path.to_path_buf(), disk, _lock: lock, key, head, strength: Strength::USUAL };
        Ok((file, content))
    }

    /// Where the file is, links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The strength of the next change of the passphrase.
    pub fn set_strength(&mut self, strength: Strength) {
        self.strength = strength;
    }

    /// Replaces the contents; durable when this returns. After an error the file holds the old or the new contents, whole, and
    /// saving again is fine. Milliseconds: the passphrase is not needed.
    pub fn save(&mut self, content: &[u8]) -> Result<(), FileError> {
        self.require_own(true)?;
        let sealed = self.key.encrypt(content).map_err(FileError::io("encrypt", &self.path))?;
        disk::replace(&*self.disk, &self.path, &[self.head.bytes(), &sealed])
    }

    /// Whether this is the passphrase, as somebody who was away is asked. Takes about a second.
    pub fn check_passphrase(&self, passphrase: &Passphrase) -> Result<(), FileError> {
        FileKey::open(self.head.sealed(), passphrase).map(|_| ()).map_err(refused(&self.path))
    }

    /// Puts the file under another passphrase and a fresh key, in one step: with the old passphrase, copies of the file made
    /// until now still open, later ones do not. Takes about two seconds.
    pub fn change_passphrase(&mut self, old: &Passphrase, new: &Passphrase) -> Result<(), FileError> {
        self.check_passphrase(old)?;
        let file = self.require_own(false)?;
        let content = self.key.decrypt(&file[self.head.bytes().len()..]).map_err(|_| damaged_contents(&self.path))?;
        let (key, head) = new_key(&self.path, new, self.strength)?;
        let sealed = key.encrypt(&content).map_err(FileError::io("encrypt", &self.path))?;
        let replaced = disk::replace(&*self.disk, &self.path, &[head.bytes(), &sealed]);
        // An error can come after the new file is in its place: what counts is what lies there.
        if replaced.is_ok() || self.lies_there(&head) {
            self.key = key;
            self.head = head;
        }
        replaced
    }

    /// Overwrites the file with random bytes and removes it, its draft and its lock. Tell people [`ERASING_LEAVES`].
    pub fn erase(self) -> Result<(), FileError> {
        self.require_own(false)?;
        let draft = disk::draft_of(&self.path);
        for path in [&draft, &self.path] {
            match self.disk.overwrite(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FileError::io("overwrite", path)(error));
                }
                _ => disk::discard(&*self.disk, path)?,
            }
        }
        disk::discard(&*self.disk, &lock_of(&self.path))?;
        disk::sync_folder_of(&*self.disk, &self.path)
    }

    /// The file as it is, if it is the one that was opened. A missing one may be put back, if `may_be_missing`.
    fn require_own(&self, may_be_missing: bool) -> Result<Vec<u8>, FileError> {
        let head = self.head.bytes();
        let most = if may_be_missing { head.len() as u64 } else { u64::MAX };
        match disk::read(&*self.disk, &self.path, most)? {
            Some(file) if file.starts_with(head) => Ok(file),
            Some(_) => Err(FileError::Replaced { path: self.path.clone() }),
            None if may_be_missing => Ok(Vec::new()),
            None => Err(FileError::Missing { path: self.path.clone() }),
        }
    }

    fn lies_there(&self, head: &Head) -> bool {
        let file = disk::read(&*self.disk, &self.path, head.bytes().len() as u64);
        file.is_ok_and(|file| file.as_deref() == Some(head.bytes()))
    }
}

/// A name for a new file, its folder resolved. Fails if anything has the name, be it a link to nowhere.
fn new_name(path: &Path) -> Result<PathBuf, FileError> {
    let invalid = || FileError::io("create", path)(io::ErrorKind::InvalidFilename.into());
    let name = path.file_name().ok_or_else(invalid)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(FileError::io("open the folder", folder))?;
    let path = folder.join(name);
    if path.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path });
    }
    Ok(path)
}

fn new_key(path: &Path, passphrase: &Passphrase, strength: Strength) -> Result<(FileKey, Head), FileError> {
    let key = FileKey::generate();
    let sealed = key.seal(passphrase, strength).map_err(FileError::io("encrypt", path))?;
    Ok((key, Head::new(&sealed)))
}

fn lock_of(path: &Path) -> PathBuf {
    disk::beside(path, ".lock")
}

fn lock(disk: &dyn WalletDisk, path: &Path) -> Result<Box<dyn DiskLock>, FileError> {
    disk.lock(&lock_of(path)).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => FileError::InUse { path: path.to_path_buf() },
        _ => FileError::io("lock", path)(error),
    })
}

/// For `map_err`, when the box of a whole head does not open.
fn refused(path: &Path) -> impl FnOnce(Refused) -> FileError {
    let path = path.to_path_buf();
    move |refused| match refused {
        Refused::Key => FileError::WrongPassphrase { path },
        Refused::TooMuchWork => FileError::TooMuchWork { path },
        Refused::Foreign | Refused::Damaged => FileError::Damaged { path, what: "the key in it is not readable" },
    }
}

fn damaged_contents(path: &Path) -> FileError {
    FileError::Damaged { path: path.to_path_buf(), what: "its contents are cut off or were changed" }
}
