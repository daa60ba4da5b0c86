//! The state of the ledger: an ordered map of live entries, read through a trait, changed through an overlay
//! (protocol sections 4 and 7).

mod auction_index;
mod auctions;
pub(crate) mod buckets;
mod contract_index;
mod events;
mod index_state;
mod keys;
mod ledger_state;
mod light;
mod overlay;
mod records;
mod rings;
mod root;
mod totals;
mod totals_records;
mod totals_shares;

pub use auction_index::{AuctionEnd, EndedAuction, IndexedAuction, index_auctions};
pub use contract_index::{Closed, IndexedContract, index_contracts};
pub use events::{BlockEvents, Sealed};
pub use index_state::{INDEX_SCHEMA, block_batch, index_height_of_block, index_height_of_transaction, index_tip};
pub use keys::audit_book;
pub use ledger_state::{LedgerState, MeterStanding, Resolved, validators_of};
pub use light::LightState;
pub use overlay::{Changes, MemoryState, Overlay, StateRead, get_over, range_over};
pub use records::{
    AuctionRecord, BucketRecord, ContractRecord, Counters, MeterRecord, NoteRecord, OrderKeys, OrderRecord, StoredNote,
    Superseded, WindowRecord,
};
pub use rings::RingCache;
pub use root::{recompute_root, update_root};
pub use totals_records::{MeteredPeriod, PriceClass, ShareRecord, Shared, TotalRecord, TradeRecord};

use crate::{Rejection, codec::DecodeError, storage::StorageError};

/// Why the state could not answer. Never the fault of a transaction.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An entry is not what this program wrote.
    #[error("the state entry {key} is damaged ({source}): delete the index folder, it is rebuilt from the log")]
    Damaged {
        /// Key of the entry, in hexadecimal.
        key: String,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// Something that must be there is not.
    #[error("the state lacks {0}: delete the index folder, it is rebuilt from the log")]
    Missing(&'static str),
}

/// Why a transaction or block was not accepted: a rule, or a state that could not answer.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A rule was broken.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The state could not answer.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<StorageError> for CheckError {
    fn from(error: StorageError) -> Self {
        CheckError::State(error.into())
    }
}
