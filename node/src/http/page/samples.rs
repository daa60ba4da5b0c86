//! Rows for the tests of the page.

use hushwatt_ledger::{
    transaction::TransactionId,
    units::{Price, Timestamp, Utility, Window},
};

use super::data::{OfUtility, Page, Row, Stretch};
use crate::http::{
    backend::{AuctionState, AuctionView, Ending},
    prices::{Market, PriceCount},
};

/// The first window of a stretch of samples: 2026-11-20 16:00 UTC.
pub const FIRST: u64 = 498_664;
const ENDING: Ending = Ending { height: 77, transaction: TransactionId([5; 64]) };

/// A window without orders.
pub fn nothing() -> Option<AuctionView> {
    None
}

fn auction(buys: u32, sells: u32, state: AuctionState) -> Option<AuctionView> {
    Some(AuctionView { window: Window(0), utility: Utility::Electricity, sells, buys, state })
}

/// A window that cleared.
pub fn traded(price: u32) -> Option<AuctionView> {
    traded_by(price, 5, 3)
}

/// A window that cleared with so many orders to buy and to sell.
pub fn traded_by(price: u32, buys: u32, sells: u32) -> Option<AuctionView> {
    auction(buys, sells, AuctionState::Traded { price: Price::new(price).unwrap(), ending: ENDING })
}

/// A window whose orders did not meet.
pub fn nothing_traded() -> Option<AuctionView> {
    auction(2, 1, AuctionState::NoTrade { ending: ENDING })
}

/// A window that was not cleared.
pub fn expired() -> Option<AuctionView> {
    auction(0, 4, AuctionState::Expired { height: 78 })
}

/// A window that waits for its clearing.
pub fn closed() -> Option<AuctionView> {
    auction(9, 6, AuctionState::Closed)
}

/// A window that takes orders.
pub fn collecting() -> Option<AuctionView> {
    auction(4, 2, AuctionState::Collecting)
}

/// Rows of consecutive windows.
pub fn rows(auctions: &[Option<AuctionView>]) -> Vec<Row> {
    let row = |(window, auction): (u64, &Option<AuctionView>)| {
        let window = Window(window);
        let auction = auction.map(|auction| AuctionView { window, ..auction });
        let collecting = auction.is_some_and(|auction| auction.state == AuctionState::Collecting);
        Row { window, start: Timestamp(window.0 * 3_600), collecting, auction, pairs: None }
    };
    (FIRST..).zip(auctions).map(row).collect()
}

/// Contracts agreed in pairs.
pub fn pairs(lowest: u32, median: u32, highest: u32) -> Market {
    let prices = [lowest, median, highest].map(|price| PriceCount { price, contracts: 2 });
    Market {
        utility: Utility::Electricity,
        contracts: 6,
        open: 1,
        delivered: 4,
        expired: 1,
        lowest,
        median,
        highest,
        prices: prices.to_vec(),
    }
}

/// A page of one utility with these rows.
pub fn page(rows: Vec<Row>) -> Page {
    let ends = rows.first().zip(rows.last()).map(|(first, last)| (first.window, last.window));
    Page {
        network: "ab".repeat(32),
        simulated_time: false,
        height: 1_234,
        time: Timestamp(1_795_269_600),
        window_seconds: 3_600,
        has_auctions: true,
        stretch: ends.map(|(first, last)| Stretch { first, last, earlier: None, later: None }),
        markets: vec![OfUtility { utility: Utility::Electricity, rows }],
    }
}
