//! Text files with one secret in them, readable by their owner only. The secret passes through buffers that are wiped, and no
//! error quotes it.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use zeroize::Zeroizing;

/// Far more bytes than such a file has.
const MAX_BYTES: usize = 4_096;

/// Why a file with a secret was not read.
#[derive(Debug)]
pub enum Unread {
    /// Others may read it: the bits of its mode.
    Open(u32),
    /// It is not text, or far too long.
    NotText,
    /// What the system said.
    Io(io::Error),
}

/// Reads such a file. The permissions are those of the open file, so that one exchanged between check and reading changes
/// nothing.
///
/// # Errors
/// [`Unread`].
pub fn read(path: &Path) -> Result<Zeroizing<String>, Unread> {
    let file = File::open(path).map_err(Unread::Io)?;
    let mode = file.metadata().map_err(Unread::Io)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Unread::Open(mode));
    }
    let mut text = buffer();
    match file.take(MAX_BYTES as u64).read_to_string(&mut text) {
        Ok(length) if length < MAX_BYTES => Ok(text),
        Ok(_) => Err(Unread::NotText),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Unread::NotText),
        Err(error) => Err(Unread::Io(error)),
    }
}

/// An empty text with room for all of such a file: nothing is left behind by growing.
pub fn buffer() -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(MAX_BYTES))
}

/// Writes a secret into a text, in hexadecimal.
pub fn push_hex(text: &mut Zeroizing<String>, secret: &[u8]) {
    for byte in secret {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
        }
    }
}

/// Reads a secret of 32 bytes from its hexadecimal digits; `None` for anything else.
pub fn from_hex(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    let mut given = digits.chars().map(|digit| digit.to_digit(16));
    for byte in bytes.iter_mut() {
        let mut digit = || given.next().flatten();
        *byte = (digit()? << 4 | digit()?) as u8;
    }
    given.next().is_none().then_some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn thirty_two_bytes_survive_their_digits_and_nothing_else_is_read() {
        let secret: Vec<u8> = (0..32).map(|byte| byte * 8).collect();
        let mut text = buffer();
        push_hex(&mut text, &secret);
        assert_eq!((text.len(), from_hex(&text).unwrap().to_vec()), (64, secret));
        for wrong in [&text[1..], &format!("{}0", *text), &text.replace("08", "g8"), ""] {
            assert!(from_hex(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn only_short_text_that_nobody_else_may_read_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(matches!(read(&path), Err(Unread::Io(_))));
        let write = |bytes: &[u8], mode| {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        };
        write(b"text", 0o600);
        assert_eq!(*read(&path).unwrap(), "text");
        for mode in [0o640, 0o604, 0o610] {
            write(b"text", mode);
            assert!(matches!(read(&path), Err(Unread::Open(found)) if found == mode));
        }
        write(&[0xff, 0xfe], 0o600);
        assert!(matches!(read(&path), Err(Unread::NotText)));
        write(&[b'a'; MAX_BYTES + 1], 0o600);
        assert!(matches!(read(&path), Err(Unread::NotText)));
    }
}
