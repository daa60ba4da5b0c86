//! The ledger as the gateway sees it: final blocks from any of the nodes, believed only for their certificates, and what they
//! say of this meter (protocol sections 6.2 and 7).
//!
//! **What it must not do.** It believes no node: whether an attestation is on the ledger is read from blocks that more than two
//! thirds of the validators signed, replayed one by one. It keeps little: blocks are read one at a time as they arrive, without
//! hints, and everything that no later block needs is forgotten.

mod node;
mod sighting;
mod totals;
mod view_file;

use std::{path::PathBuf, sync::Arc, time::Duration};

use hushwatt_client::{BaseUrl, BlockRecord, ClientError, NodeStatus, Patience};
use hushwatt_ledger::{
    block::{MAX_BLOCK_BYTES, Parent},
    genesis::Genesis,
    state::{MeterStanding, StateError},
    units::{MeterId, Period},
};
use hushwatt_wallet::{FollowerError, PublicView, sync::chain_block};
use serde::Serialize;

pub use node::{NodeState, Verdict};
pub use sighting::{Said, Sighting, sightings};
pub use totals::{Named, ShareSeen};

use node::{Blocks, Node};
use totals::shares;
use view_file::ViewFile;

/// Blocks between two times that the view forgets what it does not need.
const PRUNE_EVERY: u64 = 128;
/// Asked for at a time, in bytes: at first, and where a run of blocks without a certificate is longer.
const PIECE: (u64, u64) = (1 << 20, 8 << 20);
/// An answer so much longer than what was asked for is listened to no further.
const MORE: u64 = MAX_BLOCK_BYTES as u64 + (1 << 20);
/// How long nodes are waited for.
const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(15), body: Some(Duration::from_secs(60)) };

/// Why the ledger could not be followed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// More than two thirds of the validators signed what cannot be, or the view is broken.
    #[error(
        "{0}: the validators signed a chain that breaks the rules, or this gateway's copy is damaged; it is read again from the beginning"
    )]
    Broken(FollowerError),
    /// The view could not be pruned.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What a round of reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Blocks that became final.
    pub blocks: u64,
    /// Whether every node that answered had nothing further.
    pub is_caught_up: bool,
    /// Whether any node answered.
    pub reached: bool,
}

/// The ledger, by its certified blocks.
pub struct Ledger {
    genesis: Arc<Genesis>,
    meter: MeterId,
    view: PublicView,
    nodes: Vec<Node>,
    file: Option<ViewFile>,
    since_prune: u64,
    /// Asked for at a time.
    piece: u64,
    /// Shares in the meter's name that were read and not handed over.
    shares: Vec<ShareSeen>,
}

/// Where the ledger stands, for the page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LedgerState {
    /// Last final block that was read.
    pub height: u64,
    /// Its time, unix seconds.
    pub time: u64,
    /// The nodes.
    pub nodes: Vec<NodeState>,
}

impl Ledger {
    /// With the view that was kept at `path`, or from the beginning of the chain.
    pub fn new(genesis: Arc<Genesis>, meter: MeterId, urls: &[BaseUrl], path: Option<PathBuf>) -> Self {
        Self::patient(genesis, meter, urls, path, &PATIENCE)
    }

    /// The same, waiting for nodes as long as is said.
    pub fn patient(
        genesis: Arc<Genesis>,
        meter: MeterId,
        urls: &[BaseUrl],
        path: Option<PathBuf>,
        patience: &Patience,
    ) -> Self {
        let nodes = urls.iter().map(|url| Node::new(url, patience)).collect();
        let file = path.map(ViewFile::at);
        let view =
            file.as_ref().and_then(|file| file.read(&genesis)).unwrap_or_else(|| PublicView::new(genesis.clone()));
        Ledger { genesis, meter, view, nodes, file, since_prune: 0, piece: PIECE.0, shares: Vec::new() }
    }

    /// Where the meter stands by the last final block that was read: its chain, and its class and key in force.
    ///
    /// # Errors
    /// If the view is damaged.
    pub fn standing(&self) -> Result<Option<MeterStanding>, LedgerError> {
        Ok(self.view.meter(self.meter)?)
    }

    /// Who makes totals of a period, by the last final block that was read.
    ///
    /// # Errors
    /// If the view is damaged.
    pub fn named(&self, period: Period) -> Result<Named, LedgerError> {
        Ok(Named::by(&self.view.state(), period, self.meter)?)
    }

    /// The Shares in the meter's name that were read since this was called last.
    pub fn take_shares(&mut self) -> Vec<ShareSeen> {
        std::mem::take(&mut self.shares)
    }

    /// The last final block that was read.
    pub fn tip(&self) -> &Parent {
        self.view.tip()
    }

    /// Reads on, from one node after the other, at most about so many bytes of each; hands over what the blocks say of this
    /// meter, in order. What was handed over and not kept by the caller comes again only by [`Self::start_anew`], so the view is
    /// saved by [`Self::save`] after the caller has kept it.
    ///
    /// # Errors
    /// [`LedgerError::Broken`]: the view was reset and is read from the beginning next time; or what `take` says.
    pub fn read_on<E: From<LedgerError>>(
        &mut self,
        mut take: impl FnMut(&Sighting) -> Result<(), E>,
    ) -> Result<Read, E> {
        let mut read = Read { blocks: 0, is_caught_up: true, reached: false };
        for index in self.order() {
            let Some(status) = self.heard(index) else { continue };
            if status.height <= self.view.tip().height {
                read.reached = true;
                self.nodes[index].mend();
                continue;
            }
            match self.read_from(index, status.height, &mut take)? {
                Ok(piece) => {
                    read.reached = true;
                    read.blocks += piece.blocks;
                    read.is_caught_up &= !piece.has_more;
                }
                Err(reason) => self.nodes[index].failed(&reason),
            }
        }
        read.is_caught_up &= read.reached;
        Ok(read)
    }

    fn read_from<E: From<LedgerError>>(
        &mut self,
        index: usize,
        tip: u64,
        take: &mut impl FnMut(&Sighting) -> Result<(), E>,
    ) -> Result<Result<Piece, Blame>, E> {
        // Blocks of another answer that wait for a certificate are not what this one's certificates cover.
        self.forget_waiting();
        let before = self.view.tip().height;
        let client = self.nodes[index].client.clone();
        let mut stream = match Blocks::ask(&client, before + 1, self.piece, MORE) {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut given = 0;
        loop {
            let record = match stream.next() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(error) => return Ok(Err(error.into())),
            };
            given += 1;
            if let Err(blame) = self.follow(&record, take)? {
                return Ok(Err(blame));
            }
        }
        let height = self.view.tip().height;
        let mut piece = Piece { blocks: height - before, has_more: tip > height };
        if piece.blocks > 0 || !piece.has_more {
            self.piece = PIECE.0;
        } else if given == 0 {
            return Ok(Err(Blame::Lie(format!("it says that it has block {tip}, and gives none after {before}"))));
        } else if stream.taken() < self.piece {
            // The last blocks, which no certificate covers yet.
            piece.has_more = false;
        } else if self.piece < PIECE.1 {
            self.piece = PIECE.1;
        } else {
            return Ok(Err(Blame::Lie(format!(
                "no certificate covers the {given} blocks that it gives after {before}"
            ))));
        }
        self.nodes[index].mend();
        Ok(Ok(piece))
    }

    /// Follows one block, and takes what became final by it.
    fn follow<E: From<LedgerError>>(
        &mut self,
        record: &BlockRecord,
        take: &mut impl FnMut(&Sighting) -> Result<(), E>,
    ) -> Result<Result<(), Blame>, E> {
        let next = match chain_block(&self.genesis, record) {
            Ok(next) => next,
            Err(error) => return Ok(Err(Blame::Lie(format!("block {}: {error}", record.height)))),
        };
        let finals = match self.view.follow(next) {
            Ok(finals) => finals,
            Err(error @ (FollowerError::Unlinked { .. } | FollowerError::Certificate { .. })) => {
                return Ok(Err(Blame::Lie(error.to_string())));
            }
            Err(error) => {
                self.start_anew();
                return Err(LedgerError::Broken(error).into());
            }
        };
        for one in &finals {
            self.shares.extend(shares(self.meter, &one.block));
            for sighting in sightings(self.meter, &one.block) {
                take(&sighting)?;
            }
        }
        self.since_prune += finals.len() as u64;
        if self.since_prune >= PRUNE_EVERY {
            self.since_prune = 0;
            self.view.prune(|_| false).map_err(LedgerError::from)?;
        }
        Ok(Ok(()))
    }

    /// What waits is not in what a view exports.
    fn forget_waiting(&mut self) {
        if self.view.waiting() > 0
            && let Ok(view) = PublicView::import(self.genesis.clone(), &self.view.export())
        {
            self.view = view;
        }
    }

    /// Reads the chain from its beginning again.
    pub fn start_anew(&mut self) {
        self.view = PublicView::new(self.genesis.clone());
        self.since_prune = 0;
        self.shares.clear();
        if let Some(file) = &self.file {
            file.remove();
        }
    }

    /// Keeps the view, so that the chain is not read from its beginning after a restart. It may be lost: then it is read again.
    pub fn save(&mut self) {
        if let Some(file) = &mut self.file
            && self.view.tip().height > file.height()
        {
            if let Err(error) = self.view.prune(|_| false) {
                tracing::warn!(%error, "the view of the ledger was not pruned");
                return;
            }
            file.write(self.view.tip().height, &self.view.export());
        }
    }

    /// Blocks read since the view was kept.
    pub fn unsaved(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| self.view.tip().height.saturating_sub(file.height()))
    }

    /// Offers a submission (length, transaction, hints) to every node of this network: one may take it and never pass it on.
    pub fn submit(&mut self, submission: &[u8]) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for index in self.order() {
            if !self.is_ours(index) {
                verdicts.push(Verdict::Unreachable(self.nodes[index].fault()));
                continue;
            }
            let answer = self.nodes[index].client.submit_bytes(submission, 0);
            let verdict = match answer {
                Ok(_) => {
                    self.nodes[index].mend();
                    Verdict::Taken
                }
                Err(ClientError::Refused { status: 400..=428 | 430..=499, rule, message, .. }) => {
                    Verdict::Refused { node: self.nodes[index].name(), rule, message }
                }
                Err(error) => {
                    self.nodes[index].failed(&error.into());
                    Verdict::Unreachable(self.nodes[index].fault())
                }
            };
            verdicts.push(verdict);
        }
        verdicts
    }

    fn heard(&mut self, index: usize) -> Option<NodeStatus> {
        let status = self.nodes[index].client.status();
        let network = self.genesis.network().to_string();
        self.nodes[index].hear(&network, status)
    }

    /// The nodes in the order in which to ask: those with the fewest faults first.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|index| self.nodes[*index].faults());
        order
    }

    fn is_ours(&mut self, index: usize) -> bool {
        if self.nodes[index].is_ours() {
            return true;
        }
        self.heard(index).is_some() && self.nodes[index].is_ours()
    }

    /// For the page.
    pub fn state(&self) -> LedgerState {
        LedgerState {
            height: self.view.tip().height,
            time: self.view.tip().time.0,
            nodes: self.nodes.iter().map(Node::state).collect(),
        }
    }
}

/// What one answer gave.
#[derive(Default)]
struct Piece {
    blocks: u64,
    has_more: bool,
}

/// Why a node's answer was no use.
#[derive(Debug)]
pub(crate) enum Blame {
    /// It did not answer, or broke off.
    Failed(String),
    /// It said what cannot be.
    Lie(String),
}

impl From<ClientError> for Blame {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Nonsense { .. } => Blame::Lie(error.to_string()),
            ClientError::Unreachable { .. } | ClientError::Refused { .. } => Blame::Failed(error.to_string()),
        }
    }
}
