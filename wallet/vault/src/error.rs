//! What can go wrong with a sealed file or a backup, one variant for each thing, with what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a sealed file or a backup was not read or written. Whatever the variant: no other file was overwritten, and the sealed
/// file holds what it held or, after a failed save, whole old or whole new contents.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing has this name.
    #[error("there is no file {}; check the name, or make it first, new or from a backup", path.display())]
    Missing {
        /// The name.
        path: PathBuf,
    },
    /// The name is taken.
    #[error("{} exists already and was left as it is; choose another name, or move that file away", path.display())]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// The file does not begin as one of its kind does.
    #[error("{} is not a {wanted} of hushwatt; it was left as it is: check the name", path.display())]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
    },
    /// The file is not encrypted with a passphrase in the age format.
    #[error("{} is not a backup (a file encrypted by age with a passphrase); check the name", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// A file of a format that this program does not know.
    #[error(
        "{} has format {found}, this program reads format {known}; it was left as it is: use the version of hushwatt that wrote it, or a newer one",
        path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
        /// The format known here.
        known: u32,
    },
    /// A passphrase must have at least one character.
    #[error("the passphrase is empty; a file without one would be open to everybody who can read it")]
    EmptyPassphrase,
    /// The file is whole, so it is the passphrase that is wrong.
    #[error("wrong passphrase for {}; mind the case of letters and the keyboard's language", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// A backup cannot tell a wrong passphrase from damage in its first lines: age has no checksum there.
    #[error(
        "the passphrase does not open {}: it is another one (mind the case of letters and the keyboard's language), or the first lines of the file are damaged",
        path.display()
    )]
    BackupRefused {
        /// The file.
        path: PathBuf,
    },
    /// The file is one of ours, but not as it was written.
    #[error(
        "{} is damaged: {what}. It was left as it is; keep a copy, and {remedy}",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Opening the file would take minutes and gigabytes.
    #[error(
        "{} asks for more work to test a passphrase than this program is willing to do; encrypt it again with age's usual strength",
        path.display()
    )]
    TooMuchWork {
        /// The file.
        path: PathBuf,
    },
    /// Another program, or another window of this one, has the file open.
    #[error("{} is in use by another program; {close}", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// How to close it there.
        close: &'static str,
    },
    /// Something else was put in the place of the open file.
    #[error(
        "{} was replaced by another file while it was open; that file was left as it is and nothing was saved: move it away and save again, or close this one",
        path.display()
    )]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// No space is left.
    #[error("the disk is full: {} could not be written; what it held before is still there. Free some space and try again", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused a file operation.
    #[error("could not {action} {}: {source}; check the disk and the permissions", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FileError {
    /// For `map_err`: names what was being done to which file.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }
}
