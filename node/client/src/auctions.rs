//! What a node says about auctions: `/v1/auctions` (protocol section 6.4). Public facts, by what the node says; nothing proves
//! them here, and whoever acts on them finds out from the ledger.

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    block::BlockDigest,
    units::{Utility, Window},
};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{ClientError, NodeClient};

/// Where an auction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuctionState {
    /// Orders are accepted.
    Collecting,
    /// No more orders; it waits for its Clear.
    Closed,
    /// Cleared, with a price.
    Traded,
    /// Cleared: nothing could be traded.
    NoTrade,
    /// Never cleared: every order got back what it had put in.
    Expired,
}

impl AuctionState {
    /// Whether nothing more happens to it.
    pub fn is_over(self) -> bool {
        matches!(self, AuctionState::Traded | AuctionState::NoTrade | AuctionState::Expired)
    }
}

/// An auction, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AuctionSummary {
    /// Of which window.
    #[serde(deserialize_with = "window")]
    pub window: Window,
    /// When the window starts, unix seconds.
    pub start: u64,
    /// Of what.
    pub utility: Utility,
    /// Orders to sell.
    pub sells: u32,
    /// Orders to buy.
    pub buys: u32,
    /// Where it stands.
    pub state: AuctionState,
    /// The clearing price, micro-euro per base unit.
    #[serde(default)]
    pub price: Option<u32>,
    /// The block in which it ended.
    #[serde(default)]
    pub height: Option<u64>,
    /// Its Clear, in hexadecimal.
    #[serde(default)]
    pub transaction: Option<String>,
}

/// Which side of the market an order is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderSide {
    /// It sells.
    Sell,
    /// It buys.
    Buy,
}

/// An order on the ledger, as everybody may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct AuctionOrder {
    /// Its id.
    #[serde(deserialize_with = "digest")]
    pub order: [u8; 32],
    /// Its side.
    pub side: OrderSide,
}

/// An auction with its orders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AuctionDetail {
    /// What the list says too.
    #[serde(flatten)]
    pub summary: AuctionSummary,
    /// Digest of the first block after order close, which ranks equal limits; none before the block after that.
    #[serde(default, deserialize_with = "rank")]
    pub rank: Option<BlockDigest>,
    /// Orders are accepted after this time, unix seconds.
    pub order_from: u64,
    /// Last time at which an order is accepted.
    pub order_until: u64,
    /// Last time at which a Clear is accepted.
    pub clear_until: u64,
    /// All orders, by id.
    pub orders: Vec<AuctionOrder>,
}

/// The answer of `/v1/auctions`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Auctions {
    /// Key of the market operator registered now, in hexadecimal, if the node says it.
    #[serde(default)]
    pub operator: Option<String>,
    /// The auctions of the windows that were asked for.
    pub auctions: Vec<AuctionSummary>,
}

fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Window, D::Error> {
    u64::deserialize(deserializer).map(Window)
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(|NetworkId(bytes)| bytes).map_err(|_| de::Error::custom("expected 64 hexadecimal digits"))
}

fn rank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BlockDigest>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let read = |text: String| text.parse().map(|NetworkId(bytes)| BlockDigest(bytes));
    text.map(read).transpose().map_err(|_: &str| de::Error::custom("expected 64 hexadecimal digits"))
}

impl NodeClient {
    /// `GET /v1/auctions`: the auctions of so many windows from one on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn auctions(&self, from: Window, count: u64) -> Result<Auctions, ClientError> {
        self.json(&format!("/v1/auctions?from={}&count={count}", from.0))
    }

    /// `GET /v1/auctions/{utility}/{window}`; nothing if the ledger has no order for it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn auction(&self, utility: Utility, window: Window) -> Result<Option<AuctionDetail>, ClientError> {
        match self.json(&format!("/v1/auctions/{}/{}", utility.name(), window.0)) {
            Ok(detail) => Ok(Some(detail)),
            Err(ClientError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_is_read_whole_or_not_at_all() {
        let id = "0a".repeat(32);
        let text = format!(
            r#"{{"window":5,"start":18000,"utility":"electricity","sells":1,"buys":0,"state":"no-trade",
                 "rank":"{id}","order_from":1,"order_until":2,"clear_until":3,"orders":[{{"order":"{id}","side":"sell"}}]}}"#
        );
        let detail: AuctionDetail = serde_json::from_str(&text).unwrap();
        assert_eq!((detail.rank, detail.summary.state), (Some(BlockDigest([10; 32])), AuctionState::NoTrade));
        assert_eq!(detail.orders, [AuctionOrder { order: [10; 32], side: OrderSide::Sell }]);
        assert!(detail.summary.state.is_over() && !AuctionState::Closed.is_over());
        let none: AuctionDetail =
            serde_json::from_str(&text.replace(&format!("\"{id}\",\"order_from"), "null,\"order_from")).unwrap();
        assert_eq!(none.rank, None);
        for (from, to) in [("no-trade", "done"), (id.as_str(), "0a"), ("\"sell\"", "\"hold\""), ("\"window\":5,", "")] {
            assert!(serde_json::from_str::<AuctionDetail>(&text.replace(from, to)).is_err(), "{from}");
        }
        let list: Auctions = serde_json::from_str(r#"{"auctions":[]}"#).unwrap();
        assert_eq!(list, Auctions { operator: None, auctions: Vec::new() });
    }
}
