//! Why the nodes were of no use, and what to do.

use hushwatt_client::ClientError;
use hushwatt_ledger::genesis::GenesisError;

use super::Notice;

/// Why nothing came of a request, whichever node was asked.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// None is known.
    #[error("this wallet knows no node: add the address of one of the community's nodes")]
    NoNodes,
    /// None was of use.
    #[error("no node is of use now: {}", list(.0))]
    NoneOfUse(Vec<Notice>),
    /// Refused by all that answered.
    #[error("{by} of {of} nodes refused this: {message}")]
    Refused {
        /// The rule's name, if one refused.
        rule: Option<String>,
        /// What they said; one of them.
        message: String,
        /// How many refused.
        by: usize,
        /// How many are known.
        of: usize,
    },
    /// Refused because another transaction takes the same, and waits: whichever comes into a block stands.
    #[error("{by} of {of} nodes refused this: {message}")]
    Conflict {
        /// What they said; one of them.
        message: String,
        /// How many refused.
        by: usize,
        /// How many are known.
        of: usize,
    },
    /// One that was asked alone failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It has no genesis of this program.
    #[error("{node} answered with a genesis that cannot be used: {source}")]
    Genesis {
        /// Which node.
        node: String,
        /// What is wrong.
        source: GenesisError,
    },
}

fn list(notices: &[Notice]) -> String {
    notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
