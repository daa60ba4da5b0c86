//! Forgetting by hand: what the book of a stopped operator holds beyond its time. A running one forgets by itself
//! ([`crate::service`]).

use std::{path::Path, sync::Arc, time::Duration};

use hushwatt_ledger::{parameters::Parameters, storage::PrivateDisk, units::Timestamp};
use serde::Serialize;

use crate::{
    book::{AuctionBook, AuctionKey, Book},
    folder::OperatorFolder,
    service::RunError,
};

/// An auction that is kept longer than the settings say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Of what.
    pub utility: &'static str,
    /// Of which window.
    pub window: u64,
    /// Sealed orders in its file.
    pub orders: usize,
}

/// What was past its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// The auctions, by window.
    pub auctions: Vec<Past>,
    /// Auctions that are kept for now.
    pub kept: usize,
    /// Whether they were deleted.
    pub deleted: bool,
}

/// Since when an auction is over: when the operator saw its end, or, if he was stopped before, since the ledger takes no Clear.
fn over_since(key: AuctionKey, auction: &AuctionBook, parameters: &Parameters) -> Option<Timestamp> {
    auction.ended().map(|ended| ended.seen).or_else(|| parameters.clear_until(key.window))
}

/// Deletes what the book in an operator's folder holds longer than `keep_hours` after an auction was over, at the time `now`; in a
/// dry run only says what that is. Each auction is gone durably before the next one: it may be broken off, and goes on when it
/// is called again.
///
/// # Errors
/// [`RunError::Folder`], also if an operator runs there; [`RunError::Book`].
pub fn forget(path: &Path, now: Timestamp, dry_run: bool) -> Result<Forgotten, RunError> {
    let folder = OperatorFolder::at(path);
    let (genesis, keep) = (folder.genesis()?, folder.config()?.keep);
    let lock = folder.lock()?;
    let (mut book, _) = Book::open(Arc::new(PrivateDisk), &folder.book_folder(), genesis.network())?;
    let past = past(&book, &genesis.parameters, keep, now);
    let auctions = past.iter().filter_map(|key| {
        let orders = book.auction(*key)?.orders().len();
        Some(Past { utility: key.utility.name(), window: key.window.0, orders })
    });
    let auctions: Vec<Past> = auctions.collect();
    let kept = book.auctions().count() - auctions.len();
    let deleted = !dry_run && !auctions.is_empty();
    if deleted {
        for key in past {
            book.forget(key)?;
        }
    }
    drop(lock);
    Ok(Forgotten { auctions, kept, deleted })
}

fn past(book: &Book, parameters: &Parameters, keep: Duration, now: Timestamp) -> Vec<AuctionKey> {
    let is_past = |key, auction| {
        over_since(key, auction, parameters).is_some_and(|since: Timestamp| now >= since.plus(keep.as_secs()))
    };
    book.auctions().filter(|(key, auction)| is_past(*key, auction)).map(|(key, _)| key).collect()
}
