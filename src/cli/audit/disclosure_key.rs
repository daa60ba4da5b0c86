//! `hushwatt audit disclosure-key`: the key that answers to a verifier's requests are meant for.
//!
//! ```text
//! # Keep this file secret ...
//! hushwatt disclosure key, version 1
//! public: hwverify1...
//! secret: 64 hexadecimal digits         (a scalar)
//! ```

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use hushwatt_client::{
    secret_file::{self, Unread, from_hex, push_hex},
    text_file::fields,
};
use hushwatt_crypto::designated::VerifierSecret;
use hushwatt_ledger::storage::write_private_file;
use rand_core::OsRng;

use crate::cli::{fail, say};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit disclosure-key --out ~/requests.key
  hushwatt audit request shared --from 2026-01-01 --until 2027-01-01 --key ~/requests.key --name \"Tax office\" ...

One key is enough for all your requests and all communities. What households answer convinces who has this key, and nobody else:
with it anybody can make such answers, of anything. So keep it to yourself: who else has it can deceive you.";

const KIND: &str = "hushwatt disclosure key";
const VERSION: &str = "1";

/// Arguments of `hushwatt audit disclosure-key`.
#[derive(Args)]
pub(super) struct DisclosureKeyArguments {
    /// Write the key into this new file, which only you may read
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum DisclosureKeyError {
    #[error("{} is missing: restore it from its backup, or make a key with \"hushwatt audit disclosure-key\"", .0.display())]
    Missing(PathBuf),
    #[error("{} exists already and is not replaced: a key cannot be made again. Write to another file", .0.display())]
    Exists(PathBuf),
    #[error("could not write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("could not read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{} may be read by other users of this machine (mode {mode:04o}): run \"chmod 600 {}\"; if others had access, make a new key",
        path.display(), path.display()
    )]
    Open { path: PathBuf, mode: u32 },
    #[error("{} is no disclosure key ({wrong}): restore it from its backup, or make a new one with \"hushwatt audit disclosure-key\"", path.display())]
    Format { path: PathBuf, wrong: &'static str },
    #[error("no key was made: {0}")]
    Crypto(#[from] hushwatt_crypto::CryptoError),
}

pub(super) fn run(arguments: &DisclosureKeyArguments) -> ExitCode {
    match make(&arguments.out) {
        Ok(public) => {
            say(&format!("Written: {}\nPublic:  {public}", arguments.out.display()));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn make(path: &Path) -> Result<String, DisclosureKeyError> {
    let key = VerifierSecret::random(&mut OsRng)?;
    let public = key.key().encode();
    let mut text = secret_file::buffer();
    text.push_str("# Keep this file secret: whoever has it can make every answer to this verifier's requests.\n");
    text.push_str(KIND);
    text.push_str(", version 1\npublic: ");
    text.push_str(&public);
    text.push_str("\nsecret: ");
    push_hex(&mut text, &key.to_bytes()[..]);
    text.push('\n');
    write_private_file(path, text.as_bytes()).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => DisclosureKeyError::Exists(path.to_path_buf()),
        _ => DisclosureKeyError::Write { path: path.to_path_buf(), source },
    })?;
    Ok(public)
}

/// Reads a key's file; nobody else may be able to.
pub(super) fn read(path: &Path) -> Result<VerifierSecret, DisclosureKeyError> {
    let format = |wrong| DisclosureKeyError::Format { path: path.to_path_buf(), wrong };
    let text = secret_file::read(path).map_err(|error| match error {
        Unread::Open(mode) => DisclosureKeyError::Open { path: path.to_path_buf(), mode },
        Unread::NotText => format("it is no short text"),
        Unread::Io(error) if error.kind() == io::ErrorKind::NotFound => DisclosureKeyError::Missing(path.to_path_buf()),
        Unread::Io(source) => DisclosureKeyError::Read { path: path.to_path_buf(), source },
    })?;
    parse(&text).map_err(format)
}

/// Never quotes a value: it might be the secret.
fn parse(text: &str) -> Result<VerifierSecret, &'static str> {
    let wrong = "its lines are not \"hushwatt disclosure key, version 1\", public and secret";
    let [public, secret] = fields(text, KIND, VERSION, ["public", "secret"]).map_err(|_| wrong)?;
    let bytes = from_hex(secret).ok_or("the secret is not 64 hexadecimal digits")?;
    let key = VerifierSecret::from_bytes(&bytes).map_err(|_| "the secret is no scalar")?;
    if public != key.key().encode() {
        return Err("the public key does not belong to the secret: the file was changed");
    }
    Ok(key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_key_is_made_once_read_back_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests.key");
        assert!(matches!(read(&path), Err(DisclosureKeyError::Missing(_))));
        assert!(read(&path).err().unwrap().to_string().contains("hushwatt audit disclosure-key"));
        assert!(matches!(read(folder.path()), Err(DisclosureKeyError::Open { .. } | DisclosureKeyError::Read { .. })));
        let public = make(&path).unwrap();
        assert!(public.starts_with("hwverify1"));
        assert_eq!(read(&path).unwrap().key().encode(), public);
        assert!(matches!(make(&path), Err(DisclosureKeyError::Exists(_))));
        let nowhere = folder.path().join("no-such-folder/key");
        assert!(matches!(make(&nowhere), Err(DisclosureKeyError::Write { .. })));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_may_read_or_that_was_changed_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests.key");
        make(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let secret = text.trim_end().rsplit(' ').next().unwrap().to_owned();
        let cases = [
            text.replace("version 1", "version 2"),
            text.replace("disclosure key", "another key"),
            text.replace("secret: ", "secret: 00"),
            text.replace(&secret, &"0".repeat(64)),
            text.replace(&secret, &"f".repeat(64)),
            text.replace(&secret, &format!("01{}", "0".repeat(62))),
            text.replace(&secret, "no digits"),
            String::new(),
            text.repeat(100),
        ];
        for case in cases {
            fs::write(&path, &case).unwrap();
            let error = read(&path).err().unwrap();
            assert!(matches!(error, DisclosureKeyError::Format { .. }), "{error}");
            assert!(!error.to_string().contains(&secret));
        }
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(DisclosureKeyError::Open { mode: 0o640, .. })));
    }
}
