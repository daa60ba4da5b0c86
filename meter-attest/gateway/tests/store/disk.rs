//! On a real disk: permissions, the lock.

use std::{os::unix::fs::PermissionsExt, sync::Arc};

use hushwatt_gateway::store::{Store, StoreError};
use hushwatt_ledger::storage::{Disk, PrivateDisk};
use hushwatt_meter_attest::ChainPosition;

use crate::bench::{LIFE, METER, NETWORK, config, window};

#[test]
fn a_journal_is_readable_by_its_owner_only_and_open_once_only() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(PrivateDisk);
    let start = ChainPosition::start(window(0));
    let mut store = Store::create(Arc::clone(&disk), folder.path(), &NETWORK, METER, config(), start).unwrap();
    let open = || Store::open(Arc::clone(&disk), folder.path(), &NETWORK, METER);
    for (number, step) in LIFE.iter().enumerate() {
        step(&mut store).unwrap();
        if number % 5 == 0 {
            assert!(matches!(open().unwrap_err(), StoreError::InUse { .. }));
            let before = store.state().clone();
            drop(store);
            store = open().unwrap();
            assert_eq!(*store.state(), before);
        }
        let mode = std::fs::metadata(folder.path().join("journal")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["journal", "lock"]);
}
