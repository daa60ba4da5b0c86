//! The next piece of the chain, from whichever node gives it whole.

use hushwatt_client::ClientError;
use hushwatt_ledger::units::Timestamp;

use super::{
    Nodes, Notice, SyncError,
    piece::{Ahead, Piece, download},
};
use crate::ChainBlock;

/// Hints so close to the end of their retention are not missed, in seconds: clocks differ.
const MARGIN: u64 = 3600;

/// A piece of the chain.
#[derive(Debug)]
pub struct Fetched {
    /// The blocks after the height that was asked for, in order, without a gap; empty where the chain ends.
    pub blocks: Vec<ChainBlock>,
    /// The last block that the node says it has: for showing progress only.
    pub tip: u64,
    /// Transactions since `retention_from` (and an hour) whose hints no node gave: a wallet may lack what they paid it.
    pub without_hints: u64,
}

impl Nodes {
    /// The piece after a height. What is asked for depends on the height alone. A node that fails, lies, or keeps hints back that
    /// are younger than `retention_from` is passed over if another does better.
    ///
    /// # Errors
    /// [`SyncError::NoNodes`], [`SyncError::NoneOfUse`].
    pub fn fetch(&mut self, after_height: u64, retention_from: Timestamp) -> Result<Fetched, SyncError> {
        if self.nodes.is_empty() {
            return Err(SyncError::NoNodes);
        }
        let (mut lacking, mut end): (Option<(u64, usize, Piece)>, Option<u64>) = (None, None);
        for index in self.order() {
            // One says that the chain ends here: those that failed before need not be waited for.
            if end.is_some() && self.nodes[index].faults > 0 {
                continue;
            }
            if !self.is_ours(index) {
                continue;
            }
            let piece = match self.piece(index, after_height) {
                Ok(piece) => piece,
                Err(error) => {
                    self.nodes[index].failed(&error);
                    continue;
                }
            };
            if piece.blocks.is_empty() {
                self.nodes[index].mend();
                end = Some(end.unwrap_or(0).max(piece.tip));
                continue;
            }
            let Some((transactions, height)) = piece.withheld(retention_from.plus(MARGIN)) else {
                return Ok(self.give(index, piece, 0));
            };
            let node = &mut self.nodes[index];
            node.notice(Notice::WithheldHints { node: node.name(), transactions, height });
            if lacking.as_ref().is_none_or(|(least, ..)| transactions < *least) {
                lacking = Some((transactions, index, piece));
            }
        }
        match (lacking, end) {
            (Some((without_hints, index, piece)), _) => Ok(self.give(index, piece, without_hints)),
            (None, Some(tip)) => Ok(Fetched { blocks: Vec::new(), tip, without_hints: 0 }),
            (None, None) => Err(SyncError::NoneOfUse(self.notices())),
        }
    }

    fn piece(&mut self, index: usize, after: u64) -> Result<Piece, ClientError> {
        let ahead = self.ahead.take().and_then(|ahead| ahead.take(index, after));
        ahead.unwrap_or_else(|| download(&self.nodes[index].client, &self.genesis, after))
    }

    /// Hands a piece over and sets about the next one.
    fn give(&mut self, index: usize, piece: Piece, without_hints: u64) -> Fetched {
        self.current = index;
        let last = piece.last();
        let node = &mut self.nodes[index];
        match &piece.broken {
            Some(error) => node.failed(error),
            None => {
                if without_hints == 0 {
                    node.mend();
                }
                let more = last.filter(|last| *last < piece.tip);
                self.ahead = more.and_then(|last| Ahead::begin(index, &node.client, &self.genesis, last));
            }
        }
        Fetched { blocks: piece.blocks, tip: piece.tip, without_hints }
    }
}
