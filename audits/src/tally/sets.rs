//! What only grows: key images, notes, bucket versions that were looked at. In memory, or, of an audit that goes on later, in its folder
//! but for what came since it was last written there.

use std::collections::HashSet;

use hushwatt_ledger::{
    codec::Writer,
    note::Asset,
    state::{StateRead, audit_book},
    storage::StorageError,
};

use crate::folder::SharedIndex;

/// What an entry takes in memory beside its bytes, about.
const ENTRY_BYTES: usize = 64;

/// Elements of all sets, by the keys of their entries in a folder.
#[derive(Default)]
pub(crate) struct Sets {
    fresh: HashSet<Box<[u8]>>,
    bytes: usize,
    kept: Option<SharedIndex>,
    failed: Option<StorageError>,
}

fn of_asset(set: &[u8], asset: Asset, rest: &[&[u8]]) -> Vec<u8> {
    let mut writer = Writer::new();
    asset.encode(&mut writer);
    audit_book(&[set, &writer.finish(), &rest.concat()])
}

/// A key image that was used.
pub(crate) fn image(image: &[u8; 32]) -> Vec<u8> {
    audit_book(&[b"i", image])
}

/// A note that a transaction asked for.
pub(crate) fn note(asset: Asset, (key, commitment): &([u8; 32], [u8; 32])) -> Vec<u8> {
    of_asset(b"n", asset, &[key, commitment])
}

/// A bucket version whose members were found to be notes of its asset.
pub(crate) fn ring(asset: Asset, digest: &[u8; 32]) -> Vec<u8> {
    of_asset(b"r", asset, &[digest])
}

impl Sets {
    /// Those of a folder.
    pub fn in_folder(index: SharedIndex) -> Self {
        Sets { kept: Some(index), ..Sets::default() }
    }

    /// Whether the element is there; what cannot be read is not, and [`Self::take_failure`] says so.
    pub fn has(&mut self, key: &[u8]) -> bool {
        if self.fresh.contains(key) {
            return true;
        }
        match self.kept.as_ref().map_or(Ok(None), |kept| kept.get(key)) {
            Ok(value) => value.is_some(),
            Err(error) => {
                self.failed.get_or_insert(error);
                false
            }
        }
    }

    /// Adds an element; says whether it was not there.
    pub fn add(&mut self, key: Vec<u8>) -> bool {
        let is_new = !self.has(&key);
        if is_new {
            self.bytes += key.len() + ENTRY_BYTES;
            self.fresh.insert(key.into());
        }
        is_new
    }

    /// Why the last answers mean nothing, if they do not.
    pub fn take_failure(&mut self) -> Option<StorageError> {
        self.failed.take()
    }

    /// What the elements that are in no folder yet take in memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Those elements, which are in the folder from now on.
    pub fn take_fresh(&mut self) -> HashSet<Box<[u8]>> {
        self.bytes = 0;
        std::mem::take(&mut self.fresh)
    }
}
