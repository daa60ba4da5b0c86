//! The chain of a meter through the store: frozen values, rebuilding, corrections, a lost disk.

use std::sync::Arc;

use hushwatt_crypto::{
    keys::{Account, Seed},
    meter::DayKey,
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_gateway::store::{Content, Outgoing, Refusal, Store, StoreError};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    storage::{Disk, SimDisk},
    transaction::{Action, TransactionId},
    units::{MeterId, Timestamp, Utility},
};
use hushwatt_meter_attest::{Attestor, ChainPosition, DraftStatus, Pending};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::bench::{START, at, attestation, config, create, folder, open, outgoing, sample, window};

fn fresh() -> (Arc<dyn Disk>, Store) {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim);
    let store = create(&disk).unwrap();
    (disk, store)
}

/// A store with so many measured hours.
fn with_hours(hours: u64) -> (Arc<dyn Disk>, Store) {
    let (disk, mut store) = fresh();
    for number in 0..=4 * hours {
        store.sample(&sample(900 * number, number * number, 3 * number)).unwrap();
    }
    (disk, store)
}

fn refusal(result: Result<(), StoreError>) -> Refusal {
    match result.unwrap_err() {
        StoreError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[test]
fn values_that_were_built_are_built_again_and_no_others() {
    let (disk, mut store) = with_hours(2);
    let first = attestation(&store, 1, 2);
    store.built(first.clone()).unwrap();
    let mut other = Outgoing { id: TransactionId([2; 64]), ..first.clone() };
    let Content::Attestation { drafts, .. } = &mut other.content else { panic!() };
    drafts[1].metered[3].export.0 += 1;
    let before = store.state().clone();
    assert_eq!(refusal(store.built(other.clone())), Refusal::OtherValues(window(1)));
    let Content::Attestation { drafts, .. } = &mut other.content else { panic!() };
    drafts[1].metered[3].export.0 -= 1;
    drafts[0].status = DraftStatus::Estimated;
    assert_eq!(refusal(store.built(other)), Refusal::OtherValues(window(0)));
    assert_eq!(*store.state(), before);
    drop(store);
    let mut store = open(&disk).unwrap();
    assert_eq!(store.state().waiting().unwrap().outgoing, first);
    store.built(attestation(&store, 2, 2)).unwrap();
    // Of two that were built for the same place, either may be the one that the ledger took.
    assert!(store.state().is_ours(&TransactionId([1; 64])) && store.state().is_ours(&TransactionId([2; 64])));
    store.confirmed(&TransactionId([1; 64]), at(8_000)).unwrap();
    assert_eq!(refusal(store.confirmed(&TransactionId([2; 64]), at(8_000))), Refusal::NotOurs);
    assert_eq!(store.state().position().next_window, window(2));
    assert_eq!((store.state().sums().export, store.state().sums().import), (24, 64));
}

#[test]
fn only_the_next_place_and_the_next_windows_are_built() {
    let (_, mut store) = with_hours(3);
    let good = attestation(&store, 1, 1);
    let wrong = Outgoing { sequence: 2, ..good.clone() };
    assert_eq!(refusal(store.built(wrong)), Refusal::NotNext { found: 2, next: 1 });
    let Content::Attestation { drafts, .. } = good.content.clone() else { panic!() };
    let later = Outgoing { content: Content::Attestation { first: window(1), drafts }, ..good.clone() };
    assert_eq!(refusal(store.built(later)), Refusal::NotContiguous { found: window(1), next: window(0) });
    let empty = Outgoing { content: Content::Attestation { first: window(0), drafts: Vec::new() }, ..good.clone() };
    assert_eq!(refusal(store.built(empty)), Refusal::Shape);
    let long = Outgoing { bytes: vec![0; 700_000], ..good.clone() };
    assert_eq!(refusal(store.built(long)), Refusal::TooLong);
    store.built(good).unwrap();
    assert_eq!(refusal(store.forget_before(window(1))), Refusal::NotYetAttested(window(0)));
    assert_eq!(refusal(store.acknowledge(0)), Refusal::NoWarning(0));
    assert_eq!(refusal(store.give_up(window(0))), Refusal::NothingOpen(window(0)));
}

#[test]
fn a_correction_changes_the_sums_and_only_of_what_is_attested() {
    let (disk, mut store) = with_hours(1);
    store.built(attestation(&store, 1, 1)).unwrap();
    store.confirmed(&TransactionId([1; 64]), at(4_000)).unwrap();
    let mut draft = store.state().attested()[&window(0)].draft.clone();
    draft.metered[0].import.0 += 50;
    let correct = |window| Content::Correction { window, draft: draft.clone() };
    assert_eq!(refusal(store.built(outgoing(2, 2, correct(window(1))))), Refusal::NotAttested(window(1)));
    store.built(outgoing(2, 2, correct(window(0)))).unwrap();
    assert_eq!(store.state().sums().import, 16, "not before it is final");
    store.confirmed(&TransactionId([2; 64]), at(5_000)).unwrap();
    let store = {
        drop(store);
        open(&disk).unwrap()
    };
    assert_eq!(store.state().sums().import, 66);
    assert!(store.state().attested()[&window(0)].corrected);
    let position = store.state().position();
    assert_eq!(
        (position.sequence, position.next_window),
        (2, window(1)),
        "a correction is in the chain, and no window"
    );
}

#[test]
fn a_lost_disk_goes_on_where_the_ledger_stands() {
    let (_, mut store) = with_hours(3);
    store.built(attestation(&store, 1, 3)).unwrap();
    let ahead = ChainPosition { sequence: 5, last: TransactionId([6; 64]), next_window: window(2) };
    store.adopt(ahead).unwrap();
    assert_eq!((store.state().position(), store.state().waiting()), (ahead, None));
    assert!(!store.state().is_frozen(window(1)) && store.state().is_frozen(window(2)));
    assert_eq!(refusal(store.adopt(ahead)), Refusal::NotAhead);
    store.built(attestation(&store, 2, 1)).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(SimDisk::new());
    let anew = Store::create(disk, &folder(), &crate::bench::NETWORK, crate::bench::METER, config(), ahead).unwrap();
    assert_eq!(anew.state().position(), ahead);
}

#[test]
fn warnings_stay_few_and_go_when_they_were_seen() {
    let (disk, mut store) = fresh();
    for number in 0..250 {
        store.warn(at(number), &format!("{number} {}\n", "ü".repeat(200))).unwrap();
        if number == 100 {
            store.acknowledge(60).unwrap();
        }
    }
    let warnings = store.state().warnings().to_vec();
    assert_eq!(warnings.len(), 200);
    assert!(warnings.iter().all(|warning| warning.number != 60 && warning.text.len() <= 255));
    drop(store);
    assert_eq!(open(&disk).unwrap().state().warnings(), warnings);
}

/// A community of one meter, for attestations with proofs.
fn genesis(meter: &SigningKey, rng: &mut ChaCha20Rng) -> Genesis {
    let mut key = || SigningKey::random(rng).verifying_key();
    let genesis = NewGenesis {
        time: Timestamp(START - 3_600),
        simulated_time: true,
        parameters: Parameters::default(),
        validators: vec![key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(),
        operator: None,
        meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: meter.verifying_key() }],
    };
    genesis.build().unwrap()
}

fn salt(pending: &Pending) -> [u8; 32] {
    match pending.built.transaction.action() {
        Action::Attest(attest) => attest.statement.salt,
        other => panic!("{}", other.name()),
    }
}

#[test]
fn a_real_attestation_survives_restarts_and_is_built_again_with_the_same_values_and_a_new_salt() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let key = SigningKey::random(&mut rng);
    let genesis = genesis(&key, &mut rng);
    let account = Account::from_seed(genesis.network(), &Seed::random(&mut rng)).unwrap();
    let day_key = DayKey::random(START / 86_400, &mut rng);
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(sim);
    let network = *genesis.network();
    let open = || Store::open(Arc::clone(&disk), &folder(), &network, MeterId(0)).unwrap();
    let start = ChainPosition::start(genesis.first_window());
    assert_eq!(start.next_window, window(0));
    let mut store = Store::create(Arc::clone(&disk), &folder(), &network, MeterId(0), config(), start).unwrap();
    for number in 0..=12 {
        store.sample(&sample(900 * number, 40 * number, 7 * number)).unwrap();
    }
    let attest = |store: &Store, now, rng: &mut ChaCha20Rng| {
        let spend = *account.view().spend_public();
        let attestor = Attestor::restore(MeterId(0), key.clone(), day_key.clone(), spend, store.state().position());
        let pending = attestor.attest_drafts(&genesis, |window| store.state().draft(window), now, rng).unwrap();
        let drafts = pending.windows.iter().map(|(window, _)| store.state().draft(*window).unwrap()).collect();
        (Outgoing::attestation(&pending, drafts), pending)
    };
    let (outgoing, first) = attest(&store, at(7_300), &mut rng);
    assert_eq!(first.windows.len(), 2);
    store.built(outgoing).unwrap();
    drop(store);
    let mut store = open();
    let kept = Pending::decode(&network, &store.state().waiting().unwrap().outgoing.bytes).unwrap();
    assert_eq!(kept.built.transaction, first.built.transaction);
    // It expired unseen; meanwhile a third window is over, and an attestation of all three is built.
    let (outgoing, second) = attest(&store, at(11_000), &mut rng);
    assert_eq!(second.windows.len(), 3);
    assert_ne!(salt(&first), salt(&second));
    store.built(outgoing).unwrap();
    drop(store);
    let mut store = open();
    // The ledger took the first after all.
    store.confirmed(first.built.transaction.id(), at(11_100)).unwrap();
    assert_eq!(store.state().position().next_window, window(2));
    let (outgoing, third) = attest(&store, at(11_200), &mut rng);
    assert_eq!(third.windows.iter().map(|(window, _)| *window).collect::<Vec<_>>(), [window(2)]);
    store.built(outgoing).unwrap();
    store.confirmed(third.built.transaction.id(), at(11_300)).unwrap();
    assert_eq!(store.state().sums().import, 480);
}
