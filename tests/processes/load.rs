//! Payments all the time, and what the nodes said about each.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    transaction::{TransactionId, build::Built},
    units::Timestamp,
};
use hushwatt_node::client::{ClientError, NodeClient, Taken};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, SeedableRng};

use crate::{
    bank::Bank,
    town::{Town, now, patiently},
};

/// Payments that are not final, at most.
const OPEN: usize = 8;
/// Who hand in at the same time.
const CLIENTS: usize = 3;

/// What is known of a payment.
#[derive(Clone)]
pub struct Payment {
    pub built: Arc<Built>,
    /// Nodes that said that it waits.
    pub accepted_by: Vec<usize>,
    /// The block that a node named when it said that it is final.
    pub answered_final: Option<u64>,
    /// The block in which it was read.
    pub in_block: Option<u64>,
    /// What nodes that would not take it said.
    pub refusals: Vec<String>,
}

type Book = BTreeMap<TransactionId, Payment>;

struct Shared {
    clients: Vec<NodeClient>,
    book: Mutex<Book>,
    /// No new payments.
    enough: AtomicBool,
    /// No more reading.
    end: AtomicBool,
}

/// Somebody pays all the time until it is finished.
pub struct Load {
    shared: Arc<Shared>,
    payer: Option<JoinHandle<()>>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Brings money into the world, and starts to pay by way of the first so many nodes.
    pub fn start(town: &Town, nodes: usize) -> Self {
        let mut bank = Bank::new(town);
        bank.fund(town.net.client(0), &now);
        Self::start_with(bank, town, nodes, now)
    }

    /// The same by a bank that has money, where time is perhaps not real.
    pub fn start_with(bank: Bank, town: &Town, nodes: usize, clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        let mut clients = town.clients();
        clients.truncate(nodes);
        let shared = Arc::new(Shared {
            clients,
            book: Mutex::new(Book::new()),
            enough: AtomicBool::new(false),
            end: AtomicBool::new(false),
        });
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let own = shared.clone();
        let payer = thread::spawn(move || pay(&own, bank, &clock, &sender));
        let submitters = (0..CLIENTS).map(|_| {
            let (shared, receiver) = (shared.clone(), receiver.clone());
            thread::spawn(move || {
                let mut rng = ChaCha20Rng::from_rng(OsRng).unwrap();
                loop {
                    let next = receiver.lock().unwrap().recv();
                    let Ok(id) = next else { return };
                    hand_in(&shared, id, &mut rng);
                }
            })
        });
        let clients = submitters.collect();
        Load { shared, payer: Some(payer), clients }
    }

    /// How many payments are final.
    pub fn paid(&self) -> usize {
        self.shared.book.lock().unwrap().values().filter(|payment| payment.in_block.is_some()).count()
    }

    /// All payments so far.
    pub fn payments(&self) -> Vec<Payment> {
        self.shared.book.lock().unwrap().values().cloned().collect()
    }

    /// Waits until so many more payments are final.
    pub fn goes_on(&self, payments: usize) {
        let before = self.paid();
        patiently("payments go on", || {
            assert!(self.payer.as_ref().is_some_and(|payer| !payer.is_finished()), "the payer has failed");
            (self.paid() >= before + payments).then_some(())
        });
    }

    /// Makes no new payments and waits until all are final. Those that a node took are not handed in again for it: a node
    /// keeps what it took.
    pub fn finish(mut self) -> Vec<Payment> {
        self.shared.enough.store(true, Ordering::Release);
        let open = || {
            let book = self.shared.book.lock().unwrap();
            let open = book.iter().filter(|(_, payment)| payment.in_block.is_none());
            open.map(|(id, payment)| (*id, payment.clone())).collect::<Vec<_>>()
        };
        let mut looks = 0;
        patiently("all payments are final", || {
            looks += 1;
            let open = open();
            if looks % 500 == 0 {
                for (id, payment) in &open {
                    eprintln!("{} waits: accepted by {:?}, {:?}", hex(&id.0), payment.accepted_by, payment.refusals);
                }
            }
            open.is_empty().then_some(())
        });
        self.shared.end.store(true, Ordering::Release);
        self.payer.take().unwrap().join().unwrap();
        self.clients.drain(..).for_each(|client| client.join().unwrap());
        self.shared.book.lock().unwrap().values().cloned().collect()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.enough.store(true, Ordering::Release);
        self.shared.end.store(true, Ordering::Release);
    }
}

/// Reads blocks and makes payments.
fn pay(shared: &Shared, mut bank: Bank, clock: &dyn Fn() -> Timestamp, to_hand_in: &mpsc::Sender<TransactionId>) {
    let mut from = 0;
    while !shared.end.load(Ordering::Acquire) {
        match bank.read(&shared.clients[from]) {
            Ok(blocks) => {
                let mut book = shared.book.lock().unwrap();
                for block in &blocks {
                    for transaction in &block.transactions {
                        if let Some(payment) = book.get_mut(transaction.id()) {
                            let before = payment.in_block.replace(block.header.height);
                            assert_eq!(before, None, "a payment is in two blocks");
                        }
                    }
                }
            }
            // It may be down.
            Err(_) => from = (from + 1) % shared.clients.len(),
        }
        let open = shared.book.lock().unwrap().values().filter(|payment| payment.in_block.is_none()).count();
        let may = open < OPEN && !shared.enough.load(Ordering::Acquire);
        match may.then(|| bank.pay(clock())).flatten() {
            Some(built) => {
                let id = *built.transaction.id();
                let payment = Payment {
                    built: Arc::new(built),
                    accepted_by: Vec::new(),
                    answered_final: None,
                    in_block: None,
                    refusals: Vec::new(),
                };
                shared.book.lock().unwrap().insert(id, payment);
                to_hand_in.send(id).unwrap();
            }
            None => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Hands a payment in until a node takes it. Half of the clients wait for finality then, and ask others if that node does
/// not answer any more; the other half trusts the node's word.
fn hand_in(shared: &Shared, id: TransactionId, rng: &mut ChaCha20Rng) {
    let built = shared.book.lock().unwrap()[&id].built.clone();
    let waits = rng.gen_bool(0.5);
    while !shared.end.load(Ordering::Acquire) {
        let node = rng.gen_range(0..shared.clients.len());
        let answer = shared.clients[node].submit(&built, if waits { 10 } else { 0 });
        let mut book = shared.book.lock().unwrap();
        let payment = book.get_mut(&id).unwrap();
        match answer {
            Ok(Taken::Final { height, .. }) => {
                payment.answered_final = Some(height);
                return;
            }
            Ok(Taken::Waiting { .. }) => {
                payment.accepted_by.push(node);
                if !waits {
                    return;
                }
            }
            Err(ClientError::Unreachable { .. }) => {}
            // A node that is behind does not know the ring yet, or takes nothing until it has caught up.
            Err(ClientError::Refused { status, rule, message, .. }) => {
                payment.refusals.push(format!("node {node}: {status} {rule:?} {message}"));
            }
            Err(error) => panic!("{error}"),
        }
        drop(book);
        thread::sleep(Duration::from_millis(100));
    }
}
