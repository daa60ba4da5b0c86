//! The disk of a household's programs: files that only their owner may read.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError},
    io::{self, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use super::disk::{Disk, DiskFile, DiskLock, RealDisk, RealLock, folder_of};

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

/// Writes a file that is not there yet and that only its owner may read: durably, and whole or not at all. Of many who write the
/// same file at once exactly one does. What a crash leaves is a draft ([`is_private_draft`]); the next that writes the same
/// file takes it away.
///
/// On a file system without links (exFAT) the draft is renamed instead, if the name is still free just before: of two who write
/// the same file there at the same instant both may be told that they did, and the file is the later one's, whole. Where the
/// system cannot keep a file to its owner, it is refused.
///
/// # Errors
/// What the system says; `AlreadyExists` for a file that is there, which stays as it is.
pub fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    drop_private_drafts(path)?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let (draft, mut file) = new_draft(path)?;
    let named =
        write_draft(&mut file, bytes).and_then(|()| name_draft(&draft, path, |from, to| fs::hard_link(from, to)));
    // Also after an error: a draft of a secret does not stay.
    remove_if_there(&draft).and(named)?;
    RealDisk.sync_dir(folder_of(path))
}

/// Whether a file of this name, in the same folder, is a draft of [`write_private_file`]: `<name>.new`, or with a number,
/// `<name>.1.new`.
pub fn is_private_draft(name: &OsStr, of: &Path) -> bool {
    let of = of.file_name().unwrap_or_default().as_bytes();
    let between = name.as_bytes().strip_prefix(of).and_then(|rest| rest.strip_suffix(b".new"));
    between.is_some_and(|between| match between.split_first() {
        None => true,
        Some((dot, number)) => *dot == b'.' && !number.is_empty() && number.iter().all(u8::is_ascii_digit),
    })
}

/// The first entry of a folder that is neither known nor a draft ([`is_private_draft`]) of one of these files: something that no
/// making of the folder leaves when it is cut short. `None` also if there is no folder.
///
/// # Errors
/// What the system says.
pub fn foreign_entry(
    folder: &Path,
    files: &[PathBuf],
    is_known: impl Fn(&Path) -> bool,
) -> io::Result<Option<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let is_draft = || is_file && files.iter().any(|file| is_private_draft(&entry.file_name(), file));
        let path = folder.join(entry.file_name());
        if !is_known(&path) && !is_draft() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Whether this is a folder in which there is nothing but folders of that kind.
pub fn is_empty_folder(path: &Path) -> bool {
    let is_empty = |entry: io::Result<fs::DirEntry>| entry.is_ok_and(|entry| is_empty_folder(&entry.path()));
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
        && fs::read_dir(path).is_ok_and(|mut entries| entries.all(is_empty))
}

/// Removes the drafts of a file that crashes left. One that is being written stays: whoever writes it holds its lock. (Where the
/// file system has no locks all stay.)
///
/// # Errors
/// What the system says.
pub fn drop_private_drafts(path: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !is_private_draft(&entry.file_name(), path) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let draft = entry.path();
        let file = match private().open(&draft) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        if file.try_lock().is_ok() && is_named(&file, &draft) {
            remove_if_there(&draft)?;
        }
    }
    Ok(())
}

/// Far more drafts than are ever written of a file at a time.
const MOST_DRAFTS: u32 = 1_000;

/// An empty draft of a file under a name of its own, locked for as long as it is open.
fn new_draft(path: &Path) -> io::Result<(PathBuf, File)> {
    for number in 0..MOST_DRAFTS {
        let mut name = path.as_os_str().to_owned();
        if number > 0 {
            name.push(format!(".{number}"));
        }
        name.push(".new");
        let draft = PathBuf::from(name);
        let file = match private().create_new(true).open(&draft) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        // Whoever looked at it before it was locked takes it for one that a crash left.
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && is_named(&file, &draft) {
            return Ok((draft, file));
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Whether the open file still has this name.
fn is_named(file: &File, path: &Path) -> bool {
    let named = fs::symlink_metadata(path).and_then(|named| Ok(identity(&named) == identity(&file.metadata()?)));
    named.unwrap_or(false)
}

/// Keeps a file to its owner, whatever the mask that the program was started with.
fn keep_to_owner(file: &File) -> io::Result<()> {
    // Some file systems have one mode for all files, which is well if it is this one; that the owner may execute it does no harm.
    if file.metadata()?.mode() & 0o677 == OWNER_ONLY {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))
}

fn write_draft(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    keep_to_owner(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives a whole draft its name, if nothing has it.
fn name_draft(draft: &Path, path: &Path, link: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    // Unlike a renaming, a link replaces nothing.
    match link(draft, path) {
        // So says a file system that has no links.
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {}
        named => return named,
    }
    match fs::symlink_metadata(path) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(draft, path),
        Err(error) => Err(error),
    }
}

/// Removes a file; fine when there is none.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Which file of this machine it is, whatever its name.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl Disk for PrivateDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        RealDisk.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file: File = private().create_new(true).open(path)?;
        keep_to_owner(&file)?;
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
            let named = fs::metadata(path).ok().map(|named| identity(&named));
            let locked = identity(&file.metadata()?);
            let lock = RealLock(file);
            if named == Some(locked) {
                return Ok(Box::new(lock));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_private_file_is_whole_and_its_owners_only_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        write_private_file(&path, b"first").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        assert_eq!(fs::metadata(&path).unwrap().nlink(), 1);
        let error = write_private_file(&path, b"second").unwrap_err();
        assert_eq!((error.kind(), fs::read(&path).unwrap()), (io::ErrorKind::AlreadyExists, b"first".to_vec()));
        // Neither is a link that leads nowhere followed.
        let link = folder.path().join("b.key");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        assert_eq!(write_private_file(&link, b"third").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft stays");
    }

    #[test]
    fn what_a_crash_left_of_a_private_file_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let drafts = ["a.key.new", "a.key.7.new"].map(|name| folder.path().join(name));
        // Before its name: anything may be in the draft, and whoever made it may have let others read it.
        for draft in &drafts {
            fs::write(draft, b"fir").unwrap();
            fs::set_permissions(draft, Permissions::from_mode(0o666)).unwrap();
        }
        write_private_file(&path, b"first").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        assert!(!drafts.iter().any(|draft| draft.exists()));
        // After its name.
        fs::hard_link(&path, &drafts[1]).unwrap();
        assert_eq!(write_private_file(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert!(!drafts[1].exists());
        // What is no draft of this file stays.
        for name in ["a.key.old", "b.key.new", "a.key.x.new", "a.key..new", "a.keys.new"] {
            fs::write(folder.path().join(name), b"somebody's").unwrap();
            drop_private_drafts(&path).unwrap();
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_draft_that_is_being_written_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let (draft, mut file) = new_draft(&path).unwrap();
        file.write_all(b"fir").unwrap();
        write_private_file(&path, b"second").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&draft).unwrap()), (b"second".to_vec(), b"fir".to_vec()));
        let link = |from: &Path, to: &Path| fs::hard_link(from, to);
        assert_eq!(name_draft(&draft, &path, link).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        // Whoever wrote it is dead now.
        drop(file);
        drop_private_drafts(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), draft.exists()), (b"second".to_vec(), false));
    }

    #[test]
    fn where_there_are_no_links_a_draft_is_renamed_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (draft, path) = (folder.path().join("a.key.new"), folder.path().join("a.key"));
        for kind in [io::ErrorKind::Unsupported, io::ErrorKind::PermissionDenied] {
            let no_links = |_: &Path, _: &Path| Err(kind.into());
            fs::write(&draft, b"first").unwrap();
            name_draft(&draft, &path, no_links).unwrap();
            assert_eq!((fs::read(&path).unwrap(), draft.exists()), (b"first".to_vec(), false));
            fs::write(&draft, b"second").unwrap();
            assert_eq!(name_draft(&draft, &path, no_links).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&path).unwrap(), b"first");
            fs::remove_file(&path).unwrap();
        }
        let full = name_draft(&draft, &path, |_, _| Err(io::ErrorKind::StorageFull.into()));
        assert_eq!((full.unwrap_err().kind(), path.exists()), (io::ErrorKind::StorageFull, false));
    }

    #[test]
    fn of_many_that_write_one_private_file_exactly_one_does() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = folder.path().join(format!("{round}.key"));
            let write = |byte: u8| write_private_file(&path, &vec![byte; 4_096]).map_err(|error| error.kind());
            let done: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (1..=3).map(|byte| scope.spawn(move || write(byte))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
            assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(io::ErrorKind::AlreadyExists))), "{done:?}");
            let place = done.iter().position(|done| done.is_ok()).unwrap();
            assert_eq!(fs::read(&path).unwrap(), vec![place as u8 + 1; 4_096]);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 50, "no draft stays");
    }
}
