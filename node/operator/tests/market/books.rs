//! A cut of power at every call of the disk, in every way it can end: no admitted order is ever lost. And files that no crash
//! leaves.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use hushwatt_crypto::{
    NetworkId, SecretScalar,
    commitment::Opening,
    order_seal::{SEALED_LENGTH, SealedOpening},
};
use hushwatt_ledger::{
    storage::{Disk, Moment, PrivateDisk, Probe, ProbedDisk, SimDisk, StorageError},
    transaction::{
        TransactionId,
        order::{OrderId, OrderTerms, Side},
    },
    units::{Timestamp, Utility, Window},
};
use hushwatt_operator::book::{AuctionKey, Book, BookError, BookedOrder, Ended, Ending};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub const NETWORK: NetworkId = NetworkId([7; 32]);
const FOLDER: &str = "book";
const MOST: usize = 100;
pub const KEYS: [AuctionKey; 2] = [
    AuctionKey { window: Window(500), utility: Utility::Electricity },
    AuctionKey { window: Window(500), utility: Utility::Water },
];

pub fn order(key: AuctionKey, number: u8) -> (OrderId, BookedOrder) {
    let mut rng = ChaCha20Rng::seed_from_u64(number.into());
    let mut point = || Opening::new(number.into(), SecretScalar::random(&mut rng)).commit_point().unwrap();
    let transaction = TransactionId([number; 64]);
    let terms =
        OrderTerms { utility: key.utility, window: key.window, quantity: point(), limit: point(), handle: point() };
    let order = BookedOrder {
        transaction,
        side: if number.is_multiple_of(2) { Side::Sell } else { Side::Buy },
        terms,
        valid_until: Timestamp(600),
        admitted: Timestamp(number.into()),
        sealed: SealedOpening([number; SEALED_LENGTH]),
    };
    (OrderId::of(&NETWORK, &transaction), order)
}

fn open(disk: &Arc<dyn Disk>) -> Result<Book, BookError> {
    Book::open(disk.clone(), Path::new(FOLDER), &NETWORK).map(|(book, _)| book)
}

/// What a book says: of each auction its orders and how it ended.
type Contents = Vec<(AuctionKey, Vec<(OrderId, BookedOrder)>, Option<Ended>)>;

fn contents(book: &Book) -> Contents {
    let all = book.auctions().map(|(key, auction)| {
        let orders = auction.orders().iter().map(|(id, order)| (*id, order.clone())).collect();
        (key, orders, auction.ended().copied())
    });
    // An auction whose file was made and has nothing yet is none.
    all.filter(|(_, orders, ended): &(_, Vec<_>, _)| !orders.is_empty() || ended.is_some()).collect()
}

type Step = fn(&mut Book) -> Result<(), BookError>;

fn admit(book: &mut Book, key: AuctionKey, number: u8) -> Result<(), BookError> {
    let (id, order) = order(key, number);
    book.admit(id, order, MOST)
}

/// The life of a book.
const LIFE: [Step; 9] = [
    |book| admit(book, KEYS[0], 1),
    |book| admit(book, KEYS[0], 2),
    |book| admit(book, KEYS[1], 3),
    |book| admit(book, KEYS[0], 1),
    |book| admit(book, KEYS[0], 4),
    |book| book.end(KEYS[1], Ended { ending: Ending::Expired, seen: Timestamp(9) }),
    |book| book.end(KEYS[0], Ended { ending: Ending::Traded { price: 7 }, seen: Timestamp(10) }),
    |book| book.forget(KEYS[1]),
    |book| book.forget(KEYS[0]),
];

/// Copies the disk on both sides of every changing call.
#[derive(Debug)]
struct Camera {
    disk: SimDisk,
    pictures: Mutex<Vec<SimDisk>>,
}

impl Probe for Camera {
    fn at(&self, _: Moment, _: &str) -> std::io::Result<()> {
        self.pictures.lock().unwrap().push(self.disk.fork());
        Ok(())
    }
}

fn filmed(sim: SimDisk) -> (Arc<Camera>, Arc<dyn Disk>) {
    let camera = Arc::new(Camera { disk: sim.clone(), pictures: Mutex::new(Vec::new()) });
    let disk = ProbedDisk::new(sim, Arc::clone(&camera) as Arc<dyn Probe>);
    (camera, Arc::new(disk))
}

fn fresh() -> SimDisk {
    let sim = SimDisk::new();
    sim.create_dir(Path::new(FOLDER)).unwrap();
    sim.sync_dir(Path::new(".")).unwrap();
    sim
}

/// What the book said before each step of its life, and each disk that a crash can leave while it goes from one to the next.
fn film() -> (Vec<Contents>, Vec<(usize, SimDisk)>) {
    let (camera, disk) = filmed(fresh());
    let mut disks = Vec::new();
    let mut book = open(&disk).unwrap();
    let mut states = vec![contents(&book)];
    for (number, step) in LIFE.iter().enumerate() {
        step(&mut book).unwrap_or_else(|error| panic!("step {number}: {error}"));
        states.push(contents(&book));
        let pictures: Vec<SimDisk> = std::mem::take(&mut *camera.pictures.lock().unwrap());
        disks.extend(pictures.iter().flat_map(SimDisk::crash_states).map(|disk| (number, disk)));
    }
    (states, disks)
}

#[test]
fn after_a_crash_at_every_write_every_admitted_order_is_there() {
    let (states, disks) = film();
    assert!(disks.len() > 1_500, "{}", disks.len());
    for (number, (step, disk)) in disks.into_iter().enumerate() {
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let mut book = open(&disk).unwrap_or_else(|error| panic!("step {step}: {error}"));
        // What was done when the power went may be there or not; all before it is.
        let found = contents(&book);
        let at = [step + 1, step].into_iter().find(|at| states[*at] == found);
        let at = at.unwrap_or_else(|| panic!("step {step}: neither before nor after"));
        if number % 41 == 0 {
            LIFE[at..].iter().for_each(|step| step(&mut book).unwrap());
            assert_eq!(contents(&book), *states.last().unwrap(), "and life goes on to the same end");
        }
    }
}

#[test]
fn a_crash_while_a_crash_is_repaired_loses_nothing_either() {
    let (states, disks) = film();
    for (step, disk) in disks.into_iter().step_by(53) {
        let (camera, probed) = filmed(disk);
        let found = contents(&open(&probed).unwrap());
        assert!(states[step] == found || states[step + 1] == found);
        let pictures: Vec<SimDisk> = std::mem::take(&mut *camera.pictures.lock().unwrap());
        for again in pictures.iter().flat_map(SimDisk::crash_states) {
            let again = contents(&open(&(Arc::new(again) as Arc<dyn Disk>)).unwrap());
            assert!(again == found || again == states[step] || again == states[step + 1]);
        }
    }
}

#[test]
fn a_full_disk_refuses_cleanly_and_the_same_book_goes_on_later() {
    for space in (0..600).step_by(7) {
        let sim = fresh();
        let disk: Arc<dyn Disk> = Arc::new(sim.clone());
        let mut book = open(&disk).unwrap();
        for step in LIFE {
            let before = contents(&book);
            sim.set_space(Some(space));
            if step(&mut book).is_err() {
                assert_eq!(contents(&book), before, "an error changed nothing");
                sim.set_space(None);
                // A process that starts now sees what was acknowledged.
                let copy: Arc<dyn Disk> = Arc::new(sim.fork());
                assert_eq!(contents(&open(&copy).unwrap()), before);
                step(&mut book).unwrap();
            }
            sim.set_space(None);
        }
        assert_eq!(contents(&open(&disk).unwrap()), contents(&book));
    }
}

#[test]
fn a_changed_byte_anywhere_is_refused_or_costs_the_last_record_only() {
    let sim = fresh();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut book = open(&disk).unwrap();
    LIFE[..5].iter().for_each(|step| step(&mut book).unwrap());
    let whole = contents(&book);
    let path = Path::new(FOLDER).join(format!("{}.hwo", KEYS[0]));
    let bytes = sim.contents(&path).unwrap();
    let (mut cut, mut refused) = (0, 0);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        sim.set_contents(&path, &changed);
        match open(&disk) {
            Ok(book) => {
                cut += 1;
                assert_eq!(book.auction(KEYS[0]).unwrap().orders().len(), 2, "byte {at}");
            }
            Err(BookError::Storage(StorageError::Damaged { .. } | StorageError::BadHeader { .. })) => refused += 1,
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(cut > 0 && refused > 2 * cut, "{cut} {refused}");
    sim.set_contents(&path, &bytes);
    assert_eq!(contents(&open(&disk).unwrap()), whole);
}

#[test]
fn a_file_of_another_network_or_under_another_name_is_refused() {
    let sim = fresh();
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    let mut book = open(&disk).unwrap();
    admit(&mut book, KEYS[0], 1).unwrap();
    let other = Book::open(disk.clone(), Path::new(FOLDER), &NetworkId([8; 32]));
    assert!(matches!(other, Err(BookError::Foreign(_))));
    let bytes = sim.contents(&Path::new(FOLDER).join("electricity-500.hwo")).unwrap();
    drop(disk.create(&Path::new(FOLDER).join("electricity-501.hwo")).unwrap());
    sim.set_contents(&Path::new(FOLDER).join("electricity-501.hwo"), &bytes);
    assert!(matches!(open(&disk), Err(BookError::Foreign(_))));
}

#[test]
fn an_auction_takes_an_order_once_so_many_and_none_after_its_end() {
    let disk: Arc<dyn Disk> = Arc::new(fresh());
    let mut book = open(&disk).unwrap();
    for number in 0..3 {
        let (id, order) = order(KEYS[0], number);
        book.admit(id, order.clone(), 3).unwrap();
        book.admit(id, order, 3).unwrap();
    }
    let (id, fourth) = order(KEYS[0], 3);
    assert!(matches!(book.admit(id, fourth.clone(), 3), Err(BookError::Full(3))));
    book.end(KEYS[0], Ended { ending: Ending::NoTrade, seen: Timestamp(1) }).unwrap();
    book.end(KEYS[0], Ended { ending: Ending::Expired, seen: Timestamp(2) }).unwrap();
    assert_eq!(book.auction(KEYS[0]).unwrap().ended().unwrap().ending, Ending::NoTrade, "the first ending stands");
    assert!(matches!(book.admit(id, fourth, 9), Err(BookError::Over)));
}

#[test]
fn on_a_real_disk_files_are_their_owners_and_forgetting_leaves_none() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut book = Book::open(Arc::new(PrivateDisk), folder.path(), &NETWORK).unwrap().0;
    admit(&mut book, KEYS[0], 1).unwrap();
    let names = || -> Vec<PathBuf> { std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect() };
    assert_eq!(names(), [folder.path().join("electricity-500.hwo")]);
    assert_eq!(std::fs::metadata(&names()[0]).unwrap().permissions().mode() & 0o777, 0o600);
    book.forget(KEYS[0]).unwrap();
    book.forget(KEYS[1]).unwrap();
    assert!(names().is_empty());
}
