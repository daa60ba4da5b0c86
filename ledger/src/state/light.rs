//! The state as a wallet keeps it: what the effects of later blocks need, and whole buckets only where it asks for them.
//!
//! Key images are never kept, nor what is in force of meters' windows and periods or totals, and the notes of a sealed bucket go as soon as nobody
//! here wants to spend from it. So it stays small however old the ledger is. It is for replays only: no rule can be checked
//! against it, and the running sums of meters in it are those of what was attested, before any correction.
//!
//! A member of the committee keeps windows, periods and totals too ([`LightState::with_periods`]): what totals are over, and
//! all rules of totals, can be told from that.

use std::collections::BTreeSet;

use super::{BucketRecord, Changes, Counters, MemoryState, StateError, StateRead, keys, records::Record};
use crate::{
    codec::{DecodeError, Reader, Writer},
    genesis::Genesis,
    note::{Asset, BucketId, NoteNumber},
    storage::{IndexEntries, StorageError},
};

/// Longest key and value: far longer than any.
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 1 << 16;
/// Counts beyond this are damage: nothing may overflow that goes on from them.
const MAX_COUNT: u64 = 1 << 62;

/// A state that forgets what a wallet does not need.
#[derive(Clone, Default)]
pub struct LightState {
    entries: MemoryState,
    /// Buckets some of whose members are kept.
    kept: BTreeSet<BucketId>,
    /// Whether windows, periods and totals are kept.
    periods: bool,
}

impl LightState {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Empty; keeps what is in force of windows, periods and totals too.
    pub fn with_periods() -> Self {
        LightState { periods: true, ..Self::default() }
    }

    /// Whether windows, periods and totals are kept.
    pub fn has_periods(&self) -> bool {
        self.periods
    }

    fn keeps(&self, key: &[u8]) -> bool {
        !keys::is_image(key) && (self.periods || !keys::is_for_rules_only(key))
    }

    /// Applies the changes of a block.
    pub fn apply(&mut self, mut changes: Changes) {
        changes.retain(|key, _| self.keeps(key));
        for (key, value) in &changes {
            if let (keys::Kind::Member(bucket, _), Some(_)) = (keys::classify(key), value) {
                self.kept.insert(bucket);
            }
        }
        self.entries.apply(changes);
    }

    /// Forgets the notes of every bucket but the newest of credit and those that `keep` names, and all of a bucket that
    /// can neither grow nor be delivered from any more. Ask for a bucket as long as an own note is in it or comes back
    /// to it: what is forgotten comes back only by reading the chain again.
    pub fn prune(&mut self, genesis: &Genesis, keep: impl Fn(BucketId) -> bool) -> Result<(), StateError> {
        let counters = super::LedgerState::new(genesis, &self.entries).counters()?;
        let newest = counters.newest_credit_bucket;
        let gone: Vec<BucketId> = self.kept.iter().copied().filter(|id| Some(*id) != newest && !keep(*id)).collect();
        let mut changes = Changes::new();
        for id in gone {
            let (from, until) = keys::members_of(id);
            for (key, value) in self.entries.range(&from, &until)? {
                let number = value.first_chunk::<8>().ok_or(StateError::Missing("a member's note number"))?;
                changes.insert(keys::note(NoteNumber(u64::from_be_bytes(*number))), None);
                changes.insert(key, None);
            }
            self.kept.remove(&id);
        }
        let growing = self.growing()?;
        let (from, until) = keys::all_buckets();
        for (key, value) in self.entries.range(&from, &until)? {
            let id = keys::bucket_of(&key).ok_or(StateError::Missing("the number of a bucket"))?;
            if Some(id) == newest || self.kept.contains(&id) || growing.contains(&id) {
                continue;
            }
            let bucket = BucketRecord::from_bytes(&value)
                .map_err(|source| StateError::Damaged { key: "a bucket".to_owned(), source })?;
            let ended = match bucket.asset {
                Asset::Credit => true,
                Asset::Energy { window, .. } => {
                    let parameters = &genesis.parameters;
                    // By then the change of the last possible delivery has joined it.
                    counters.time >= parameters.append_at(parameters.deliver_until(window))
                }
            };
            if ended {
                changes.insert(key, None);
            }
        }
        self.entries.apply(changes);
        Ok(())
    }

    /// The buckets that a note waits to join.
    fn growing(&self) -> Result<BTreeSet<BucketId>, StateError> {
        let (from, until) = keys::all_appends();
        let waiting = self.entries.range(&from, &until)?;
        let buckets: Option<_> = waiting.iter().map(|(key, _)| keys::append_bucket(key)).collect();
        buckets.ok_or(StateError::Missing("the bucket of a change note"))
    }

    /// All entries in their order, each with the lengths of its key and value.
    pub fn encode(&self, writer: &mut Writer) {
        let entries = self.entries.entries();
        writer.u64(entries.len() as u64);
        for (key, value) in entries {
            writer.u16(key.len() as u16).u32(value.len() as u32).bytes(key).bytes(value);
        }
    }

    /// Reads them back. Total on any bytes; refuses entries that a light state does not have, and counts that no later
    /// block could go on from. Other damage shows when an entry is used.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        LightState::new().read(reader)
    }

    /// The same for one that keeps windows, periods and totals.
    pub fn decode_with_periods(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        LightState::with_periods().read(reader)
    }

    /// Reads entries into an empty state.
    fn read(mut self, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.u64()?;
        let mut changes = Changes::new();
        let mut last: Vec<u8> = Vec::new();
        for _ in 0..count {
            let (key_length, value_length) = (usize::from(reader.u16()?), reader.u32()? as usize);
            if key_length > MAX_KEY || value_length > MAX_VALUE {
                return Err(DecodeError::LengthOutOfRange);
            }
            let (key, value) = (reader.bytes(key_length)?.to_vec(), reader.bytes(value_length)?.to_vec());
            if key <= last {
                return Err(DecodeError::NotCanonical);
            }
            if !keys::is_state(&key) || !self.keeps(&key) {
                return Err(DecodeError::UnknownTag);
            }
            check_counts(&key, &value)?;
            last.clone_from(&key);
            changes.insert(key, Some(value));
        }
        self.apply(changes);
        Ok(self)
    }
}

/// No count is so high that a later block could not go on from it.
fn check_counts(key: &[u8], value: &[u8]) -> Result<(), DecodeError> {
    if key == keys::counters() {
        let Counters { notes, transactions, buckets, blocks, mint_serial, registry_serial, time, .. } =
            Counters::from_bytes(value)?;
        let counts = [notes, transactions, buckets, blocks, mint_serial, registry_serial, time.0];
        if counts.iter().any(|count| *count > MAX_COUNT) {
            return Err(DecodeError::LengthOutOfRange);
        }
    } else if keys::bucket_of(key).is_some() && BucketRecord::from_bytes(value)?.length > u32::MAX / 2 {
        return Err(DecodeError::LengthOutOfRange);
    }
    Ok(())
}

impl StateRead for LightState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.entries.get(key)
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        self.entries.range_first(from, until, most)
    }
}
