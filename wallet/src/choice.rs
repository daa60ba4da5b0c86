//! Which notes a payment spends: all from one bucket, as few as possible, the smallest that do (protocol section 4).

use std::collections::BTreeMap;

use hushwatt_ledger::{
    note::{Asset, BucketId},
    transaction::spend::MAX_INPUTS,
};

use crate::{OwnedNote, Place, Wallet};

/// Why no notes were chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoChoice {
    /// All buckets together do not suffice.
    Insufficient { available: u64 },
    /// No single bucket suffices with four notes; this is the most that one gives.
    Scattered { most: u64 },
}

impl Wallet {
    /// Notes of one bucket, 1 to 4 of them, worth at least `needed`.
    pub(crate) fn choose(&self, asset: Asset, needed: u64) -> Result<(BucketId, Vec<OwnedNote>), NoChoice> {
        let buckets = self.free_by_bucket(asset);
        let available = buckets.values().flatten().map(|note| note.opening.value).fold(0, u64::saturating_add);
        if available < needed || buckets.is_empty() {
            return Err(NoChoice::Insufficient { available });
        }
        let most = buckets.values().map(|notes| most_of(notes)).max().unwrap_or(0);
        let choices = buckets.into_iter().filter_map(|(bucket, notes)| Some((bucket, cover(notes, needed)?)));
        let best =
            choices.min_by_key(|(_, notes)| (notes.len(), notes.iter().map(|note| note.opening.value).sum::<u64>()));
        let (bucket, notes) = best.ok_or(NoChoice::Scattered { most })?;
        Ok((bucket, notes.into_iter().cloned().collect()))
    }

    /// The most that one transaction can spend of an asset: what four notes of one bucket give.
    pub fn most_at_once(&self, asset: Asset) -> u64 {
        self.free_by_bucket(asset).values().map(|notes| most_of(notes)).max().unwrap_or(0)
    }

    fn free_by_bucket(&self, asset: Asset) -> BTreeMap<BucketId, Vec<&OwnedNote>> {
        let mut buckets: BTreeMap<BucketId, Vec<&OwnedNote>> = BTreeMap::new();
        // Empty notes of money pay nothing.
        let counts = |note: &&OwnedNote| note.asset == asset && (asset != Asset::Credit || note.opening.value > 0);
        for note in self.notes().filter(counts).filter(|note| note.is_free()) {
            if let Place::Sealed { bucket, .. } = note.place {
                buckets.entry(bucket).or_default().push(note);
            }
        }
        buckets
    }
}

/// The most that four notes of a bucket give.
fn most_of(notes: &[&OwnedNote]) -> u64 {
    let mut values: Vec<u64> = notes.iter().map(|note| note.opening.value).collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values.into_iter().take(MAX_INPUTS).fold(0, u64::saturating_add)
}

/// The smallest single note that covers it, else the largest ones until they do.
fn cover(mut notes: Vec<&OwnedNote>, needed: u64) -> Option<Vec<&OwnedNote>> {
    notes.sort_by_key(|note| (note.opening.value, note.number));
    if let Some(single) = notes.iter().find(|note| note.opening.value >= needed) {
        return Some(vec![single]);
    }
    let mut sum = 0u64;
    let mut chosen = Vec::new();
    for note in notes.into_iter().rev().take(MAX_INPUTS) {
        sum = sum.saturating_add(note.opening.value);
        chosen.push(note);
        if sum >= needed {
            return Some(chosen);
        }
    }
    None
}
