//! The service: collects behind the door, and clears on schedule (protocol section 6.4).
//!
//! It is driven by [`Service::step`], which does whatever the time makes due: so tests drive it with a clock of their own, and a
//! crash at any point of it is a crash between two records of the book.
//!
//! Invariants:
//! 1. An admitted order is in the book, synced, before its admission leaves ([`crate::admission`]).
//! 2. Nothing is cleared but what the ledger says is closed, and all of it: if an order there cannot be opened, nothing is sent.
//! 3. An auction is over when a final block says so. Only then, and after the time that the settings say, is it forgotten.
//! 4. No secret of an order is logged or told. What is told is on the ledger anyway: numbers of orders, and the price.

mod clear;
mod report;
mod run;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hushwatt_client::{AuctionSummary, Backoff};
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    genesis::Genesis,
    units::{Timestamp, Window},
};
use rand_core::OsRng;

pub use run::{Opened, RunError, RunOptions, may_run, open, run};

use crate::{
    book::{AuctionKey, Book, BookError, Ended, Ending},
    clock::Clock,
    keys::Keys,
    nodes::{Nodes, Tip},
    status::Sides,
};
use clear::Progress;
use report::Report;

/// Between two attempts at most: no deadline passes meanwhile.
const MOST_WAIT: Duration = Duration::from_secs(15);
/// Between two looks at where the ledger stands.
const LOOK: Duration = Duration::from_secs(3);
/// Between two surveys of the auctions on the ledger.
const SURVEY: Duration = Duration::from_secs(30);
/// After the last time to clear, an auction is still asked about for so long, in seconds.
const AFTER: u64 = 3_600;
/// More windows than these are not asked about at a time.
const MOST_WINDOWS: u64 = 100;

/// What a service is made of.
pub struct Parts {
    /// The network.
    pub genesis: Arc<Genesis>,
    /// The secrets.
    pub keys: Keys,
    /// Shared with the door.
    pub book: Arc<Mutex<Book>>,
    /// The nodes.
    pub nodes: Nodes,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long an auction is kept after it is over.
    pub keep: Duration,
    /// Where the status is written, if anywhere.
    pub status_file: Option<PathBuf>,
}

/// The service of one operator.
pub struct Service {
    parts: Parts,
    started: Timestamp,
    tip: Option<Tip>,
    /// Whether a node answered the last time.
    reached: bool,
    looking: Backoff,
    surveying: Backoff,
    /// Whether a node of this network has ever told about auctions.
    surveyed: bool,
    /// Auctions on the ledger that are not over, by the last survey.
    on_ledger: BTreeSet<AuctionKey>,
    /// Whether the ledger's operator is this one; `None` before anybody said.
    registered: Option<bool>,
    progress: BTreeMap<AuctionKey, Progress>,
    /// What the disk said, if it took nothing the last time.
    disk: Option<String>,
    report: Report,
}

impl Service {
    /// Ready to be stepped.
    pub fn new(parts: Parts) -> Self {
        let started = parts.clock.now();
        let registered = parts.genesis.operator.map(|operator| operator == parts.keys.public());
        let report = Report::at(parts.status_file.as_deref());
        Service {
            parts,
            started,
            tip: None,
            reached: false,
            looking: Backoff::up_to(MOST_WAIT),
            surveying: Backoff::up_to(MOST_WAIT),
            surveyed: false,
            on_ledger: BTreeSet::new(),
            registered,
            progress: BTreeMap::new(),
            disk: None,
            report,
        }
    }

    /// Does whatever the time makes due. What fails is tried again in a later step.
    pub fn step(&mut self) {
        self.look();
        if self.reached {
            self.survey();
            for key in self.open_auctions() {
                self.advance(key);
            }
        }
        self.forget();
        self.publish();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.parts.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that waits is tried in the next step: where time is simulated, waits between two tries would outlast it.
    pub fn hurry(&mut self) {
        self.looking.hurry();
        self.surveying.hurry();
        self.progress.values_mut().for_each(|progress| progress.next.hurry());
    }

    /// Where the ledger stands.
    fn look(&mut self) {
        let now = self.parts.clock.monotonic();
        if !self.looking.is_due(now) {
            return;
        }
        match self.parts.nodes.tip() {
            Some(tip) => {
                if !self.reached {
                    tracing::info!(height = tip.height, "a node answers");
                }
                (self.tip, self.reached) = (Some(tip), true);
                self.looking.rest(now, LOOK, &mut OsRng);
            }
            None => {
                if self.reached {
                    tracing::error!("no node answers: auctions wait, and expire if none comes back in time");
                }
                self.reached = false;
                self.looking.fail(now, &mut OsRng);
            }
        }
    }

    /// Which auctions the ledger has that could still be cleared: also those that the book knows nothing of.
    fn survey(&mut self) {
        let now = self.parts.clock.monotonic();
        let parameters = &self.parts.genesis.parameters;
        let Some(rules) = parameters.auction.filter(|_| self.surveying.is_due(now)) else { return };
        let today = self.parts.clock.now();
        let reach = parameters.attestation_deadline + rules.order_term + rules.clear_term + parameters.window + AFTER;
        let (first, last) = (parameters.window_at(today.minus(reach)), parameters.window_at(today));
        let count = (last.0 - first.0.min(last.0) + 1).min(MOST_WINDOWS);
        let Some(answer) = self.parts.nodes.auctions(Window(last.0 + 1 - count), count) else {
            return self.surveying.fail(now, &mut OsRng);
        };
        self.surveying.rest(now, SURVEY, &mut OsRng);
        self.surveyed = true;
        if let Some(operator) = answer.operator {
            let registered = operator == hex(self.parts.keys.public().as_bytes());
            if !registered && self.registered != Some(false) {
                tracing::error!(
                    "the ledger's operator has another key: nothing that this one admits or clears is taken"
                );
            }
            self.registered = Some(registered);
        }
        self.on_ledger.clear();
        for auction in &answer.auctions {
            self.note(auction);
        }
        // What is over, and was never in the book, is nothing to be told about any more.
        let booked: BTreeSet<AuctionKey> = self.book().auctions().map(|(key, _)| key).collect();
        self.progress.retain(|key, _| self.on_ledger.contains(key) || booked.contains(key));
    }

    fn note(&mut self, auction: &AuctionSummary) {
        let key = AuctionKey { window: auction.window, utility: auction.utility };
        let sides = Sides { sells: auction.sells, buys: auction.buys };
        if !auction.state.is_over() {
            self.on_ledger.insert(key);
            self.progress.entry(key).or_default().on_ledger = Some(sides);
        }
    }

    /// Auctions after order close that are not over.
    fn open_auctions(&self) -> Vec<AuctionKey> {
        let (now, parameters) = (self.parts.clock.now(), &self.parts.genesis.parameters);
        let closed = |key: &AuctionKey| parameters.order_until(key.window).is_some_and(|until| now > until);
        let book = self.book();
        let booked = book.auctions().filter(|(_, auction)| auction.ended().is_none()).map(|(key, _)| key);
        let keys: BTreeSet<AuctionKey> = booked.chain(self.on_ledger.iter().copied()).filter(closed).collect();
        keys.into_iter().collect()
    }

    /// An auction is over.
    fn end(&mut self, key: AuctionKey, ending: Ending) {
        let ended = Ended { ending, seen: self.parts.clock.now() };
        let noted = {
            let mut book = self.book();
            match book.auction(key) {
                Some(_) => book.end(key, ended),
                None => Ok(()),
            }
        };
        if self.keep(noted) {
            tracing::info!(auction = %key, ending = ending.name(), price = ending.price(), "an auction is over");
            self.progress.remove(&key);
            self.on_ledger.remove(&key);
        }
    }

    /// Deletes what nobody needs any more.
    fn forget(&mut self) {
        let now = self.parts.clock.now();
        let old: Vec<AuctionKey> = {
            let book = self.book();
            let kept_until = |seen: Timestamp| seen.plus(self.parts.keep.as_secs());
            let old = book
                .auctions()
                .filter(|(_, auction)| auction.ended().is_some_and(|ended| now >= kept_until(ended.seen)));
            old.map(|(key, _)| key).collect()
        };
        for key in old {
            let forgotten = self.book().forget(key);
            if self.keep(forgotten) {
                tracing::info!(auction = %key, "an auction's sealed openings were deleted");
            }
        }
    }

    /// Whether the disk did what it should.
    fn keep(&mut self, done: Result<(), BookError>) -> bool {
        let error = done.err().map(|error| error.to_string());
        if error.is_some() && error != self.disk {
            tracing::error!(error, "the book could not be written");
        }
        self.disk = error;
        self.disk.is_none()
    }
}
