//! Key files: one secret key each, readable by its owner only, never printed.
//!
//! ```text
//! # Keep this file secret ...
//! hushwatt key, version 1
//! role: validator
//! public: 64 hexadecimal digits
//! secret: 64 hexadecimal digits
//! ```
//!
//! The secret passes through buffers that are wiped.

use std::{
    io,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{
    NetworkId, Rng,
    hash::hex,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::storage::{make_private_folder, write_private_file};

use crate::{
    KeyRole,
    secret_file::{self, Unread, from_hex, push_hex},
    text_file::{Wrong, fields},
};

const KIND: &str = "hushwatt key";
const VERSION: &str = "1";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error("there is no key at {}: make one with \"hushwatt node key new\", or restore it from its backup", .0.display())]
    Missing(PathBuf),
    /// Not readable by this user.
    #[error("the key {} is not readable by this user: run as the user that owns it, or give it to this one with chown", .0.display())]
    Unreadable(PathBuf),
    /// Readable by others.
    #[error(
        "the key {} may be read by other users of this machine (mode {mode:04o}): run \"chmod 600 {}\"; if others had access, make a new key and have the old one removed",
        path.display(), path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Another file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of that name is there.
    #[error("{} exists already and is not replaced: a lost validator key cannot be made again. Move it away first if you are sure", .0.display())]
    Exists(PathBuf),
    /// Not a key file.
    #[error("{} is no hushwatt key file: {wrong}; restore it from its backup", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        wrong: String,
    },
    /// The key of somebody else.
    #[error("{} holds a {found}'s key, and a {wanted}'s is needed: give the right file", path.display())]
    Role {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: KeyRole,
        /// Whose it should be.
        wanted: KeyRole,
    },
}

/// A key with what it is for.
#[derive(Debug)]
pub struct KeyFile {
    /// Whose.
    pub role: KeyRole,
    /// The key; prints nothing.
    pub key: SigningKey,
}

impl KeyFile {
    /// The usual name of a role's key file.
    pub fn file_name(role: KeyRole) -> String {
        format!("{role}.key")
    }

    /// A fresh key.
    pub fn random(role: KeyRole, rng: &mut impl Rng) -> Self {
        KeyFile { role, key: SigningKey::random(rng) }
    }

    /// The line to hand to others: the role, a colon, and the public key in hexadecimal.
    pub fn public_line(&self) -> String {
        format!("{}:{}", self.role, hex(self.key.verifying_key().as_bytes()))
    }

    /// Writes a new file that only its owner may read, durably, and the folders above it. Never replaces one.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_private_folder(folder).map_err(|source| KeyError::Io {
                action: "create the folder",
                path: folder.to_path_buf(),
                source,
            })?;
        }
        let mut text = secret_file::buffer();
        text.push_str("# Keep this file secret and on one machine only: whoever has it acts as this ");
        text.push_str(&self.role.to_string());
        text.push_str(".\nhushwatt key, version 1\nrole: ");
        text.push_str(&self.role.to_string());
        text.push_str("\npublic: ");
        text.push_str(&hex(self.key.verifying_key().as_bytes()));
        text.push_str("\nsecret: ");
        push_hex(&mut text, &self.key.to_bytes()[..]);
        text.push('\n');
        write_private_file(path, text.as_bytes()).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_path_buf()),
            _ => KeyError::Io { action: "write", path: path.to_path_buf(), source },
        })
    }

    /// Reads a key file of this role, if nobody else may read it.
    pub fn read(path: &Path, wanted: KeyRole) -> Result<Self, KeyError> {
        let file = Self::read_any(path)?;
        if file.role != wanted {
            return Err(KeyError::Role { path: path.to_path_buf(), found: file.role, wanted });
        }
        Ok(file)
    }

    /// The same of any role.
    pub fn read_any(path: &Path) -> Result<Self, KeyError> {
        let format = |wrong| KeyError::Format { path: path.to_path_buf(), wrong };
        let text = secret_file::read(path).map_err(|error| match error {
            Unread::Open(mode) => KeyError::Open { path: path.to_path_buf(), mode },
            Unread::NotText => format("it is no short text".to_owned()),
            Unread::Io(source) => match source.kind() {
                io::ErrorKind::NotFound => KeyError::Missing(path.to_path_buf()),
                io::ErrorKind::PermissionDenied => KeyError::Unreadable(path.to_path_buf()),
                _ => KeyError::Io { action: "read", path: path.to_path_buf(), source },
            },
        })?;
        Self::parse(&text).map_err(format)
    }

    /// Never quotes a value: it might be the secret.
    fn parse(text: &str) -> Result<Self, String> {
        let [role, public, secret] =
            fields(text, KIND, VERSION, ["role", "public", "secret"]).map_err(|wrong| match wrong {
                Wrong::Kind => "it does not begin with \"hushwatt key, version 1\"".to_owned(),
                Wrong::Version(found) if found.len() < 8 => {
                    format!("it has version {found}, and this program reads version {VERSION}")
                }
                Wrong::Version(_) | Wrong::More => "it has lines that do not belong there".to_owned(),
                Wrong::Field(name) => format!("the line \"{name}: ...\" is missing or out of place"),
            })?;
        let role: KeyRole = role.parse()?;
        let bytes = from_hex(secret).ok_or("the secret is not 64 hexadecimal digits")?;
        let key = SigningKey::from_bytes(&bytes);
        if public != hex(key.verifying_key().as_bytes()) {
            return Err("the public key does not belong to the secret: the file was changed".to_owned());
        }
        Ok(KeyFile { role, key })
    }
}

/// Reads a public key as it is handed around: `validator:` and 64 hexadecimal digits, or the digits alone.
pub fn parse_public_key(text: &str, wanted: KeyRole) -> Result<VerifyingKey, String> {
    let Some((role, digits)) = text.trim().split_once(':') else { return parse_key_digits(text) };
    let role: KeyRole = role.parse()?;
    if role != wanted {
        return Err(format!("this is a {role}'s key, and a {wanted}'s is needed: ask for the right line"));
    }
    parse_key_digits(digits)
}

/// Reads the 64 hexadecimal digits of a public key.
fn parse_key_digits(text: &str) -> Result<VerifyingKey, String> {
    let digits = text.trim();
    let bytes: NetworkId = digits.parse().map_err(|_| {
        let count = digits.chars().count();
        format!("a public key is 64 hexadecimal digits, and this has {count} characters: ask for the line again")
    })?;
    let mistyped = "these 64 digits are no usable public key: one of them was mistyped; ask for the line again";
    VerifyingKey::decode(&bytes.0).map_err(|_| mistyped.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use rand_core::OsRng;

    use super::*;

    #[test]
    fn a_key_survives_its_file_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/validator.key");
        let made = KeyFile::random(KeyRole::Validator, &mut OsRng);
        made.write_new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = KeyFile::read(&path, KeyRole::Validator).unwrap();
        assert_eq!(*read.key.to_bytes(), *made.key.to_bytes());
        assert!(!format!("{made:?}").contains(&hex(&made.key.to_bytes()[..])));
        assert!(matches!(made.write_new(&path), Err(KeyError::Exists(_))));
        assert!(matches!(KeyFile::read(&path, KeyRole::Treasury), Err(KeyError::Role { .. })));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(KeyFile::read_any(&path), Err(KeyError::Open { mode: 0o640, .. })));
        assert!(matches!(KeyFile::read_any(folder.path().join("no").as_path()), Err(KeyError::Missing(_))));
    }

    #[test]
    fn a_damaged_key_file_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("treasury.key");
        KeyFile::random(KeyRole::Treasury, &mut OsRng).write_new(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let secret = text.trim_end().rsplit(' ').next().unwrap().to_owned();
        let flipped = if secret.starts_with('0') { '1' } else { '0' };
        let cases = [
            (text.replace("version 1", "version 2"), "version 2"),
            (text.replace("hushwatt key", "another key"), "does not begin"),
            (text.replace("role: treasury", "role: king"), "no role of a key"),
            (text.replace("secret: ", "secret: 00"), "64 hexadecimal digits"),
            (text.replace(&secret, &secret[1..]), "64 hexadecimal digits"),
            (text.replace(&secret, &format!("{flipped}{}", &secret[1..])), "does not belong"),
            (text.replace("public: ", "pubic: "), "\"public: ...\""),
            (format!("{text}more: 1\n"), "do not belong there"),
        ];
        for (text, expected) in cases {
            let error = KeyFile::parse(&text).unwrap_err();
            assert!(error.contains(expected) && !error.contains(&secret[1..]), "{error}");
        }
        fs::write(&path, [0xff]).unwrap();
        assert!(matches!(KeyFile::read_any(&path), Err(KeyError::Format { .. })));
    }

    #[test]
    fn a_public_key_is_read_with_and_without_its_role_and_never_as_another() {
        let made = KeyFile::random(KeyRole::Registrar, &mut OsRng);
        let line = made.public_line();
        let key = made.key.verifying_key();
        assert_eq!(parse_public_key(&line, KeyRole::Registrar), Ok(key));
        assert_eq!(parse_public_key(&hex(key.as_bytes()), KeyRole::Validator), Ok(key));
        for (wrong, expected) in [
            (line.as_str(), "a registrar's key, and a validator's"),
            ("validator:00", "this has 2 characters"),
            (&"0".repeat(64), "mistyped"),
        ] {
            assert!(parse_public_key(wrong, KeyRole::Validator).unwrap_err().contains(expected), "{wrong}");
        }
    }
}
