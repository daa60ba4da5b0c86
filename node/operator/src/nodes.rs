//! The nodes that the operator asks where auctions stand, and hands his Clears to (protocol section 6.4).
//!
//! What a node says decides nothing by itself: a wrong rank or a left-out order makes a Clear that every validator refuses, and
//! then another node is asked.

use std::time::Duration;

use hushwatt_client::{AuctionDetail, Auctions, BaseUrl, ClientError, NodeClient, Patience};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    transaction::{Transaction, hints::encode_hints},
    units::{Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

/// How long nodes are waited for.
pub const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(15), body: Some(Duration::from_secs(60)) };

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its network.
    pub network: NetworkId,
    /// Height of its last final block.
    pub height: u64,
    /// That block's time.
    pub time: Timestamp,
    /// Its own clock.
    pub now: Timestamp,
}

#[derive(Deserialize)]
struct StatusAnswer {
    network: String,
    height: u64,
    time: u64,
    now: u64,
}

impl Tip {
    /// Asks a node.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn of(node: &NodeClient) -> Result<Self, ClientError> {
        let path = "/v1/status";
        let answer: StatusAnswer = node.json(path)?;
        let network = answer.network.parse().map_err(|wrong| node.nonsense(path, &wrong))?;
        Ok(Tip { network, height: answer.height, time: Timestamp(answer.time), now: Timestamp(answer.now) })
    }
}

/// What a node said to a Clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took it; whether the ledger has it is seen later.
    Taken,
    /// It refused it.
    Refused {
        /// The rule's name.
        rule: Option<String>,
        /// What it said.
        message: String,
    },
    /// It could not be asked.
    Unreachable(String),
}

/// A node, for the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeState {
    /// Its address.
    pub url: String,
    /// What is held against it.
    pub fault: Option<String>,
    /// Its last final block.
    pub height: Option<u64>,
}

struct Node {
    client: NodeClient,
    fault: Option<String>,
    height: Option<u64>,
    /// Whether it said that it is of this network.
    is_ours: bool,
}

/// All of them.
pub struct Nodes {
    network: NetworkId,
    /// The one that is asked first stands first.
    nodes: Vec<Node>,
}

impl Nodes {
    /// At these addresses.
    pub fn at(network: &NetworkId, urls: &[BaseUrl], patience: &Patience) -> Self {
        let node = |url| Node { client: NodeClient::patient(url, patience), fault: None, height: None, is_ours: false };
        Nodes { network: *network, nodes: urls.iter().map(node).collect() }
    }

    /// Where the ledger stands, by the first node that answers and is of this network.
    pub fn tip(&mut self) -> Option<Tip> {
        let network = self.network;
        self.first(|node| node.tip(&network))
    }

    /// The auctions of so many windows from one on.
    pub fn auctions(&mut self, from: Window, count: u64) -> Option<Auctions> {
        self.ours(|client| client.auctions(from, count))
    }

    /// One auction; nothing if the ledger has no order for it.
    pub fn auction(&mut self, utility: Utility, window: Window) -> Option<Option<AuctionDetail>> {
        self.ours(|client| client.auction(utility, window))
    }

    /// Hands a Clear to every node of this network: one may take it and never pass it on.
    pub fn submit(&mut self, clear: &Transaction) -> Vec<Verdict> {
        let transaction = clear.encode();
        let length = u32::try_from(transaction.len()).unwrap_or(u32::MAX).to_le_bytes();
        let submission = [&length[..], &transaction, &encode_hints(&[])].concat();
        let network = self.network;
        let verdict = |node: &mut Node| {
            if !node.is_ours
                && let Err(fault) = node.tip(&network)
            {
                node.hold(fault.clone());
                return Verdict::Unreachable(fault);
            }
            match node.client.submit_bytes(&submission, 0) {
                Ok(_) => Verdict::Taken,
                Err(ClientError::Refused { status: 400..=428 | 430..=499, rule, message, .. }) => {
                    Verdict::Refused { rule, message }
                }
                Err(error) => {
                    // It may be another one when it is back.
                    node.is_ours = false;
                    node.hold(error.to_string());
                    Verdict::Unreachable(error.to_string())
                }
            }
        };
        self.nodes.iter_mut().map(verdict).collect()
    }

    /// Another one is asked first from now on.
    pub fn prefer_another(&mut self) {
        if !self.nodes.is_empty() {
            self.nodes.rotate_left(1);
        }
    }

    /// For the status.
    pub fn state(&self) -> Vec<NodeState> {
        let state = |node: &Node| NodeState {
            url: node.client.base().to_string(),
            fault: node.fault.clone(),
            height: node.height,
        };
        self.nodes.iter().map(state).collect()
    }

    /// The answer of the first node of this network that gives one.
    fn ours<T>(&mut self, ask: impl Fn(&NodeClient) -> Result<T, ClientError>) -> Option<T> {
        let network = self.network;
        self.first(|node| {
            if !node.is_ours {
                node.tip(&network)?;
            }
            ask(&node.client).map_err(|error| error.to_string())
        })
    }

    /// The first answer; the node that gave it is asked first from now on.
    fn first<T>(&mut self, mut ask: impl FnMut(&mut Node) -> Result<T, String>) -> Option<T> {
        for index in 0..self.nodes.len() {
            let node = self.nodes.get_mut(index)?;
            match ask(node) {
                Ok(answer) => {
                    node.fault = None;
                    self.nodes.swap(0, index);
                    return Some(answer);
                }
                Err(fault) => node.hold(fault),
            }
        }
        None
    }
}

impl Node {
    /// Asks where it stands, and whether it is of this network.
    fn tip(&mut self, network: &NetworkId) -> Result<Tip, String> {
        let tip = Tip::of(&self.client).map_err(|error| error.to_string())?;
        self.is_ours = tip.network == *network;
        if !self.is_ours {
            return Err("it belongs to another network: take it off the list of nodes, or check its address".to_owned());
        }
        self.height = Some(tip.height);
        Ok(tip)
    }

    fn hold(&mut self, fault: String) {
        if self.fault.as_ref() != Some(&fault) {
            tracing::warn!(node = %self.client.base(), fault, "a node is of no use");
        }
        self.fault = Some(fault);
    }
}
