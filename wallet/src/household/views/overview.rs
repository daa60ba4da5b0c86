//! The first page: money, the month, the backup, how far the wallet has read.

use hushwatt_ledger::units::{Credit, Timestamp, Utility};
use serde::Serialize;

use super::json;

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
