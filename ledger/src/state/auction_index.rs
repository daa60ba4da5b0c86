//! The auctions of each window, over ones included, as an index keeps them beside the state: no part of the state root. Public
//! facts only: how many ordered, and at which price it cleared.

use std::collections::BTreeMap;

use super::{AuctionRecord, Changes, keys, records::Record};
use crate::{
    block::Block,
    codec::{DecodeError, Reader, Writer},
    storage::{Index, IndexBatch, StorageError},
    transaction::{Action, TransactionId, clear::Outcome},
    units::{Price, Utility, Window},
};

/// An auction as anybody may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedAuction {
    /// The window whose energy is traded.
    pub window: Window,
    /// What is traded.
    pub utility: Utility,
    /// Accepted sell orders.
    pub sells: u32,
    /// Accepted buy orders.
    pub buys: u32,
    /// How it ended, if it did.
    pub ended: Option<EndedAuction>,
}

/// When and how an auction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedAuction {
    /// With which block.
    pub height: u64,
    /// How.
    pub end: AuctionEnd,
}

/// How an auction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuctionEnd {
    /// Energy was traded.
    Traded {
        /// At this price.
        price: Price,
        /// Id of the Clear.
        clear: TransactionId,
    },
    /// No bid reached an ask.
    NoTrade {
        /// Id of the Clear.
        clear: TransactionId,
    },
    /// Nobody cleared it in time, or it had orders on one side only.
    Expired,
}

impl AuctionEnd {
    const EXPIRED: u8 = 0;
    const NO_TRADE: u8 = 1;
    const TRADED: u8 = 2;

    fn encode(&self, writer: &mut Writer) {
        match self {
            AuctionEnd::Expired => writer.u8(Self::EXPIRED),
            AuctionEnd::NoTrade { clear } => writer.u8(Self::NO_TRADE).bytes(&clear.0),
            AuctionEnd::Traded { price, clear } => writer.u8(Self::TRADED).u32(price.micro_euro()).bytes(&clear.0),
        };
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            Self::EXPIRED => Ok(AuctionEnd::Expired),
            Self::NO_TRADE => Ok(AuctionEnd::NoTrade { clear: TransactionId(reader.array()?) }),
            Self::TRADED => {
                let price = Price::new(reader.u32()?).ok_or(DecodeError::LengthOutOfRange)?;
                Ok(AuctionEnd::Traded { price, clear: TransactionId(reader.array()?) })
            }
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

/// What a block adds: how many orders its auctions have now, and how those ended that did.
pub(super) fn entries(changes: &Changes, block: &Block, batch: &mut IndexBatch) {
    let mut cleared = BTreeMap::new();
    for transaction in &block.transactions {
        if let Action::Clear(clear) = transaction.action() {
            let (statement, clear) = (&clear.statement, *transaction.id());
            let end = match statement.outcome {
                Outcome::Trade { price, .. } => AuctionEnd::Traded { price, clear },
                Outcome::NoTrade { .. } => AuctionEnd::NoTrade { clear },
            };
            cleared.insert((statement.utility, statement.window), end);
        }
    }
    for (key, value) in changes {
        let Some((utility, window)) = keys::auction_of(key) else { continue };
        match value {
            // The record as it stands in the state: its counts are read from there.
            Some(record) => batch.push((keys::auction_of_window(window, utility), Some(record.clone()))),
            None => {
                let mut writer = Writer::new();
                writer.u64(block.header.height);
                cleared.get(&(utility, window)).unwrap_or(&AuctionEnd::Expired).encode(&mut writer);
                batch.push((keys::auction_end(window, utility), Some(writer.finish())));
            }
        }
    }
}

/// The auctions of the windows from one to before another, by window and utility: those that had any order.
pub fn index_auctions(index: &dyn Index, from: Window, until: Window) -> Result<Vec<IndexedAuction>, StorageError> {
    let broken = || StorageError::IndexBroken { reason: "the list of auctions cannot be read".to_owned() };
    let (from, until) = keys::auctions_of_windows(from, until);
    let mut auctions = Vec::new();
    for (key, record) in index.scan_range(&from, &until, usize::MAX)? {
        let (window, utility) = keys::window_of_auction(&key).ok_or_else(broken)?;
        let AuctionRecord { sells, buys, .. } = AuctionRecord::from_bytes(&record).map_err(|_| broken())?;
        let end = index.get(&keys::auction_end(window, utility))?;
        let ended = end.map(|end| ended(&end)).transpose().map_err(|_| broken())?;
        auctions.push(IndexedAuction { window, utility, sells, buys, ended });
    }
    Ok(auctions)
}

fn ended(bytes: &[u8]) -> Result<EndedAuction, DecodeError> {
    let mut reader = Reader::new(bytes);
    let ended = EndedAuction { height: reader.u64()?, end: AuctionEnd::decode(&mut reader)? };
    reader.finish()?;
    Ok(ended)
}
