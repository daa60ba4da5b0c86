//! Why a wallet did not do what it was asked: in euros and kilowatt-hours, with what to do.

use hushwatt_crypto::CryptoError;
use hushwatt_ledger::{
    state::StateError,
    transaction::{build::BuildError, open::ContractId},
    units::{Credit, Quantity},
};

/// Why a wallet refused.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// Not enough money that can be spent now.
    #[error(
        "{needed} are needed but only {available} can be spent now ({pending} more are on their way: try again after the next settlement)"
    )]
    InsufficientCredit {
        /// What the payment costs, fee included.
        needed: Credit,
        /// What can be spent now.
        available: Credit,
        /// What arrives when its notes are sealed.
        pending: Credit,
    },
    /// The money is there, but in too many small pieces or in different buckets.
    #[error(
        "{needed} cannot be put together from 4 pieces of one batch; merge your money first (roll), then try again"
    )]
    Scattered {
        /// What the payment costs, fee included.
        needed: Credit,
    },
    /// Not enough energy of the window.
    #[error("{needed:?} base units of energy are to be delivered, but only {available:?} can be now")]
    InsufficientEnergy {
        /// To deliver.
        needed: Quantity,
        /// Can be delivered.
        available: Quantity,
    },
    /// Too few to hide among.
    #[error(
        "this would hide among only {length} notes, fewer than the {wanted} you asked for: wait for company, or allow smaller sets"
    )]
    SmallRing {
        /// Notes in the bucket.
        length: u32,
        /// What the wallet's user wants at least; a ring signature needs 2.
        wanted: u32,
    },
    /// No such contract made out to this wallet.
    #[error("contract {0:?} is not one of this wallet's open contracts")]
    UnknownContract(ContractId),
    /// Contracts of different windows or utilities in one delivery.
    #[error("one delivery serves contracts of one window and utility")]
    MixedContracts,
    /// More words than a hint has room for.
    #[error("a message has at most {limit} bytes (letters outside English count two or more), this one has {length}")]
    LongMessage {
        /// Of the message, in bytes.
        length: usize,
        /// The most.
        limit: usize,
    },
    /// No spend key.
    #[error("this wallet can only look: use the wallet that has the 24 words")]
    ViewOnly,
    /// Nothing to do.
    #[error("there is nothing to {0}")]
    Nothing(&'static str),
    /// The ring is not what the wallet remembers.
    #[error("this wallet and its view of the ledger disagree about a note's place: rescan")]
    OutOfStep,
    /// The builder refused.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The view of the ledger failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// Keys refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}
