//! An operator, his nodes and the households that order from him, with one clock that the test drives.

use std::{
    path::Path,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use hushwatt_client::Patience;
use hushwatt_crypto::{order_seal::SealedOpening, order_seal::SealingKey, signature::Signature};
use hushwatt_ledger::{
    genesis::Genesis,
    note::Asset,
    storage::{Disk, SimDisk},
    transaction::{build::Built, order::UnadmittedOrder},
    units::{Timestamp, Utility, Window},
};
use hushwatt_operator::{
    admission::{Admission, Refusal},
    book::{AuctionKey, Book, BookError},
    clock::SteppedClock,
    keys::Keys,
    nodes::Nodes as NodeList,
    service::{Parts, Service},
};
use rand_core::OsRng;

use crate::{
    kit::{ANNA, BERT, CARLA, Setup, TREASURY, World, auction::Wish},
    node::{Ledger, Manner, Nodes},
};

pub const FOLDER: &str = "book";
/// Orders in an auction, at most.
pub const MOST: usize = 12;
const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(2), answer: Duration::from_secs(20), body: Some(Duration::from_secs(5)) };
const DAY: u64 = 86_400;

static OPEN: LazyLock<World> = LazyLock::new(|| {
    let mut world = World::with_energy(&Setup::default(), |_| {});
    world.pass(world.after(1));
    world
});

/// Energy of window 0 is sealed, and orders for it are taken.
pub fn open() -> World {
    OPEN.clone()
}

/// The operator's keys: the one that the genesis names.
pub fn keys(world: &World) -> Keys {
    Keys { signing: world.operator.clone(), sealing: SealingKey::from_bytes(&[7; 32]).unwrap() }
}

/// A book on a disk.
pub fn book_on(disk: Arc<dyn Disk>, genesis: &Genesis) -> Result<Book, BookError> {
    disk.create_dir(Path::new(FOLDER)).unwrap();
    disk.sync_dir(Path::new(".")).unwrap();
    Book::open(disk, Path::new(FOLDER), genesis.network()).map(|(book, _)| book)
}

pub struct Scene {
    pub genesis: Arc<Genesis>,
    pub keys: Keys,
    pub clock: SteppedClock,
    pub nodes: Nodes,
    pub disk: SimDisk,
    pub book: Arc<Mutex<Book>>,
    pub admission: Admission,
    pub service: Service,
}

impl Scene {
    pub fn new(nodes: usize) -> Self {
        Self::of(open(), nodes)
    }

    pub fn of(world: World, nodes: usize) -> Self {
        let (genesis, keys) = (Arc::new(world.genesis.clone()), keys(&world));
        let clock = SteppedClock::at(world.now());
        let nodes = Nodes::start(world, nodes);
        let disk = SimDisk::new();
        Self::on(genesis, keys, clock, nodes, disk)
    }

    fn on(genesis: Arc<Genesis>, keys: Keys, clock: SteppedClock, nodes: Nodes, disk: SimDisk) -> Self {
        let book = Arc::new(Mutex::new(book_on(Arc::new(disk.clone()), &genesis).unwrap()));
        let shared: Arc<SteppedClock> = Arc::new(clock.clone());
        let admission = Admission::new(genesis.clone(), keys.clone(), book.clone(), shared.clone(), MOST);
        let service = Service::new(Parts {
            genesis: genesis.clone(),
            keys: keys.clone(),
            book: book.clone(),
            nodes: NodeList::at(genesis.network(), &nodes.urls, &PATIENCE),
            clock: shared,
            keep: Duration::from_secs(DAY),
            status_file: None,
        });
        Scene { genesis, keys, clock, nodes, disk, book, admission, service }
    }

    /// The operator is killed and started again on what is left of his disk.
    pub fn restarted_on(self, disk: SimDisk) -> Self {
        let Scene { genesis, keys, clock, nodes, book, .. } = self;
        drop(book);
        Self::on(genesis, keys, clock, nodes, disk)
    }

    pub fn key(&self) -> AuctionKey {
        AuctionKey { window: self.window(), utility: Utility::Electricity }
    }

    pub fn window(&self) -> Window {
        self.ledger(|ledger| ledger.world.window(0))
    }

    pub fn ledger<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        look(&mut self.nodes.lock())
    }

    pub fn set(&self, node: usize, manner: Manner) {
        self.nodes.lock().manners[node] = manner;
    }

    pub fn admit(&self, order: &UnadmittedOrder) -> Result<Signature, Refusal> {
        let transaction = &order.built.transaction;
        let sealed = SealedOpening::seal(
            self.genesis.network(),
            self.keys.sealing.public(),
            &transaction.id().0,
            &order.opening.encode(),
            &mut OsRng,
        );
        self.admission.admit_order(transaction, sealed)
    }

    /// Households order, the operator admits, the ledger takes it.
    pub fn place(&self, orders: Vec<UnadmittedOrder>) {
        let built: Vec<Built> = orders
            .into_iter()
            .map(|order| {
                let admission = self.admit(&order).unwrap();
                order.admitted(admission)
            })
            .collect();
        self.ledger(|ledger| ledger.block(&built));
    }

    /// Time passes: to everybody, with a block and a step of the operator.
    pub fn to(&mut self, time: Timestamp) {
        self.clock.step_to(time);
        self.ledger(|ledger| {
            ledger.now = time;
            ledger.block(&[]);
        });
        self.service.step();
    }

    pub fn now(&self) -> Timestamp {
        self.ledger(|ledger| ledger.now)
    }

    /// Time passes in steps of some seconds.
    pub fn run(&mut self, until: Timestamp) {
        while self.now() < until {
            self.to(self.now().plus(10).min(until));
        }
    }

    pub fn order_until(&self) -> Timestamp {
        self.genesis.parameters.order_until(self.window()).unwrap()
    }

    pub fn clear_until(&self) -> Timestamp {
        self.genesis.parameters.clear_until(self.window()).unwrap()
    }

    /// How the auction ended on the ledger: its state and price.
    pub fn end(&self) -> Option<(&'static str, Option<u32>)> {
        let key = (self.window().0, Utility::Electricity);
        self.ledger(|ledger| ledger.ended.get(&key).map(|end| (end.state, end.price)))
    }

    /// What the nodes said to each Clear.
    pub fn handed(&self) -> Vec<Option<String>> {
        self.ledger(|ledger| ledger.handed.iter().map(|(_, rule)| rule.clone()).collect())
    }

    pub fn warnings(&self) -> Vec<String> {
        self.service.status().warnings.iter().map(|warning| warning.code.clone()).collect()
    }

    /// How many orders the book has of the auction.
    pub fn booked(&self) -> usize {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.auction(self.key()).map_or(0, |auction| auction.orders().len())
    }

    pub fn balances(&self, asset: Asset) -> [u64; 4] {
        self.ledger(|ledger| [TREASURY, ANNA, BERT, CARLA].map(|who| ledger.world.households[who].balance(asset)))
    }
}

/// Somebody's wish for electricity of window 0.
pub fn wish(world: &World, who: usize, limit: u32, quantity: u32) -> Wish {
    Wish { who, utility: Utility::Electricity, window: world.window(0), limit, quantity }
}

pub fn ask(world: &mut World, who: usize, limit: u32, quantity: u32) -> UnadmittedOrder {
    let wish = wish(world, who, limit, quantity);
    let notes = world.spendable(who, wish.energy());
    world.unadmitted_sell(&notes[..1], &wish)
}

/// From the buyer's note of this place.
pub fn bid_with(world: &mut World, place: usize, who: usize, limit: u32, quantity: u32) -> UnadmittedOrder {
    let wish = wish(world, who, limit, quantity);
    let note = world.spendable(who, Asset::Credit)[place].clone();
    world.unadmitted_buy(&[note], &wish)
}

pub fn bid(world: &mut World, who: usize, limit: u32, quantity: u32) -> UnadmittedOrder {
    bid_with(world, 0, who, limit, quantity)
}

/// Two asks and two bids: 1100 Wh at least are worth it to both sides.
pub fn four(world: &mut World) -> Vec<UnadmittedOrder> {
    vec![
        ask(world, ANNA, 100, 600),
        ask(world, BERT, 200, 500),
        bid(world, TREASURY, 500, 500),
        bid(world, CARLA, 300, 700),
    ]
}
