//! Following other nodes over HTTP: their blocks are believed nothing. Each is executed and every proof verified, and none
//! is kept before a certificate covers it.

use std::{sync::Arc, time::Duration};

use hushwatt_ledger::{
    block::{Block, BlockHints, Certificate, Uncovered},
    codec::DecodeError,
    transaction::hints::decode_hints,
};
use tracing::{debug, info, warn};

use super::{ServiceError, stopping::Stopping};
use crate::{
    Core, LiveBlock, NodeError, Submission, VerifyError,
    client::{ClientError, NodeClient},
    config::BaseUrl,
    http::backend::BlockRecord,
};

/// Bytes of blocks asked for at a time.
const PIECE: u64 = 16 << 20;
/// Between two questions when there is nothing new.
const PAUSE: Duration = Duration::from_millis(500);
/// After an answer of no use.
const LONG_PAUSE: Duration = Duration::from_secs(2);

/// Nodes that blocks are taken from, one at a time; the next one when one is of no use.
pub(super) struct Upstreams {
    core: Arc<Core>,
    stopping: Stopping,
    clients: Vec<NodeClient>,
    current: usize,
    failed: bool,
}

/// Why an upstream is of no use.
#[derive(Debug, thiserror::Error)]
enum Useless {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("it is a node of another network")]
    Foreign,
    #[error("its block {height} is not valid: {reason}")]
    Block { height: u64, reason: String },
    #[error("{0}")]
    Own(#[from] NodeError),
    #[error("stopping")]
    Stopping,
}

impl Upstreams {
    pub fn new(core: Arc<Core>, stopping: Stopping, urls: Vec<BaseUrl>) -> Self {
        let clients = urls.iter().map(NodeClient::at).collect();
        Upstreams { core, stopping, clients, current: 0, failed: false }
    }

    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Whether the last question was answered.
    pub fn are_heard(&self) -> bool {
        !self.failed && !self.clients.is_empty()
    }

    /// How long to wait before the next question.
    pub fn pause(&self) -> Duration {
        if self.failed || self.clients.is_empty() { LONG_PAUSE } else { PAUSE }
    }

    /// Takes what the current upstream has beyond the tip; gives whether there was anything.
    ///
    /// # Errors
    /// Only this node's own failures; an upstream's are logged.
    pub fn fetch(&mut self) -> Result<bool, ServiceError> {
        let Some(client) = self.clients.get(self.current) else {
            self.core.set_syncing(false);
            return Ok(false);
        };
        let before = self.core.tip().height;
        let fetched = self.fetch_from(client);
        let taken = self.core.tip().height - before;
        if taken > 0 {
            debug!(blocks = taken, from = %client.base(), "followed");
        }
        match fetched {
            Ok(()) => self.failed = false,
            Err(Useless::Own(error)) => return Err(error.into()),
            Err(Useless::Stopping) => {}
            Err(error) => {
                warn!(node = %client.base(), %error, "this node cannot be followed now; trying another");
                self.failed = true;
                self.current = (self.current + 1) % self.clients.len();
            }
        }
        self.core.set_syncing(taken > 1);
        Ok(taken > 0)
    }

    /// Hands on what this node took while it was a validator and still answers for: the first upstream that takes one has it.
    pub fn hand_on(&self, submissions: &[Submission]) {
        for submission in submissions {
            // Nobody heard: the core offers it, and what is after it, again later.
            if self.stopping.is_requested() || !self.hand_one_on(&submission.to_bytes()) {
                return;
            }
        }
    }

    /// Gives whether any upstream answered.
    fn hand_one_on(&self, submission: &[u8]) -> bool {
        let (before, from) = self.clients.split_at(self.current);
        let mut heard = false;
        for client in from.iter().chain(before) {
            match client.submit_bytes(submission, 0) {
                Ok(_) => return true,
                Err(error) => {
                    debug!(node = %client.base(), %error, "a transaction is not handed on here");
                    heard |= !matches!(error, ClientError::Unreachable { .. });
                }
            }
        }
        heard
    }

    fn fetch_from(&self, client: &NodeClient) -> Result<(), Useless> {
        let genesis = self.core.genesis().clone();
        let tip = self.core.tip();
        if client.status()?.network != genesis.network().to_string() {
            return Err(Useless::Foreign);
        }
        let mut uncovered: Uncovered<Option<BlockHints>> = Uncovered::after(&tip);
        client.blocks(tip.height + 1, PIECE, |record: BlockRecord| {
            if self.stopping.is_requested() {
                return Err(Useless::Stopping);
            }
            let height = record.height;
            let bad = |reason: &dyn std::fmt::Display| Useless::Block { height, reason: reason.to_string() };
            let (block, certificate) = Block::decode_record(genesis.network(), &record.body, &record.certificate)
                .map_err(|error| bad(&error))?;
            let hints = record.hints.as_deref().map(read_hints).transpose().map_err(|error| bad(&error))?;
            uncovered.push(&genesis, block, hints).map_err(|rejection| bad(&rejection))?;
            if let Some(certificate) = certificate {
                self.adopt(uncovered.take(), &certificate).map_err(|error| match error {
                    VerifyError::Node(error) => Useless::Own(error),
                    refused => bad(&refused),
                })?;
            }
            Ok(())
        })?;
        if !uncovered.is_empty() {
            info!(blocks = uncovered.len(), "waiting for a certificate that covers them");
        }
        Ok(())
    }

    /// Verifies everything that a certificate covers, the certificate first.
    fn adopt(&self, blocks: Vec<(Block, Option<BlockHints>)>, certificate: &Certificate) -> Result<(), VerifyError> {
        let genesis = self.core.genesis();
        let Some((last, _)) = blocks.last() else { return Ok(()) };
        // A change of the validators takes effect in a later epoch, and is final by then.
        self.core.check_certificate(&last.header, certificate)?;
        let count = blocks.len();
        for (place, (block, hints)) in blocks.into_iter().enumerate() {
            let live = LiveBlock::new(genesis.network(), block, hints)?;
            self.core.adopt(&live, (place + 1 == count).then_some(certificate))?;
        }
        Ok(())
    }
}

fn read_hints(encoded: &[Vec<u8>]) -> Result<BlockHints, DecodeError> {
    encoded.iter().map(|hints| decode_hints(hints)).collect()
}
