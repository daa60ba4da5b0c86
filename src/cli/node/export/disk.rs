//! Two disks for the ledger's own log code: one that reads another process's log and changes nothing, and one that writes a
//! log in one go and leaves the syncing to its caller.

use std::{fs, io, os::unix::fs::FileExt, path::Path};

use hushwatt_ledger::storage::{Disk, DiskFile, DiskLock, RealDisk};

/// Reads only. What opening would cut off the end of a file is cut off in memory; locks are not taken, since an append-only
/// file may be read while another process appends.
#[derive(Debug)]
pub(super) struct ReadOnlyDisk;

/// Writes without waiting for the disk.
#[derive(Debug)]
pub(super) struct BulkDisk;

#[derive(Debug)]
struct NoLock;

impl DiskLock for NoLock {}

#[derive(Debug)]
struct ReadOnlyFile {
    file: fs::File,
    /// Where the file ends, as it was when it was opened or is pretended to be.
    length: u64,
}

impl DiskFile for ReadOnlyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let mut done = 0;
        while done < wanted {
            match self.file.read_at(&mut buffer[done..wanted], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn append(&mut self, _: &[u8]) -> io::Result<()> {
        Err(read_only())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.length = len;
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read_only() -> io::Error {
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "it is only read")
}

impl Disk for ReadOnlyDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        match fs::File::open(path) {
            Ok(file) => {
                let length = file.metadata()?.len();
                Ok(Some(Box::new(ReadOnlyFile { file, length })))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        Err(read_only())
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }

    fn lock(&self, _: &Path) -> io::Result<Box<dyn DiskLock>> {
        Ok(Box::new(NoLock))
    }
}

#[derive(Debug)]
struct BulkFile(Box<dyn DiskFile>);

impl DiskFile for BulkFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buffer)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for BulkDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        Ok(RealDisk.open(path)?.map(|file| Box::new(BulkFile(file)) as Box<dyn DiskFile>))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(BulkFile(RealDisk.create(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir(path)
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }

    fn lock(&self, _: &Path) -> io::Result<Box<dyn DiskLock>> {
        Ok(Box::new(NoLock))
    }
}
