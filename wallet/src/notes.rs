//! Notes a wallet owns.

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    note::{Asset, BucketId, NoteNumber},
    transaction::TransactionId,
    units::Timestamp,
};

/// Where a note is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It waits for its bucket and cannot be spent yet.
    Waiting,
    /// It is in a bucket.
    Sealed {
        /// Which.
        bucket: BucketId,
        /// Its place, from 0.
        position: u32,
    },
}

/// A note of this wallet, with what spends it.
#[derive(Clone)]
pub struct OwnedNote {
    /// Its number on the ledger.
    pub number: NoteNumber,
    /// What it is worth.
    pub asset: Asset,
    /// One-time key.
    pub key: Point,
    /// Key image: seen on the ledger, the note is spent. A wallet that only looks cannot know it.
    pub image: Option<Point>,
    /// `k`: the one-time secret is `k + s`.
    pub tweak: SecretScalar,
    /// Value and blinding.
    pub opening: Opening,
    /// The block that made it.
    pub height: u64,
    /// The time of that block.
    pub made: Timestamp,
    /// The transaction that made it; `None` for the refund of an expired contract.
    pub transaction: Option<TransactionId>,
    /// Its place among the transaction's hints, if it came with one.
    pub output: Option<u8>,
    /// Where it is.
    pub place: Place,
    /// Whether it is spent.
    pub spent: bool,
    /// The transaction that spent it.
    pub spent_by: Option<TransactionId>,
    /// A transaction that spends it was made and may still be included until then.
    pub reserved_until: Option<Timestamp>,
}

impl OwnedNote {
    /// Neither spent nor promised to a transaction that may still be included.
    pub fn is_free(&self) -> bool {
        !self.spent && self.reserved_until.is_none()
    }

    /// Free and in a bucket.
    pub fn is_spendable(&self) -> bool {
        self.is_free() && matches!(self.place, Place::Sealed { .. })
    }

    /// What no other note of the wallet has: notes with one key image are worth one of them.
    pub(crate) fn unique(&self) -> Point {
        self.image.unwrap_or(self.key)
    }

    /// Its bucket, if it is in one.
    pub fn bucket(&self) -> Option<BucketId> {
        match self.place {
            Place::Sealed { bucket, .. } => Some(bucket),
            Place::Waiting => None,
        }
    }
}
