//! Reading state, and changing it without touching what lies below.

use std::{collections::BTreeMap, ops::Bound};

use crate::storage::{IndexEntries, StorageError};

/// Committed or pending state as an ordered map.
pub trait StateRead {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;
    /// The first `most` entries with `from <= key < until`, in order.
    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError>;
    /// All of them.
    fn range(&self, from: &[u8], until: &[u8]) -> Result<IndexEntries, StorageError> {
        self.range_first(from, until, usize::MAX)
    }
}

/// Net changes: a value, or `None` for a removed key.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// State in memory: what an auditor replays into.
#[derive(Clone, Default)]
pub struct MemoryState(BTreeMap<Vec<u8>, Vec<u8>>);

impl MemoryState {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies the changes of a block.
    pub fn apply(&mut self, changes: Changes) {
        for (key, value) in changes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }
}

impl MemoryState {
    /// All entries, in order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }
}

impl StateRead for MemoryState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.get(key).cloned())
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        if from >= until {
            return Ok(Vec::new());
        }
        let entries = self.0.range::<[u8], _>((Bound::Included(from), Bound::Excluded(until)));
        Ok(entries.take(most).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// Pending changes over a base, which may itself be an overlay.
pub struct Overlay<'a> {
    base: &'a dyn StateRead,
    changes: Changes,
}

impl<'a> Overlay<'a> {
    /// No changes yet.
    pub fn new(base: &'a dyn StateRead) -> Self {
        Overlay { base, changes: Changes::new() }
    }

    /// Sets a value.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    /// Removes a key.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// What lies below.
    pub fn base(&self) -> &'a dyn StateRead {
        self.base
    }

    /// The net changes.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The net changes, to keep.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// Takes over the changes of an overlay made on top of this one.
    pub fn absorb(&mut self, changes: Changes) {
        self.changes.extend(changes);
    }
}

impl StateRead for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        get_over(self.base, &self.changes, key)
    }

    fn range_first(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        range_over(self.base, &[&self.changes], from, until, most)
    }
}

/// [`StateRead::get`] of changes over a base.
///
/// # Errors
/// The base's.
pub fn get_over(base: &dyn StateRead, changes: &Changes, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
    match changes.get(key) {
        Some(value) => Ok(value.clone()),
        None => base.get(key),
    }
}

/// [`StateRead::range_first`] of changes over a base, the oldest first.
///
/// # Errors
/// The base's.
pub fn range_over(
    base: &dyn StateRead,
    layers: &[&Changes],
    from: &[u8],
    until: &[u8],
    most: usize,
) -> Result<IndexEntries, StorageError> {
    if from >= until {
        return Ok(Vec::new());
    }
    let changed = |layer: &&Changes| layer.range::<[u8], _>((Bound::Included(from), Bound::Excluded(until))).count();
    // So many entries of the base may be gone.
    let changed = layers.iter().map(changed).sum();
    let below = base.range_first(from, until, most.saturating_add(changed))?;
    if changed == 0 {
        return Ok(below);
    }
    let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = below.into_iter().collect();
    for layer in layers {
        for (key, value) in layer.range::<[u8], _>((Bound::Included(from), Bound::Excluded(until))) {
            match value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
    }
    Ok(merged.into_iter().take(most).collect())
}
