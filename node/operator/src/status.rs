//! What stands where, for people and programs: `status.json`, and `hushwatt operator status`. No order's contents are in it.

use serde::{Deserialize, Serialize};

use crate::{
    book::{AuctionBook, AuctionKey, Book},
    nodes::NodeState,
};
use hushwatt_ledger::{parameters::Parameters, transaction::order::Side, units::Timestamp};

/// Name and version of the file.
pub const STATUS_FORMAT: &str = "hushwatt operator status 1";

/// Everything that is told. Times are unix seconds, prices micro-euro per base unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// [`STATUS_FORMAT`].
    pub format: String,
    /// Network id, hexadecimal.
    pub network: String,
    /// The operator's public key, hexadecimal.
    pub key: String,
    /// Whether time is simulated: for demonstrations only.
    pub simulated_time: bool,
    /// When this was said.
    pub now: u64,
    /// When the operator was started; `None` if it does not run.
    pub started: Option<u64>,
    /// Last final block, by the nodes.
    pub height: Option<u64>,
    /// The nodes.
    pub nodes: Vec<NodeState>,
    /// The auctions that are kept, and those of now, by window.
    pub auctions: Vec<AuctionStatus>,
    /// What somebody should look at; alarms first.
    pub warnings: Vec<Warning>,
}

/// One auction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuctionStatus {
    /// Of which window.
    pub window: u64,
    /// When the window starts.
    pub start: u64,
    /// Of what.
    pub utility: String,
    /// Last time at which orders are taken.
    pub order_until: u64,
    /// Last time at which it can be cleared.
    pub clear_until: u64,
    /// Orders that were admitted: to sell, to buy.
    pub admitted: Sides,
    /// Orders on the ledger, by the nodes.
    pub on_ledger: Option<Sides>,
    /// `collecting`, `closed`, `traded`, `no-trade`, `expired` or `no-orders`.
    pub state: String,
    /// The clearing price.
    pub price: Option<u32>,
    /// Orders on the ledger that the book cannot open: as long as there is one, nothing can be cleared.
    pub unopened: u32,
    /// What the nodes said to the Clear.
    pub answer: Option<String>,
}

/// Numbers of orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    /// To sell.
    pub sells: u32,
    /// To buy.
    pub buys: u32,
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Its name: `nodes`, `disk`, `operator`, `unopened`, `refused`.
    pub code: String,
    /// Whether an auction will expire if nobody does anything.
    pub alarm: bool,
    /// What, and what to do.
    pub text: String,
}

impl AuctionStatus {
    /// What the book alone says of an auction, at a time.
    pub fn of(parameters: &Parameters, key: AuctionKey, book: Option<&AuctionBook>, now: Timestamp) -> Self {
        let order_until = parameters.order_until(key.window).unwrap_or(Timestamp(0));
        let count = |side| {
            let orders = book.map_or(0, |book| book.orders().values().filter(|order| order.side == side).count());
            u32::try_from(orders).unwrap_or(u32::MAX)
        };
        let ended = book.and_then(AuctionBook::ended);
        AuctionStatus {
            window: key.window.0,
            start: parameters.window_start(key.window).0,
            utility: key.utility.name().to_owned(),
            order_until: order_until.0,
            clear_until: parameters.clear_until(key.window).unwrap_or(Timestamp(0)).0,
            admitted: Sides { sells: count(Side::Sell), buys: count(Side::Buy) },
            on_ledger: None,
            state: match ended {
                Some(ended) => ended.ending.name(),
                None if now <= order_until => "collecting",
                None => "closed",
            }
            .to_owned(),
            price: ended.and_then(|ended| ended.ending.price()),
            unopened: 0,
            answer: None,
        }
    }
}

/// What the book alone says of all its auctions.
pub fn of_book(parameters: &Parameters, book: &Book, now: Timestamp) -> Vec<AuctionStatus> {
    book.auctions().map(|(key, auction)| AuctionStatus::of(parameters, key, Some(auction), now)).collect()
}
