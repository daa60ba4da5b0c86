//! The ledger's state and the audit's books in one index: what a replay changes waits in memory until all of it is written at once.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hushwatt_crypto::{NetworkId, set_hash::SetHash};
use hushwatt_ledger::{
    state::{Changes, StateError, StateRead, audit_book, get_over, range_over, update_root},
    storage::{Index, IndexBatch, IndexEntries, SledIndex, StorageError, index::MAX_VALUE},
};

use crate::verify::Shelf;

/// Bytes of a page in one entry.
const CHUNK: usize = MAX_VALUE as usize;
/// What an entry takes in memory beside key and value, about.
const ENTRY_BYTES: usize = 120;

/// The index of a folder, for the state and for the sets.
#[derive(Clone)]
pub(crate) struct SharedIndex(Arc<Mutex<SledIndex>>);

impl SharedIndex {
    pub fn new(index: SledIndex) -> Self {
        SharedIndex(Arc::new(Mutex::new(index)))
    }

    fn lock(&self) -> MutexGuard<'_, SledIndex> {
        // Who panicked with the lock was reading: an index that failed to write refuses all further calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes everything.
    pub fn clear(&self) -> Result<(), StorageError> {
        self.lock().clear()
    }

    /// A page of the books; empty if it was never written.
    pub fn page(&self, number: u8) -> Result<Vec<u8>, StorageError> {
        let chunks = self.lock().scan_prefix(&chunks_of(number))?;
        Ok(chunks.into_iter().flat_map(|(_, chunk)| chunk).collect())
    }
}

impl StateRead for SharedIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Index::get(&*self.lock(), key)
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        self.lock().scan_range(from, until, most)
    }
}

fn chunks_of(page: u8) -> Vec<u8> {
    audit_book(&[b"p", &[page]])
}

/// The changes that make a page what it is now: most of what is long stays as it was.
fn write_page(index: &SledIndex, number: u8, page: &[u8], batch: &mut IndexBatch) -> Result<(), StorageError> {
    let kept = index.scan_prefix(&chunks_of(number))?;
    let mut chunks = page.chunks(CHUNK);
    let mut places = 0_u32..;
    for (key, old) in kept {
        let new = chunks.next();
        places.next();
        if new != Some(&old) {
            batch.push((key, new.map(<[u8]>::to_vec)));
        }
    }
    for (chunk, place) in chunks.zip(places) {
        batch.push((audit_book(&[b"p", &[number], &place.to_be_bytes()]), Some(chunk.to_vec())));
    }
    Ok(())
}

/// What a replay reads and changes.
pub(crate) struct FolderState {
    index: SharedIndex,
    /// Since it was last written.
    changes: Changes,
    /// What they take in memory, at most.
    bytes: usize,
    limit: usize,
    /// The set hash of the entries in the index.
    set_hash: SetHash,
}

impl FolderState {
    /// Of an index whose entries have this set hash; to be written when so many bytes wait.
    pub fn new(index: SharedIndex, set_hash: SetHash, limit: usize) -> Self {
        FolderState { index, changes: Changes::new(), bytes: 0, limit, set_hash }
    }

    /// What is in memory only.
    #[cfg(test)]
    pub fn waiting(&self) -> (usize, usize) {
        (self.changes.len(), self.bytes)
    }
}

impl StateRead for FolderState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        get_over(&self.index, &self.changes, key)
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        range_over(&self.index, &[&self.changes], from, until, most)
    }
}

impl Shelf for FolderState {
    const KEEPS: bool = true;

    fn put(&mut self, changes: Changes) {
        let bytes_of =
            |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len) + ENTRY_BYTES;
        self.bytes += changes.iter().map(bytes_of).sum::<usize>();
        self.changes.extend(changes);
    }

    /// From what was read of the index when it was written and from the changes since: nothing is believed that a block's own
    /// bookkeeping says.
    fn set_hash(&self, network: &NetworkId) -> Result<SetHash, StateError> {
        update_root(network, &self.set_hash, &self.index, &self.changes)
    }

    fn is_full(&self, beside: usize) -> bool {
        self.bytes + beside >= self.limit
    }

    fn commit(
        &mut self,
        set_hash: SetHash,
        elements: HashSet<Box<[u8]>>,
        pages: &[Vec<u8>],
    ) -> Result<(), StorageError> {
        let mut batch: IndexBatch = std::mem::take(&mut self.changes).into_iter().collect();
        batch.extend(elements.into_iter().map(|key| (key.into_vec(), Some(Vec::new()))));
        let mut index = self.index.lock();
        for (number, page) in (0..).zip(pages) {
            write_page(&index, number, page, &mut batch)?;
        }
        if !batch.is_empty() {
            index.apply(&batch)?;
        }
        (self.bytes, self.set_hash) = (0, set_hash);
        Ok(())
    }
}
