//! Several nodes of which one is not what it should be.

use std::time::{Duration, Instant};

use hushwatt_crypto::keys::Seed;
use hushwatt_ledger::units::Credit;
use hushwatt_wallet::household::views::EntryState;
use rand_core::OsRng;

use crate::{
    home::{Home, payment},
    relay::{Fault, Relay},
    village::{Plan, Village},
};

const FIFTY: Credit = Credit::from_euro(50);

#[test]
fn a_node_that_lies_or_keeps_back_is_named_and_the_money_is_found_at_the_other() {
    let mut village = Village::found(&Plan::default());
    let seed = Seed::random(&mut OsRng);
    let address = Home::of(&village, &seed, "first.wallet", &[village.url()]).address();
    village.fund(&[(address, FIFTY)]);
    let told = [
        (Fault::Garbage, "gave a wrong answer"),
        (Fault::Forges, "gave a wrong answer"),
        (Fault::WithholdsHints, "kept back"),
    ];
    for (fault, words) in told {
        let crooked = Relay::before(&village.url(), Some(fault));
        let nodes = [crooked.url.clone(), village.url()];
        let mut home = Home::of(&village, &seed, &format!("{fault:?}.wallet"), &nodes);
        home.catch_up();
        home.round();
        assert_eq!(home.available(), FIFTY, "{fault:?}");
        assert!(home.noticed(&[&crooked.url, words]), "{fault:?}: {:?}", home.noticed);
        assert!(!home.noticed(&[&format!("{} {words}", village.url())]), "{fault:?}: {:?}", home.noticed);
    }
}

#[test]
fn two_nodes_that_name_different_last_blocks_are_noticed_as_such() {
    let village = Village::found(&Plan::default());
    let crooked = Relay::before(&village.url(), Some(Fault::OtherChain));
    let mut home = Home::new(&village, "anna.wallet", &[village.url(), crooked.url.clone()]);
    home.catch_up();
    assert!(home.noticed(&[&crooked.url, "different final blocks"]), "{:?}", home.noticed);
    crooked.become_honest();
    let mut home = Home::new(&village, "bert.wallet", &[village.url(), crooked.url]);
    home.catch_up();
    assert!(home.noticed.is_empty(), "{:?}", home.noticed);
}

#[test]
fn what_the_only_node_kept_back_is_told_and_found_once_it_gives_it() {
    let mut village = Village::found(&Plan::default());
    let crooked = Relay::before(&village.url(), Some(Fault::WithholdsHints));
    let mut home = Home::new(&village, "anna.wallet", std::slice::from_ref(&crooked.url));
    village.fund(&[(home.address(), FIFTY)]);
    home.catch_up();
    home.round();
    assert_eq!(home.total(), Credit::ZERO);
    assert!(home.noticed(&[&crooked.url, "kept back"]), "{:?}", home.noticed);
    crooked.become_honest();
    home.get().rescan().unwrap();
    home.catch_up();
    assert_eq!(home.available(), FIFTY);
}

#[test]
fn a_payment_that_one_node_swallows_is_handed_in_at_the_next() {
    let mut village = Village::found(&Plan::default());
    let crooked = Relay::before(&village.url(), Some(Fault::Swallows));
    let mut anna = Home::new(&village, "anna.wallet", &[crooked.url.clone(), village.url()]);
    let mut bert = Home::new(&village, "bert.wallet", &[village.url()]);
    village.fund(&[(anna.address(), FIFTY)]);
    anna.catch_up();
    let to = bert.get().address();
    let sent = anna.get().send(&payment(&to, Credit(1_230_000))).unwrap();
    let start = Instant::now();
    while anna.get().state_of(&sent.id) != Some(EntryState::Final) {
        assert!(start.elapsed() < Duration::from_secs(60), "it never became final");
        anna.round();
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(crooked.submissions().len(), 1);
    bert.catch_up();
    assert_eq!(bert.total(), Credit(1_230_000));
    assert_eq!(anna.total(), Credit(48_770_000));
}
