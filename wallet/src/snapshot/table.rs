//! The transactions that a snapshot names, each once: everything else refers to them by their place.

use std::collections::HashMap;

use hushwatt_ledger::transaction::TransactionId;

use super::{SnapshotError, hexed::Hex};

/// Transaction ids and their places.
#[derive(Default)]
pub(super) struct Table {
    ids: Vec<TransactionId>,
    places: HashMap<TransactionId, usize>,
}

impl Table {
    pub(super) fn place(&mut self, id: TransactionId) -> usize {
        let ids = &mut self.ids;
        *self.places.entry(id).or_insert_with(|| {
            ids.push(id);
            ids.len() - 1
        })
    }

    pub(super) fn at(&self, place: usize) -> Result<TransactionId, SnapshotError> {
        self.ids.get(place).copied().ok_or(SnapshotError::Damaged("the list of transactions"))
    }

    pub(super) fn height_and_id(
        &self,
        place: Option<(u64, usize)>,
    ) -> Result<Option<(u64, TransactionId)>, SnapshotError> {
        place.map(|(height, place)| Ok((height, self.at(place)?))).transpose()
    }

    pub(super) fn into_ids(self) -> Vec<Hex<TransactionId>> {
        self.ids.into_iter().map(Hex).collect()
    }

    pub(super) fn from_ids(ids: &[Hex<TransactionId>]) -> Self {
        Table { ids: ids.iter().map(|id| id.0).collect(), places: HashMap::new() }
    }
}
