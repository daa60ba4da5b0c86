//! What a block changed, in words a wallet understands: read off the net changes, so it is exactly what was applied.

use super::{Changes, StateError, StoredNote, keys, records::Record};
use crate::{
    note::{BucketId, NoteNumber},
    transaction::open::ContractId,
    units::{Utility, Window},
};

/// Public events of one block, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct BlockEvents {
    /// Notes made.
    pub notes: Vec<(NoteNumber, StoredNote)>,
    /// Places taken in buckets.
    pub sealed: Vec<Sealed>,
    /// Contracts that were delivered to or expired.
    pub closed: Vec<ContractId>,
    /// Auctions that ended: by the block's own Clear, or else their orders expired.
    pub auctions_ended: Vec<(Utility, Window)>,
}

/// A note that took its place in a bucket: from now on it can be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The bucket.
    pub bucket: BucketId,
    /// Its place, from 0.
    pub position: u32,
    /// The note.
    pub note: NoteNumber,
}

impl BlockEvents {
    /// Reads the events off a block's net changes.
    pub fn of(changes: &Changes) -> Result<Self, StateError> {
        let mut events = BlockEvents::default();
        for (key, value) in changes {
            match (keys::classify(key), value) {
                (keys::Kind::Note(number), Some(value)) => {
                    let record = StoredNote::from_bytes(value)
                        .map_err(|source| StateError::Damaged { key: "a new note".to_owned(), source })?;
                    events.notes.push((number, record));
                }
                (keys::Kind::Member(bucket, position), Some(value)) => {
                    let note = value.first_chunk::<8>().ok_or(StateError::Missing("a member's note number"))?;
                    events.sealed.push(Sealed { bucket, position, note: NoteNumber(u64::from_be_bytes(*note)) });
                }
                (keys::Kind::Contract(id), None) => events.closed.push(id),
                (keys::Kind::Auction(utility, window), None) => events.auctions_ended.push((utility, window)),
                _ => {}
            }
        }
        Ok(events)
    }
}
