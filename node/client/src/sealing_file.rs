//! The file of a sealing key, for which others encrypt what only its owner may open; readable by its owner only.
//!
//! ```text
//! # Keep this file secret ...
//! hushwatt sealing key, version 1
//! public: 64 hexadecimal digits
//! secret: 64 hexadecimal digits         (a scalar)
//! ```

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{hash::hex, order_seal::SealingKey};
use hushwatt_ledger::storage::write_private_file;
use zeroize::Zeroizing;

use crate::text_file::fields;

const KIND: &str = "hushwatt sealing key";
const VERSION: &str = "1";
/// Far more than the file has.
const MAX_BYTES: u64 = 4_096;

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

fn io_at(action: &'static str, path: &Path) -> impl Fn(io::Error) -> SealingFileError + use<> {
    let path = path.to_path_buf();
    move |source| SealingFileError::Io { action, path: path.clone(), source }
}

/// Writes a sealing key to a new file, durably.
///
/// # Errors
/// [`SealingFileError::Exists`], [`SealingFileError::Io`].
pub fn write_sealing(key: &SealingKey, path: &Path) -> Result<(), SealingFileError> {
    // One buffer with room for all of it: none is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES as usize));
    text.push_str("# Keep this file secret: whoever has it can open everything that was sealed for it.\n");
    text.push_str("hushwatt sealing key, version 1\npublic: ");
    text.push_str(&hex(key.public().as_bytes()));
    text.push_str("\nsecret: ");
    for byte in key.to_bytes().iter() {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
        }
    }
    text.push('\n');
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    write_private_file(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SealingFileError::Exists(path.to_path_buf()),
        _ => io_at("write", path)(error),
    })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_at("write", path))
}

/// Reads a sealing key.
///
/// # Errors
/// [`SealingFileError`]; none quotes the secret.
pub fn read_sealing(path: &Path) -> Result<SealingKey, SealingFileError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SealingFileError::Missing(path.to_path_buf()),
        _ => io_at("read", path)(error),
    })?;
    let mode = fs::metadata(path).map_err(io_at("read", path))?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SealingFileError::Open { path: path.to_path_buf(), mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES as usize));
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(io_at("read", path))?;
    parse(&text).map_err(|wrong| SealingFileError::Format { path: path.to_path_buf(), wrong })
}

/// Never quotes a value: it might be the secret.
fn parse(text: &str) -> Result<SealingKey, &'static str> {
    let wrong = "its lines are not \"hushwatt sealing key, version 1\", public and secret";
    let [public, secret] = fields(text, KIND, VERSION, ["public", "secret"]).map_err(|_| wrong)?;
    let digits = "the secret is not 64 hexadecimal digits";
    let mut bytes = Zeroizing::new([0u8; 32]);
    let mut given = secret.chars().map(|digit| digit.to_digit(16));
    for byte in bytes.iter_mut() {
        let mut digit = || given.next().flatten().ok_or(digits);
        *byte = (digit()? << 4 | digit()?) as u8;
    }
    if given.next().is_some() {
        return Err(digits);
    }
    let key = SealingKey::from_bytes(&bytes).map_err(|_| "the secret is no scalar")?;
    if public != hex(key.public().as_bytes()) {
        return Err("the public key does not belong to the secret: the file was changed");
    }
    Ok(key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
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
