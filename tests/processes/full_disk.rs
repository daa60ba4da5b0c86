//! A validator whose disk is full: a small file system of its own holds its data.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    checks::{agree, audit},
    load::Load,
    registrars::votes,
    town::{Plan, Town, patiently},
};

/// What the system says.
const FULL: &str = "No space left on device";

/// Unmounts when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this process may not mount anything.
    fn mount(at: &Path) -> Option<Self> {
        let told = Command::new("mount").args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).arg(at).output();
        match told {
            Ok(told) if told.status.success() => Some(SmallDisk(at.to_path_buf())),
            told => {
                eprintln!("skipped: no small disk can be mounted here ({told:?})");
                None
            }
        }
    }

    /// Takes all the space that is left.
    fn fill(&self) {
        let mut file = File::create(self.filling()).unwrap();
        for size in [1 << 16, 1 << 9, 1] {
            let full = loop {
                if let Err(error) = file.write_all(&vec![0; size]) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    fn filling(&self) -> PathBuf {
        self.0.join("filling")
    }

    fn free(&self) {
        fs::remove_file(self.filling()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A node may still be there; it lets go when it is gone.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_validator_without_disk_space_says_so_and_stops_and_catches_up_when_there_is_space_again() {
    let mut town = Town::found(&Plan::default());
    let data = town.net.folder(3).join("data");
    let Some(disk) = SmallDisk::mount(&data) else { return };
    let keys: Vec<_> = town.validators.iter().map(|key| key.verifying_key()).collect();
    town.net.start_all().unwrap();
    let load = Load::start(&town, 3);
    load.goes_on(5);
    disk.fill();
    ends_for_want_of_space(&mut town);
    load.goes_on(5);
    // Started again without space, it ends again.
    town.net.start(3).unwrap();
    ends_for_want_of_space(&mut town);
    load.goes_on(5);

    // With space it needs nothing else.
    disk.free();
    town.net.start(3).unwrap();
    town.ready(3);
    votes(&town, &keys[3], &keys, town.height(0) + 1, 0);
    let payments = load.finish();
    agree(&town, &[0, 1, 2, 3], &payments);
    audit(&town, 3);
    // Before its disk is gone.
    town.net.stop(3).unwrap();
}

fn ends_for_want_of_space(town: &mut Town) {
    let before = town.log(3).matches(FULL).count();
    let ended = patiently("the node without space ends", || town.net.ended(3).unwrap());
    assert!(!ended.success(), "{ended}");
    let log = town.log(3);
    assert!(log.matches(FULL).count() > before, "{log}");
}
