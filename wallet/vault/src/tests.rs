//! Every step of writing a wallet file failing, and the power failing at every step, on a disk in memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::HashSet,
    io,
    ops::RangeInclusive,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hushwatt_ledger::storage::{Disk, DiskFile, DiskLock, Moment, Probe, ProbedDisk, SimDisk};

use super::{FileError, Kind, KindText, Passphrase, SealedFile, Strength, disk::VaultDisk};

/// A file as wallets have it.
enum Wallets {}

impl Kind for Wallets {
    const TEXT: KindText = KindText {
        name: "hushwatt-wallet",
        called: "wallet file",
        remedy: "restore it from a backup",
        close: "close it there first",
    };
}

type WalletFile = SealedFile<Wallets>;

const PATH: &str = "/home/ada/ada.wallet";
const OLD: &[u8] = b"ten euros";
const NEW: &[u8] = b"nine euros, and one on its way to Bob";

fn path() -> &'static Path {
    Path::new(PATH)
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn sun() -> Passphrase {
    passphrase("sun")
}

/// The disk in memory, and what a wallet needs more. It has no place to write over: what is overwritten is new bytes.
impl VaultDisk for SimDisk {
    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut file = self.open(path)?.ok_or(io::ErrorKind::NotFound)?;
        let length = file.len()?;
        file.truncate(0)?;
        file.append(&vec![0; usize::try_from(length).unwrap()])?;
        file.sync_data()
    }
}

impl VaultDisk for ProbedDisk<SimDisk> {
    fn overwrite(&self, path: &Path) -> io::Result<()> {
        let mut file = self.open(path)?.ok_or(io::ErrorKind::NotFound)?;
        file.truncate(0)
    }
}

/// Fails some of the moments before and after a change, counted from 1, and counts them all.
#[derive(Debug)]
struct Failing {
    moments: RangeInclusive<u64>,
    count: AtomicU64,
}

impl Failing {
    fn at(moments: RangeInclusive<u64>) -> Arc<Self> {
        Arc::new(Failing { moments, count: AtomicU64::new(0) })
    }

    fn counted(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Probe for Failing {
    fn at(&self, _: Moment, _: &str) -> io::Result<()> {
        let moment = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if self.moments.contains(&moment) { Err(io::Error::other("made to fail")) } else { Ok(()) }
    }
}

/// Moments that opening has, on a disk without a draft.
const OPENING: u64 = 3;

/// The wallet on a disk of which, after opening, some moments fail.
fn open_failing(disk: &SimDisk, moments: RangeInclusive<u64>) -> (WalletFile, Arc<Failing>) {
    let probe = Failing::at(moments.start() + OPENING..=moments.end().saturating_add(OPENING));
    let probed = Arc::new(ProbedDisk::new(disk.clone(), probe.clone()));
    let (mut file, _) = WalletFile::open_on(probed, path(), &sun()).unwrap();
    assert_eq!(probe.counted(), OPENING);
    file.set_strength(Strength::FOR_TESTS);
    (file, probe)
}

/// A disk with a wallet file of the old contents, durable.
fn disk_with_wallet() -> SimDisk {
    let disk = SimDisk::new();
    WalletFile::create_on(Arc::new(disk.clone()), path(), &sun(), OLD, Strength::FOR_TESTS).unwrap();
    disk
}

fn open(disk: &SimDisk, passphrase: &Passphrase) -> Result<(WalletFile, Vec<u8>), FileError> {
    let opened = WalletFile::open_on(Arc::new(disk.clone()), path(), passphrase);
    opened.map(|(file, content)| (file, content.to_vec()))
}

/// What each of these disks has in the place of the wallet, every different file once.
fn different(disks: Vec<SimDisk>) -> Vec<SimDisk> {
    let mut seen = HashSet::new();
    disks.into_iter().filter(|disk| seen.insert(disk.contents(path()))).collect()
}

/// Does something to an open wallet on a disk that stops at the n-th moment, for every n up to its end; `check` gets the disk
/// after each way in which the power cut can end, and whether the wallet had said that it is done. Gives how many moments and
/// ends there were.
fn stopped_at_every_moment(
    act: impl Fn(&mut WalletFile) -> Result<(), FileError>,
    mut check: impl FnMut(&SimDisk, bool),
) -> (u64, usize) {
    let start = disk_with_wallet();
    let (mut moment, mut states) = (0, 0);
    loop {
        moment += 1;
        let disk = start.fork();
        let (mut file, probe) = open_failing(&disk, moment..=u64::MAX);
        let done = act(&mut file).is_ok();
        let ends = different(disk.crash_states());
        states += ends.len();
        ends.iter().for_each(|disk| check(disk, done));
        if probe.counted() < OPENING + moment {
            assert!(done);
            return (moment, states);
        }
    }
}

#[test]
fn a_save_stopped_at_any_moment_leaves_the_old_or_the_new_contents() {
    let (moments, states) = stopped_at_every_moment(
        |file| file.save(NEW),
        |disk, done| {
            let (mut file, content) = open(disk, &sun()).unwrap();
            assert!(content == NEW || content == OLD && !done);
            file.save(b"and it goes on").unwrap();
            drop(file);
            assert_eq!(open(disk, &sun()).unwrap().1, b"and it goes on");
        },
    );
    assert!(moments > 10 && states > moments as usize);
}

#[test]
fn a_change_of_passphrase_stopped_at_any_moment_leaves_the_old_or_the_new_one() {
    stopped_at_every_moment(
        |file| file.change_passphrase(&sun(), &passphrase("wind")),
        |disk, done| {
            let (old, new) = (open(disk, &sun()), open(disk, &passphrase("wind")));
            assert!(old.is_ok() != new.is_ok() && new.is_ok() >= done);
            let refused = if old.is_ok() { &new } else { &old };
            assert!(matches!(refused, Err(FileError::WrongPassphrase { .. })));
            assert_eq!(old.or(new).unwrap().1, OLD);
        },
    );
}

#[test]
fn a_replacement_for_good_stopped_at_any_moment_leaves_the_old_or_the_new_contents_and_in_the_end_one_file() {
    let mut put_back = 0;
    stopped_at_every_moment(
        |file| file.replace_for_good(&sun(), NEW),
        |disk, done| {
            put_back += usize::from(disk.contents(path()).is_none());
            let (mut file, content) = open(disk, &sun()).unwrap();
            assert!(content == NEW || content == OLD && !done);
            for end in ["saving", "retired"] {
                assert!(disk.contents(Path::new(&format!("{PATH}.{end}"))).is_none(), "{end}");
            }
            file.save(b"and it goes on").unwrap();
            drop(file);
            assert_eq!(open(disk, &sun()).unwrap().1, b"and it goes on");
        },
    );
    assert!(put_back > 0);
}

#[test]
fn a_replacement_for_good_that_failed_at_any_step_leaves_a_file_that_can_be_saved_and_opened() {
    failing_at_every_moment(
        |file| file.replace_for_good(&sun(), b"lost or not"),
        |file, disk, _| {
            drop(file);
            assert_eq!(open(disk, &sun()).unwrap().1, NEW);
        },
    );
}

#[test]
fn the_key_of_before_a_replacement_for_good_opens_nothing_of_after_it() {
    let disk = disk_with_wallet();
    let before = disk.contents(path()).unwrap();
    let (mut file, _) = open(&disk, &sun()).unwrap();
    file.set_strength(Strength::FOR_TESTS);
    assert!(matches!(file.replace_for_good(&passphrase("Sun"), NEW), Err(FileError::WrongPassphrase { .. })));
    assert_eq!(disk.contents(path()).unwrap(), before);
    file.replace_for_good(&sun(), NEW).unwrap();
    let after = disk.contents(path()).unwrap();
    let (old_head, old_sealed) = super::Head::split(&Wallets::TEXT, path(), &before).unwrap();
    let (new_head, new_sealed) = super::Head::split(&Wallets::TEXT, path(), &after).unwrap();
    let key = |head: &super::Head| super::FileKey::open(head.sealed(), &sun()).unwrap();
    assert_eq!(**key(&new_head).decrypt(new_sealed).unwrap(), *NEW);
    assert!(key(&old_head).decrypt(new_sealed).is_err() && key(&new_head).decrypt(old_sealed).is_err());
}

#[test]
fn a_creation_stopped_at_any_moment_leaves_nothing_or_an_empty_file_or_the_wallet_and_can_begin_again() {
    for moment in 1.. {
        let disk = SimDisk::new();
        let probe = Failing::at(moment..=u64::MAX);
        let probed = Arc::new(ProbedDisk::new(disk.clone(), probe.clone()));
        let done = WalletFile::create_on(probed, path(), &sun(), OLD, Strength::FOR_TESTS).is_ok();
        for end in different(disk.crash_states()) {
            match open(&end, &sun()) {
                Ok((_, content)) => assert_eq!(content, OLD),
                Err(FileError::Missing { .. }) => assert!(!done),
                Err(FileError::Damaged { what, .. }) => assert!(!done && what.starts_with("it is empty")),
                Err(other) => panic!("{other}"),
            }
            let was_made = end.contents(path()).is_some_and(|file| !file.is_empty());
            WalletFile::discard_unfinished_on(&end, path()).unwrap();
            let again = WalletFile::create_on(Arc::new(end.clone()), path(), &sun(), NEW, Strength::FOR_TESTS);
            assert_eq!(was_made, matches!(again, Err(FileError::Exists { .. })), "{:?}", again.err());
            drop(again);
            assert_eq!(open(&end, &sun()).unwrap().1, if was_made { OLD } else { NEW });
        }
        if probe.counted() < moment {
            assert!(done);
            return;
        }
    }
}

#[test]
fn what_is_being_created_is_not_discarded_and_a_file_with_anything_in_it_stays_with_its_draft() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (wallet, draft) = (file("ada.wallet"), file("ada.wallet.saving"));
    WalletFile::discard_unfinished(&wallet).unwrap();
    assert!(!WalletFile::is_there(&wallet));
    for path in [&wallet, &draft] {
        std::fs::write(path, b"").unwrap();
    }
    assert!(!WalletFile::is_there(&wallet));
    let lock = hushwatt_ledger::storage::PrivateDisk.lock(&file("ada.wallet.lock")).unwrap();
    assert!(matches!(WalletFile::discard_unfinished(&wallet), Err(FileError::InUse { .. })));
    assert!(wallet.exists() && draft.exists());
    drop(lock);
    WalletFile::discard_unfinished(&wallet).unwrap();
    assert!(!wallet.exists() && !draft.exists());
    for path in [&wallet, &draft] {
        std::fs::write(path, b"d").unwrap();
    }
    WalletFile::discard_unfinished(&wallet).unwrap();
    assert!(wallet.exists() && draft.exists() && WalletFile::is_there(&wallet));
    // One that waits to have its name again.
    std::fs::rename(&wallet, file("ada.wallet.retired")).unwrap();
    assert!(WalletFile::is_there(&wallet));
}

/// Does something to an open wallet once for every moment that it has, which fails; then saves. `check` gets the wallet, the disk, and whether
/// it was said to be done.
fn failing_at_every_moment(
    act: impl Fn(&mut WalletFile) -> Result<(), FileError>,
    check: impl Fn(WalletFile, &SimDisk, bool),
) {
    for moment in 1.. {
        let disk = disk_with_wallet();
        let (mut file, probe) = open_failing(&disk, moment..=moment);
        let done = act(&mut file).is_ok();
        if probe.counted() < OPENING + moment {
            assert!(done && moment > 10);
            return;
        }
        file.save(NEW).unwrap();
        check(file, &disk, done);
    }
}

#[test]
fn a_file_that_appears_while_a_wallet_is_created_is_not_overwritten() {
    let disk = SimDisk::new();
    disk.set_contents(path(), b"diary");
    let created = WalletFile::create_on(Arc::new(disk.clone()), path(), &sun(), OLD, Strength::FOR_TESTS);
    assert!(matches!(created, Err(FileError::Exists { .. })));
    assert_eq!(disk.contents(path()).unwrap(), b"diary");
}

#[test]
fn a_save_that_failed_at_any_step_can_be_repeated() {
    failing_at_every_moment(
        |file| file.save(b"lost or not"),
        |file, disk, _| {
            drop(file);
            assert_eq!(open(disk, &sun()).unwrap().1, NEW);
        },
    );
}

#[test]
fn a_change_of_passphrase_that_failed_at_any_step_leaves_a_wallet_that_can_be_saved_and_opened() {
    failing_at_every_moment(
        |file| file.change_passphrase(&sun(), &passphrase("wind")),
        |file, disk, done| {
            let valid = if file.check_passphrase(&sun()).is_ok() { sun() } else { passphrase("wind") };
            file.check_passphrase(&valid).unwrap();
            assert!(!done || file.check_passphrase(&sun()).is_err());
            drop(file);
            assert_eq!(open(disk, &valid).unwrap().1, NEW);
        },
    );
}

#[test]
fn a_full_disk_is_named_and_leaves_the_old_contents_and_the_space() {
    let disk = disk_with_wallet();
    let (mut file, _) = open(&disk, &sun()).unwrap();
    for space in [0, 1, 100, 400] {
        disk.set_space(Some(space));
        let error = file.save(&[7; 1000]).unwrap_err();
        assert!(matches!(error, FileError::DiskFull { .. }), "{error}");
        assert!(disk.contents(Path::new(&format!("{PATH}.saving"))).is_none());
    }
    disk.set_space(None);
    drop(file);
    assert_eq!(open(&disk, &sun()).unwrap().1, OLD);
}

#[test]
fn what_a_save_left_behind_is_removed_at_the_next_opening() {
    let disk = disk_with_wallet();
    let draft = format!("{PATH}.saving");
    disk.set_contents(Path::new(&draft), b"half a save");
    drop(open(&disk, &sun()).unwrap());
    assert!(disk.contents(Path::new(&draft)).is_none());
}

#[test]
fn a_lock_that_lost_its_name_is_not_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ada.wallet.lock");
    let first: Box<dyn DiskLock> = hushwatt_ledger::storage::PrivateDisk.lock(&path).unwrap();
    assert_eq!(hushwatt_ledger::storage::PrivateDisk.lock(&path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    std::fs::remove_file(&path).unwrap();
    let second = hushwatt_ledger::storage::PrivateDisk.lock(&path).unwrap();
    drop(first);
    assert_eq!(hushwatt_ledger::storage::PrivateDisk.lock(&path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    drop(second);
}

#[test]
fn a_file_of_the_disk_is_not_seen_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let mut file: Box<dyn DiskFile> = hushwatt_ledger::storage::PrivateDisk.create(&path).unwrap();
    file.append(b"x").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
