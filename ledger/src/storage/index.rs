//! The ordered key-value index as a small trait, and the one in memory.
//!
//! An index holds nothing that the log does not: it may be lost at any time and is then rebuilt.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::StorageError;
use super::probe::{NoProbe, Probe, probed};

/// The longest key, in bytes.
pub const MAX_KEY: u32 = 256;
/// The longest value, in bytes: sled puts much longer ones into files of their own that it never syncs.
pub const MAX_VALUE: u32 = 4 << 10;

/// Changes to be applied together: `Some` sets the value of a key, `None` removes it; for a key named twice the last counts.
pub type IndexBatch = Vec<(Vec<u8>, Option<Vec<u8>>)>;
/// Keys with their values.
pub type IndexEntries = Vec<(Vec<u8>, Vec<u8>)>;

/// An ordered map from bytes to bytes.
pub trait Index: Send {
    /// The value of a key.
    ///
    /// # Errors
    /// [`StorageError::IndexBroken`].
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// All entries whose key starts with `prefix`, in the order of their keys.
    ///
    /// # Errors
    /// [`StorageError::IndexBroken`].
    fn scan_prefix(&self, prefix: &[u8]) -> Result<IndexEntries, StorageError>;

    /// The first `most` entries with `from <= key < until`, in the order of their keys; none if `from >= until`.
    ///
    /// # Errors
    /// [`StorageError::IndexBroken`].
    fn scan_range(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError>;

    /// Applies all of a batch or, after a crash or an error, perhaps none of it, never a part. On return it outlives the
    /// process.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`] (a key over [`MAX_KEY`] or a value over [`MAX_VALUE`]: nothing was applied);
    /// [`StorageError::IndexBroken`] (the index is then of no use until opened again).
    fn apply(&mut self, batch: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StorageError>;

    /// Removes everything.
    ///
    /// # Errors
    /// [`StorageError::IndexUnavailable`].
    fn clear(&mut self) -> Result<(), StorageError>;
}

/// Refuses what no index takes.
pub(crate) fn check_batch(batch: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StorageError> {
    for (key, value) in batch {
        super::append::check_cap(("index key", MAX_KEY), key)?;
        super::append::check_cap(("index value", MAX_VALUE), value.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// An index in memory: for replays that keep nothing, and for tests (a clone is a snapshot).
#[derive(Debug, Clone)]
pub struct MemoryIndex {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    probe: Arc<dyn Probe>,
}

impl MemoryIndex {
    /// An empty one.
    pub fn new() -> Self {
        Self::with_probe(Arc::new(NoProbe))
    }

    /// An empty one whose calls pass a probe, under the names that [`super::SledIndex`] uses.
    pub fn with_probe(probe: Arc<dyn Probe>) -> Self {
        Self { entries: BTreeMap::new(), probe }
    }

    fn probed<T>(&self, name: &str, call: impl FnOnce() -> T) -> Result<T, StorageError> {
        probed(&*self.probe, name, || Ok(call()))
            .map_err(|error| StorageError::IndexBroken { reason: error.to_string() })
    }
}

impl Default for MemoryIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl Index for MemoryIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.probed("index.get", || self.entries.get(key).cloned())
    }

    fn scan_prefix(&self, prefix: &[u8]) -> Result<IndexEntries, StorageError> {
        self.probed("index.scan", || {
            let from = self.entries.range(prefix.to_vec()..);
            from.take_while(|(key, _)| key.starts_with(prefix))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
    }

    fn scan_range(&self, from: &[u8], until: &[u8], most: usize) -> Result<IndexEntries, StorageError> {
        if from >= until {
            return Ok(Vec::new());
        }
        self.probed("index.scan", || {
            let entries = self.entries.range(from.to_vec()..until.to_vec());
            entries.take(most).map(|(key, value)| (key.clone(), value.clone())).collect()
        })
    }

    fn apply(&mut self, batch: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StorageError> {
        check_batch(batch)?;
        self.probed("index.apply", || ())?;
        for (key, value) in batch {
            match value {
                Some(value) => self.entries.insert(key.clone(), value.clone()),
                None => self.entries.remove(key),
            };
        }
        self.probed("index.flush", || ())
    }

    fn clear(&mut self) -> Result<(), StorageError> {
        self.probed("index.wipe", || ())?;
        self.entries.clear();
        Ok(())
    }
}
