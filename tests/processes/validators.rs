//! The validators change while everybody pays.

use std::fs;

use hushwatt_crypto::signature::{SigningKey, VerifyingKey};
use hushwatt_node::client::Taken;
use rand_core::OsRng;

use crate::{
    bank::Bank,
    checks::{agree, audit},
    load::Load,
    registrars::{change, votes},
    town::{Plan, Town, now, patiently},
};

#[test]
fn a_fifth_validator_joins_another_leaves_and_a_third_exchanges_its_key_under_load() {
    let mut town = Town::start(&Plan { epoch_blocks: 20, heartbeat: 1, ..Plan::default() });
    let load = Load::start(&town, 4);
    let public = |keys: &[SigningKey]| -> Vec<VerifyingKey> { keys.iter().map(SigningKey::verifying_key).collect() };
    let mut keys = public(&town.validators);

    // The fifth follows until it is in force.
    let fifth = SigningKey::random(&mut OsRng);
    keys.push(fifth.verifying_key());
    let folder = town.folder.join("node-5");
    assert_eq!(town.net.add_validator(&town.genesis.clone(), fifth, &folder).unwrap(), 4);
    town.net.start(4).unwrap();
    town.ready(4);
    town.reaches(4, town.height(0));
    let from = change(&town, 1, &keys, 0);
    votes(&town, &keys[4], &keys, from, 0);
    load.goes_on(3);

    // The second leaves: it follows, and takes no more payments.
    keys.remove(1);
    let from = change(&town, 2, &keys, 1);
    town.reaches(1, from + 2);
    patiently("the one that left says so", || town.log(1).contains("this node votes no more").then_some(()));
    // What its engine kept has hints in it; whoever goes on with another key keeps his.
    patiently("the one that left forgets", || (!town.net.folder(1).join("data/engine").exists()).then_some(()));
    load.goes_on(3);

    // The third gets another key, and knows both for a while.
    let next = SigningKey::random(&mut OsRng);
    let old = std::mem::replace(&mut keys[1], next.verifying_key());
    assert_eq!(old, town.validators[2].verifying_key());
    town.net.add_next_key(2, next).unwrap();
    town.net.stop(2).unwrap();
    town.net.start(2).unwrap();
    town.ready(2);
    let from = change(&town, 3, &keys, 0);
    votes(&town, &keys[1], &keys, from, 0);
    let folder = town.net.folder(2);
    assert!(folder.join("data/engine").exists());
    fs::rename(folder.join("validator-next.key"), folder.join("validator.key")).unwrap();
    town.net.stop(2).unwrap();
    town.net.start(2).unwrap();
    town.ready(2);
    votes(&town, &keys[1], &keys, town.height(2) + 1, 0);
    load.goes_on(3);

    let payments = load.finish();
    agree(&town, &[0, 1, 2, 3, 4], &payments);
    (0..5).for_each(|place| audit(&town, place));
}

#[test]
fn what_a_validator_took_before_it_left_is_handed_on() {
    let mut town = Town::start(&Plan { epoch_blocks: 20, heartbeat: 1, ..Plan::default() });
    let mut bank = Bank::new(&town);
    bank.fund(town.net.client(0), &now);
    let payment = patiently("there is money to be spent", || {
        bank.read(town.net.client(1)).unwrap();
        bank.pay(now())
    });

    // The others are down when it is taken, and the one that took it is down when they are there again: nobody else has it.
    for place in [0, 2, 3] {
        town.net.kill(place).unwrap();
    }
    let taken = town.net.client(1).submit(&payment, 0).unwrap();
    assert!(matches!(taken, Taken::Waiting { .. }), "{taken:?}");
    town.net.kill(1).unwrap();
    for place in [0, 2, 3] {
        town.net.start(place).unwrap();
    }
    let mut keys: Vec<VerifyingKey> = town.validators.iter().map(SigningKey::verifying_key).collect();
    keys.remove(1);
    change(&town, 1, &keys, 0);

    town.net.start(1).unwrap();
    patiently("the payment is final", || {
        let blocks = bank.read(town.net.client(0)).ok()?;
        let mut all = blocks.iter().flat_map(|block| &block.transactions);
        all.any(|transaction| transaction.id() == payment.transaction.id()).then_some(())
    });
}
