//! A hook before and after every change that storage makes, with which tests fail a call or kill the process there.
//!
//! Names are `<what>.<call>`: `log`, `hints`, `dir` or `index`, then `create`, `append`, `truncate`, `sync`, `rename`,
//! `remove`, `lock` for the disk (`log.append`, `hints.sync`, `dir.sync`), and `open`, `wipe`, `get`, `scan`, `redo`, `apply`,
//! `flush`, `sync`, `redone` for the index.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, DiskFile, DiskLock};

/// Which side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The call has not been made; an error returned now prevents it.
    Before,
    /// The call has succeeded; an error returned now makes it look failed.
    After,
}

/// Something that is told of every changing call.
pub trait Probe: Send + Sync + Debug {
    /// Called on both sides of the call `name`; an error returned here becomes the call's.
    fn at(&self, moment: Moment, name: &str) -> io::Result<()>;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn at(&self, _: Moment, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `call` between the two moments of the probe.
pub(crate) fn probed<T>(probe: &dyn Probe, name: &str, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    probe.at(Moment::Before, name)?;
    let value = call()?;
    probe.at(Moment::After, name)?;
    Ok(value)
}

/// A disk whose every changing call passes a probe.
#[derive(Debug, Clone)]
pub struct ProbedDisk<D> {
    disk: D,
    probe: Arc<dyn Probe>,
}

impl<D: Disk> ProbedDisk<D> {
    /// Puts `probe` around `disk`.
    pub fn new(disk: D, probe: Arc<dyn Probe>) -> Self {
        Self { disk, probe }
    }

    fn file(&self, path: &Path, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(ProbedFile { file, path: path.to_path_buf(), probe: Arc::clone(&self.probe) })
    }
}

/// `log.append` and the like, from the file's name.
fn name_of(path: &Path, call: &str) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let what = if name.contains(".hwl") {
        "log"
    } else if name.contains(".hwh") {
        "hints"
    } else {
        "dir"
    };
    format!("{what}.{call}")
}

impl<D: Disk> Disk for ProbedDisk<D> {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        Ok(self.disk.open(path)?.map(|file| self.file(path, file)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = probed(&*self.probe, &name_of(path, "create"), || self.disk.create(path))?;
        Ok(self.file(path, file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        probed(&*self.probe, &name_of(to, "rename"), || self.disk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        probed(&*self.probe, &name_of(path, "remove"), || self.disk.remove(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        probed(&*self.probe, "dir.create", || self.disk.create_dir(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        probed(&*self.probe, "dir.sync", || self.disk.sync_dir(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.disk.list(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        probed(&*self.probe, &name_of(path, "lock"), || self.disk.lock(path))
    }
}

/// A file of [`ProbedDisk`].
#[derive(Debug)]
struct ProbedFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    probe: Arc<dyn Probe>,
}

impl DiskFile for ProbedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        probed(&*self.probe, &name_of(&self.path, "append"), || self.file.append(bytes))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        probed(&*self.probe, &name_of(&self.path, "truncate"), || self.file.truncate(len))
    }

    fn sync_data(&mut self) -> io::Result<()> {
        probed(&*self.probe, &name_of(&self.path, "sync"), || self.file.sync_data())
    }
}
