//! The state root: a set hash over all live entries, updated per change, recomputable from the index (section 7).

use hushwatt_crypto::{NetworkId, set_hash::SetHash};
use rayon::prelude::*;

use super::{Changes, Counters, StateError, StateRead, keys, records::Record};

fn sum(hashes: impl ParallelIterator<Item = SetHash>) -> SetHash {
    hashes.reduce(SetHash::empty, |mut left, right| {
        left.add(&right);
        left
    })
}

/// The set hash after net changes over a base whose set hash is `before`.
pub fn update_root(
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

/// The set hash from nothing but the entries: what a reopened index is checked with. Reads them in pieces that do not grow with the
/// ledger, if its counters are where they belong.
pub fn recompute_root(network: &NetworkId, state: &dyn StateRead) -> Result<SetHash, StateError> {
    let counters =
        state.get(&keys::counters())?.and_then(|bytes| Counters::from_bytes(&bytes).ok()).unwrap_or_default();
    let mut total = SetHash::empty();
    for prefix in keys::LOCAL + 1..u8::MAX {
        for piece in keys::cuts(prefix, counters.notes, counters.buckets).windows(2) {
            let [from, until] = piece else { continue };
            let entries = state.range(from, until)?;
            total.add(&sum(entries.par_iter().map(|(key, value)| SetHash::entry(network, key, value))));
        }
    }
    Ok(total)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::state::MemoryState;

    #[test]
    fn pieces_leave_out_nothing_and_take_nothing_twice() {
        let network = NetworkId([3; 32]);
        let numbers = [0, 1, 255, 256, 257, 4095, 4096, 1 << 15, (1 << 15) + 1, 1 << 20, u64::MAX];
        let mut entries = Changes::new();
        for prefix in [keys::LOCAL, b'B', b'I', b'K', b'M', b'N', b'W', b'X'] {
            for number in numbers {
                for tail in [&[][..], &[0], &[u8::MAX; 24]] {
                    entries.insert([&[prefix][..], &number.to_be_bytes(), tail].concat(), Some(vec![prefix]));
                }
            }
            for first in 0..=u8::MAX {
                entries.insert([&[prefix][..], &[first; 32]].concat(), Some(vec![first]));
            }
            entries.insert(vec![prefix], Some(vec![7]));
        }
        // Counters that are too low, right, and none: they only say where to cut.
        for (notes, buckets) in [(0, 0), (300, 700), (1 << 20, 1 << 16), (u64::MAX, u64::MAX)] {
            let counters = Counters { notes, buckets, ..Counters::default() };
            entries.insert(keys::counters(), Some(counters.to_bytes()));
            let mut state = MemoryState::new();
            state.apply(entries.clone());
            let mut expected = SetHash::empty();
            let of_state = |key: &[u8]| key.first().is_some_and(|prefix| *prefix != keys::LOCAL);
            for (key, value) in state.entries().filter(|(key, _)| of_state(key)) {
                expected.add(&SetHash::entry(&network, key, value));
            }
            assert_eq!(recompute_root(&network, &state).unwrap(), expected);
            // And the same from changes alone.
            let of_state = entries.iter().filter(|(key, _)| of_state(key));
            let changes = of_state.map(|(key, value)| (key.clone(), value.clone())).collect();
            let nothing = MemoryState::new();
            assert_eq!(update_root(&network, &SetHash::empty(), &nothing, &changes).unwrap(), expected);
        }
    }

    #[test]
    fn no_piece_grows_with_notes_and_buckets() {
        for prefix in [b'N', b'W'] {
            assert_eq!(keys::cuts(prefix, 10_000_000, 0).len(), 10_000_000 / (1 << 15) + 2);
        }
        assert_eq!(keys::cuts(b'B', 0, 100_000).len(), 100_000 / (1 << 12) + 2);
        assert_eq!(keys::cuts(b'M', 0, 100_000).len(), 100_000 / (1 << 8) + 2);
        assert_eq!(keys::cuts(b'I', 0, 0).len(), 257);
        assert_eq!(keys::cuts(b'N', u64::MAX, 0).len(), (1 << 16) + 2);
        assert_eq!(keys::cuts(b'K', 5, 5), [vec![b'K'], vec![b'L']]);
    }
}
