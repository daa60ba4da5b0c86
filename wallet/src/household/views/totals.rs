//! Totals that were asked for: public facts about a request, and what the household has to do with it.

use hushwatt_ledger::{
    transaction::TransactionId,
    units::{MeterId, Timestamp, Utility},
};
use serde::Serialize;

use super::json;

/// Requests for totals, and what this wallet shares for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TotalsView {
    /// The newest first.
    pub requests: Vec<TotalView>,
    /// Sales whose openings this wallet shares.
    pub own_sales: OwnShares,
}

/// A total that a registrar asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TotalView {
    /// When: time of the block.
    #[serde(rename = "asked_time", serialize_with = "json::time")]
    pub asked: Timestamp,
    /// The block.
    pub height: u64,
    /// The request.
    #[serde(serialize_with = "json::transaction")]
    pub transaction: TransactionId,
    /// Which registrar, from 1.
    pub registrar: u32,
    /// His key, hexadecimal.
    pub registrar_key: String,
    /// The period's first second.
    #[serde(rename = "from_time", serialize_with = "json::time")]
    pub from: Timestamp,
    /// The first second after it.
    #[serde(rename = "until_time", serialize_with = "json::time")]
    pub until: Timestamp,
    /// Until when members of the committee release it.
    #[serde(rename = "release_until_time", serialize_with = "json::time")]
    pub release_until: Timestamp,
    /// Over what.
    pub over: TotalOver,
    /// How many members released it.
    pub released: usize,
    /// How many must, before anybody knows it.
    pub needed: usize,
    /// How many there are.
    pub members: usize,
}

impl TotalView {
    /// Whether so many members released it that everybody can compute it.
    pub fn is_known(&self) -> bool {
        self.needed > 0 && self.released >= self.needed
    }
}

/// What a total is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalOver {
    /// What the meters of a cohort took, and what they gave.
    Meters {
        /// What they measure; none if that is not known.
        #[serde(serialize_with = "json::maybe_utility")]
        utility: Option<Utility>,
        /// Which cohort of the period: its place, from 0, as registrars and audits say it.
        cohort: u32,
        /// How many meters are in the cohort.
        meters: usize,
        /// How many of them are left out of the total.
        left_out: usize,
        /// Paired meters of this household that are in the total.
        #[serde(serialize_with = "json::meters")]
        own_in: Vec<MeterId>,
        /// Paired meters of this household that are in the cohort, and not in the total.
        #[serde(serialize_with = "json::meters")]
        own_left_out: Vec<MeterId>,
    },
    /// What was traded, and for how much money.
    Trades {
        /// What.
        #[serde(serialize_with = "json::utility")]
        utility: Utility,
    },
}

/// How the sharing of own sales stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OwnShares {
    /// Whether the settings let the wallet share.
    pub allowed: bool,
    /// Sales that were shared.
    pub shared: usize,
    /// Those that are signed and in no block yet.
    pub under_way: usize,
    /// Those whose time is drawn.
    pub planned: usize,
}
