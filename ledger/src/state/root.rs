//! The state root: a set hash over all live entries, updated per change, recomputable from the index (section 7).

use hushwatt_crypto::{NetworkId, set_hash::SetHash};
use rayon::prelude::*;

use super::{Changes, StateError, StateRead, keys};

fn sum(hashes: impl ParallelIterator<Item = SetHash>) -> SetHash {
    hashes.reduce(SetHash::empty, |mut left, right| {
        left.add(&right);
        left
    })
}

/// The set hash after net changes over a base whose set hash is `before`.
pub(crate) fn update_root(
    network: &NetworkId,
    before: &SetHash,
    base: &dyn StateRead,
    changes: &Changes,
) -> Result<SetHash, StateError> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for (key, value) in changes {
        let old = base.get(key)?;
        if old == *value {
            continue;
        }
        removed.extend(old.map(|old| (key, old)));
        added.extend(value.as_ref().map(|value| (key, value)));
    }
    let removed = sum(removed.par_iter().map(|(key, value)| SetHash::entry(network, key, value)));
    let added = sum(added.par_iter().map(|(key, value)| SetHash::entry(network, key, value)));
    let mut after = *before;
    after.remove(&removed);
    after.add(&added);
    Ok(after)
}

/// The set hash from nothing but the entries: what a reopened index is checked with.
pub fn recompute_root(network: &NetworkId, state: &dyn StateRead) -> Result<SetHash, StateError> {
    let mut total = SetHash::empty();
    // One prefix at a time bounds the memory to the largest kind of entry.
    for prefix in keys::LOCAL + 1..u8::MAX {
        let entries = state.range(&[prefix], &[prefix + 1])?;
        total.add(&sum(entries.par_iter().map(|(key, value)| SetHash::entry(network, key, value))));
    }
    Ok(total)
}
