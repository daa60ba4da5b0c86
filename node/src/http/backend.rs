//! What the HTTP API needs of a node, in bytes and small plain structures. The node's core stands behind this trait; the
//! tests of the API put a fake one there.

use std::sync::Arc;

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    parameters::Parameters,
    state::MeterStanding,
    storage::Day,
    transaction::TransactionId,
    units::{MeterId, Price, Timestamp, Utility, Window},
};
use tokio::sync::watch;

pub use hushwatt_client::BlockRecord;

/// A node as the HTTP API sees it.
///
/// Every method may block for as long as the node's locks and disk take, unless it says otherwise: the API calls them on
/// threads for blocking work, and bounds how many run at once. None may panic.
pub trait Backend: Send + Sync + 'static {
    /// The exact bytes of the genesis file. Never blocks.
    fn genesis(&self) -> Arc<[u8]>;

    /// Digest of the genesis file. Never blocks.
    fn network(&self) -> NetworkId;

    /// The parameters in force. Never blocks.
    fn parameters(&self) -> Arc<Parameters>;

    /// Whether the genesis says `simulated_time`. Never blocks.
    fn is_simulated(&self) -> bool;

    /// Whether the process is sound and ready for work. Never blocks.
    fn health(&self) -> Health;

    /// The last final block, now and as it changes; at height 0 before block 1. Never blocks. The node sends a block here
    /// after it is durable and every other method knows of it.
    fn tip(&self) -> watch::Receiver<NewBlock>;

    /// The node's clock. Never blocks.
    fn now(&self) -> Timestamp;

    /// Where the node stands.
    fn status(&self) -> Status;

    /// Takes a transaction, if it would be valid now: decodes it, checks it against the state, verifies its proofs.
    /// A transaction that waits or is final already is not verified again and gives the same answer again.
    fn submit(&self, submission: Submission) -> Result<Submitted, SubmitRefusal>;

    /// What became of transactions that [`Self::submit`] took; one answer an id, in order. Asked once a block for all that
    /// somebody waits for, so each answer must be cheap.
    fn outcomes(&self, transactions: &[TransactionId]) -> Vec<Outcome>;

    /// Final blocks from a height on, in order and without a gap: about as many as fit in `most_bytes`, hints and all, but at
    /// least one if there is one. Empty past the tip.
    fn blocks(&self, from: u64, most_bytes: usize, with_hints: bool) -> Result<Vec<BlockRecord>, BackendError>;

    /// The same blocks in brief, at most so many, but at least one if there is one.
    fn announcements(&self, from: u64, most: usize) -> Result<Vec<NewBlock>, BackendError>;

    /// The days whose hints are still kept, in order.
    fn hint_days(&self) -> Result<Vec<HintsDay>, BackendError>;

    /// Bytes of a day's hint file from an offset on; fewer than `length` only where the file ends or was just forgotten.
    /// Only bytes that are synced, and what was served once stays at its place until the file is forgotten.
    fn read_hints(&self, day: Day, offset: u64, length: usize) -> Result<Vec<u8>, BackendError>;

    /// What proves that the block at a height is final; nothing if it is not final here or not yet covered by a certificate.
    fn finality(&self, height: u64) -> Result<Option<Finality>, BackendError>;

    /// Contracts of a window in the order in which they were opened, from a place in that order (from 0) on: as many as
    /// there are, up to `most`. Settled and expired ones stay in the list for as long as the node keeps them.
    fn contracts(&self, window: Window, from: u64, most: usize) -> Result<ContractPage, BackendError>;

    /// What is traded on this network, and from when on. Never blocks.
    fn trading(&self) -> Trading;

    /// Public key of the market operator of a window, as of the last final block; nothing where nobody is registered.
    fn operator(&self, window: Window) -> Result<Option<[u8; 32]>, BackendError>;

    /// The auctions with orders of so many windows from one on, by window and utility; those that ended too.
    fn auctions(&self, from: Window, count: u64) -> Result<Vec<AuctionView>, BackendError>;

    /// One auction with its orders, if there is any order.
    fn auction(&self, utility: Utility, window: Window) -> Result<Option<AuctionDetail>, BackendError>;

    /// All registered meters in registration order, as of the last final block.
    fn meters(&self) -> Result<Vec<MeterView>, BackendError>;

    /// Steps the clock on, never back, and tells the time afterwards. Only called where [`Self::is_simulated`].
    fn set_clock(&self, time: Timestamp) -> Timestamp;
}

/// The node could not do its part: its storage failed. The message goes to the log, not to clients.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BackendError(pub String);

/// Whether the process is sound and ready for work; if not, why.
#[derive(Clone, Debug)]
pub struct Health {
    /// Not live: only a restart (and what the message says) helps.
    pub live: Result<(), String>,
    /// Not ready: it catches up, or knows too few peers.
    pub ready: Result<(), String>,
}

/// What the node is on its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It votes, as the validator of this index in the current epoch.
    Validator(u16),
    /// It verifies everything and votes on nothing.
    Follower,
}

/// Where a node stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The last final block.
    pub tip: NewBlock,
    /// Root of the state after it.
    pub state_root: [u8; 32],
    /// Epoch of the next block.
    pub epoch: u64,
    /// Public keys of that epoch's validators, by index.
    pub validators: Vec<[u8; 32]>,
    /// What this node is.
    pub role: Role,
    /// How many other nodes it is connected with.
    pub peers: u32,
    /// Transactions that wait.
    pub mempool_transactions: u64,
    /// Their bytes.
    pub mempool_bytes: u64,
    /// Whether it is behind and catching up.
    pub syncing: bool,
    /// When the process started.
    pub started: Timestamp,
    /// The node's clock.
    pub now: Timestamp,
    /// Bytes of its folder on disk.
    pub disk_bytes: u64,
    /// Version of the program.
    pub version: &'static str,
}

/// A transaction handed in: bytes, believed nothing.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The transaction's permanent bytes.
    pub transaction: Vec<u8>,
    /// Its hints, one after the other.
    pub hints: Vec<u8>,
    /// Who hands it in, as a number that tells nothing else and is another one after a restart: for fair shares.
    pub source: u64,
}

/// A transaction that was taken, now or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It waits for a block.
    Waiting(TransactionId),
    /// It is final.
    Final {
        /// Its id.
        id: TransactionId,
        /// Its block.
        height: u64,
    },
}

/// Why a transaction was not taken. After a failed write it may be final all the same: the same one is handed in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitRefusal {
    /// The bytes are no transaction and hints of this network.
    Malformed {
        /// What is wrong.
        message: String,
    },
    /// A rule refuses it.
    Rule {
        /// The rule's name.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// Another waiting transaction spends the same note.
    Conflict {
        /// The one that waits.
        with: TransactionId,
    },
    /// The waiting room is full.
    Full,
    /// The node takes none now, for instance while it catches up.
    Unavailable {
        /// Why.
        message: String,
    },
}

/// What became of a transaction that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It still waits.
    Waiting,
    /// It is final.
    Final {
        /// Its block.
        height: u64,
    },
    /// It can no longer be included.
    Dropped {
        /// The rule that refuses it now.
        rule: String,
        /// What is wrong.
        message: String,
    },
    /// The node does not know it (any more).
    Unknown,
}

/// A final block in brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBlock {
    /// Its height.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
    /// Digest of its header.
    pub digest: [u8; 32],
    /// How many transactions it holds.
    pub transactions: u32,
}

/// A day whose hints are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HintsDay {
    /// The day.
    pub day: Day,
    /// Length of its file.
    pub bytes: u64,
}

/// What proves a block final: headers that lead from it to one that a certificate signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finality {
    /// The encoded headers from the block's own (first) to the certified one (last), each the parent of the next.
    pub headers: Vec<Vec<u8>>,
    /// The certificate of the last of them.
    pub certificate: Vec<u8>,
    /// Epoch of the certificate.
    pub epoch: u64,
    /// Indices of the validators that signed.
    pub signers: Vec<u16>,
}

/// A stretch of a window's contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractPage {
    /// How many the window has in all.
    pub total: u64,
    /// The stretch.
    pub contracts: Vec<ContractView>,
}

/// What the chain tells about a contract. Its one-time keys stand in the blocks, for whoever looks for his own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractView {
    /// Its id.
    pub id: [u8; 32],
    /// What was bought.
    pub utility: Utility,
    /// At which price.
    pub price: Price,
    /// Commitment to the quantity.
    pub quantity: [u8; 32],
    /// Block of its Open.
    pub opened: u64,
    /// Where it stands.
    pub state: ContractState,
}

/// What the chain tells about a meter: with which key it goes on, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterView {
    /// Its number.
    pub id: MeterId,
    /// What it measures.
    pub utility: Utility,
    /// Its class in force, in bits: 16 or 32.
    pub class_bits: u8,
    /// Its key in force.
    pub key: [u8; 32],
    /// Sequence number of its last Attest or Correct, 0 before the first.
    pub sequence: u64,
    /// Id of its last Attest or Correct, zeros before the first.
    pub last: TransactionId,
    /// The window it attests next.
    pub next_window: Window,
}

impl MeterView {
    /// A meter as the ledger's state has it.
    pub fn new(id: MeterId, standing: &MeterStanding) -> Self {
        MeterView {
            id,
            utility: standing.meter.utility,
            class_bits: standing.meter.class.bits() as u8,
            key: *standing.meter.key.as_bytes(),
            sequence: standing.sequence,
            last: standing.last,
            next_window: standing.next_window,
        }
    }
}

/// Where a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractState {
    /// Neither delivered to nor expired.
    Open,
    /// Delivered to and paid.
    Delivered {
        /// In this block.
        height: u64,
        /// Commitment to what was delivered.
        receipt: [u8; 32],
    },
    /// The deadline passed, the lock went back.
    Expired {
        /// With this block.
        height: u64,
    },
}

/// What is traded, and from when on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trading {
    /// What meters measure, by code.
    pub utilities: Vec<Utility>,
    /// The first window that any meter attests.
    pub first_window: Window,
}

/// What the chain tells about an auction with orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuctionView {
    /// Of this window.
    pub window: Window,
    /// Of this utility.
    pub utility: Utility,
    /// Orders to sell.
    pub sells: u32,
    /// Orders to buy.
    pub buys: u32,
    /// Where it stands.
    pub state: AuctionState,
}

/// Where an auction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuctionState {
    /// Orders are accepted.
    Collecting,
    /// No more orders are accepted; the operator may clear it.
    Closed,
    /// It cleared with a price.
    Traded {
        /// For all who traded.
        price: Price,
        /// The Clear.
        ending: Ending,
    },
    /// It cleared, and nothing was traded.
    NoTrade {
        /// The Clear.
        ending: Ending,
    },
    /// Its deadline passed; every order went back.
    Expired {
        /// With this block.
        height: u64,
    },
}

/// The Clear of an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its block.
    pub height: u64,
    /// Its id.
    pub transaction: TransactionId,
}

/// An auction with its orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuctionDetail {
    /// What is in the list of auctions, too.
    pub view: AuctionView,
    /// Digest of the block that fixes the rank of its orders, once that is known and while it is not over.
    pub rank: Option<[u8; 32]>,
    /// Its orders by id, while it is not over.
    pub orders: Vec<OrderSummary>,
}

/// An order as anybody may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderSummary {
    /// Its id.
    pub id: [u8; 32],
    /// Whether it sells.
    pub sells: bool,
}
