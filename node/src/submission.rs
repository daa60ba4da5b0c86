//! A transaction with its hints, as it is handed in and passed on.

use std::sync::Arc;

use hushwatt_crypto::{NetworkId, hint::Hint};
use hushwatt_ledger::{
    Rejection,
    codec::DecodeError,
    rules::structure,
    transaction::{
        MAX_TRANSACTION_BYTES, Transaction, TransactionId,
        build::Built,
        hints::{decode_hints, encode_hints},
    },
};

/// A decoded transaction and the hints that its envelope names. Nothing else of it is verified yet.
#[derive(Clone, Debug)]
pub struct Submission {
    transaction: Arc<Transaction>,
    hints: Arc<Vec<Hint>>,
}

impl Submission {
    /// Reads the permanent bytes of a transaction and the bytes of its hints. Total on any bytes.
    pub fn decode(network: &NetworkId, transaction: &[u8], hints: &[u8]) -> Result<Self, Rejection> {
        let transaction = Transaction::decode(network, transaction)?;
        Self::new(network, Arc::new(transaction), decode_hints(hints)?)
    }

    /// Puts together what was decoded, if the envelope names exactly these hints.
    pub(crate) fn new(network: &NetworkId, transaction: Arc<Transaction>, hints: Vec<Hint>) -> Result<Self, Rejection> {
        structure::hints_match(network, transaction.action(), &transaction.envelope().hints, &hints)?;
        Ok(Submission { transaction, hints: Arc::new(hints) })
    }

    /// A transaction that was put together in memory, read back from its own bytes: what is kept must be readable again.
    pub fn of_built(network: &NetworkId, built: &Built) -> Result<Self, Rejection> {
        Self::decode(network, &built.transaction.encode(), &encode_hints(&built.hints))
    }

    /// Reads what [`Self::to_bytes`] gives. Total on any bytes.
    pub fn from_bytes(network: &NetworkId, bytes: &[u8]) -> Result<Self, Rejection> {
        let (transaction, hints) = split(bytes).ok_or(DecodeError::Truncated)?;
        Self::decode(network, transaction, hints)
    }

    /// As one piece, for the journal and for other nodes: length (4 bytes), transaction, hints.
    pub fn to_bytes(&self) -> Vec<u8> {
        let transaction = self.transaction.encode();
        let mut bytes = Vec::with_capacity(self.encoded_len());
        bytes.extend_from_slice(&(transaction.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&transaction);
        bytes.extend(self.hints.iter().flat_map(|hint| hint.0));
        bytes
    }

    /// Length of [`Self::to_bytes`].
    pub fn encoded_len(&self) -> usize {
        4 + self.transaction.encoded_len() + self.hints.iter().map(|hint| hint.0.len()).sum::<usize>()
    }

    /// The transaction's id.
    pub fn id(&self) -> &TransactionId {
        self.transaction.id()
    }

    /// The transaction.
    pub fn transaction(&self) -> &Arc<Transaction> {
        &self.transaction
    }

    /// Its hints, in order.
    pub fn hints(&self) -> &Arc<Vec<Hint>> {
        &self.hints
    }
}

/// The two parts of the one piece.
pub(crate) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_TRANSACTION_BYTES {
        return None;
    }
    rest.split_at_checked(length)
}
