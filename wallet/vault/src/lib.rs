#![doc = include_str!("../README.md")]

pub mod backup;
mod disk;
mod error;
mod format;
mod passphrase;
mod seal;
#[cfg(test)]
mod tests;

use std::{
    io,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_ledger::storage::{DiskLock, PrivateDisk};
use zeroize::Zeroizing;

pub use error::FileError;
pub use passphrase::{Passphrase, Strength};

use disk::VaultDisk;
use format::Head;
use seal::{FileKey, Refused};

/// A kind of sealed file: what is in its first line, and how its errors speak of it.
pub trait Kind {
    /// The words.
    const TEXT: KindText;
}

/// The words of a [`Kind`].
#[derive(Debug, Clone, Copy)]
pub struct KindText {
    /// The format's name, with which the file begins: ASCII letters and `-`.
    pub name: &'static str,
    /// What people call it: "wallet file".
    pub called: &'static str,
    /// What to do when it is damaged: "restore the wallet from a backup".
    pub remedy: &'static str,
    /// What to do when another program has it open.
    pub close: &'static str,
}

impl KindText {
    pub(crate) fn damaged(&self, path: &Path, what: &'static str) -> FileError {
        FileError::Damaged { path: path.to_path_buf(), what, remedy: self.remedy }
    }
}

/// What to tell somebody who erases a file.
pub const ERASING_LEAVES: &str = "The file was overwritten with random bytes and removed. Earlier versions, which saving replaced, were not \
     overwritten: their blocks stay on the disk until it uses them again. A solid-state disk, a file system with snapshots, and backups may \
     keep older copies too; all of them are encrypted, and open only with the passphrase they were made with.";

/// An open sealed file, locked until this is dropped.
pub struct SealedFile<K> {
    kind: PhantomData<K>,
    path: PathBuf,
    disk: Arc<dyn VaultDisk>,
    _lock: Box<dyn DiskLock>,
    key: FileKey,
    head: Head,
    strength: Strength,
}

impl<K: Kind> core::fmt::Debug for SealedFile<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SealedFile({}: {})", K::TEXT.called, self.path.display())
    }
}

impl<K: Kind> SealedFile<K> {
    /// Makes a file with these contents and locks it; never overwrites. Takes about a second.
    pub fn create(path: &Path, passphrase: &Passphrase, content: &[u8]) -> Result<Self, FileError> {
        Self::create_with(path, passphrase, content, Strength::USUAL)
    }

    /// As [`SealedFile::create`], with another strength.
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
        disk: Arc<dyn VaultDisk>,
        path: &Path,
        passphrase: &Passphrase,
        content: &[u8],
        strength: Strength,
    ) -> Result<Self, FileError> {
        let lock = lock::<K>(&*disk, path)?;
        let (key, head) = new_key::<K>(path, passphrase, strength)?;
        let sealed = key.encrypt(content).map_err(FileError::io("encrypt", path))?;
        disk::create(&*disk, path, &[head.bytes(), &sealed])?;
        Ok(SealedFile { kind: PhantomData, path: path.to_path_buf(), disk, _lock: lock, key, head, strength })
    }

    /// Whether there is a file of this name to be opened, or one that waits to have it again. An empty one is none: it is what a
    /// creation left that was cut short.
    pub fn is_there(path: &Path) -> bool {
        path.metadata().is_ok_and(|file| file.len() > 0) || disk::retired_of(path).exists()
    }

    /// Removes what a creation left that was cut short: a file with nothing in it, and its draft. Any other file stays, also its
    /// draft.
    ///
    /// # Errors
    /// [`FileError::InUse`] while somebody creates it, [`FileError::Io`].
    pub fn discard_unfinished(path: &Path) -> Result<(), FileError> {
        Self::discard_unfinished_on(&PrivateDisk, &in_folder(path)?)
    }

    fn discard_unfinished_on(disk: &dyn VaultDisk, path: &Path) -> Result<(), FileError> {
        let _lock = lock::<K>(disk, path)?;
        if disk::read(disk, path, 1)?.is_some_and(|start| start.is_empty()) {
            disk::discard(disk, &disk::draft_of(path))?;
            disk::discard(disk, path)?;
            disk::sync_folder_of(disk, path)?;
        }
        Ok(())
    }

    /// Opens and locks a file; gives what it holds. Takes about a second. What a save left behind that was cut short is
    /// removed.
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<(Self, Zeroizing<Vec<u8>>), FileError> {
        // A file reached through a link is locked and replaced where it lies.
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => match in_folder(path) {
                Ok(path) if disk::retired_of(&path).exists() => path,
                _ => return Err(FileError::Missing { path: path.to_path_buf() }),
            },
            Err(error) => return Err(FileError::io("open", path)(error)),
        };
        Self::open_on(Arc::new(PrivateDisk), &path, passphrase)
    }

    fn open_on(
        disk: Arc<dyn VaultDisk>,
        path: &Path,
        passphrase: &Passphrase,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), FileError> {
        // First of all whether it is ours: nothing is made beside a file that is not.
        let start = |path: &Path| disk::read(&*disk, path, format::longest_start(&K::TEXT));
        let missing = || FileError::Missing { path: path.to_path_buf() };
        let start = match start(path)? {
            Some(start) => start,
            None => start(&disk::retired_of(path))?.ok_or_else(missing)?,
        };
        format::begins(&K::TEXT, path, &start)?;
        let lock = lock::<K>(&*disk, path)?;
        disk::recover(&*disk, path)?;
        let file = disk::read(&*disk, path, u64::MAX)?.ok_or_else(missing)?;
        let (head, sealed) = Head::split(&K::TEXT, path, &file)?;
        let key = FileKey::open(head.sealed(), passphrase).map_err(refused::<K>(path))?;
        let content = key.decrypt(sealed).map_err(|_| damaged_contents::<K>(path))?;
        disk::finish(&*disk, path)?;
        let strength = Strength::USUAL;
        let file = SealedFile { kind: PhantomData, path: path.to_path_buf(), disk, _lock: lock, key, head, strength };
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

    /// Replaces the contents; durable when this returns. The old ones are not overwritten: the disk has them, encrypted, until it uses
    /// their place again. After an error the file holds the old or the new contents, whole, and
    /// saving again is fine. Milliseconds: the passphrase is not needed.
    pub fn save(&mut self, content: &[u8]) -> Result<(), FileError> {
        self.require_own(true)?;
        let sealed = self.key.encrypt(content).map_err(FileError::io("encrypt", &self.path))?;
        disk::replace(&*self.disk, &self.path, &[self.head.bytes(), &sealed])
    }

    /// Whether this is the passphrase, as somebody who was away is asked. Takes about a second.
    pub fn check_passphrase(&self, passphrase: &Passphrase) -> Result<(), FileError> {
        FileKey::open(self.head.sealed(), passphrase).map(|_| ()).map_err(refused::<K>(&self.path))
    }

    /// Puts the file under another passphrase and a fresh key, in one step: with the old passphrase, copies of the file made
    /// until now still open, later ones do not. Takes about two seconds.
    pub fn change_passphrase(&mut self, old: &Passphrase, new: &Passphrase) -> Result<(), FileError> {
        self.check_passphrase(old)?;
        let file = self.require_own(false)?;
        let content =
            self.key.decrypt(&file[self.head.bytes().len()..]).map_err(|_| damaged_contents::<K>(&self.path))?;
        self.reseal(new, &content, disk::replace)
    }

    /// Replaces the contents so that the old ones cannot be had again from this file: they are put under a fresh key, and the
    /// old file is overwritten with random bytes. Durable when this returns; after a crash the next opening finishes it. Takes
    /// about two seconds. Tell people [`ERASING_LEAVES`].
    pub fn replace_for_good(&mut self, passphrase: &Passphrase, content: &[u8]) -> Result<(), FileError> {
        self.check_passphrase(passphrase)?;
        self.require_own(false)?;
        self.reseal(passphrase, content, disk::replace_for_good)
    }

    fn reseal(&mut self, passphrase: &Passphrase, content: &[u8], replace: Replace) -> Result<(), FileError> {
        let (key, head) = new_key::<K>(&self.path, passphrase, self.strength)?;
        let sealed = key.encrypt(content).map_err(FileError::io("encrypt", &self.path))?;
        let replaced = replace(&*self.disk, &self.path, &[head.bytes(), &sealed]);
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
        for path in [&disk::draft_of(&self.path), &disk::retired_of(&self.path), &self.path] {
            disk::destroy(&*self.disk, path)?;
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

/// How new contents are put in the place of the old ones.
type Replace = fn(&dyn VaultDisk, &Path, &[&[u8]]) -> Result<(), FileError>;

/// The name with its folder resolved.
fn in_folder(path: &Path) -> Result<PathBuf, FileError> {
    let invalid = || FileError::io("create", path)(io::ErrorKind::InvalidFilename.into());
    let name = path.file_name().ok_or_else(invalid)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(folder.canonicalize().map_err(FileError::io("open the folder", folder))?.join(name))
}

/// A name for a new file. Fails if anything has the name, be it a link to nowhere, or a file that waits to have it again.
fn new_name(path: &Path) -> Result<PathBuf, FileError> {
    let path = in_folder(path)?;
    if path.symlink_metadata().is_ok() || disk::retired_of(&path).exists() {
        return Err(FileError::Exists { path });
    }
    Ok(path)
}

fn new_key<K: Kind>(path: &Path, passphrase: &Passphrase, strength: Strength) -> Result<(FileKey, Head), FileError> {
    let key = FileKey::generate();
    let sealed = key.seal(passphrase, strength).map_err(FileError::io("encrypt", path))?;
    Ok((key, Head::new(&K::TEXT, &sealed)))
}

fn lock_of(path: &Path) -> PathBuf {
    disk::beside(path, ".lock")
}

fn lock<K: Kind>(disk: &dyn VaultDisk, path: &Path) -> Result<Box<dyn DiskLock>, FileError> {
    disk.lock(&lock_of(path)).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => FileError::InUse { path: path.to_path_buf(), close: K::TEXT.close },
        _ => FileError::io("lock", path)(error),
    })
}

/// For `map_err`, when the box of a whole head does not open.
fn refused<K: Kind>(path: &Path) -> impl FnOnce(Refused) -> FileError {
    let path = path.to_path_buf();
    move |refused| match refused {
        Refused::Key => FileError::WrongPassphrase { path },
        Refused::TooMuchWork => FileError::TooMuchWork { path },
        Refused::Foreign | Refused::Damaged => K::TEXT.damaged(&path, "the key in it is not readable"),
    }
}

fn damaged_contents<K: Kind>(path: &Path) -> FileError {
    K::TEXT.damaged(path, "its contents are cut off or were changed")
}
