//! What a household is shown: plain values with units, the same for the command line, its JSON and the web page.
//!
//! JSON names carry the unit (`_micro_euro`, `_time` in unix seconds); identifiers are hexadecimal.

use hushwatt_ledger::{
    transaction::{
        TransactionId,
        attest::WindowStatus,
        open::ContractId,
        order::{self, OrderId},
    },
    units::{Credit, MeterId, Price, Quantity, Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

use crate::LocalQuality;

/// How values are written in JSON.
mod json {
    use hushwatt_crypto::hash::hex;
    use serde::Serializer;

    use super::{
        ContractId, Credit, MeterId, OrderId, Price, Quantity, Timestamp, TransactionId, Utility, Window, WindowStatus,
    };

    pub fn credit<S: Serializer>(value: &Credit, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.0)
    }

    pub fn time<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.0)
    }

    pub fn maybe_time<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(time) => serializer.serialize_some(&time.0),
            None => serializer.serialize_none(),
        }
    }

    pub fn window<S: Serializer>(value: &Window, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.0)
    }

    pub fn quantity<S: Serializer>(value: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.0)
    }

    pub fn maybe_quantity<S: Serializer>(value: &Option<Quantity>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(quantity) => serializer.serialize_some(&quantity.0),
            None => serializer.serialize_none(),
        }
    }

    pub fn price<S: Serializer>(value: &Price, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.micro_euro())
    }

    pub fn meter<S: Serializer>(value: &MeterId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.0)
    }

    pub fn utility<S: Serializer>(value: &Utility, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(super::utility_name(*value))
    }

    pub fn status<S: Serializer>(value: &WindowStatus, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.name())
    }

    pub fn contract<S: Serializer>(value: &ContractId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&value.0))
    }

    pub fn transaction<S: Serializer>(value: &TransactionId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&value.0))
    }

    pub fn maybe_transaction<S: Serializer>(value: &Option<TransactionId>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(id) => serializer.serialize_some(&hex(&id.0)),
            None => serializer.serialize_none(),
        }
    }

    pub fn order<S: Serializer>(value: &OrderId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&value.0))
    }

    pub fn maybe_order<S: Serializer>(value: &Option<OrderId>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(id) => serializer.serialize_some(&hex(&id.0)),
            None => serializer.serialize_none(),
        }
    }

    pub fn maybe_contract<S: Serializer>(value: &Option<ContractId>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(id) => serializer.serialize_some(&hex(&id.0)),
            None => serializer.serialize_none(),
        }
    }
}

/// A utility's word in JSON and on the command line.
pub fn utility_name(utility: Utility) -> &'static str {
    utility.name()
}

/// How far the wallet has read the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncState {
    /// Whether it has read all there is, as far as it knows.
    pub done: bool,
    /// Whether any node answered lately: if not, there may be more than it knows of.
    pub reached: bool,
    /// The last block it has read.
    pub height: u64,
    /// The last block there is, as far as is known.
    pub tip: u64,
    /// Time of the last block it has read: the wallet is right as of then.
    #[serde(rename = "as_of_time", serialize_with = "json::time")]
    pub as_of: Timestamp,
    /// Settlement windows that are still to be read.
    pub windows_left: u64,
    /// About how long that takes.
    pub seconds_left: Option<u64>,
    /// What was noticed about nodes, in plain words.
    pub notices: Vec<String>,
}

/// Why money is there and cannot be spent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// It is settled together with that of others.
    NextSettlement,
    /// The change of a payment that is not final yet.
    OnItsWay,
    /// Set aside for energy that was ordered.
    Ordered,
}

/// A sum that cannot be spent yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingView {
    /// How much.
    #[serde(rename = "amount_micro_euro", serialize_with = "json::credit")]
    pub amount: Credit,
    /// Why.
    pub reason: Waiting,
    /// When it is there, at the latest as far as is known.
    #[serde(rename = "expected_time", serialize_with = "json::maybe_time")]
    pub expected: Option<Timestamp>,
}

/// Sums of a calendar month (UTC).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MonthView {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Each utility that the household has a meter of or traded, in their order.
    pub utilities: Vec<UtilityMonth>,
}

impl MonthView {
    /// The sums of a utility, if the household has to do with it.
    pub fn of(&self, utility: Utility) -> Option<&UtilityMonth> {
        self.utilities.iter().find(|sums| sums.utility == utility)
    }
}

/// A month's sums of one utility, in its base units (Wh or litres).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UtilityMonth {
    /// Which.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// Taken from the grid by the household's meters.
    pub imported: u64,
    /// Given to the grid.
    pub exported: u64,
    /// Bought from neighbours and delivered.
    pub bought: u64,
    /// Sold to neighbours and delivered.
    pub sold: u64,
    /// Paid for what was bought.
    #[serde(rename = "spent_micro_euro", serialize_with = "json::credit")]
    pub spent: Credit,
    /// Earned with what was sold.
    #[serde(rename = "earned_micro_euro", serialize_with = "json::credit")]
    pub earned: Credit,
    /// Share of what was taken from the grid that neighbours delivered, 0 to 1; none if nothing was taken.
    pub community_share: Option<f64>,
}

impl UtilityMonth {
    /// A month in which nothing happened yet.
    pub fn new(utility: Utility) -> Self {
        UtilityMonth {
            utility,
            imported: 0,
            exported: 0,
            bought: 0,
            sold: 0,
            spent: Credit::ZERO,
            earned: Credit::ZERO,
            community_share: None,
        }
    }

    /// Whether nothing was measured or traded.
    pub fn is_empty(&self) -> bool {
        [self.imported, self.exported, self.bought, self.sold] == [0; 4]
    }
}

/// How old the last backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupState {
    /// The 24 words were never confirmed.
    WordsUnconfirmed,
    /// There is no backup file yet.
    Never,
    /// It is older than it should be: what came after it is lost with this device once the nodes have deleted their hints.
    Old {
        /// Its age in days.
        days: u64,
    },
    /// It is recent.
    Recent {
        /// Its age in days.
        days: u64,
    },
}

/// The first page.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// Can be spent now.
    #[serde(rename = "available_micro_euro", serialize_with = "json::credit")]
    pub available: Credit,
    /// Is there, but cannot be spent yet.
    #[serde(rename = "pending_micro_euro", serialize_with = "json::credit")]
    pub pending_total: Credit,
    /// Set aside for energy that was ordered.
    #[serde(rename = "ordered_micro_euro", serialize_with = "json::credit")]
    pub ordered: Credit,
    /// All of it.
    #[serde(rename = "total_micro_euro", serialize_with = "json::credit")]
    pub total: Credit,
    /// What waits, why and until when.
    pub pending: Vec<PendingView>,
    /// This month.
    pub month: MonthView,
    /// When the next settlement is.
    #[serde(rename = "next_settlement_time", serialize_with = "json::time")]
    pub next_settlement: Timestamp,
    /// How the backup stands.
    pub backup: BackupState,
    /// Whether this wallet can only look.
    pub view_only: bool,
    /// How far it has read.
    pub sync: SyncState,
}

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
    #[serde(serialize_with = "maybe_utility")]
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

fn maybe_utility<S: serde::Serializer>(value: &Option<Utility>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(utility) => serializer.serialize_some(utility_name(*utility)),
        None => serializer.serialize_none(),
    }
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

/// A settlement window of one meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnergyRow {
    /// Which meter.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// Which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// Taken, in base units.
    pub imported: u64,
    /// Given, in base units.
    pub exported: u64,
    /// Bought from neighbours in this window, in base units: by the household, whichever meter took it.
    pub bought: u64,
    /// Sold to neighbours in this window, in base units.
    pub sold: u64,
    /// How the readings came about.
    #[serde(serialize_with = "json::status")]
    pub status: WindowStatus,
}

/// A window of one meter as its gateway tells it, while the ledger does not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalRow {
    /// Which meter.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// Which window.
    #[serde(serialize_with = "json::window")]
    pub window: Window,
    /// Its start.
    #[serde(rename = "start_time", serialize_with = "json::time")]
    pub start: Timestamp,
    /// Taken so far, in base units.
    pub imported: u64,
    /// Given so far, in base units.
    pub exported: u64,
    /// That it is not on the ledger yet.
    pub status: LocalStatus,
    /// The least certain of its intervals.
    pub quality: LocalQuality,
    /// Intervals that are known.
    pub intervals: u64,
    /// Intervals of a window.
    pub of_intervals: u64,
}

/// Where a gateway's reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalStatus {
    /// Not on the ledger yet.
    NotOnLedger,
}

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

/// A paired meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeterView {
    /// Which.
    #[serde(serialize_with = "json::meter")]
    pub meter: MeterId,
    /// What it measures.
    #[serde(serialize_with = "json::utility")]
    pub utility: Utility,
    /// What the household calls it.
    pub label: Option<String>,
    /// Start of the last window that it posted.
    #[serde(rename = "last_window_time", serialize_with = "json::maybe_time")]
    pub last_window: Option<Timestamp>,
    /// How many windows could be read.
    pub windows: u64,
}

/// A transaction that was signed and saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// Which.
    #[serde(serialize_with = "json::transaction")]
    pub id: TransactionId,
    /// Among how many pieces of money or energy it hides.
    pub hides_among: u32,
    /// Fee.
    #[serde(rename = "fee_micro_euro", serialize_with = "json::credit")]
    pub fee: Credit,
    /// After this time of the ledger it is void if it is in no block.
    #[serde(rename = "valid_until_time", serialize_with = "json::time")]
    pub valid_until: Timestamp,
}

/// What would be signed: for the question before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// To whom: a contact's name, else the address; of an order, where the market operator is.
    pub to: String,
    /// What leaves or is set aside, without the fee.
    #[serde(rename = "amount_micro_euro", serialize_with = "json::credit")]
    pub amount: Credit,
    /// Fee.
    #[serde(rename = "fee_micro_euro", serialize_with = "json::credit")]
    pub fee: Credit,
    /// Among how many pieces of money it would hide.
    pub hides_among: u32,
}

/// Somebody the household knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
}
