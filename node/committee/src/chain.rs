//! Where final blocks come from and what the member sends goes to: several nodes, none of which is trusted. Behind a trait, so
//! that tests can be a chain by themselves.

use hushwatt_client::Taken;
use hushwatt_ledger::{
    transaction::{build::Built, hints::encode_hints},
    units::Timestamp,
};
use hushwatt_wallet::sync::{Fetched, Nodes, SyncError};

/// The ledger as others tell it.
pub trait Chain: Send {
    /// The blocks after a height, with all hints that anybody still has, as far as they are younger than `retention_from`.
    ///
    /// # Errors
    /// [`SyncError`].
    fn fetch(&mut self, after: u64, retention_from: Timestamp) -> Result<Fetched, SyncError>;

    /// Hands in a transaction: length (4, little-endian), transaction, hints. Safe to repeat.
    ///
    /// # Errors
    /// [`SyncError`].
    fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError>;

    /// What was fetched last is wrong.
    fn blame(&mut self, reason: &str);

    /// What is known against those who are asked, in words.
    fn notices(&self) -> Vec<String>;
}

impl Chain for Nodes {
    fn fetch(&mut self, after: u64, retention_from: Timestamp) -> Result<Fetched, SyncError> {
        Nodes::fetch(self, after, retention_from)
    }

    fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        Nodes::submit(self, submission)
    }

    fn blame(&mut self, reason: &str) {
        Nodes::blame(self, reason);
    }

    fn notices(&self) -> Vec<String> {
        Nodes::notices(self).iter().map(ToString::to_string).collect()
    }
}

/// A transaction as it is handed in.
pub fn submission(built: &Built) -> Vec<u8> {
    let transaction = built.transaction.encode();
    let length = u32::try_from(transaction.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&length[..], &transaction, &encode_hints(&built.hints)].concat()
}
