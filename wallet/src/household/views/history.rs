//! What happened: the lines of the history.

use hushwatt_ledger::{
    transaction::{TransactionId, open::ContractId, order::OrderId},
    units::{Credit, Timestamp, Utility},
};
use serde::Serialize;

use super::json;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// Money came from the treasury.
    TopUp,
    /// Somebody paid.
    Received,
    /// A payment to somebody.
    Sent,
    /// Money was moved or split within the wallet.
    Moved,
    /// Energy was ordered: its price was set aside.
    Ordered,
    /// Ordered energy was delivered and paid.
    Bought,
    /// Ordered energy was not delivered: the money came back.
    Expired,
    /// Energy was sold.
    Sold,
    /// Money was taken out of circulation.
    Burned,
    /// An order to sell was placed in an auction.
    AuctionSell,
    /// An order to buy was placed in an auction: money was set aside.
    AuctionBuy,
    /// An order of an auction was not traded: what was in it came back.
    NotTraded,
}

impl HistoryKind {
    /// Its word in files, filters and translations.
    pub fn key(self) -> &'static str {
        match self {
            HistoryKind::TopUp => "top_up",
            HistoryKind::Received => "received",
            HistoryKind::Sent => "sent",
            HistoryKind::Moved => "moved",
            HistoryKind::Ordered => "ordered",
            HistoryKind::Bought => "bought",
            HistoryKind::Expired => "expired",
            HistoryKind::Sold => "sold",
            HistoryKind::Burned => "burned",
            HistoryKind::AuctionSell => "auction_sell",
            HistoryKind::AuctionBuy => "auction_buy",
            HistoryKind::NotTraded => "not_traded",
        }
    }

    /// All of them.
    pub const ALL: [HistoryKind; 12] = [
        HistoryKind::TopUp,
        HistoryKind::Received,
        HistoryKind::Sent,
        HistoryKind::Moved,
        HistoryKind::Ordered,
        HistoryKind::Bought,
        HistoryKind::Expired,
        HistoryKind::Sold,
        HistoryKind::Burned,
        HistoryKind::AuctionSell,
        HistoryKind::AuctionBuy,
        HistoryKind::NotTraded,
    ];
}

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// It is final.
    Final,
    /// It is an order that is signed and saved, and that the market operator has not admitted yet.
    AwaitsOperator,
    /// It is signed and saved, and no node has taken it yet.
    Prepared,
    /// A node took it; it waits for its block.
    Submitted,
    /// It was given up: the money was never gone. The entry says why.
    Released,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// Names it: for labels and proofs.
    pub id: String,
    /// When.
    #[serde(serialize_with = "json::time")]
    pub time: Timestamp,
    /// Its block, if it is final.
    pub height: Option<u64>,
    /// What.
    pub kind: HistoryKind,
    /// How far it is.
    pub state: EntryState,
    /// Change of the household's money in micro-euro: what was set aside counts when it is paid.
    #[serde(rename = "amount_micro_euro")]
    pub amount: i64,
    /// Fee in it.
    #[serde(rename = "fee_micro_euro", serialize_with = "json::credit")]
    pub fee: Credit,
    /// Energy in base units of its utility, if it is about energy.
    pub quantity: Option<u64>,
    /// Which utility.
    #[serde(serialize_with = "json::maybe_utility")]
    pub utility: Option<Utility>,
    /// Start of its settlement window.
    #[serde(rename = "window_time", serialize_with = "json::maybe_time")]
    pub window: Option<Timestamp>,
    /// Price per base unit.
    pub price_micro_euro: Option<u32>,
    /// Whom it was with: a contact's name, else an address, as far as it is known.
    pub counterparty: Option<String>,
    /// What the payer wrote.
    pub message: Option<String>,
    /// What the household wrote to itself.
    pub label: Option<String>,
    /// Why it was released, or not traded.
    pub reason: Option<String>,
    /// The transaction, if it was one.
    #[serde(serialize_with = "json::maybe_transaction")]
    pub transaction: Option<TransactionId>,
    /// The contract, if it was about one.
    #[serde(serialize_with = "json::maybe_contract")]
    pub contract: Option<ContractId>,
    /// The order of an auction, if it was about one.
    #[serde(serialize_with = "json::maybe_order")]
    pub order: Option<OrderId>,
}

/// Which lines of the history; an empty filter gives all, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Only from then on.
    pub from: Option<Timestamp>,
    /// Only before then.
    pub until: Option<Timestamp>,
    /// Only of these kinds; empty for all.
    pub kinds: Vec<HistoryKind>,
    /// Only lines in which counterparty, message, label or id contain this, whatever the case.
    pub text: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}
