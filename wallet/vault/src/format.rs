//! The bytes of a sealed file, version 1:
//!
//! ```text
//! NAME 1\n                the kind's name (`hushwatt-wallet`) and the version, as text
//! u32                     length of the box, little-endian
//! box                     the file's own key (a key pair of age, as text), encrypted by age with the passphrase
//! 16 bytes                SHA-256 of all of the above, cut: tells damage from a wrong passphrase
//! the rest                the contents, encrypted by age to the file's own key
//! ```
//!
//! So a save costs no passphrase work. The public half of the key is nowhere in the file: who can write to the disk but does
//! not know the passphrase can damage the contents or put back older ones, not make up new ones.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{FileError, KindText};

/// The format that this program writes and reads.
const VERSION: u32 = 1;
/// Longest version number that is still taken for one.
const VERSION_DIGITS: usize = 10;
/// Bytes of the checksum.
const CHECK: usize = 16;

/// Everything before the contents: name, version, box and checksum, as they are in the file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Head {
    bytes: Vec<u8>,
    sealed: core::ops::Range<usize>,
}

impl Head {
    /// Around a box.
    pub(crate) fn new(kind: &KindText, sealed: &[u8]) -> Self {
        let mut bytes = format!("{} {VERSION}\n", kind.name).into_bytes();
        bytes.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
        let start = bytes.len();
        bytes.extend_from_slice(sealed);
        let end = bytes.len();
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        Head { bytes, sealed: start..end }
    }

    /// As written in the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The box with the file's own key.
    pub(crate) fn sealed(&self) -> &[u8] {
        &self.bytes[self.sealed.clone()]
    }

    /// Splits a file into head and encrypted contents. Total: says what is wrong with any bytes.
    pub(crate) fn split<'a>(kind: &KindText, path: &Path, file: &'a [u8]) -> Result<(Self, &'a [u8]), FileError> {
        let damaged = |what| kind.damaged(path, what);
        let start = begins(kind, path, file)?;
        let (length, rest) = file[start..].split_first_chunk().ok_or_else(|| damaged(CUT))?;
        let length = u32::from_le_bytes(*length) as usize;
        let sealed = start + 4..start.saturating_add(4).saturating_add(length);
        if rest.len() < length.saturating_add(CHECK) {
            return Err(damaged("it is cut off, or its first bytes were changed"));
        }
        let (head, contents) = file.split_at(sealed.end + CHECK);
        if checksum(&file[..sealed.end]) != head[sealed.end..] {
            return Err(damaged("its first bytes were changed"));
        }
        Ok((Head { bytes: head.to_vec(), sealed }, contents))
    }
}

const CUT: &str = "it is cut off";

/// Checks name and version; gives where they end. Enough of `file` for that is [`longest_start`] bytes.
pub(crate) fn begins(kind: &KindText, path: &Path, file: &[u8]) -> Result<usize, FileError> {
    let damaged = |what| kind.damaged(path, what);
    let name = format!("{} ", kind.name).into_bytes();
    let other = || FileError::OtherKind { path: path.to_path_buf(), wanted: kind.called };
    if file.is_empty() {
        return Err(damaged("it is empty, perhaps since it was being created when the machine stopped"));
    }
    let Some(rest) = file.strip_prefix(name.as_slice()) else {
        return Err(if name.starts_with(file) { damaged(CUT) } else { other() });
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, rest.get(digits)) {
        (0..=VERSION_DIGITS, None) => Err(damaged(CUT)),
        (1..=VERSION_DIGITS, Some(b'\n')) => {
            let found = String::from_utf8_lossy(&rest[..digits]).into_owned();
            if found == VERSION.to_string() {
                Ok(name.len() + digits + 1)
            } else {
                Err(FileError::OtherVersion { path: path.to_path_buf(), found, known: VERSION })
            }
        }
        _ => Err(other()),
    }
}

/// Bytes with which [`begins`] can tell.
pub(crate) fn longest_start(kind: &KindText) -> u64 {
    (kind.name.len() + 1 + VERSION_DIGITS + 1) as u64
}

fn checksum(bytes: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Sha256::digest(bytes)[..CHECK]);
    check
}
