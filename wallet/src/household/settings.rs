//! What the household has set: language, locking, and what the agent may do on its own.

use hushwatt_ledger::units::Utility;
use serde::{Deserialize, Serialize};

/// All settings of a wallet. They are in its encrypted file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Language of the web page: `en` or `de`.
    pub language: String,
    /// Minutes without use after which the web page locks; 0 for never.
    pub auto_lock_minutes: u32,
    /// Days after which a backup counts as old.
    pub backup_days: u32,
    /// Among how many pieces of money a payment must hide at least; below, it asks. 0 for what the community set.
    pub smallest_company: u32,
    /// Pages of the gateways at the household's meters, asked for what is not on the ledger yet.
    pub gateways: Vec<String>,
    /// Where the market operator takes the orders of the auction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// What the agent may do.
    pub agent: AgentSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            language: "en".to_owned(),
            auto_lock_minutes: 15,
            backup_days: 30,
            smallest_company: 0,
            gateways: Vec::new(),
            operator: None,
            agent: AgentSettings::default(),
        }
    }
}

/// What the agent may do without asking. Nothing, unless it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSettings {
    /// Delivers to open contracts once a window is measured.
    pub deliver: bool,
    /// Splits and merges money, so that the household can act in every window.
    pub tidy: bool,
    /// Offers what the household is expected to give to the grid.
    pub sell: Option<SellRule>,
    /// Orders from the board.
    pub buy: Option<BuyRule>,
    /// Places orders in the auction; at most one rule for each utility.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auction: Vec<AuctionRule>,
    /// Goes on when there is little company to hide in.
    pub allow_small_company: bool,
    /// Deletes readings that are past the community's retention, and keeps sums by day.
    #[serde(skip_serializing_if = "is_set")]
    pub forget: bool,
    /// Shares what opens own sales among the committee, for totals of the community's trades.
    #[serde(skip_serializing_if = "is_set")]
    pub share_totals: bool,
}

impl Default for AgentSettings {
    fn default() -> Self {
        AgentSettings {
            deliver: true,
            tidy: true,
            sell: None,
            buy: None,
            auction: Vec::new(),
            allow_small_company: true,
            forget: true,
            share_totals: true,
        }
    }
}

/// Whether a setting is as it is by default.
fn is_set(value: &bool) -> bool {
    *value
}

impl AgentSettings {
    /// The rule for the auctions of a utility.
    pub fn auction_of(&self, utility: Utility) -> Option<&AuctionRule> {
        self.auction.iter().find(|rule| rule.utility == utility)
    }

    /// Puts a rule in the place of the one for its utility; one that neither sells nor buys takes it away.
    pub fn set_auction(&mut self, rule: AuctionRule) {
        self.auction.retain(|other| other.utility != rule.utility);
        if rule.sell_from_micro_euro.is_some() || rule.buy_up_to_micro_euro.is_some() {
            self.auction.push(rule);
            self.auction.sort_by_key(|rule| rule.utility);
        }
    }
}

/// Offers made by the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellRule {
    /// What.
    pub utility: Utility,
    /// Price per base unit in micro-euro.
    pub price_micro_euro: u32,
    /// Percent of what the same window of the day before gave.
    pub percent_of_yesterday: u32,
}

/// Orders made by the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyRule {
    /// What.
    pub utility: Utility,
    /// Highest price per base unit in micro-euro.
    pub max_price_micro_euro: u32,
    /// At most so much a window, in base units.
    pub per_window: u32,
    /// At most so much money set aside a day (UTC), in micro-euro.
    pub per_day_micro_euro: u64,
}

/// Orders of the auction placed by the agent: what was attested is sold, what was consumed is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuctionRule {
    /// What.
    pub utility: Utility,
    /// The least that is taken for a base unit, in micro-euro; nothing is sold without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sell_from_micro_euro: Option<u32>,
    /// The most that is paid for a base unit, in micro-euro; nothing is bought without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buy_up_to_micro_euro: Option<u32>,
}
