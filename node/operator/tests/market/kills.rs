//! `kill -9` at every change that the book makes on a real disk, and at random times: a child process (this binary again) admits
//! orders and says which; after its death all of them must be there.

use std::{
    collections::BTreeSet, io::Write, os::unix::process::ExitStatusExt, path::Path, process::Child, sync::Arc,
    time::Duration,
};

use hushwatt_ledger::{
    storage::{PrivateDisk, ProbedDisk},
    units::Timestamp,
};
use hushwatt_operator::book::{Book, Ended, Ending};

use crate::{
    books::{KEYS, NETWORK, order},
    kill::{KillAt, kill_after, run_to_its_end, start_child},
};

const FOLDER: &str = "HUSHWATT_KILL_FOLDER";
const ORDERS: u8 = 6;

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_admits_orders_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    println!();
    let disk = ProbedDisk::new(PrivateDisk, KillAt::chosen());
    let mut book = Book::open(Arc::new(disk), Path::new(&folder), &NETWORK).unwrap().0;
    for number in 0..ORDERS {
        let key = KEYS[usize::from(number % 2)];
        let (id, order) = order(key, number);
        book.admit(id, order, 100).unwrap();
        println!("{number}");
        std::io::stdout().flush().unwrap();
    }
    book.end(KEYS[0], Ended { ending: Ending::Expired, seen: Timestamp(1) }).unwrap();
}

fn child(folder: &Path, kill_at: u64) -> Child {
    let variables = [(FOLDER, folder.to_str().unwrap().to_owned())];
    start_child("kills::child_admits_orders_until_it_is_killed", kill_at, &variables)
}

/// Everything that was said to be admitted is in the book, as it was.
fn check(folder: &Path, admitted: &BTreeSet<u8>) {
    let book = Book::open(Arc::new(PrivateDisk), folder, &NETWORK).unwrap().0;
    for number in admitted {
        let key = KEYS[usize::from(number % 2)];
        let (id, order) = order(key, *number);
        let auction = book.auction(key).unwrap_or_else(|| panic!("{key} is lost"));
        assert_eq!(auction.orders().get(&id), Some(&order), "order {number}");
    }
}

#[test]
fn killed_at_every_change_on_disk_no_admitted_order_is_lost() {
    let mut kills = 0;
    for moment in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let mut admitted = BTreeSet::new();
        let killed = run_to_its_end(child(folder.path(), moment), |line| admitted.extend(line.parse::<u8>()));
        check(folder.path(), &admitted);
        if !killed {
            assert_eq!(admitted.len(), usize::from(ORDERS));
            break;
        }
        // The next one goes on where it died.
        run_to_its_end(child(folder.path(), 0), |line| admitted.extend(line.parse::<u8>()));
        check(folder.path(), &admitted);
        kills += 1;
    }
    assert!(kills >= 30, "{kills}");
}

#[test]
fn killed_at_random_times_no_admitted_order_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut admitted = BTreeSet::new();
    for round in 0..12 {
        let hear = |line: &str| admitted.extend(line.parse::<u8>());
        let status = kill_after(child(folder.path(), 0), round % 4, Duration::from_micros(round * 700), hear);
        assert!(status.success() || status.signal() == Some(9), "{status}");
        check(folder.path(), &admitted);
    }
}
