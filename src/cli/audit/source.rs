//! Where the chain comes from: a file, or a node that is asked for all of its blocks.

use std::path::PathBuf;

use clap::Args;
use hushwatt_audits::{FactsError, Follower, Watch};
use hushwatt_client::{BaseUrl, ClientError, NodeClient};
use hushwatt_ledger::genesis::Genesis;

use super::Bar;

/// What is asked of a node at once.
const MOST_BYTES: u64 = 64 << 20;

/// Where the chain comes from.
#[derive(Args)]
pub(super) struct Source {
    /// Hold it against the chain of this node
    #[arg(long, value_name = "URL", required_unless_present = "chain", conflicts_with = "chain")]
    pub node: Option<BaseUrl>,
    /// Hold it against this exported chain, or that of a node's folder
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
}

/// Why there is no chain to hold anything against.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Node(#[from] ClientError),
}

/// Goes through all blocks of a node: it is asked for nothing that tells what is looked for.
pub(super) fn follow_node<W: Watch>(
    node: &BaseUrl,
    start: impl FnOnce(Genesis) -> Result<Follower<W>, FactsError>,
    bar: &mut Bar,
) -> Result<Follower<W>, SourceError> {
    let (node, path) = (NodeClient::at(node), "/v1/genesis");
    let bytes = node.bytes(path)?;
    let genesis = Genesis::parse(&bytes).map_err(|error| node.nonsense(path, &error))?;
    let mut follower = start(genesis)?;
    let height = node.status()?.height;
    bar.0.set_length(height);
    while follower.next_height() <= height {
        let from = follower.next_height();
        let count = node.blocks::<SourceError>(from, MOST_BYTES, |record| {
            follower.record(&record.body, &record.certificate)?;
            bar.0.set_position(record.height);
            Ok(())
        })?;
        if count == 0 {
            return Err(node.nonsense("/v1/blocks", &"it has no blocks although it says so").into());
        }
    }
    Ok(follower)
}
