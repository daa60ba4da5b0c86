//! The market operator: opens sealed orders, admits them, clears. It learns the book, and that is printed as one more role.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use hushwatt_client::AuctionDetail;
use hushwatt_crypto::order_seal::SealedOpening;
use hushwatt_ledger::{
    genesis::Genesis,
    storage::PrivateDisk,
    transaction::{build::Built, clear::Cleared, order::UnadmittedOrder},
    units::Timestamp,
};
use hushwatt_operator::{
    admission::Admission,
    book::{AuctionKey, Book},
    clearing,
    clock::SteppedClock,
    keys::Keys,
};
use rand_core::OsRng;

use super::DemoError;

/// Everything that is the operator's own.
pub(super) struct Operator {
    genesis: Arc<Genesis>,
    keys: Keys,
    book: Arc<Mutex<Book>>,
    clock: SteppedClock,
    admission: Admission,
}

impl Operator {
    /// With an empty book in a folder.
    pub(super) fn start(genesis: Arc<Genesis>, keys: Keys, folder: &Path) -> Result<Self, DemoError> {
        let failed = |source| DemoError::File { action: "create", path: folder.to_path_buf(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let (book, _) = Book::open(Arc::new(PrivateDisk), folder, genesis.network())?;
        let book = Arc::new(Mutex::new(book));
        let clock = SteppedClock::at(genesis.time);
        let most = genesis.parameters.auction.as_ref().map_or(0, |auction| auction.max_orders as usize);
        let admission = Admission::new(genesis.clone(), keys.clone(), book.clone(), Arc::new(clock.clone()), most);
        Ok(Operator { genesis, keys, book, clock, admission })
    }

    /// Opens an order and admits it.
    pub(super) fn admit(&self, order: UnadmittedOrder, now: Timestamp) -> Result<Built, DemoError> {
        self.clock.step_to(now);
        let (network, transaction) = (self.genesis.network(), &order.built.transaction);
        let (key, opening) = (self.keys.sealing.public(), order.opening.encode());
        let sealed = SealedOpening::seal(network, key, &transaction.id().0, &opening, &mut OsRng);
        let admission = self.admission.admit_order(transaction, sealed);
        let admission = admission.map_err(|refusal| DemoError::NotAdmitted(refusal.message))?;
        Ok(order.admitted(admission))
    }

    /// Clears an auction whose orders are all in.
    pub(super) fn clear(&self, auction: &AuctionDetail, now: Timestamp) -> Result<(Built, Cleared), DemoError> {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let key = AuctionKey { window: auction.summary.window, utility: auction.summary.utility };
        let cleared = clearing::build(&self.genesis, &self.keys, book.auction(key), auction, now, &mut OsRng);
        let (transaction, cleared) = cleared?;
        Ok((Built::new(transaction, Vec::new()), cleared))
    }
}
