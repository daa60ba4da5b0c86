//! The bytes of a wallet file, version 1:
//!
//! ```text
//! hushwatt-wallet 1\n     the format's name and version, as text
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

use super::FileError;

/// The format that this program writes and reads.
const VERSION: u32 = 1;
/// The format's name, with the blank before the version.
const NAME: &[u8] = b"hushwatt-wallet ";
/// Longest version number that is still taken for one.
const VERSION_DIGITS: usize = 10;
/// Bytes of the checksum.
const CHECK: usize = 16;

/// Everything before the contents: name, version, box and checksum, as they are in the file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Head {
    bytes: Vec<u8>,
    sealed: core::ops::Range<usize>,
}

impl Head {
    /// Around a box.
    pub(super) fn new(sealed: &[u8]) -> Self {
        let mut bytes = NAME.to_vec();
        bytes.extend_from_slice(format!("{VERSION}\n").as_bytes());
        bytes.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
        let start = bytes.len();
        bytes.extend_from_slice(sealed);
        let end = bytes.len();
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        Head { bytes, sealed: start..end }
    }

    /// As written in the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The box with the file's own key.
    pub(super) fn sealed(&self) -> &[u8] {
        &self.bytes[self.sealed.clone()]
    }

    /// Splits a file into head and encrypted contents. Total: says what is wrong with any bytes.
    pub(super) fn split<'a>(path: &Path, file: &'a [u8]) -> Result<(Self, &'a [u8]), FileError> {
        let damaged = |what| FileError::Damaged { path: path.to_path_buf(), what };
        let start = begins(path, file)?;
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

/// Checks name and version; gives where they end. Enough of `file` for that is [`LONGEST_START`] bytes.
pub(super) fn begins(path: &Path, file: &[u8]) -> Result<usize, FileError> {
    let damaged = |what| FileError::Damaged { path: path.to_path_buf(), what };
    if file.is_empty() {
        return Err(damaged("it is empty, perhaps since it was being created when the machine stopped"));
    }
    let Some(rest) = file.strip_prefix(NAME) else {
        return Err(if NAME.starts_with(file) {
            damaged(CUT)
        } else {
            FileError::NotAWallet { path: path.to_path_buf() }
        });
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, rest.get(digits)) {
        (0..=VERSION_DIGITS, None) => Err(damaged(CUT)),
        (1..=VERSION_DIGITS, Some(b'\n')) => {
            let found = String::from_utf8_lossy(&rest[..digits]).into_owned();
            if found == VERSION.to_string() {
                Ok(NAME.len() + digits + 1)
            } else {
                Err(FileError::OtherVersion { path: path.to_path_buf(), found, known: VERSION })
            }
        }
        _ => Err(FileError::NotAWallet { path: path.to_path_buf() }),
    }
}

/// Bytes with which [`begins`] can tell.
pub(super) const LONGEST_START: usize = NAME.len() + VERSION_DIGITS + 1;

fn checksum(bytes: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Sha256::digest(bytes)[..CHECK]);
    check
}
