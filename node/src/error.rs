//! Why a node refuses a transaction, and why it stops.

use hushwatt_ledger::{
    CheckError, Rejection, block::Refused, codec::DecodeError, state::StateError, storage::StorageError,
    transaction::TransactionId,
};

/// Why a submitted transaction was not accepted. Nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// A rule refuses it.
    #[error("refused by rule {name}: {rejection}", name = .rejection.name())]
    Refused {
        /// The rule.
        #[from]
        rejection: Rejection,
    },
    /// It was accepted before; submitting again changes nothing.
    #[error("transaction {0} is already waiting")]
    AlreadyWaiting(TransactionId),
    /// It spends a note that another waiting transaction spends.
    #[error("transaction {0} waits and spends the same note")]
    Conflict(TransactionId),
    /// The mempool is full.
    #[error("the node's waiting room is full: try again after the next block")]
    Full,
    /// The node's state failed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<CheckError> for SubmitError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Rejected(rejection) => rejection.into(),
            CheckError::State(error) => SubmitError::State(error),
        }
    }
}

/// Why a node cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Its state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A rule refuses the block it would make.
    #[error("the block cannot be made: {0}")]
    Rejected(Rejection),
    /// A block of its own log does not replay.
    #[error(
        "block {height} of the log does not replay ({source}): the log is not this program's or is damaged; restore it from a backup"
    )]
    Replay {
        /// The block.
        height: u64,
        /// Why.
        source: Refused,
    },
    /// A record of its own log is no block.
    #[error("record {height} of the log is no block ({source}): restore the log from a backup")]
    Record {
        /// The record's height.
        height: u64,
        /// Why.
        source: DecodeError,
    },
    /// Acknowledged blocks are gone from the log.
    #[error(
        "the index stands at block {index} but the log ends at {log}: blocks that were final are missing; restore the log from a backup (only if the index folder was copied here from elsewhere, delete that folder)"
    )]
    LogBehindIndex {
        /// Blocks in the log.
        log: u64,
        /// Height of the index.
        index: u64,
    },
    /// An earlier block was signed and perhaps not stored.
    #[error("storing an earlier block failed: open the node again, which finds out what is on disk")]
    CommitFailed,
    /// Blocks must be applied in order.
    #[error("block {got} cannot be applied on block {tip}")]
    OutOfOrder {
        /// The tip.
        tip: u64,
        /// The block.
        got: u64,
    },
    /// Another block is already durable at this height: the validators contradicted themselves.
    #[error("block {height} is durable already, and it is another one: keep both and find out who signed twice")]
    OtherBlock {
        /// The height.
        height: u64,
    },
    /// What was handed over to be stored is not of one block.
    #[error("block {height}, its hints and its outcome do not belong together: nothing was stored")]
    Mismatch {
        /// The height.
        height: u64,
    },
    /// Heights count from 1; 0 is the genesis, which is no block.
    #[error("there is no block 0: the first block is block 1")]
    NoSuchBlock,
    /// The validator's key is not the genesis'.
    #[error("the validator key is not the one in the genesis file")]
    ForeignKey,
    /// A stepped clock on a real network.
    #[error("the genesis does not allow simulated time: use the system clock")]
    SimulatedClock,
}

impl From<CheckError> for NodeError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Rejected(rejection) => NodeError::Rejected(rejection),
            CheckError::State(error) => NodeError::State(error),
        }
    }
}
