//! Several nodes, compared: where blocks come from and transactions go to (protocol sections 0 and 3).
//!
//! **What it must not do.** It knows no wallet: it asks for every block after a height, in pieces of one size, with all hints, and
//! for the whole board, so that what it asks tells nothing but how far it has read. It believes no node more than another, and
//! none in what a certificate or digest can show: hints are held against the digests in their transactions here, blocks against
//! certificates by the caller, who says [`Nodes::blame`] if they do not hold.
//!
//! A node that cannot be reached, lies, or keeps hints back is asked after the others from then on; what was noticed is told in
//! plain words ([`Notice`]). While the caller works on a piece, the next one is being fetched.

mod choice;
mod error;
mod fetch;
mod market;
mod notice;
mod piece;
mod submit;
mod survey;

use std::{sync::Arc, time::Instant};

use hushwatt_client::{BaseUrl, BlockRecord, NodeClient, NodeStatus, Patience};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::Genesis,
    rules::structure::hints_match,
    transaction::hints::decode_hints,
};

use crate::ChainBlock;

pub use error::SyncError;
pub use fetch::Fetched;
pub use notice::Notice;
pub use piece::RecordError;
pub use survey::Survey;

/// The nodes that a household knows.
pub struct Nodes {
    genesis: Arc<Genesis>,
    nodes: Vec<Node>,
    /// Gave the last piece, and is asked first while it has no more faults than others.
    current: usize,
    /// Is offered the next transaction first.
    taker: usize,
    /// The piece after the last one, on its way.
    ahead: Option<piece::Ahead>,
}

/// A node, and what is known of it.
struct Node {
    client: NodeClient,
    /// Where it stood when it was asked last.
    status: Option<NodeStatus>,
    /// Whether it said that it belongs to the network; nothing while it said nothing.
    is_ours: Option<bool>,
    /// Could not be reached; better not asked before.
    quiet_until: Option<Instant>,
    /// The block, by its digest, of which the best node said the same.
    agreed: Option<String>,
    /// The more, the later it is asked.
    faults: u32,
    /// At most one of a kind.
    notices: Vec<Notice>,
}

impl Nodes {
    /// Nodes by their addresses; none is asked anything yet.
    pub fn new(urls: &[BaseUrl], genesis: Arc<Genesis>) -> Self {
        Self::patient(urls, genesis, &choice::PATIENCE)
    }

    /// The same, waiting for as long as is said.
    pub fn patient(urls: &[BaseUrl], genesis: Arc<Genesis>, patience: &Patience) -> Self {
        let node = |url| Node {
            client: NodeClient::patient(url, patience),
            status: None,
            is_ours: None,
            quiet_until: None,
            agreed: None,
            faults: 0,
            notices: Vec::new(),
        };
        Nodes { genesis, nodes: urls.iter().map(node).collect(), current: 0, taker: 0, ahead: None }
    }

    /// Downloads the genesis of a node's network. Whether it is the community's is for a person to say, by the network id.
    ///
    /// # Errors
    /// [`SyncError::Client`], [`SyncError::Genesis`].
    pub fn genesis(url: &BaseUrl) -> Result<Genesis, SyncError> {
        let client = NodeClient::patient(url, &choice::PATIENCE);
        let bytes = client.bytes("/v1/genesis")?;
        Genesis::parse(&bytes).map_err(|source| SyncError::Genesis { node: url.to_string(), source })
    }

    /// What is known against the nodes, in their order.
    pub fn notices(&self) -> Vec<Notice> {
        self.nodes.iter().flat_map(|node| node.notices.iter().cloned()).collect()
    }
}

/// Reads a block as it travelled. Total on any bytes. Where hints are missing, a transaction has none; hints that are not the
/// transaction's own are refused.
///
/// # Errors
/// [`RecordError`].
pub fn chain_block(genesis: &Genesis, record: &BlockRecord) -> Result<ChainBlock, RecordError> {
    let network = genesis.network();
    let (block, certificate) = Block::decode_record(network, &record.body, &record.certificate)?;
    if block.header.height != record.height {
        return Err(RecordError::Height);
    }
    let hints: BlockHints = match &record.hints {
        None => vec![Vec::new(); block.transactions.len()],
        Some(encoded) if encoded.len() != block.transactions.len() => return Err(RecordError::Hints),
        Some(encoded) => {
            let pairs = block.transactions.iter().zip(encoded);
            let decoded = pairs.map(|(transaction, encoded)| {
                let hints = decode_hints(encoded)?;
                let right = hints_match(network, transaction.action(), &transaction.envelope().hints, &hints);
                right.map_err(|_| RecordError::Hints).map(|()| hints)
            });
            decoded.collect::<Result<_, RecordError>>()?
        }
    };
    Ok(ChainBlock { block, certificate, hints })
}
