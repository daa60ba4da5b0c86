//! Files that no crash leaves.

use std::sync::Arc;

use hushwatt_crypto::NetworkId;
use hushwatt_gateway::store::{Store, StoreError};
use hushwatt_ledger::{
    storage::{Disk, SimDisk},
    units::MeterId,
};

use crate::bench::{LIFE, METER, NETWORK, create, folder, open};

/// A journal with a few records, and its disk.
fn journal() -> (SimDisk, Vec<u8>) {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut store = create(&disk).unwrap();
    for step in &LIFE[..8] {
        step(&mut store).unwrap();
    }
    let bytes = sim.contents(&folder().join("journal")).unwrap();
    (sim, bytes)
}

fn reopened(sim: &SimDisk, bytes: &[u8]) -> Result<Store, StoreError> {
    sim.set_contents(&folder().join("journal"), bytes);
    open(&(Arc::new(sim.clone()) as Arc<dyn Disk>))
}

#[test]
fn a_changed_byte_anywhere_is_refused_and_changes_nothing_or_only_costs_the_last_record() {
    let (sim, bytes) = journal();
    let whole = reopened(&sim, &bytes).unwrap().state().clone();
    let (mut refused, mut cut) = (0, 0);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        match reopened(&sim, &changed) {
            Ok(store) => {
                cut += 1;
                assert!(store.torn_tail().is_some() && *store.state() != whole, "byte {at}");
            }
            Err(StoreError::Damaged { .. } | StoreError::Header { .. } | StoreError::Foreign { .. }) => {
                refused += 1;
                assert_eq!(sim.contents(&folder().join("journal")).unwrap(), changed);
            }
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    // The last record is the short one of a submission: 20 + 9 + 16 bytes.
    assert_eq!((cut, refused), (45, bytes.len() - 45));
}

#[test]
fn a_file_cut_short_loses_only_its_last_records() {
    let (sim, bytes) = journal();
    for length in (0..bytes.len()).step_by(3) {
        match reopened(&sim, &bytes[..length]) {
            Ok(store) => assert!(store.bytes() <= length as u64),
            Err(error) => assert!(matches!(error, StoreError::Header { .. } | StoreError::Damaged { record: 0, .. })),
        }
    }
}

#[test]
fn another_version_another_network_and_another_meter_are_refused() {
    let (sim, bytes) = journal();
    let mut later = bytes.clone();
    later[7] = 2;
    let refused = reopened(&sim, &later).unwrap_err();
    assert!(
        matches!(refused, StoreError::Header { .. }) && refused.to_string().contains("use the hushwatt that wrote it")
    );
    reopened(&sim, &bytes).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim);
    for (network, meter) in [(NetworkId([8; 32]), METER), (NETWORK, MeterId(4))] {
        let refused = Store::open(Arc::clone(&disk), &folder(), &network, meter).unwrap_err();
        assert!(matches!(refused, StoreError::Foreign { .. }));
    }
}

#[test]
fn a_record_of_another_file_is_refused() {
    let (sim, bytes) = journal();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut store = open(&disk).unwrap();
    store.compact().unwrap();
    let compacted = sim.contents(&folder().join("journal")).unwrap();
    // The last record of the old file behind the snapshot of the new one.
    let spliced = [&compacted[..], &bytes[bytes.len() - 45..]].concat();
    let store = reopened(&sim, &spliced).unwrap();
    assert_eq!(store.torn_tail().unwrap().bytes, 45);
    assert_eq!(store.bytes(), compacted.len() as u64);
}
