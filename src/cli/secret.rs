//! Passphrases: from a file, or typed without being shown. Questions go to standard error, so that standard output is the result
//! alone.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use hushwatt_wallet::file::{FileError, Passphrase};
use zeroize::Zeroizing;

/// Letters below which a passphrase is easily guessed by whoever gets the file.
const SHORT: usize = 12;
/// How often a passphrase and its repetition may differ.
const TRIES: usize = 3;
/// Longest file with a passphrase.
const MAX_PASSPHRASE: u64 = 4096;

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error(transparent)]
    Refused(#[from] FileError),
    #[error(
        "there is no terminal to ask at: put the passphrase into a file that only you may read, and give --passphrase-file FILE"
    )]
    NoTerminal,
    #[error("nothing was done")]
    Declined,
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
}

/// A passphrase, typed without being shown.
pub(crate) fn passphrase(prompt: &str) -> Result<Passphrase, SecretError> {
    Ok(Passphrase::new(hidden(prompt)?.as_str())?)
}

/// Anything typed without being shown.
pub(crate) fn hidden(prompt: &str) -> Result<Zeroizing<String>, SecretError> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| SecretError::NoTerminal)
}

/// A new passphrase, typed twice.
pub(crate) fn new_passphrase(what: &str) -> Result<Passphrase, SecretError> {
    for _ in 0..TRIES {
        let first = hidden(&format!("Passphrase for {what}: "))?;
        let taken = Passphrase::new(first.as_str())?;
        if first.chars().count() < SHORT {
            eprintln!(
                "remark: this is short. Whoever copies the file can try many: four or five random words are better."
            );
        }
        if *hidden("The same once more: ")? == *first {
            return Ok(taken);
        }
        eprintln!("These were not the same: please try again.");
    }
    Err(SecretError::Declined)
}

/// The first line of a file, exactly.
pub(crate) fn read_passphrase(path: &Path) -> Result<Passphrase, SecretError> {
    let text = read_secret(path)?;
    let line = text.split('\n').next().unwrap_or_default();
    Ok(Passphrase::new(line.strip_suffix('\r').unwrap_or(line))?)
}

/// A short file whose content is wiped afterwards.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_PASSPHRASE as usize));
    let opened = fs::File::open(path).and_then(|file| file.take(MAX_PASSPHRASE).read_to_string(&mut text));
    opened.map_err(|source| SecretError::Read { path: path.to_path_buf(), source })?;
    Ok(text)
}

/// A word for scripts; `other_kind` for a file that is something else.
pub(crate) fn file_kind(error: &FileError, other_kind: &'static str) -> &'static str {
    match error {
        FileError::Missing { .. } => "missing",
        FileError::Exists { .. } => "exists",
        FileError::OtherKind { .. } => other_kind,
        FileError::NotABackup { .. } => "not_a_backup",
        FileError::OtherVersion { .. } => "other_version",
        FileError::EmptyPassphrase => "empty_passphrase",
        FileError::WrongPassphrase { .. } | FileError::BackupRefused { .. } => "wrong_passphrase",
        FileError::Damaged { .. } => "damaged",
        FileError::TooMuchWork { .. } => "too_much_work",
        FileError::InUse { .. } => "in_use",
        FileError::Replaced { .. } => "replaced",
        FileError::DiskFull { .. } => "disk_full",
        FileError::Io { .. } => "io",
    }
}
