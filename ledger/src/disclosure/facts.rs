//! What the ledger has to say about a disclosure.

use std::sync::Arc;

use hushwatt_crypto::{Point, clsag::Member};

use super::{
    Place,
    period::{PostedWindow, Stretch},
};
use crate::{
    genesis::Genesis,
    note::{Asset, BucketVersion},
    state::StateError,
    transaction::{
        Transaction, TransactionId,
        open::{ContractId, ContractTerms},
        order::{OrderId, OrderTerms, Side},
    },
    units::{MeterId, Price, Timestamp, Window},
};

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At {
    /// Its height.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
}

/// A transaction of a final block.
#[derive(Clone, Copy, Debug)]
pub struct Included<'a> {
    /// The transaction.
    pub transaction: &'a Transaction,
    /// Its block's time.
    pub time: Timestamp,
}

/// A contract and what became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContractFacts {
    /// What was agreed.
    pub terms: ContractTerms,
    /// When.
    pub opened: At,
    /// What was delivered, if anything was.
    pub receipt: Option<Receipt>,
}

/// What a delivery leaves on the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// `C_d`.
    pub delivered: Point,
    /// When.
    pub at: At,
}

/// What an order of an auction got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FillFacts {
    /// Which side it was on.
    pub side: Side,
    /// What was offered.
    pub terms: OrderTerms,
    /// Its owner's key: `P_payout` of a seller, `P_refund` of a buyer.
    pub key: Point,
    /// The auction's price.
    pub price: Price,
    /// `C_a`: how much of it was traded, perhaps nothing.
    pub fill: Point,
    /// The block that cleared it.
    pub at: At,
}

/// The notes of a bucket version.
#[derive(Clone, Debug)]
pub struct RingFacts {
    /// What they are worth.
    pub asset: Asset,
    /// All of them, in their order.
    pub members: Arc<[Member]>,
}

/// The ledger's answers, all of final blocks of one chain. Whoever implements this has verified the certificates.
pub trait Facts {
    /// The genesis.
    fn genesis(&self) -> &Genesis;

    /// The last final block known.
    fn tip(&self) -> At;

    /// The transaction of this id, if the block of this height holds it.
    fn transaction(&self, place: &Place) -> Result<Option<Included<'_>>, StateError>;

    /// The last correction of a meter's window, and its block; `None` if what was attested is in force.
    fn last_correction(&self, meter: MeterId, window: Window) -> Result<Option<(TransactionId, At)>, StateError>;

    /// The windows of a stretch that had been attested by the block of its height, ascending, with what was in force after
    /// it.
    fn windows(&self, stretch: &Stretch) -> Result<Vec<PostedWindow>, StateError>;

    /// How many notes have this one-time key, of those made up to and with the block of this height. Keys can be copied, but
    /// of all notes with one key only one can ever be spent.
    fn notes_with_key(&self, key: &Point, until: u64) -> Result<u64, StateError>;

    /// A contract that was ever opened.
    fn contract(&self, id: &ContractId) -> Result<Option<ContractFacts>, StateError>;

    /// What an order got, if there is one of this id and something was traded in its auction.
    fn fill(&self, id: &OrderId) -> Result<Option<FillFacts>, StateError>;

    /// A bucket version, if the bucket ever had exactly this length.
    fn ring(&self, version: BucketVersion) -> Result<Option<RingFacts>, StateError>;

    /// Whether a key image is on the ledger at the tip.
    fn is_spent(&self, image: &Point) -> Result<bool, StateError>;
}
