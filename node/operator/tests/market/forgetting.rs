//! What a stopped operator deletes when he is told to, and what not.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use hushwatt_crypto::{range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    storage::PrivateDisk,
    units::{Timestamp, Utility, Window},
};
use hushwatt_operator::{
    book::{AuctionKey, Book, Ended, Ending},
    config::template,
    folder::{FolderError, OperatorFolder},
    forget::{Forgotten, Past, forget},
    service::RunError,
};
use rand_core::OsRng;

use crate::{books::order, scan::Needles};

const DAY: u64 = 86_400;

fn folder(path: &Path) -> (OperatorFolder, Genesis) {
    let key = || SigningKey::random(&mut OsRng).verifying_key();
    let new = NewGenesis {
        time: Timestamp(1_781_584_800),
        simulated_time: false,
        parameters: Parameters::default(),
        validators: vec![key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(),
        operator: None,
        meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key() }],
    };
    let (genesis, folder) = (new.build().unwrap(), OperatorFolder::at(path));
    folder.create(&genesis, &template(&["http://127.0.0.1:1".parse().unwrap()]), &mut OsRng).unwrap();
    (folder, genesis)
}

fn open(folder: &OperatorFolder, genesis: &Genesis) -> Book {
    Book::open(Arc::new(PrivateDisk), &folder.book_folder(), genesis.network()).unwrap().0
}

#[test]
fn a_stopped_operator_deletes_what_was_over_for_a_day_whether_he_saw_its_end_or_not() {
    let place = tempfile::tempdir().unwrap();
    let (folder, genesis) = folder(place.path());
    let first = genesis.first_window().0;
    let key = |window| AuctionKey { window: Window(first + window), utility: Utility::Electricity };
    let mut book = open(&folder, &genesis);
    let mut needles = Needles::default();
    // One that ended, one whose end he did not see, one that ended late, one that is not over.
    let [seen, unseen, late, lasting] = [key(0), key(1), key(2), key(48)];
    for (place, auction) in (0..).zip([seen, unseen, late, lasting]) {
        for number in 0..=place {
            let (id, order) = order(auction, 1 + 10 * place + number);
            needles.bytes(&format!("order {number} of {place}"), &order.sealed.0);
            book.admit(id, order, 9).unwrap();
        }
    }
    let over = genesis.parameters.clear_until(unseen.window).unwrap();
    book.end(seen, Ended { ending: Ending::NoTrade, seen: over }).unwrap();
    book.end(late, Ended { ending: Ending::Expired, seen: over.plus(3_600) }).unwrap();
    drop(book);

    let names = || {
        let entries = std::fs::read_dir(folder.book_folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let all = names();
    assert_eq!(all.len(), 4);
    let orders_of = |auctions: &[u8]| -> BTreeSet<String> {
        let orders = auctions.iter().flat_map(|place| (0..=*place).map(move |number| (number, place)));
        orders.map(|(number, place)| format!("order {number} of {place}")).collect()
    };
    assert_eq!(needles.names_in(place.path()), orders_of(&[0, 1, 2, 3]));
    let at = |now, dry_run| forget(folder.path(), now, dry_run).unwrap();
    let nothing = Forgotten { auctions: Vec::new(), kept: 4, deleted: false };
    assert_eq!(at(over.plus(DAY - 1), false), nothing);
    let past = |auction: AuctionKey, orders| Past { utility: "electricity", window: auction.window.0, orders };
    let two = Forgotten { auctions: vec![past(seen, 1), past(unseen, 2)], kept: 2, deleted: false };
    assert_eq!(at(over.plus(DAY), true), two);
    assert_eq!(names(), all, "a dry run deletes nothing");
    assert_eq!(at(over.plus(DAY), false), Forgotten { deleted: true, ..two });
    assert_eq!(names(), [late, lasting].map(|auction| format!("{auction}.hwo")));
    assert_eq!(needles.names_in(place.path()), orders_of(&[2, 3]));
    let one = Forgotten { auctions: vec![past(late, 3)], kept: 1, deleted: true };
    assert_eq!(at(over.plus(DAY + 3_600), false), one);
    let left = open(&folder, &genesis);
    assert_eq!(left.auction(lasting).map(|auction| auction.orders().len()), Some(4));
}

#[test]
fn the_folder_of_a_running_operator_and_what_is_none_are_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let (folder, _) = folder(place.path());
    let lock = folder.lock().unwrap();
    let refused = forget(folder.path(), Timestamp(u64::MAX), false);
    assert!(matches!(refused, Err(RunError::Folder(FolderError::Running { .. }))));
    drop(lock);
    assert_eq!(forget(folder.path(), Timestamp(u64::MAX), false).unwrap().auctions, []);
    let none = tempfile::tempdir().unwrap();
    let refused = forget(none.path(), Timestamp(0), false);
    assert!(matches!(refused, Err(RunError::Folder(FolderError::NotOne { .. }))));
    assert_eq!(std::fs::read_dir(none.path()).unwrap().count(), 0);
}
