//! The file of a sealing key, for which others encrypt what only its owner may open; readable by its owner only.
//!
//! ```text
//! # Keep this file secret ...
//! hushwatt sealing key, version 1
//! public: 64 hexadecimal digits
//! secret: 64 hexadecimal digits         (a scalar)
//! ```

use std::{
    io,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{hash::hex, order_seal::SealingKey};
use hushwatt_ledger::storage::write_private_file;

use crate::{
    secret_file::{self, Unread, from_hex, push_hex},
    text_file::fields,
};

const KIND: &str = "hushwatt sealing key";
const VERSION: &str = "1";

/// Why there is no sealing key.
#[derive(Debug, thiserror::Error)]
pub enum SealingFileError {
    /// No file.
    #[error("{} is missing: restore it from its backup. Without it nothing can be opened that was sealed for it", .0.display())]
    Missing(PathBuf),
    /// There is one already.
    #[error("{} exists already and is not replaced: something may be sealed for it", .0.display())]
    Exists(PathBuf),
    /// Readable by others.
    #[error(
        "{} may be read by other users of this machine (mode {mode:04o}): run \"chmod 600 {}\"; whoever had access can open what was sealed for it",
        path.display(), path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not such a file.
    #[error("{} is no file of a sealing key ({wrong}): restore it from its backup", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn io_at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SealingFileError {
    let path = path.to_path_buf();
    move |source| SealingFileError::Io { action, path, source }
}

/// Writes a sealing key to a new file, durably.
///
/// # Errors
/// [`SealingFileError::Exists`], [`SealingFileError::Io`].
pub fn write_sealing(key: &SealingKey, path: &Path) -> Result<(), SealingFileError> {
    let mut text = secret_file::buffer();
    text.push_str("# Keep this file secret: whoever has it can open everything that was sealed for it.\n");
    text.push_str("hushwatt sealing key, version 1\npublic: ");
    text.push_str(&hex(key.public().as_bytes()));
    text.push_str("\nsecret: ");
    push_hex(&mut text, &key.to_bytes()[..]);
    text.push('\n');
    write_private_file(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SealingFileError::Exists(path.to_path_buf()),
        _ => io_at("write", path)(error),
    })
}

/// Reads a sealing key.
///
/// # Errors
/// [`SealingFileError`]; none quotes the secret.
pub fn read_sealing(path: &Path) -> Result<SealingKey, SealingFileError> {
    let format = |wrong| SealingFileError::Format { path: path.to_path_buf(), wrong };
    let text = secret_file::read(path).map_err(|error| match error {
        Unread::Open(mode) => SealingFileError::Open { path: path.to_path_buf(), mode },
        Unread::NotText => format("it is no short text"),
        Unread::Io(error) if error.kind() == io::ErrorKind::NotFound => SealingFileError::Missing(path.to_path_buf()),
        Unread::Io(error) => io_at("read", path)(error),
    })?;
    parse(&text).map_err(format)
}

/// Never quotes a value: it might be the secret.
fn parse(text: &str) -> Result<SealingKey, &'static str> {
    let wrong = "its lines are not \"hushwatt sealing key, version 1\", public and secret";
    let [public, secret] = fields(text, KIND, VERSION, ["public", "secret"]).map_err(|_| wrong)?;
    let bytes = from_hex(secret).ok_or("the secret is not 64 hexadecimal digits")?;
    let key = SealingKey::from_bytes(&bytes).map_err(|_| "the secret is no scalar")?;
    if public != hex(key.public().as_bytes()) {
        return Err("the public key does not belong to the secret: the file was changed");
    }
    Ok(key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use rand_core::OsRng;

    use super::*;

    #[test]
    fn a_sealing_key_is_read_back_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.key");
        assert!(matches!(read_sealing(&path), Err(SealingFileError::Missing(_))));
        let key = SealingKey::random(&mut OsRng);
        write_sealing(&key, &path).unwrap();
        assert_eq!(read_sealing(&path).unwrap().public(), key.public());
        assert!(matches!(write_sealing(&key, &path), Err(SealingFileError::Exists(_))));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_sealing_key_that_others_may_read_or_that_was_changed_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.key");
        write_sealing(&SealingKey::random(&mut OsRng), &path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let secret = text.trim_end().rsplit(' ').next().unwrap().to_owned();
        let cases = [
            text.replace("version 1", "version 2"),
            text.replace("sealing key", "another key"),
            text.replace("secret: ", "secret: 00"),
            text.replace(&secret, &secret[1..]),
            text.replace(&secret, &"f".repeat(64)),
            text.replace(&secret, &format!("01{}", "0".repeat(62))),
            format!("{text}more: 1\n"),
        ];
        for text in cases {
            fs::write(&path, &text).unwrap();
            let error = read_sealing(&path).unwrap_err();
            assert!(
                matches!(error, SealingFileError::Format { .. }) && !error.to_string().contains(&secret[1..]),
                "{error}"
            );
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read_sealing(&path), Err(SealingFileError::Open { mode: 0o640, .. })));
    }
}
