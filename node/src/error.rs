//! Why a node refuses a transaction or a block, and why it stops.

use hushwatt_ledger::{
    CheckError, Rejection,
    block::Refused,
    codec::DecodeError,
    state::StateError,
    storage::{Day, StorageError},
    transaction::TransactionId,
};

use crate::{JournalError, pending::NoRoom, source::Crowded};

/// Why a submitted transaction was not accepted. Nothing was kept, with one exception: [`SubmitError::Journal`].
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// A rule refuses it.
    #[error("refused by rule {name}: {rejection}", name = .rejection.name())]
    Refused {
        /// The rule.
        #[from]
        rejection: Rejection,
    },
    /// It spends a note that another waiting transaction spends.
    #[error("transaction {0} waits and spends the same note")]
    Conflict(TransactionId),
    /// The mempool is full.
    #[error("the node's waiting room is full: try again after the next block")]
    Full,
    /// The mempool is crowded and this source has had its share.
    #[error("too many transactions from here wait already: try again after the next block")]
    Share,
    /// More is handed in than can be verified.
    #[error("the node has more to verify than it can: try again in a few seconds")]
    Busy,
    /// It could not be written down, so a restart may lose it. It may also bring it back, if the bytes came to the disk
    /// before the failure, and a block made meanwhile may hold it: whoever submitted it must not take it for refused.
    #[error(
        "the transaction could not be written down, so this node does not answer for it; it may become final all the same: submit the same one again, here or elsewhere, and no other in its place: {reason}"
    )]
    Journal {
        /// Why.
        reason: String,
    },
    /// The node's state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The node cannot store blocks any more.
    #[error("the node cannot store blocks any more: use another node, and tell whoever runs this one")]
    Failed,
    /// The node is going down.
    #[error("the node is stopping: try again later, or another node")]
    Stopping,
}

impl From<CheckError> for SubmitError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Rejected(rejection) => rejection.into(),
            CheckError::State(error) => SubmitError::State(error),
        }
    }
}

impl From<Crowded> for SubmitError {
    fn from(crowded: Crowded) -> Self {
        match crowded {
            Crowded::Full => SubmitError::Full,
            Crowded::Share => SubmitError::Share,
        }
    }
}

/// Why a node gives no favourable verdict on a block.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It breaks a rule, and always will.
    #[error("the block is invalid: {0}")]
    Refused(Refused),
    /// The state it builds on is not at hand.
    #[error("the block's parent is neither final nor known here: verify the blocks below it first")]
    UnknownParent,
    /// Too many blocks wait to become final.
    #[error("no room for another block that is not final: this says nothing about the block")]
    NoRoom,
    /// The node cannot tell.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl From<Refused> for VerifyError {
    fn from(refused: Refused) -> Self {
        match refused.source {
            CheckError::State(error) => VerifyError::Node(error.into()),
            CheckError::Rejected(_) => VerifyError::Refused(refused),
        }
    }
}

impl From<NoRoom> for VerifyError {
    fn from(_: NoRoom) -> Self {
        VerifyError::NoRoom
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
    /// What waited when it stopped cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A rule refuses the block it would make.
    #[error("the block cannot be made: {0}")]
    Rejected(Rejection),
    /// The parent of the block it would make is not known.
    #[error("the block cannot be made: its parent is neither final nor known here")]
    UnknownParent,
    /// A block that is said to be final breaks a rule.
    #[error(
        "block {height} is said to be final and breaks a rule ({source}): it was not stored; compare this program's version with the other validators' before you go on"
    )]
    InvalidFinal {
        /// The block.
        height: u64,
        /// The rule.
        source: Refused,
    },
    /// A certificate that the engine took does not verify.
    #[error("the certificate of block {height} does not verify ({source}): the block was not stored")]
    Certificate {
        /// The block.
        height: u64,
        /// The rule.
        source: Rejection,
    },
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
    /// An earlier block was perhaps not stored.
    #[error(
        "storing block {height} failed earlier ({reason}): stop the node, check the disk and start it again, which finds out what is there"
    )]
    CommitFailed {
        /// The block.
        height: u64,
        /// What failed.
        reason: String,
    },
    /// Blocks must be stored in order.
    #[error("block {got} cannot be stored after block {tip}")]
    OutOfOrder {
        /// The last one.
        tip: u64,
        /// The block.
        got: u64,
    },
    /// Another block is already durable at this height, or below it: the validators contradicted themselves.
    #[error("block {height} is durable already, and it is another one: keep both and find out who signed twice")]
    OtherBlock {
        /// The height.
        height: u64,
    },
    /// Heights count from 1; 0 is the genesis, which is no block.
    #[error("there is no block 0: the first block is block 1")]
    NoSuchBlock,
    /// A day's hints are past their retention and still there.
    #[error("the hints of {day} should be gone by now, and their file cannot be removed ({source})")]
    Forget {
        /// The day.
        day: Day,
        /// Why.
        source: StorageError,
    },
    /// The validator's key is not the genesis'.
    #[error("the validator key is not the one in the genesis file, or not the only one there")]
    ForeignKey,
    /// A stepped clock on a real network.
    #[error("the genesis does not allow simulated time: use the system clock")]
    SimulatedClock,
    /// A thread could not be started.
    #[error("could not start a thread ({0}): check the limits of processes and memory")]
    Thread(std::io::Error),
}

impl From<CheckError> for NodeError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Rejected(rejection) => NodeError::Rejected(rejection),
            CheckError::State(error) => NodeError::State(error),
        }
    }
}
