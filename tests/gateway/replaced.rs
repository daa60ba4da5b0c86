//! A box whose disk is lost: the registrars give the meter a new key, and a new box goes on where the ledger stands.

use std::collections::BTreeMap;

use hushwatt_crypto::range::RangeBits;
use hushwatt_gateway::keys::Keys;
use hushwatt_ledger::{
    transaction::{
        attest::WindowStatus,
        registry::{RegistryChange, build::RegistryPlan},
    },
    units::{MeterId, Timestamp},
};
use hushwatt_node::client::Taken;
use rand_core::OsRng;

use crate::{
    choices::choices,
    curve::made,
    inside::Inside,
    p1::Stamp,
    pty::Pty,
    town::{Settings, opened},
    week::Week,
};

const START: Timestamp = Timestamp(1_781_582_400);
const HOUR: u64 = 3_600;

/// Two of the three registrars give meter 0 a new key.
fn give_new_key(week: &Week, keys: &Keys) {
    let (town, key) = (&week.town, keys.signing.verifying_key());
    let change = RegistryChange::Meter { meter: MeterId(0), class: RangeBits::Bits16, key };
    let valid_until = Timestamp((week.now.0 / HOUR + 1) * HOUR);
    let mut unsigned = RegistryPlan { serial: 1, change, valid_until }.prepare(&town.genesis);
    for registrar in &town.registrars[..2] {
        unsigned = unsigned.sign(&town.genesis, registrar).unwrap();
    }
    let change = unsigned.finish(&town.genesis).unwrap();
    assert!(matches!(town.net.client(0).submit(&change, 60).unwrap(), Taken::Final { .. }));
}

#[test]
fn a_new_box_with_a_new_key_goes_on_where_the_ledger_stands() {
    let mut week = Week::new(START, &made(&mut choices(), START, 900, 48), |town| vec![town.url()]);
    week.live_with(START.plus(5 * HOUR + 1_500), |_| Stamp::Right);
    week.settle();
    let old = week.gateway.service().store().state().position();
    assert_eq!(old.sequence, 5, "{:?}", week.gateway.service().status());
    // The box is stolen; a new one is bought, and its key registered.
    week.gateway.crash();
    let parameters = week.town.genesis.parameters.clone();
    let first_day = parameters.window_start(old.next_window).day();
    let keys = Keys::random(first_day, &mut OsRng);
    give_new_key(&week, &keys);
    // Whoever has the old one attests nothing any more.
    week.gateway.start();
    week.live_with(START.plus(6 * HOUR + 1_500), |_| Stamp::Right);
    assert!(week.gateway.warnings().contains(&"key"), "{:?}", week.gateway.warnings());
    assert_eq!(week.gateway.service().store().state().position(), old);
    assert_eq!(week.town.chain_of(0).len(), 5);
    week.gateway.crash();

    // Without being told so, the new box does not go on where another one began.
    let pty = Pty::new();
    let port = format!("serial:{}", pty.path());
    let nodes = [week.town.url()];
    let settings = Settings { name: "new", nodes: &nodes, driver: "p1", port: &port, pace: 1, page: 0 };
    let folder = week.town.lay_out_with(0, &settings, &keys);
    week.gateway = Inside::new(folder, pty, week.now);
    week.gateway.start();
    week.live_with(START.plus(7 * HOUR + 600), |_| Stamp::Right);
    assert!(week.gateway.warnings().contains(&"foreign"), "{:?}", week.gateway.warnings());
    assert_eq!(week.town.chain_of(0).len(), 5);
    week.gateway.crash();
    week.gateway.adopt = true;
    week.gateway.start();
    week.gateway.adopt = false;
    week.live_with(START.plus(9 * HOUR + 300), |_| Stamp::Right);
    assert!(!week.gateway.warnings().contains(&"foreign"), "{:?}", week.gateway.warnings());
    // And it goes on by itself from then on.
    week.gateway.crash();
    week.gateway.start();
    week.live_with(START.plus(11 * HOUR + 1_500), |_| Stamp::Right);
    week.settle();

    let chain = week.town.chain_of(0);
    let (before, after) = chain.split_at(5);
    let mut attested = week.town.opened(0, before);
    let new: BTreeMap<_, _> = opened(&week.town.genesis, &keys.day, after);
    assert!(!new.is_empty());
    attested.extend(new);
    // What only the lost disk had is missing: from where the ledger stood to the first whole window of the new box.
    for number in (START.0 + 5 * HOUR) / 900..(START.0 + 7 * HOUR) / 900 {
        let one = &attested[&number];
        assert_eq!((one.status, one.export, one.import), (WindowStatus::Missing, 0, 0), "{one:?}");
    }
    week.oracle.check(&parameters, &attested, (START, START.plus(5 * HOUR)));
    week.oracle.check(&parameters, &attested, (START.plus(7 * HOUR), START.plus(11 * HOUR)));
    let counted = |span: (u64, u64)| {
        let (from, to) = (week.curve.at(START.plus(span.0 * HOUR)), week.curve.at(START.plus(span.1 * HOUR)));
        to.0 - from.0
    };
    let sum: u64 = attested.values().map(|one| u64::from(one.import)).sum();
    assert_eq!(sum, counted((0, 5)) + counted((7, 11)), "what the ledger has of both boxes");
}
