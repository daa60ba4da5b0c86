//! The village of the other tests does what they rely on: money arrives, is passed on, and pays for energy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod village;

use hushwatt_crypto::keys::Seed;
use hushwatt_ledger::{
    transaction::attest::WindowStatus,
    units::{Credit, Price, Quantity, Utility},
};
use hushwatt_wallet::{Delivery, Offer, PurchaseState, Wallet};
use rand_core::OsRng;

use village::{Counted, Plan, Village};

fn wallet(village: &Village) -> Wallet {
    Wallet::new(village.genesis.clone(), &Seed::random(&mut OsRng)).unwrap()
}

#[test]
fn in_a_village_money_arrives_is_passed_on_and_pays_for_energy() {
    let mut village = Village::found(&Plan::default());
    let (mut anna, mut bert) = (wallet(&village), wallet(&village));
    let fifty = Credit::from_euro(50);
    village.fund(&[(*anna.address(), fifty), (*bert.address(), fifty)]);
    village.show(&mut anna);
    village.show(&mut bert);
    assert_eq!(anna.balance().available, fifty);
    assert_eq!(bert.balance().available, fifty);

    let paid = anna.pay(village.view(), &[(*bert.address(), Credit(1_234_567))], village.now(), &mut OsRng).unwrap();
    village.submit(&[paid]);
    village.show(&mut bert);
    assert_eq!(bert.balance().pending, Credit(1_234_567));
    village.settle();
    village.show(&mut bert);
    assert_eq!(bert.balance().available, Credit(51_234_567));

    anna.pair(village.home(0).pairing.clone());
    village.set_up_gateway(0, anna.address());
    village.set_up_gateway(1, bert.address());
    let window = village.window();
    let seller = *anna.address();
    let (price, quantity) = (Price::new(200).unwrap(), Quantity(1000));
    let offer = Offer { seller, utility: Utility::Electricity, window, price, quantity };
    let opened = bert.open(village.view(), &offer, village.now(), &mut OsRng).unwrap();
    village.submit(&[opened]);
    let counted = [Counted { home: 0, exported: 1203, imported: 5 }, Counted { home: 1, exported: 0, imported: 1000 }];
    village.attest(window, &counted);
    village.seal_energy(window);
    village.show(&mut anna);
    let exported: u64 = anna.readings().iter().map(|reading| reading.export.value).sum();
    let imported: u64 = anna.readings().iter().map(|reading| reading.import.value).sum();
    assert_eq!((exported, imported), (1203, 5));
    assert!(anna.readings().iter().all(|reading| reading.status == WindowStatus::Measured));

    let contract = anna.open_claims(Utility::Electricity, window).next().unwrap().id;
    let delivery = [Delivery { contract, quantity: Quantity(900) }];
    let delivered = anna.deliver(village.view(), &delivery, village.now(), &mut OsRng).unwrap();
    village.submit(&[delivered]);
    village.settle();
    village.show(&mut anna);
    village.show(&mut bert);
    assert_eq!(bert.purchases().next().unwrap().state, PurchaseState::Delivered(Quantity(900)));
    assert_eq!(anna.balance().available, Credit(50_000_000 - 1_234_567 + 180_000));
    assert_eq!(bert.balance().available, Credit(51_234_567 - 180_000));
}

#[test]
fn a_gateway_set_up_late_posts_what_it_never_read_as_missing() {
    let mut village = Village::found(&Plan::default());
    let mut anna = wallet(&village);
    anna.pair(village.home(0).pairing.clone());
    let later = village.genesis.parameters.window_end(village.genesis.first_window()).plus(7200);
    village.to(later);
    village.set_up_gateway(0, anna.address());
    let window = village.window();
    village.attest(window, &[Counted { home: 0, exported: 0, imported: 40 }]);
    village.show(&mut anna);
    let missing = anna.readings().iter().filter(|reading| reading.status == WindowStatus::Missing).count();
    let imported: u64 = anna.readings().iter().map(|reading| reading.import.value).sum();
    assert_eq!((missing / village.genesis.parameters.intervals_per_window(), imported), (3, 40));
}
