//! A store on a simulated disk, and a day of its life as a list of operations.

use std::{path::PathBuf, sync::Arc};

use hushwatt_crypto::{NetworkId, SecretScalar, commitment::Opening, range::RangeBits};
use hushwatt_drivers::Medium;
use hushwatt_gateway::store::{
    Content, Counted, Ending, Openings, Outgoing, OutgoingShare, Settled, Store, StoreError,
};
use hushwatt_ledger::{
    parameters::Parameters,
    storage::Disk,
    transaction::TransactionId,
    units::{Interval, MeterId, Period, Timestamp, Window},
};
use hushwatt_meter_attest::{
    ChainPosition, Draft,
    registers::{Config, Count, Layout, Sample, Substitution},
};

/// 2025-06-02T00:00:00Z.
pub const START: u64 = 20_241 * 86_400;
pub const NETWORK: NetworkId = NetworkId([7; 32]);
pub const METER: MeterId = MeterId(3);

pub fn folder() -> PathBuf {
    PathBuf::from("/box/state")
}

pub fn config() -> Config {
    Config::new(&Parameters::default(), Medium::Electricity, Layout::TwoWay, RangeBits::Bits16)
}

pub fn window(number: u64) -> Window {
    Window(START / 3600 + number)
}

pub fn at(seconds: u64) -> Timestamp {
    Timestamp(START + seconds)
}

pub fn sample(seconds: u64, import: u64, export: u64) -> Sample {
    let count = |value| Count { value, step: 1, modulus: None };
    let at = at(seconds);
    Sample { received: at, at: Some(at), meter: "A".to_owned(), import: count(import), export: count(export) }
}

pub fn create(disk: &Arc<dyn Disk>) -> Result<Store, StoreError> {
    Store::create(Arc::clone(disk), &folder(), &NETWORK, METER, config(), ChainPosition::start(window(0)))
}

pub fn open(disk: &Arc<dyn Disk>) -> Result<Store, StoreError> {
    Store::open(Arc::clone(disk), &folder(), &NETWORK, METER)
}

pub fn outgoing(name: u8, sequence: u64, content: Content) -> Outgoing {
    Outgoing { id: TransactionId([name; 64]), sequence, valid_until: at(9_000), content, bytes: vec![name; 90] }
}

/// The next attestation of so many windows, with what the store says of them.
pub fn attestation(store: &Store, name: u8, count: u64) -> Outgoing {
    let position = store.state().position();
    let first = position.next_window;
    let drafts = (first.0..first.0 + count).map(|window| store.state().draft(Window(window)).unwrap()).collect();
    outgoing(name, position.sequence + 1, Content::Attestation { first, drafts })
}

pub type Step = fn(&mut Store) -> Result<(), StoreError>;

/// What a gateway does to its store.
pub const LIFE: &[Step] = &[
    |store| store.sample(&sample(0, 100, 10)).map(drop),
    |store| store.sample(&sample(900, 110, 10)).map(drop),
    |store| store.sample(&sample(1_800, 120, 17)).map(drop),
    |store| store.warn(at(1_900), "the meter's clock is 70 s slow"),
    |store| store.sample(&sample(2_700, 140, 18)).map(drop),
    |store| store.sample(&sample(3_600, 141, 19)).map(drop),
    |store| store.built(attestation(store, 1, 1)),
    |store| store.submitted(at(3_700)),
    |store| store.tick(at(9_500)).map(drop),
    |store| store.clock_was_set(at(9_500), at(9_501)).map(drop),
    |store| store.sample(&sample(10_800, 541, 99)).map(drop),
    |store| store.substitute(&substitution()),
    |store| store.built(attestation(store, 2, 3)),
    |store| store.confirmed(&TransactionId([1; 64]), at(10_900)),
    |store| store.acknowledge(0),
    |store| store.compact(),
    |store| store.built(attestation(store, 3, 2)),
    |store| store.submitted(at(11_000)),
    |store| store.confirmed(&TransactionId([3; 64]), at(11_100)),
    |store| store.tick(at(16_000)).map(drop),
    |store| store.give_up(window(3)),
    |store| store.built(attestation(store, 4, 1)),
    |store| store.confirmed_with(&TransactionId([4; 64]), at(16_100), vec![counted(7, 2), counted(8, 3)]),
    |store| store.shared(Period(7), share(1)),
    |store| store.sample(&sample(18_000, 600, 120)).map(drop),
    |store| {
        let draft = store.state().registers().correction(window(3)).unwrap();
        let sequence = store.state().position().sequence + 1;
        store.built(outgoing(5, sequence, Content::Correction { window: window(3), draft }))
    },
    |store| store.confirmed_with(&TransactionId([5; 64]), at(18_100), vec![counted(8, 3)]),
    |store| store.shared(Period(7), OutgoingShare { valid_until: at(19_000), ..share(1) }),
    |store| store.forget_before(window(2)),
    |store| store.settle(Settled { period: Period(7), ending: Ending::Shared, at: at(18_200) }),
    |store| store.configure(Config { max_rate: 300_000, ..config() }),
    |store| store.adopt(ChainPosition { sequence: 9, last: TransactionId([9; 64]), next_window: window(6) }),
    |store| store.sample(&sample(21_600, 700, 130)).map(drop),
];

/// What a window adds to a period.
pub fn counted(period: u64, number: u64) -> Counted {
    let opening = |value: u64| {
        let mut blinding = [0; 32];
        blinding[..8].copy_from_slice(&(0x5e_c2e7_0000 + value).to_le_bytes());
        Opening::new(value, SecretScalar::decode(&blinding).unwrap())
    };
    let openings = Openings { export: opening(number), import: opening(10 * number) };
    Counted { period: Period(period), window: window(number), openings }
}

/// A Share as it is sent.
pub fn share(name: u8) -> OutgoingShare {
    OutgoingShare {
        id: TransactionId([name; 64]),
        valid_until: at(18_000),
        bytes: vec![name; 400],
        hints: vec![name; 900],
    }
}

/// The gap from 01:00 to 03:00: 400 Wh in, 80 out.
fn substitution() -> Substitution {
    Substitution {
        first: Interval(START / 900 + 4),
        import: vec![100_000, 0, 0, 0, 0, 0, 0, 300_000],
        export: vec![10_000; 8],
        rounding: 1_000,
        rule: "profile".to_owned(),
    }
}

/// Every value that is fixed: attested, or built into a transaction that may have been sent.
pub fn fixed(store: &Store) -> Vec<(Window, Draft)> {
    let state = store.state();
    let attested = state.attested().iter().map(|(window, attested)| (*window, attested.draft.clone()));
    let frozen = (0..10).map(window).filter(|window| state.is_frozen(*window));
    attested.chain(frozen.map(|window| (window, state.draft(window).unwrap()))).collect()
}
