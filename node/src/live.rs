//! Blocks as nodes send them to each other: the permanent half, and the hints as long as they are kept.
//!
//! ```text
//! [length u32][block][flag u8]            flag 0: without hints
//!                            [hints ...]  flag 1: for each transaction [count u8][count hints of fixed length]
//! ```
//!
//! The same block has the same digest with and without hints: the header commits to the transactions, and each of them to
//! its hints.

use std::sync::Arc;

use hushwatt_crypto::{
    Label, NetworkId,
    hash::Hasher,
    hint::{HINT_LENGTH, Hint},
};
use hushwatt_ledger::{
    Rejection,
    block::{
        Block, BlockDigest, BlockHints, Header, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, Refused, hints_belong,
        transaction_root,
    },
    codec::{DecodeError, Reader},
    rules::blocks,
    transaction::{FullDigest, MAX_TRANSACTION_BYTES, Transaction},
};
use rayon::prelude::*;

/// Length of an encoded header.
pub(crate) const HEADER_LENGTH: usize = 8 + 8 + 4 * 32;

/// A block whose body belongs to its header, and whose hints, if it has them, belong to its transactions. Nothing else of it
/// is verified yet. Clones share everything.
#[derive(Clone, Debug)]
pub struct LiveBlock {
    block: Arc<Block>,
    hints: Option<Arc<BlockHints>>,
    digest: BlockDigest,
    bytes: usize,
}

impl LiveBlock {
    /// Puts a block and its hints together, if they belong together.
    pub fn new(network: &NetworkId, block: Block, hints: Option<BlockHints>) -> Result<Self, Refused> {
        blocks::transactions_ascend(&block.transactions)?;
        blocks::transaction_root_is(&transaction_root(network, &block.transactions), &block.header)?;
        if let Some(hints) = &hints {
            hints_belong(network, &block, hints)?;
        }
        let digest = block.header.digest(network);
        let transactions = block.transactions.iter().map(|transaction| 4 + transaction.encoded_len());
        let hinted = hints.iter().flatten().map(|hints| 1 + hints.len() * HINT_LENGTH);
        let bytes = HEADER_LENGTH + 9 + transactions.sum::<usize>() + hinted.sum::<usize>();
        Ok(LiveBlock { block: Arc::new(block), hints: hints.map(Arc::new), digest, bytes })
    }

    /// The block.
    pub fn block(&self) -> &Arc<Block> {
        &self.block
    }

    /// Its hints, each transaction's in the block's order.
    pub fn hints(&self) -> Option<&Arc<BlockHints>> {
        self.hints.as_ref()
    }

    /// The same block without its hints.
    pub fn without_hints(&self) -> Self {
        let hinted = self.hints.iter().flat_map(|hints| hints.iter()).map(|hints| 1 + hints.len() * HINT_LENGTH);
        LiveBlock { hints: None, bytes: self.bytes - hinted.sum::<usize>(), ..self.clone() }
    }

    /// Its digest.
    pub fn digest(&self) -> &BlockDigest {
        &self.digest
    }

    /// Its height.
    pub fn height(&self) -> u64 {
        self.block.header.height
    }

    /// Length of its encoding.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The encoding.
    pub fn encode(&self) -> Vec<u8> {
        join(&self.block.encode(), self.hints.as_deref().map(encode_block_hints).as_deref())
    }

    /// Reads the encoding. Total on any bytes; what it gives encodes to the same bytes. A transaction that `known` gives for
    /// the digest of its bytes is not decoded again; `decoded` is told how many were.
    pub(crate) fn decode(
        network: &NetworkId,
        bytes: &[u8],
        known: impl Fn(&FullDigest) -> Option<Arc<Transaction>>,
        decoded: impl FnOnce(usize),
    ) -> Result<Self, Refused> {
        let (body, hints) = split(bytes)?;
        let (header, encoded) = split_body(network, body)?;
        let transactions: Vec<(&[u8], Option<Arc<Transaction>>)> =
            encoded.into_iter().map(|bytes| (bytes, known(&content_of(network, bytes)))).collect();
        decoded(transactions.iter().filter(|(_, known)| known.is_none()).count());
        let transactions = transactions.into_par_iter().map(|(bytes, known)| match known {
            Some(transaction) => Ok(Transaction::clone(&transaction)),
            None => Transaction::decode(network, bytes),
        });
        let block = Block { header, transactions: transactions.collect::<Result<_, _>>().map_err(malformed)? };
        let hints = hints.map(|hints| decode_block_hints(hints, block.transactions.len())).transpose()?;
        Self::new(network, block, hints)
    }
}

/// Digest of a transaction's bytes: its [`Transaction::full_digest`], if they are a transaction.
pub(crate) fn content_of(network: &NetworkId, bytes: &[u8]) -> FullDigest {
    FullDigest(Hasher::new(network, Label::FullDigest).part(bytes).finish64())
}

/// A live encoding from a body and the bytes of its hints.
pub(crate) fn join(body: &[u8], hints: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5 + body.len() + hints.map_or(0, <[u8]>::len));
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    bytes.extend_from_slice(body);
    bytes.push(u8::from(hints.is_some()));
    bytes.extend_from_slice(hints.unwrap_or_default());
    bytes
}

fn malformed(error: DecodeError) -> Rejection {
    Rejection::Malformed(error)
}

fn split(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), Rejection> {
    let mut reader = Reader::new(bytes);
    let length = reader.u32()? as usize;
    let body = reader.bytes(length)?;
    match (reader.u8()?, reader.rest()) {
        (0, []) => Ok((body, None)),
        (0, _) => Err(malformed(DecodeError::TrailingBytes)),
        (1, hints) => Ok((body, Some(hints))),
        _ => Err(malformed(DecodeError::UnknownTag)),
    }
}

/// The body of a live encoding, which [`header_of`] reads; `None` if the bytes are none.
pub(crate) fn body_of(bytes: &[u8]) -> Option<&[u8]> {
    split(bytes).ok().map(|(body, _)| body)
}

/// The header of an encoded block, and each of its transactions' bytes.
fn split_body<'a>(network: &NetworkId, body: &'a [u8]) -> Result<(Header, Vec<&'a [u8]>), Rejection> {
    let too_long = malformed(DecodeError::LengthOutOfRange);
    if body.len() > MAX_BLOCK_BYTES {
        return Err(too_long);
    }
    let header = header_of(network, body)?;
    let mut reader = Reader::new(body.get(HEADER_LENGTH..).unwrap_or_default());
    let count = reader.u32()? as usize;
    if count > MAX_BLOCK_TRANSACTIONS {
        return Err(too_long);
    }
    let mut transactions = Vec::new();
    for _ in 0..count {
        let length = reader.u32()? as usize;
        if length > MAX_TRANSACTION_BYTES {
            return Err(too_long);
        }
        transactions.push(reader.bytes(length)?);
    }
    reader.finish()?;
    Ok((header, transactions))
}

/// The header of an encoded block, whose transactions are not looked at.
pub(crate) fn header_of(network: &NetworkId, body: &[u8]) -> Result<Header, DecodeError> {
    let header = body.get(..HEADER_LENGTH).ok_or(DecodeError::Truncated)?;
    // A block of that header and no transactions.
    let empty = [header, &[0; 4]].concat();
    Block::decode(network, &empty).map(|block| block.header)
}

/// How many transactions an encoded block says it holds.
pub(crate) fn count_of(body: &[u8]) -> u32 {
    let count = body.get(HEADER_LENGTH..).and_then(|rest| rest.first_chunk::<4>());
    count.map_or(0, |count| u32::from_le_bytes(*count))
}

/// The hints of a block's transactions as they travel.
pub(crate) fn encode_block_hints(hints: &BlockHints) -> Vec<u8> {
    let mut bytes = Vec::new();
    for hints in hints {
        // A transaction has at most 64 hints.
        bytes.push(hints.len() as u8);
        hints.iter().for_each(|hint| bytes.extend_from_slice(&hint.0));
    }
    bytes
}

fn decode_block_hints(bytes: &[u8], transactions: usize) -> Result<BlockHints, Rejection> {
    let mut reader = Reader::new(bytes);
    let mut hints = BlockHints::with_capacity(transactions);
    for _ in 0..transactions {
        let count = reader.count(0..=64)?;
        hints.push((0..count).map(|_| reader.array().map(Hint)).collect::<Result<_, _>>()?);
    }
    reader.finish()?;
    Ok(hints)
}
