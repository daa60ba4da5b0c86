//! The last records of the log in memory, for those who follow the chain as it grows.

use std::{collections::VecDeque, sync::Arc};

use hushwatt_crypto::{NetworkId, hint::HINT_LENGTH};
use hushwatt_ledger::block::{BlockDigest, Header};

use crate::{
    NodeError,
    live::{count_of, header_of, join},
};

/// A block as it is stored and sent: nothing of it is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// Its height.
    pub height: u64,
    /// Its digest.
    pub digest: BlockDigest,
    /// Its permanent half.
    pub body: Vec<u8>,
    /// Its certificate; empty if it is final by that of a later block.
    pub certificate: Vec<u8>,
    /// Its hints as they travel with a block, if all of them are still kept.
    pub hints: Option<Vec<u8>>,
}

impl RawRecord {
    /// Bytes of all parts.
    pub fn bytes(&self) -> usize {
        self.body.len() + self.certificate.len() + self.hints.as_ref().map_or(0, Vec::len)
    }

    /// The block's header.
    pub fn header(&self, network: &NetworkId) -> Result<Header, NodeError> {
        header_of(network, &self.body).map_err(|source| NodeError::Record { height: self.height, source })
    }

    /// How many transactions it holds.
    pub fn transactions(&self) -> u32 {
        count_of(&self.body)
    }

    /// The hints of each transaction, in the block's order, if all of them are still kept.
    pub fn hints_by_transaction(&self) -> Option<Vec<Vec<u8>>> {
        let (mut rest, mut hints) = (self.hints.as_deref()?, Vec::new());
        while let Some((count, after)) = rest.split_first() {
            let (own, after) = after.split_at_checked(usize::from(*count) * HINT_LENGTH)?;
            hints.push(own.to_vec());
            rest = after;
        }
        Some(hints)
    }

    /// The block's live encoding.
    pub fn to_live(&self) -> Vec<u8> {
        join(&self.body, self.hints.as_deref())
    }
}

/// Consecutive records up to the last one.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    records: VecDeque<Arc<RawRecord>>,
    bytes: usize,
}

impl Recent {
    /// Bytes of records kept at most; the last one always is.
    const MOST: usize = 8 << 20;

    pub fn push(&mut self, record: RawRecord) {
        self.bytes += record.bytes();
        self.records.push_back(Arc::new(record));
        while self.bytes > Self::MOST && self.records.len() > 1 {
            let oldest = self.records.pop_front();
            self.bytes -= oldest.map_or(0, |record| record.bytes());
        }
    }

    pub fn get(&self, height: u64) -> Option<&Arc<RawRecord>> {
        let first = self.records.front()?.height;
        self.records.get(usize::try_from(height.checked_sub(first)?).ok()?)
    }

    /// Drops the hints of the blocks of earlier days.
    pub fn forget_hints(&mut self, is_forgotten: impl Fn(&RawRecord) -> bool) {
        for record in &mut self.records {
            // A block without transactions has all its hints for ever.
            let has_some = record.hints.as_ref().is_some_and(|hints| !hints.is_empty());
            if has_some && is_forgotten(record) {
                let record = Arc::make_mut(record);
                self.bytes -= record.hints.take().map_or(0, |hints| hints.len());
            }
        }
    }
}
