//! Files that a command reads whole or makes new.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use hushwatt_ledger::storage::write_private_file;

/// Who may read a new file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only.
    Owner,
    /// As files usually are.
    Usual,
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if readers == Readers::Owner {
        return write_private_file(path, bytes);
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads a file, at most one byte more than `most`: whoever parses it says that it is too long.
pub(crate) fn read_capped(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// No text that somebody wrote is longer.
const MOST_TEXT: usize = 1 << 20;

/// Reads a text that somebody wrote.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read_capped(path, MOST_TEXT)?;
    if bytes.len() > MOST_TEXT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text"))
}
