//! What the household trades: orders, contracts, offers.

use hushwatt_ledger::{
    transaction::{
        TransactionId,
        open::ContractId,
        order::{self, OrderId},
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

use super::json;

/// Which side of a contract or an auction the household is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It buys.
    Buyer,
    /// It sells.
    Seller,
}

impl Side {
    /// As orders on the ledger say it.
    pub fn on_the_ledger(self) -> order::Side {
        match self {
            Side::Buyer => order::Side::Buy,
            Side::Seller => order::Side::Sell,
        }
    }
}

impl From<order::Side> for Side {
    fn from(side: order::Side) -> Self {
        match side {
            order::Side::Buy => Side::Buyer,
            order::Side::Sell => Side::Seller,
        }
    }
}

/// How an order of an auction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStanding {
    /// It is signed and saved; the market operator has not admitted it yet.
    AwaitsOperator,
    /// He admitted it; it is in no block yet.
    AwaitsBlock,
    /// It is on the ledger, and its auction is not over.
    Open,
    /// It was traded, in whole or in part.
    Traded,
    /// Its auction is over, and nothing of it was traded.
    NotTraded,
    /// Nobody cleared the auction in time.
    Expired,
    /// It was never on the ledger: nothing was spent. The order says why.
    GivenUp,
}

impl OrderStanding {
    /// Its word in files.
    pub fn key(self) -> &'static str {
        match self {
            OrderStanding::AwaitsOperator => "awaits_operator",
            OrderStanding::AwaitsBlock => "awaits_block",
            OrderStanding::Open => "open",
            OrderStanding::Traded => "traded",
            OrderStanding::NotTraded => "not_traded",
            OrderStanding::Expired => "expired",
            OrderStanding::GivenUp => "given_up",
        }
    }
}

/// An order of an auction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderView {
    /// Which.
    #[serde(serialize_with = "json::order")]
    pub id: OrderId,
    /// The transaction that places it.
    #[serde(serialize_with = "json::transaction")]
    pub transaction: TransactionId,
    /// Which side the household is on.
    pub side: Side,
    /// What.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// For which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// How much was ordered, in base units.
    #[serde(serialize_with = "json::quantity")]
    pub quantity: Quantity,
    /// The least that is taken for a base unit, or the most that is paid; unknown if another copy of the wallet placed it and
    /// what it noted was lost.
    pub limit_micro_euro: Option<u32>,
    /// How it stands.
    pub state: OrderStanding,
    /// How much was traded, once its auction is over.
    #[serde(serialize_with = "json::maybe_quantity")]
    pub filled: Option<Quantity>,
    /// What everybody paid and got for a base unit, if anybody traded.
    pub price_micro_euro: Option<u32>,
    /// What was paid or earned; what is set aside while it is open.
    #[serde(rename = "money_micro_euro", serialize_with = "json::credit")]
    pub money: Credit,
    /// By when its auction is cleared, or everything comes back.
    #[serde(rename = "until_time", serialize_with = "json::time")]
    pub until: Timestamp,
    /// Why it was given up.
    pub reason: Option<String>,
}

/// How a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractState {
    /// It waits for its window to be measured and for the delivery.
    Open,
    /// It was delivered, in whole or in part.
    Delivered,
    /// Nothing was delivered in time; the money went back.
    Expired,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractView {
    /// Which.
    #[serde(serialize_with = "json::contract")]
    pub id: ContractId,
    /// Which side the household is on.
    pub side: Side,
    /// What.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// For which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// How much was ordered, in base units.
    #[serde(serialize_with = "json::quantity")]
    pub quantity: Quantity,
    /// At which price.
    #[serde(rename = "price_micro_euro", serialize_with = "json::price")]
    pub price: Price,
    /// How it stands.
    pub state: ContractState,
    /// How much was delivered, once that is known.
    #[serde(serialize_with = "json::maybe_quantity")]
    pub delivered: Option<Quantity>,
    /// What was paid or earned; what is set aside while it is open.
    #[serde(rename = "money_micro_euro", serialize_with = "json::credit")]
    pub money: Credit,
    /// Until when it can be delivered.
    #[serde(rename = "until_time", serialize_with = "json::time")]
    pub until: Timestamp,
}

/// Somebody's offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferView {
    /// As a link, for others.
    pub link: String,
    /// The seller: a contact's name, else the address.
    pub seller: String,
    /// Whether it is the household's own.
    pub own: bool,
    /// What.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// For which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// How much, in base units.
    #[serde(serialize_with = "json::quantity")]
    pub quantity: Quantity,
    /// At which price per base unit.
    #[serde(rename = "price_micro_euro", serialize_with = "json::price")]
    pub price: Price,
    /// What all of it costs.
    #[serde(rename = "total_micro_euro", serialize_with = "json::credit")]
    pub total: Credit,
    /// Until when it holds.
    #[serde(rename = "valid_until_time", serialize_with = "json::time")]
    pub valid_until: Timestamp,
}
