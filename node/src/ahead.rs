//! `ahead/`: what a node that catches up has received ahead of a gap, one file for each height, until the log reaches it.
//!
//! A file is `[magic 7][version u8][height u64][checksum 16][bytes]`, little-endian, written whole or not at all. A damaged
//! one is deleted when it is loaded, since what it held can be fetched again.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_ledger::storage::{Disk, StorageError};

use crate::files::{CHECK, checksum, draft_of, failed, read_all, remove, replace_whole, sync_folder_of};

const START: &[u8; 8] = b"HWAHEAD\x01";
const HEADER: usize = 8 + 8 + CHECK;
/// No file is read beyond this.
const MOST: u64 = 64 << 20;

/// The folder.
#[derive(Debug)]
pub(crate) struct Ahead {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl Ahead {
    /// Opens the folder, or makes it in an existing one.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path) -> Result<Self, StorageError> {
        disk.create_dir(folder).map_err(failed("create", folder))?;
        sync_folder_of(&*disk, folder)?;
        Ok(Ahead { disk, folder: folder.to_path_buf() })
    }

    /// Keeps bytes for a height, in the place of what was kept for it; durable when this returns.
    pub fn save(&self, height: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let mut file = Vec::with_capacity(HEADER + bytes.len());
        file.extend_from_slice(START);
        file.extend_from_slice(&height.to_le_bytes());
        file.extend(checksum(&[&file, bytes]));
        file.extend_from_slice(bytes);
        replace_whole(&*self.disk, &self.path(height), &file).map(|_| ())
    }

    /// Everything kept, by height. Deletes what is damaged and what was never finished.
    pub fn load(&self) -> Result<Vec<(u64, Vec<u8>)>, StorageError> {
        self.read(|path| remove(&*self.disk, path))
    }

    /// The same, and changes nothing.
    pub fn look(&self) -> Result<Vec<(u64, Vec<u8>)>, StorageError> {
        self.read(|_| Ok(()))
    }

    /// Forgets what was kept up to a height: the log has it.
    pub fn drop_until(&self, height: u64) -> Result<(), StorageError> {
        let kept = self.disk.list(&self.folder).map_err(failed("list", &self.folder))?;
        kept.iter()
            .filter_map(|name| height_of(name))
            .filter(|kept| *kept <= height)
            .try_for_each(|kept| self.drop(kept))
    }

    fn read(&self, discard: impl Fn(&Path) -> Result<(), StorageError>) -> Result<Vec<(u64, Vec<u8>)>, StorageError> {
        let mut kept = Vec::new();
        for name in self.disk.list(&self.folder).map_err(failed("list", &self.folder))? {
            let path = self.folder.join(&name);
            let Some(height) = height_of(&name) else {
                if name.strip_suffix(".new").and_then(height_of).is_some() {
                    discard(&path)?;
                }
                continue;
            };
            let Some(file) = self.disk.open(&path).map_err(failed("open", &path))? else { continue };
            let bytes = read_all(&*file, &path, MOST)?;
            match contents(height, &bytes) {
                Some(contents) => kept.push((height, contents.to_vec())),
                None => discard(&path)?,
            }
        }
        kept.sort_by_key(|(height, _)| *height);
        Ok(kept)
    }

    /// Forgets what was kept for a height.
    pub fn drop(&self, height: u64) -> Result<(), StorageError> {
        let path = self.path(height);
        remove(&*self.disk, &draft_of(&path))?;
        remove(&*self.disk, &path)
    }

    fn path(&self, height: u64) -> PathBuf {
        self.folder.join(file_name(height))
    }
}

fn file_name(height: u64) -> String {
    format!("{height:020}.hwa")
}

fn height_of(name: &str) -> Option<u64> {
    let height = name.strip_suffix(".hwa")?.parse().ok()?;
    (file_name(height) == name).then_some(height)
}

fn contents(height: u64, bytes: &[u8]) -> Option<&[u8]> {
    let (header, contents) = bytes.split_at_checked(HEADER)?;
    let (start, check) = header.split_at(HEADER - CHECK);
    let whole = start[..8] == *START && start[8..] == height.to_le_bytes() && check == checksum(&[start, contents]);
    whole.then_some(contents)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_ledger::storage::SimDisk;

    use super::*;

    fn open(disk: &SimDisk) -> Ahead {
        Ahead::open(Arc::new(disk.clone()), Path::new("node/ahead")).unwrap()
    }

    fn bytes(height: u64) -> Vec<u8> {
        vec![height as u8; 600 * height as usize]
    }

    #[test]
    fn what_is_saved_is_loaded_by_height_until_it_is_dropped() {
        let disk = SimDisk::new();
        let ahead = open(&disk);
        for height in [7, 3, 0, u64::MAX] {
            ahead.save(height, &bytes(height % 8)).unwrap();
        }
        ahead.save(3, b"better").unwrap();
        ahead.drop(7).unwrap();
        ahead.drop(7).unwrap();
        let kept = vec![(0, Vec::new()), (3, b"better".to_vec()), (u64::MAX, bytes(7))];
        assert_eq!(open(&disk).load().unwrap(), kept);
    }

    #[test]
    fn what_the_log_has_is_dropped_and_looking_changes_nothing() {
        let disk = SimDisk::new();
        let ahead = open(&disk);
        for height in 1..=4 {
            ahead.save(height, &bytes(height)).unwrap();
        }
        disk.set_contents(&ahead.path(4), b"damaged");
        let before = disk.list(Path::new("node/ahead")).unwrap();
        assert_eq!(ahead.look().unwrap(), [(1, bytes(1)), (2, bytes(2)), (3, bytes(3))]);
        assert_eq!(disk.list(Path::new("node/ahead")).unwrap(), before);
        ahead.drop_until(2).unwrap();
        assert_eq!(disk.list(Path::new("node/ahead")).unwrap(), [file_name(3), file_name(4)]);
    }

    #[test]
    fn a_damaged_file_is_deleted_and_a_foreign_one_left_alone() {
        let disk = SimDisk::new();
        let ahead = open(&disk);
        ahead.save(1, &bytes(1)).unwrap();
        ahead.save(2, &bytes(2)).unwrap();
        let folder = Path::new("node/ahead");
        let whole = disk.contents(&ahead.path(1)).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x80;
            disk.set_contents(&ahead.path(1), &damaged);
            assert_eq!(ahead.load().unwrap(), [(2, bytes(2))]);
            assert_eq!(disk.contents(&ahead.path(1)), None);
        }
        // The contents of one height under the name of another.
        disk.set_contents(&ahead.path(3), &whole);
        disk.set_contents(&draft_of(&ahead.path(4)), b"half");
        disk.set_contents(&folder.join("notes.txt"), b"somebody's");
        assert_eq!(ahead.load().unwrap(), [(2, bytes(2))]);
        assert_eq!(disk.list(folder).unwrap(), [file_name(2), "notes.txt".to_owned()]);
    }

    #[test]
    fn after_a_crash_a_saved_height_is_there_and_an_unfinished_one_is_whole_or_gone() {
        let disk = SimDisk::new();
        let ahead = open(&disk);
        ahead.save(1, &bytes(1)).unwrap();
        for seed in 0..200 {
            let unfinished = disk.fork();
            let space = seed * 7;
            unfinished.set_space(Some(space));
            let finished = open(&unfinished).save(2, &bytes(2)).is_ok();
            let kept = open(&unfinished.crash(seed)).load().unwrap();
            assert_eq!(kept[0], (1, bytes(1)));
            assert!(kept.len() == 2 || !finished);
            assert!(kept.get(1).is_none_or(|kept| *kept == (2, bytes(2))));
        }
    }
}
