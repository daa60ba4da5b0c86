//! What was forgotten has left no byte in the journal (protocol section 9).

use std::sync::Arc;

use hushwatt_gateway::store::Store;
use hushwatt_ledger::storage::{Disk, SimDisk};

use crate::bench::{at, attestation, create, folder, open, sample, window};

/// What the registers show at the start of a quarter: two numbers that nothing else is.
fn registers(number: u64) -> (u64, u64) {
    (0x001a_5c96_e170_0000 + 37 * number * number, 0x000b_71d8_0c50_0000 + 11 * number)
}

fn attest_hours(store: &mut Store, from: u64, until: u64) {
    for number in 4 * from..=4 * until {
        let (import, export) = registers(number);
        store.sample(&sample(900 * number, import, export)).unwrap();
        if number % 4 == 0 && number > 0 {
            let name = number as u8;
            let built = attestation(store, name, 1);
            let id = built.id;
            store.built(built).unwrap();
            store.confirmed(&id, at(900 * number + 60)).unwrap();
        }
    }
}

/// The quarters whose registers are in the journal, or in what a crash left beside it.
fn found(sim: &SimDisk) -> Vec<u64> {
    let names = sim.list(&folder()).unwrap();
    let bytes: Vec<u8> = names.iter().flat_map(|name| sim.contents(&folder().join(name)).unwrap()).collect();
    let has = |value: u64| bytes.windows(8).any(|window| window == value.to_le_bytes());
    (0..=24).filter(|number| has(registers(*number).0) || has(registers(*number).1)).collect()
}

#[test]
fn readings_that_were_forgotten_have_left_no_byte_and_the_sums_stay() {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut store = create(&disk).unwrap();
    attest_hours(&mut store, 0, 6);
    assert_eq!(found(&sim), Vec::from_iter(0..=24));
    let sums = store.state().sums();
    store.forget_before(window(4)).unwrap();
    // The register at which the first kept window begins is kept with it.
    assert_eq!(found(&sim), Vec::from_iter(16..=24));
    assert_eq!((store.state().sums(), store.state().attested().len()), (sums, 2));
    drop(store);
    let store = open(&disk).unwrap();
    assert_eq!((store.state().sums(), store.state().attested().len()), (sums, 2));
}

#[test]
fn a_disk_that_does_not_take_the_new_journal_is_tried_again_with_the_next_record() {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut store = create(&disk).unwrap();
    attest_hours(&mut store, 0, 6);
    // Room for the record and not for the snapshot.
    sim.set_space(Some(200));
    store.forget_before(window(4)).unwrap();
    assert_eq!(found(&sim), Vec::from_iter(0..=24));
    sim.set_space(None);
    store.warn(at(30_000), "anything").unwrap();
    assert_eq!(found(&sim), Vec::from_iter(16..=24));
}
