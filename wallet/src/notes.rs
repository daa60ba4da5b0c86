//! Notes a wallet owns.

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    note::{Asset, BucketId, NoteNumber},
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
    /// Key image: seen on the ledger, the note is spent.
    pub image: Point,
    /// `k`: the one-time secret is `k + s`.
    pub tweak: SecretScalar,
    /// Value and blinding.
    pub opening: Opening,
    /// Where it is.
    pub place: Place,
    /// Whether its key image is on the ledger.
    pub spent: bool,
    /// A transaction that spends it was made and is valid until then.
    pub reserved_until: Option<Timestamp>,
}

impl OwnedNote {
    /// Neither spent nor promised to a transaction that may still be included.
    pub fn is_free(&self, now: Timestamp) -> bool {
        !self.spent && self.reserved_until.is_none_or(|until| until < now)
    }

    /// Free and in a bucket.
    pub fn is_spendable(&self, now: Timestamp) -> bool {
        self.is_free(now) && matches!(self.place, Place::Sealed { .. })
    }
}
