//! What opens the sums of periods: kept through crashes and forgetting, wiped when it is shared.

use std::sync::Arc;

use hushwatt_gateway::store::{Content, Ending, OutgoingShare, Refusal, Settled, Store, StoreError};
use hushwatt_ledger::{
    storage::{Disk, SimDisk},
    transaction::TransactionId,
    units::Period,
};

use crate::bench::{at, attestation, counted, create, folder, open, outgoing, sample, share, window};

/// Three hours attested, of which the first two are of period 7 and the third of period 8.
fn three_hours() -> (SimDisk, Store) {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut store = create(&disk).unwrap();
    for number in 0..=12 {
        store.sample(&sample(900 * number, 40 * number, 7 * number)).unwrap();
    }
    store.built(attestation(&store, 1, 3)).unwrap();
    store
        .confirmed_with(&TransactionId([1; 64]), at(11_000), vec![counted(7, 0), counted(7, 1), counted(8, 2)])
        .unwrap();
    (sim, store)
}

fn reopened(sim: &SimDisk, store: Store) -> Store {
    drop(store);
    open(&(Arc::new(sim.clone()) as Arc<dyn Disk>)).unwrap()
}

fn refusal(result: Result<(), StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn holds(sim: &SimDisk, secret: &[u8]) -> bool {
    let names = sim.list(&folder()).unwrap();
    let bytes: Vec<u8> = names.iter().flat_map(|name| sim.contents(&folder().join(name)).unwrap()).collect();
    bytes.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn sums_survive_restarts_snapshots_corrections_and_forgetting() {
    let (sim, store) = three_hours();
    let exported = |store: &Store, period: u64| {
        let sums = &store.state().periods()[&Period(period)];
        (sums.windows(), sums.openings().map(|openings| (openings.export.value, openings.import.value)))
    };
    let mut store = reopened(&sim, store);
    assert_eq!((exported(&store, 7), exported(&store, 8)), ((2, Some((1, 10))), (1, Some((2, 20)))));
    store.compact().unwrap();
    let mut store = reopened(&sim, store);
    assert_eq!(exported(&store, 7), (2, Some((1, 10))));
    let draft = store.state().attested()[&window(1)].draft.clone();
    store.built(outgoing(2, 2, Content::Correction { window: window(1), draft })).unwrap();
    let mut other = counted(7, 5);
    other.window = window(1);
    store.confirmed_with(&TransactionId([2; 64]), at(12_000), vec![other]).unwrap();
    assert_eq!(exported(&store, 7), (2, Some((5, 50))));
    store.forget_before(window(3)).unwrap();
    let store = reopened(&sim, store);
    assert!(store.state().attested().is_empty());
    assert_eq!((exported(&store, 7), exported(&store, 8)), ((2, Some((5, 50))), (1, Some((2, 20)))));
}

#[test]
fn a_share_is_never_replaced_by_another_one() {
    let (sim, mut store) = three_hours();
    assert_eq!(refusal(store.shared(Period(9), share(1))), Refusal::NoPeriod(Period(9)));
    store.shared(Period(7), share(1)).unwrap();
    assert_eq!(refusal(store.shared(Period(7), share(2))), Refusal::OtherShare(Period(7)));
    let longer = OutgoingShare { id: TransactionId([9; 64]), valid_until: at(30_000), ..share(1) };
    store.shared(Period(7), longer.clone()).unwrap();
    let too_long = OutgoingShare { bytes: vec![0; 2 << 20], ..share(3) };
    assert_eq!(refusal(store.shared(Period(8), too_long)), Refusal::TooLong);
    let store = reopened(&sim, store);
    assert_eq!(store.state().periods()[&Period(7)].share(), Some(&longer));
}

#[test]
fn what_is_settled_leaves_no_byte_and_is_not_counted_again() {
    let (sim, mut store) = three_hours();
    let secret = counted(7, 1).openings.import.blinding.to_bytes();
    assert!(holds(&sim, &secret[..]));
    let settled = Settled { period: Period(7), ending: Ending::Shared, at: at(20_000) };
    store.settle(settled).unwrap();
    assert!(!holds(&sim, &secret[..]));
    assert!(holds(&sim, &counted(8, 2).openings.import.blinding.to_bytes()[..]));
    assert_eq!(refusal(store.settle(settled)), Refusal::NoPeriod(Period(7)));
    let store = reopened(&sim, store);
    assert_eq!((store.state().settled(), store.state().periods().len()), (&[settled][..], 1));
}

#[test]
fn a_disk_that_does_not_take_the_new_journal_wipes_with_the_next_record() {
    let (sim, mut store) = three_hours();
    let secret = counted(7, 1).openings.import.blinding.to_bytes();
    sim.set_space(Some(200));
    store.settle(Settled { period: Period(7), ending: Ending::Late, at: at(20_000) }).unwrap();
    assert!(holds(&sim, &secret[..]));
    sim.set_space(None);
    store.warn(at(30_000), "anything").unwrap();
    assert!(!holds(&sim, &secret[..]));
}
