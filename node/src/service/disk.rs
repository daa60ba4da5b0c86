//! Whether the disk is why a node ended: the engine says no more than that a write failed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// Enough that a disk with a few free bytes is found full.
const PROBE: usize = 1 << 20;

/// Writes a file, makes sure that it is on disk, and removes it.
pub(super) fn takes_data(folder: &Path) -> io::Result<()> {
    let path = folder.join("probe");
    let written =
        File::create(&path).and_then(|mut file| file.write_all(&vec![0; PROBE]).and_then(|()| file.sync_data()));
    let removed = fs::remove_file(&path);
    written.and(removed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_can_be_written_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        takes_data(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let missing = takes_data(&folder.path().join("none")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
