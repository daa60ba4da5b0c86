//! What a household ought to know about its nodes.

/// A lie counts as so many failures to answer.
pub(super) const LIE: u32 = 16;

/// What was noticed about a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// It cannot be reached, is too slow or too busy.
    #[error("{node} cannot be reached now ({reason})")]
    Unreachable {
        /// Which.
        node: String,
        /// What the system said.
        reason: String,
    },
    /// Others are further.
    #[error("{node} is {blocks} blocks and {minutes} minutes behind the others")]
    Behind {
        /// Which.
        node: String,
        /// Blocks that it lacks.
        blocks: u64,
        /// Minutes between its last block and theirs.
        minutes: u64,
    },
    /// It belongs to another community.
    #[error("{node} belongs to another network: take it off the list of nodes, or check its address")]
    OtherNetwork {
        /// Which.
        node: String,
    },
    /// Two final blocks of one height.
    #[error(
        "{node} and {other} name different final blocks {height}; only one can be right: rely on no payment since until the community's operators have cleared it up"
    )]
    Fork {
        /// One.
        node: String,
        /// The other.
        other: String,
        /// Of which block.
        height: u64,
    },
    /// Notes could not be found by what it gave.
    #[error(
        "{node} kept back, for {transactions} transactions from block {height} on, what a wallet finds its own money by; another node was asked"
    )]
    WithheldHints {
        /// Which.
        node: String,
        /// How many transactions.
        transactions: u64,
        /// The first block with one.
        height: u64,
    },
    /// It said what cannot be.
    #[error("{node} gave a wrong answer ({reason})")]
    Nonsense {
        /// Which.
        node: String,
        /// What was wrong.
        reason: String,
    },
}

impl Notice {
    /// How much less the node is asked for it. Who is behind gives what he has; of two that contradict each other, it is not
    /// known who is wrong.
    pub(super) fn weight(&self) -> u32 {
        match self {
            Notice::Behind { .. } | Notice::Fork { .. } => 0,
            Notice::Unreachable { .. } => 1,
            Notice::OtherNetwork { .. } | Notice::WithheldHints { .. } | Notice::Nonsense { .. } => LIE,
        }
    }
}
