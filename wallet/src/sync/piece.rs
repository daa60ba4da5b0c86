//! One piece of the chain from one node: downloaded, and decoded meanwhile on all cores.

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use hushwatt_client::{BlockRecord, ClientError, NodeClient};
use hushwatt_ledger::{codec::DecodeError, genesis::Genesis, units::Timestamp};
use rayon::prelude::*;

use super::chain_block;
use crate::ChainBlock;

/// Bytes asked for at a time: always the same.
pub(super) const PIECE: u64 = 4 << 20;
/// A node that sends so much more than it was asked for is not listened to any longer.
const MOST_BYTES: u64 = PIECE + (64 << 20);

/// Why a block as it travelled cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// No block of this network.
    #[error("it is no block of this network: {0}")]
    Decode(#[from] DecodeError),
    /// Of another height.
    #[error("it is a block of another height")]
    Height,
    /// Hints that are not those of its transactions.
    #[error("the hints that came with it are not those of its transactions")]
    Hints,
}

/// Blocks in order, without a gap.
pub(super) struct Piece {
    pub blocks: Vec<ChainBlock>,
    /// The last block that the node says it has.
    pub tip: u64,
    /// Why it ended early, if it did.
    pub broken: Option<ClientError>,
}

impl Piece {
    /// How many transactions since a time came without the hints that they have, and the first block with one.
    pub fn withheld(&self, since: Timestamp) -> Option<(u64, u64)> {
        let mut found = None;
        for ChainBlock { block, hints, .. } in self.blocks.iter().filter(|one| one.block.header.time >= since) {
            let pairs = block.transactions.iter().zip(hints);
            let lacking = pairs.filter(|(transaction, hints)| hints.len() != transaction.action().hint_count()).count();
            if lacking > 0 {
                let (count, _) = found.get_or_insert((0, block.header.height));
                *count += lacking as u64;
            }
        }
        found
    }

    /// Height of the last block.
    pub fn last(&self) -> Option<u64> {
        self.blocks.last().map(|one| one.block.header.height)
    }
}

/// Downloads the piece after a height. What came before an answer broke off is given, unless it is nothing.
pub(super) fn download(client: &NodeClient, genesis: &Genesis, after: u64) -> Result<Piece, ClientError> {
    let from = after.saturating_add(1);
    let mut answer = client.download(from, PIECE)?;
    let tip = answer.tip().unwrap_or(after);
    let (sender, receiver) = mpsc::channel();
    let (broken, decoded) = thread::scope(|scope| {
        let decoding = scope.spawn(|| decode(genesis, receiver));
        let broken = pass_on(&mut answer, &sender, |reason| client.nonsense("/v1/blocks", &reason));
        drop(sender);
        (broken, decoding.join())
    });
    let decoded = decoded.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let blocks =
        decoded.map_err(|(height, error)| client.nonsense("/v1/blocks", &format!("block {height}: {error}")))?;
    match broken {
        // What a liar said before is not believed either.
        Some(error @ ClientError::Nonsense { .. }) => Err(error),
        Some(error) if blocks.is_empty() => Err(error),
        broken => {
            let last = blocks.last().map_or(after, |one| one.block.header.height);
            if blocks.is_empty() && tip > after {
                return Err(client.nonsense(
                    "/v1/blocks",
                    &format!("it says that it has block {tip}, and gives none after {after}"),
                ));
            }
            Ok(Piece { blocks, tip: tip.max(last), broken })
        }
    }
}

/// Hands over the blocks as they arrive; tells why that ended early, if it did.
fn pass_on(
    answer: &mut hushwatt_client::Download,
    sender: &mpsc::Sender<BlockRecord>,
    nonsense: impl Fn(&'static str) -> ClientError,
) -> Option<ClientError> {
    let mut bytes = 0;
    for record in answer {
        let record = match record {
            Ok(record) => record,
            Err(error) => return Some(error),
        };
        let hints: usize = record.hints.iter().flatten().map(Vec::len).sum();
        bytes += (record.body.len() + record.certificate.len() + hints) as u64;
        if bytes > MOST_BYTES {
            return Some(nonsense("it sends much more than it was asked for"));
        }
        // If nobody takes them any more, one of them was wrong, and it is said why.
        if sender.send(record).is_err() {
            return None;
        }
    }
    None
}

/// Decodes what has arrived, on all cores, while more arrives.
fn decode(genesis: &Genesis, arriving: mpsc::Receiver<BlockRecord>) -> Result<Vec<ChainBlock>, (u64, RecordError)> {
    let mut blocks = Vec::new();
    while let Ok(first) = arriving.recv() {
        let batch: Vec<BlockRecord> = std::iter::once(first).chain(arriving.try_iter()).collect();
        let decoded =
            batch.par_iter().map(|record| chain_block(genesis, record).map_err(|error| (record.height, error)));
        blocks.append(&mut decoded.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(blocks)
}

/// A piece that is on its way while the caller works on the one before.
pub(super) struct Ahead {
    node: usize,
    after: u64,
    downloading: JoinHandle<Result<Piece, ClientError>>,
}

impl Ahead {
    /// Nothing if there is no thread to be had: then the piece is fetched when it is needed.
    pub fn begin(node: usize, client: &NodeClient, genesis: &Arc<Genesis>, after: u64) -> Option<Self> {
        let (client, genesis) = (client.clone(), genesis.clone());
        let builder = thread::Builder::new().name("fetch".to_owned());
        let downloading = builder.spawn(move || download(&client, &genesis, after)).ok()?;
        Some(Ahead { node, after, downloading })
    }

    /// The piece, if it is the one that is wanted.
    pub fn take(self, node: usize, after: u64) -> Option<Result<Piece, ClientError>> {
        if (self.node, self.after) != (node, after) {
            return None;
        }
        Some(self.downloading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}
