//! A disk in memory that may lose, tear or reorder whatever was not synced. **For tests only.**
//!
//! It keeps what is durable apart from what is merely written. [`SimDisk::crash_states`] lists what a power cut now could
//! leave, [`SimDisk::crash`] picks one by a seed from a wider set; each is a new, independent disk. Dropping the objects that
//! use a disk and opening them again on the same disk is the kill of a process: nothing is lost.
//!
//! Model: synced bytes and synced names stay as they are. Of the rest, any write may be lost, or arrive as any prefix, or
//! with any 512-byte sector of it zero or garbage; any truncation may be lost; any creation, renaming or removal of a name may
//! be lost or arrive out of order, independently of what happens to the contents of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, DiskFile, DiskLock, folder_of};

/// Bytes that a disk writes in one go.
const SECTOR: usize = 512;

/// The disk; clones share it.
#[derive(Debug, Clone, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    files: Vec<Contents>,
    names: Names,
    durable_names: Names,
    unsynced_names: Vec<NameChange>,
    space: Option<u64>,
}

/// Names of files (with their place in `State::files`) and folders made on this disk.
#[derive(Debug, Clone, Default)]
struct Names {
    files: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Create(PathBuf, usize),
    Rename(PathBuf, PathBuf, usize),
    Remove(PathBuf),
    Folder(PathBuf),
}

impl NameChange {
    fn folder(&self) -> &Path {
        match self {
            Self::Create(path, _) | Self::Rename(path, _, _) | Self::Remove(path) | Self::Folder(path) => {
                folder_of(path)
            }
        }
    }
}

impl Names {
    fn change(&mut self, change: &NameChange) {
        match change {
            NameChange::Create(path, file) => {
                self.files.insert(path.clone(), *file);
            }
            NameChange::Rename(from, to, file) => {
                self.files.remove(from);
                self.files.insert(to.clone(), *file);
            }
            NameChange::Remove(path) => {
                self.files.remove(path);
            }
            NameChange::Folder(path) => {
                self.folders.insert(path.clone());
            }
        }
    }
}

/// A file: what is durable, what was done since, and what a reader sees.
#[derive(Debug, Clone, Default)]
struct Contents {
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    seen: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

/// Puts `bytes` at `at`, with zeros before it where there is nothing.
fn put(contents: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if contents.len() < at + bytes.len() {
        contents.resize(at + bytes.len(), 0);
    }
    contents[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The sectors of the file that a write at `at` of `len` bytes touches, as ranges within the write.
fn sectors(at: usize, len: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let first = at / SECTOR;
    let last = (at + len).div_ceil(SECTOR);
    (first..last).map(move |sector| {
        let start = (sector * SECTOR).max(at) - at;
        let end = ((sector + 1) * SECTOR).min(at + len) - at;
        start..end
    })
}

/// A small generator of reproducible numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % sides.max(1)
    }

    fn garble(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.roll(256) as u8);
    }
}

impl Contents {
    /// What a crash can leave: nothing of the unsynced, all of it, every prefix of its bytes in order, each one change lost,
    /// each sector of a write zero or garbage.
    fn survivors(&self) -> Vec<Vec<u8>> {
        let mut states = vec![self.synced.clone()];
        let mut so_far = self.synced.clone();
        for change in &self.unsynced {
            match change {
                Change::Truncate(len) => so_far.truncate(*len),
                Change::Write { at, bytes } => {
                    for len in 1..bytes.len() {
                        let mut state = so_far.clone();
                        put(&mut state, *at, &bytes[..len]);
                        states.push(state);
                    }
                    for sector in sectors(*at, bytes.len()) {
                        let mut holed = bytes.clone();
                        holed[sector.clone()].fill(0);
                        let mut garbled = bytes.clone();
                        Dice(sector.start as u64).garble(&mut garbled[sector]);
                        for bytes in [holed, garbled, vec![0; bytes.len()]] {
                            let mut state = so_far.clone();
                            put(&mut state, *at, &bytes);
                            states.push(state);
                        }
                    }
                    put(&mut so_far, *at, bytes);
                }
            }
            states.push(so_far.clone());
        }
        if self.unsynced.len() > 1 {
            for lost in 0..self.unsynced.len() {
                let mut state = self.synced.clone();
                for (_, change) in self.unsynced.iter().enumerate().filter(|(number, _)| *number != lost) {
                    match change {
                        Change::Truncate(len) => state.truncate(*len),
                        Change::Write { at, bytes } => put(&mut state, *at, bytes),
                    }
                }
                states.push(state);
            }
        }
        states
    }

    /// One state by chance: each change may be lost, each sector of a write zero or garbage, and the end may be missing.
    fn survivor(&self, dice: &mut Dice) -> Vec<u8> {
        let mut state = self.synced.clone();
        let mut firm = self.synced.len();
        for change in &self.unsynced {
            match (change, dice.roll(4)) {
                (_, 0) => {}
                (Change::Truncate(len), _) => {
                    state.truncate(*len);
                    firm = firm.min(*len);
                }
                (Change::Write { at, bytes }, luck) => {
                    let mut bytes = bytes.clone();
                    for sector in sectors(*at, bytes.len()) {
                        match if luck == 1 { dice.roll(4) } else { 3 } {
                            0 => bytes[sector].fill(0),
                            1 => dice.garble(&mut bytes[sector]),
                            _ => {}
                        }
                    }
                    put(&mut state, *at, &bytes);
                }
            }
        }
        if dice.roll(2) == 0 && state.len() > firm {
            let missing = dice.roll((state.len() - firm + 1) as u64) as usize;
            state.truncate(state.len() - missing);
        }
        state
    }
}

impl State {
    /// The disk with these names and these contents of its files, all of it durable.
    fn survived(&self, mut names: Names, contents: Vec<Vec<u8>>) -> SimDisk {
        let made = |path: &Path| self.names.folders.contains(path) || self.durable_names.folders.contains(path);
        let lost = |names: &Names, path: &Path| {
            path.ancestors().skip(1).any(|folder| made(folder) && !names.folders.contains(folder))
        };
        let folders = names.folders.clone();
        let kept = Names { files: BTreeMap::new(), folders };
        names.files.retain(|path, _| !lost(&kept, path));
        let files = contents
            .into_iter()
            .map(|bytes| Contents { synced: bytes.clone(), unsynced: Vec::new(), seen: bytes })
            .collect();
        let state = Self { files, durable_names: names.clone(), names, unsynced_names: Vec::new(), space: None };
        SimDisk { state: Arc::new(Mutex::new(state)) }
    }

    /// What a crash can leave of the names: every prefix of the changes, and each one change lost.
    fn surviving_names(&self) -> Vec<Names> {
        let mut states = vec![self.durable_names.clone()];
        for change in &self.unsynced_names {
            let mut next = states.last().cloned().unwrap_or_default();
            next.change(change);
            states.push(next);
        }
        if self.unsynced_names.len() > 1 {
            for lost in 0..self.unsynced_names.len() {
                let mut state = self.durable_names.clone();
                for (_, change) in self.unsynced_names.iter().enumerate().filter(|(number, _)| *number != lost) {
                    state.change(change);
                }
                states.push(state);
            }
        }
        states
    }

    fn file_at(&self, path: &Path) -> io::Result<usize> {
        self.names.files.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change_name(&mut self, change: NameChange) {
        self.names.change(&change);
        self.unsynced_names.push(change);
    }
}

impl SimDisk {
    /// An empty disk. Folders other than those made with `create_dir` exist without further ado.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the disk take `bytes` more bytes, after which writes fail half done; `None`, as at first: without limit.
    pub fn set_space(&self, bytes: Option<u64>) {
        self.state().space = bytes;
    }

    /// What a reader sees of a file.
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let file = *state.names.files.get(path)?;
        Some(state.files[file].seen.clone())
    }

    /// Changes a file behind everybody's back, durably, as a failing disk does; makes it if missing.
    pub fn set_contents(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let file = state.files.len();
        state.files.push(Contents { synced: bytes.to_vec(), unsynced: Vec::new(), seen: bytes.to_vec() });
        state.names.files.insert(path.to_path_buf(), file);
        state.durable_names.files.insert(path.to_path_buf(), file);
    }

    /// A copy as it is now, what is unsynced included.
    pub fn fork(&self) -> Self {
        Self { state: Arc::new(Mutex::new(self.state().clone())) }
    }

    /// The disk after a power cut now, one for each way it can end as far as they can be listed: for each file with unsynced
    /// changes every prefix of their bytes, every single change lost, every sector zero or garbage; for the names every
    /// prefix of their changes and every single one lost; and for each of these, each of the others with nothing and with
    /// everything of its own changes.
    pub fn crash_states(&self) -> Vec<Self> {
        let state = self.state().clone();
        let names = state.surviving_names();
        let (no_names, all_names) = (state.durable_names.clone(), state.names.clone());
        let dirty: Vec<usize> = (0..state.files.len()).filter(|&file| !state.files[file].unsynced.is_empty()).collect();
        let mut disks = Vec::new();
        // Bit i of `whole`: whether the i-th dirty file keeps all of its changes.
        for whole in 0..1_usize << dirty.len().min(6) {
            let mut contents: Vec<Vec<u8>> = state.files.iter().map(|file| file.synced.clone()).collect();
            for (bit, &file) in dirty.iter().enumerate() {
                if whole >> bit & 1 == 1 {
                    contents[file] = state.files[file].seen.clone();
                }
            }
            for names in &names {
                disks.push(state.survived(names.clone(), contents.clone()));
            }
            for &file in &dirty {
                for survivor in state.files[file].survivors() {
                    let mut contents = contents.clone();
                    contents[file] = survivor;
                    disks.push(state.survived(all_names.clone(), contents.clone()));
                    if !state.unsynced_names.is_empty() {
                        disks.push(state.survived(no_names.clone(), contents));
                    }
                }
            }
        }
        disks
    }

    /// The disk after a power cut now, by chance: everything unsynced is kept, lost or spoilt independently. The same seed
    /// gives the same disk.
    pub fn crash(&self, seed: u64) -> Self {
        let state = self.state().clone();
        let mut dice = Dice(seed);
        let mut names = state.durable_names.clone();
        for change in &state.unsynced_names {
            if dice.roll(2) == 0 {
                names.change(change);
            }
        }
        let contents = state.files.iter().map(|file| file.survivor(&mut dice)).collect();
        state.survived(names, contents)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, file: usize) -> Box<dyn DiskFile> {
        Box::new(SimFile { disk: self.clone(), file })
    }
}

/// A lock that locks nothing: a simulated process holds no handle after its death.
#[derive(Debug)]
struct NoLock;

impl DiskLock for NoLock {}

impl Disk for SimDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        Ok(self.state().names.files.get(path).map(|&file| self.handle(file)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        if state.names.files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Contents::default());
        state.change_name(NameChange::Create(path.to_path_buf(), file));
        drop(state);
        Ok(self.handle(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let file = state.file_at(from)?;
        state.change_name(NameChange::Rename(from.to_path_buf(), to.to_path_buf(), file));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.file_at(path)?;
        state.change_name(NameChange::Remove(path.to_path_buf()));
        Ok(())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if !state.names.folders.contains(path) {
            state.change_name(NameChange::Folder(path.to_path_buf()));
        }
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let (synced, rest) =
            std::mem::take(&mut state.unsynced_names).into_iter().partition(|change| change.folder() == path);
        state.unsynced_names = rest;
        let synced: Vec<NameChange> = synced;
        synced.iter().for_each(|change| state.durable_names.change(change));
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let names = state.names.files.keys().filter(|file| folder_of(file) == path);
        Ok(names.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned())).collect())
    }

    fn lock(&self, _: &Path) -> io::Result<Box<dyn DiskLock>> {
        Ok(Box::new(NoLock))
    }
}

/// A file of [`SimDisk`].
#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    file: usize,
}

impl DiskFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[self.file].seen.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        let seen = &state.files[self.file].seen;
        let rest = usize::try_from(offset).ok().and_then(|offset| seen.get(offset..)).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let fits =
            state.space.map_or(bytes.len(), |space| usize::try_from(space).unwrap_or(usize::MAX).min(bytes.len()));
        if let Some(space) = &mut state.space {
            *space -= fits as u64;
        }
        let file = &mut state.files[self.file];
        let at = file.seen.len();
        put(&mut file.seen, at, &bytes[..fits]);
        file.unsynced.push(Change::Write { at, bytes: bytes[..fits].to_vec() });
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let file = &mut state.files[self.file];
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        file.seen.truncate(len);
        file.unsynced.push(Change::Truncate(len));
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let file = &mut state.files[self.file];
        file.synced = file.seen.clone();
        file.unsynced.clear();
        Ok(())
    }
}
