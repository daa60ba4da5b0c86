//! The book: every order that was admitted, with its opening as the wallet sealed it.
//!
//! * **Written before it counts.** An order is appended and synced before its admission leaves. A crash at any instant loses no
//!   order that was admitted.
//! * **Sealed.** Openings lie on disk and in memory as they came: encrypted for the operator's sealing key. They are opened for
//!   the moment in which they are checked, or cleared.
//! * **Forgotten whole.** Each auction has a file of its own; forgetting it is unlinking the file, and nothing else ever held
//!   those bytes.
//!
//! | part of a file | what |
//! |---|---|
//! | header | network, utility, window |
//! | record, part a | an order: transaction id, side, terms, last time of inclusion, when it was admitted; or how the auction ended |
//! | record, part b | the order's sealed opening |
//!
//! Format and repair are those of the ledger's storage ([`AppendFile`]).

mod record;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    storage::{AppendFile, Disk, StorageError, TornTail},
    transaction::order::OrderId,
    units::{Utility, Window},
};

pub use record::{BookedOrder, Ended, Ending};

use record::{BOOK, Record, header};

/// End of the names of a book's files.
const SUFFIX: &str = ".hwo";
/// End of the names of files that are being made.
const DRAFT: &str = ".hwo.new";

/// Which auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuctionKey {
    /// Of which window.
    pub window: Window,
    /// Of what.
    pub utility: Utility,
}

impl AuctionKey {
    /// `electricity-489123.hwo`.
    fn file_name(self) -> String {
        format!("{self}{SUFFIX}")
    }
}

impl core::fmt::Display for AuctionKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}-{}", self.utility.name(), self.window.0)
    }
}

/// Why something cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The files.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file of another operator, or under another name.
    #[error("{} is the book of another network or auction than its name says: it was renamed or copied; move it away", .0.display())]
    Foreign(PathBuf),
    /// A record that cannot be read.
    #[error("record {record} of {} cannot be read: it was written by another version; start that one", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 0.
        record: u64,
    },
    /// No room in an auction.
    #[error("the auction has {0} orders in the book already, which is the limit")]
    Full(usize),
    /// The auction is over.
    #[error("the auction is over")]
    Over,
}

/// What is known of one auction.
#[derive(Debug, Default)]
pub struct AuctionBook {
    /// Closed after an append that failed: opening it again repairs it.
    file: Option<AppendFile>,
    orders: BTreeMap<OrderId, BookedOrder>,
    ended: Option<Ended>,
}

impl AuctionBook {
    /// The orders that were admitted.
    pub fn orders(&self) -> &BTreeMap<OrderId, BookedOrder> {
        &self.orders
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }
}

/// The whole book.
#[derive(Debug)]
pub struct Book {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    network: NetworkId,
    auctions: BTreeMap<AuctionKey, AuctionBook>,
}

impl Book {
    /// Opens the book in a folder that is there, and checks all of it. Gives what crashes left unfinished, which was cut off.
    /// Whoever calls is the only one who has it open.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, network: &NetworkId) -> Result<(Self, Vec<TornTail>), BookError> {
        let mut book = Book { disk, folder: folder.to_path_buf(), network: *network, auctions: BTreeMap::new() };
        let mut torn = Vec::new();
        for name in book.disk.list(folder).map_err(io("list", folder))? {
            if name.ends_with(DRAFT) {
                let path = folder.join(&name);
                book.disk.remove(&path).map_err(io("remove", &path))?;
            } else if let Some(key) = key_of(&name) {
                let auction = book.read(key)?.ok_or_else(|| BookError::Foreign(folder.join(&name)))?;
                torn.extend(auction.file.as_ref().and_then(AppendFile::torn_tail).cloned());
                book.auctions.insert(key, auction);
            }
        }
        Ok((book, torn))
    }

    /// All auctions that are kept, by window.
    pub fn auctions(&self) -> impl Iterator<Item = (AuctionKey, &AuctionBook)> {
        self.auctions.iter().map(|(key, auction)| (*key, auction))
    }

    /// One of them.
    pub fn auction(&self, key: AuctionKey) -> Option<&AuctionBook> {
        self.auctions.get(&key)
    }

    /// Keeps an order; it is durable when this returns. Does nothing if it is there already. No auction has more than `most`.
    ///
    /// # Errors
    /// [`BookError::Full`], [`BookError::Over`]; [`BookError::Storage`] if it may not be kept: it is not admitted then.
    pub fn admit(&mut self, id: OrderId, order: BookedOrder, most: usize) -> Result<(), BookError> {
        let key = order.key();
        let auction = self.writable(key)?;
        if auction.orders.contains_key(&id) {
            return Ok(());
        }
        if auction.ended.is_some() {
            return Err(BookError::Over);
        }
        if auction.orders.len() >= most {
            return Err(BookError::Full(auction.orders.len()));
        }
        let (a, b) = order.encode();
        append(auction, &a, &b)?;
        auction.orders.insert(id, order);
        Ok(())
    }

    /// Notes how an auction ended; durable when this returns. The first ending stands.
    ///
    /// # Errors
    /// [`BookError::Storage`].
    pub fn end(&mut self, key: AuctionKey, ended: Ended) -> Result<(), BookError> {
        let auction = self.writable(key)?;
        if auction.ended.is_none() {
            append(auction, &ended.encode(), &[])?;
            auction.ended = Some(ended);
        }
        Ok(())
    }

    /// Forgets an auction: its file is unlinked, durably when this returns.
    ///
    /// # Errors
    /// [`BookError::Storage`]: it is kept then.
    pub fn forget(&mut self, key: AuctionKey) -> Result<(), BookError> {
        let path = self.folder.join(key.file_name());
        if let Some(auction) = self.auctions.get_mut(&key) {
            auction.file = None;
        }
        match self.disk.remove(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io("remove", &path)(error).into()),
            _ => {}
        }
        self.disk.sync_dir(&self.folder).map_err(io("sync", &self.folder))?;
        self.auctions.remove(&key);
        Ok(())
    }

    /// An auction with its file open. After a failed append what the file has is read again: it counts.
    fn writable(&mut self, key: AuctionKey) -> Result<&mut AuctionBook, BookError> {
        if self.auctions.get(&key).is_none_or(|auction| auction.file.is_none()) {
            let path = self.folder.join(key.file_name());
            AppendFile::open_or_create(&*self.disk, &path, &BOOK, &header(&self.network, key))?;
            let auction = self.read(key)?.ok_or(BookError::Foreign(path))?;
            self.auctions.insert(key, auction);
        }
        Ok(self.auctions.entry(key).or_default())
    }

    /// Reads an auction's file; `None` if there is none, or it is another one's.
    fn read(&self, key: AuctionKey) -> Result<Option<AuctionBook>, BookError> {
        let path = self.folder.join(key.file_name());
        let Some(file) = AppendFile::open(&*self.disk, &path, &BOOK)? else { return Ok(None) };
        if file.content() != header(&self.network, key) {
            return Err(BookError::Foreign(path));
        }
        let mut auction = AuctionBook::default();
        for number in 0..file.len() {
            let frame = file.read(number)?;
            match Record::decode(key, &frame) {
                Ok(Record::Order(order)) => {
                    auction.orders.insert(OrderId::of(&self.network, &order.transaction), *order);
                }
                Ok(Record::Ended(ended)) => auction.ended = Some(ended),
                Err(_) => return Err(BookError::Record { path, record: number }),
            }
        }
        auction.file = Some(file);
        Ok(Some(auction))
    }
}

/// After an error the file is closed: what it ends with is unknown until it is opened again.
fn append(auction: &mut AuctionBook, a: &[u8], b: &[u8]) -> Result<(), BookError> {
    let Some(file) = &mut auction.file else { return Err(BookError::Over) };
    if let Err(error) = file.append(a, b) {
        auction.file = None;
        return Err(error.into());
    }
    Ok(())
}

fn key_of(name: &str) -> Option<AuctionKey> {
    let (utility, window) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    let utility = Utility::ALL.into_iter().find(|known| known.name() == utility)?;
    let key = AuctionKey { window: Window(window.parse().ok()?), utility };
    (key.file_name() == name).then_some(key)
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StorageError {
    let path = path.to_path_buf();
    move |source| StorageError::Io { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_a_book_are_read() {
        let key = AuctionKey { window: Window(12), utility: Utility::Heat };
        assert_eq!(key_of("heat-12.hwo"), Some(key));
        for other in ["heat-012.hwo", "heat-12.hwo.new", "gas-12.hwo", "heat-+1.hwo", "heat.hwo", "lock", ""] {
            assert_eq!(key_of(other), None, "{other}");
        }
    }
}
