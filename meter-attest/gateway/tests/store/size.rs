//! Years of running.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hushwatt_gateway::store::{COMPACT_AFTER, Store};
use hushwatt_ledger::{
    storage::{Disk, DiskFile, DiskLock, RealDisk},
    units::Window,
};
use hushwatt_meter_attest::ChainPosition;

use crate::bench::{METER, NETWORK, at, attestation, config, sample, window};

/// The real disk without syncing, so that years pass fast; it counts what is written.
#[derive(Debug, Default)]
struct FastDisk {
    written: Arc<AtomicU64>,
}

#[derive(Debug)]
struct FastFile {
    file: Box<dyn DiskFile>,
    written: Arc<AtomicU64>,
}

impl FastDisk {
    fn file(&self, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(FastFile { file, written: Arc::clone(&self.written) })
    }
}

impl Disk for FastDisk {
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        Ok(RealDisk.open(path)?.map(|file| self.file(file)))
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(RealDisk.create(path)?))
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
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        RealDisk.lock(path)
    }
}

impl DiskFile for FastFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.file.append(bytes)
    }
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// 90 days of hours with quarter hours: no snapshot is longer.
const SNAPSHOT: u64 = 512 << 10;

#[test]
fn three_years_of_quarter_hours_stay_below_two_mebibytes() {
    let folder = tempfile::tempdir().unwrap();
    let fast = FastDisk::default();
    let written = Arc::clone(&fast.written);
    let disk: Arc<dyn Disk> = Arc::new(fast);
    let start = ChainPosition::start(window(0));
    let mut store = Store::create(Arc::clone(&disk), folder.path(), &NETWORK, METER, config(), start).unwrap();
    let (mut largest, mut import, mut export) = (0, 1_000, 2_000);
    let quarters = 3 * 365 * 96;
    for number in 0..=quarters {
        store.sample(&sample(900 * number, import, export)).unwrap();
        import += number % 300;
        export += number % 70;
        if number > 0 && number % 96 == 0 {
            // A day's attestation, as long as they are.
            let mut day = attestation(&store, (number % 251) as u8, 24);
            day.bytes = vec![7; 12_000];
            let id = day.id;
            store.built(day).unwrap();
            store.submitted(at(900 * number)).unwrap();
            store.confirmed(&id, at(900 * number + 60)).unwrap();
            let next = store.state().position().next_window.0;
            store.forget_before(Window(next.saturating_sub(90 * 24))).unwrap();
            let on_disk: u64 =
                std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().metadata().unwrap().len()).sum();
            largest = largest.max(on_disk);
        }
        if number % 20_000 == 0 {
            let before = store.state().clone();
            drop(store);
            store = Store::open(Arc::clone(&disk), folder.path(), &NETWORK, METER).unwrap();
            assert_eq!(*store.state(), before);
        }
    }
    store.compact().unwrap();
    println!("largest {largest}, snapshot {}, written {}", store.bytes(), written.load(Ordering::Relaxed));
    assert!(store.bytes() < SNAPSHOT);
    // The journal in use; while it is replaced the next snapshot stands beside it.
    assert!(largest < SNAPSHOT + COMPACT_AFTER + (64 << 10));
    assert_eq!(store.state().position().next_window, window(3 * 365 * 24));
    let sums = store.state().sums();
    let last_quarter = (quarters % 300, quarters % 70);
    assert_eq!((sums.import, sums.export), (import - 1_000 - last_quarter.0, export - 2_000 - last_quarter.1));
}
