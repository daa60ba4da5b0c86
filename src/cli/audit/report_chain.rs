//! The chain that is audited: a file, or a node that is asked for all of its blocks, which are then read as such a file.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use hushwatt_audits::{AuditError, AuditFolder, NoProgress, Report, verify_path_until, verify_reader_until};
use hushwatt_client::{BaseUrl, ClientError, Download, NodeClient};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::storage::{ChainWriter, Record, RecordNumber, StorageError};
use indicatif::ProgressBar;

use super::Bar;
use crate::cli::progress;

/// What is asked of a node at once, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Where the chain comes from.
#[derive(Args)]
pub(super) struct ReportChain {
    /// A chain file, or the folder of a node
    #[arg(required_unless_present = "node", conflicts_with = "node")]
    chain: Option<PathBuf>,
    /// Ask this node for its whole chain instead
    #[arg(long, value_name = "URL")]
    node: Option<BaseUrl>,
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChainError {
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Node(#[from] ClientError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("neither a chain nor a node was named")]
    NoSource,
}

impl ReportChain {
    /// Audits the chain, from the genesis or from where the folder's books end.
    pub(super) fn audit(&self, network: &NetworkId, state: Option<&Path>) -> Result<Report, ChainError> {
        let Some(state) = state else { return self.audit_until(network, u64::MAX) };
        let wheel = progress::wheel("Reading the audit's books");
        let opened = AuditFolder::open(state, network);
        wheel.finish_and_clear();
        let folder = opened?;
        if let Some(why) = folder.begun_again() {
            eprintln!("{}: the audit begins with the genesis again: {why}.", state.display());
        }
        if folder.height() > 0 {
            eprintln!("{}: audited up to block {}, going on from there.", state.display(), folder.height());
        }
        self.with_bar(|origin, bar| match origin {
            Origin::File(chain) => Ok(folder.verify_path(chain, bar)?),
            Origin::Node(node) => {
                let (mut blocks, genesis) = NodeBlocks::begin(node, folder.height().max(1), &bar.0)?;
                let next = || blocks.next().map_err(|error| unreadable(io::Error::other(error)));
                Ok(folder.verify_blocks(&genesis, next, &mut NoProgress)?)
            }
        })
    }

    /// Audits the chain from the genesis up to this block, or to its end if that comes first.
    pub(super) fn audit_until(&self, network: &NetworkId, last: u64) -> Result<Report, ChainError> {
        self.with_bar(|origin, bar| match origin {
            Origin::File(chain) => Ok(verify_path_until(chain, network, last, bar)?),
            Origin::Node(node) => {
                Ok(verify_reader_until(NodeChain::begin(node, &bar.0)?, 0, network, last, &mut NoProgress)?)
            }
        })
    }

    /// The bar counts bytes of a file, and blocks of a node.
    fn with_bar(
        &self,
        audit: impl FnOnce(Origin<'_>, &mut Bar) -> Result<Report, ChainError>,
    ) -> Result<Report, ChainError> {
        let origin = match (&self.chain, &self.node) {
            (Some(chain), _) => Origin::File(chain),
            (None, Some(node)) => Origin::Node(NodeClient::at(node)),
            // The command line asks for one of them.
            (None, None) => return Err(ChainError::NoSource),
        };
        let mut bar = Bar(progress::bar(0, "Verifying the chain"));
        let report = audit(origin, &mut bar);
        bar.0.finish_and_clear();
        report
    }
}

/// What was named.
enum Origin<'a> {
    File(&'a Path),
    Node(NodeClient),
}

fn unreadable(source: io::Error) -> StorageError {
    StorageError::ExportIo { action: "read", what: "chain", source }
}

/// A node's blocks, asked for as they are read.
struct NodeBlocks {
    node: NodeClient,
    download: Option<Download>,
    /// The block that comes next, and the last one.
    next: u64,
    height: u64,
    bar: ProgressBar,
}

impl NodeBlocks {
    /// From this block on; gives the bytes of the genesis too.
    fn begin(node: NodeClient, next: u64, bar: &ProgressBar) -> Result<(Self, Vec<u8>), ChainError> {
        let genesis = node.bytes("/v1/genesis")?;
        let height = node.status()?.height;
        bar.set_length(height);
        bar.set_position(next.saturating_sub(1));
        bar.reset_eta();
        Ok((NodeBlocks { node, download: None, next, height, bar: bar.clone() }, genesis))
    }

    /// The next block, as a record of a chain file.
    fn next(&mut self) -> Result<Option<Record>, ChainError> {
        if self.next > self.height {
            return Ok(None);
        }
        let record = match self.download.as_mut().and_then(Iterator::next) {
            Some(record) => record?,
            None => {
                let mut download = self.node.download(self.next, MOST_BYTES)?;
                let first = download.next();
                self.download = Some(download);
                let none = || self.node.nonsense("/v1/blocks", &"it has no blocks although it says so");
                first.ok_or_else(none)??
            }
        };
        self.next = record.height.saturating_add(1);
        self.bar.set_position(record.height);
        let number = RecordNumber(record.height.saturating_sub(1));
        Ok(Some(Record { number, body: record.body, cert: record.certificate }))
    }
}

/// A node's chain as the bytes of a chain file.
struct NodeChain {
    blocks: NodeBlocks,
    writer: ChainWriter,
    /// What was made and not read yet begins at this place.
    ready: Vec<u8>,
    read: usize,
}

impl NodeChain {
    fn begin(node: NodeClient, bar: &ProgressBar) -> Result<Self, ChainError> {
        let (blocks, genesis) = NodeBlocks::begin(node, 1, bar)?;
        let (writer, ready) = ChainWriter::new(&genesis)?;
        Ok(NodeChain { blocks, writer, ready, read: 0 })
    }

    /// Makes the next record; says whether there is one.
    fn advance(&mut self) -> Result<bool, ChainError> {
        let Some(record) = self.blocks.next()? else { return Ok(false) };
        (self.ready, self.read) = (self.writer.record(&record.body, &record.cert)?, 0);
        Ok(true)
    }
}

impl Read for NodeChain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.ready.len() {
            if !self.advance().map_err(io::Error::other)? {
                return Ok(0);
            }
        }
        let left = self.ready.get(self.read..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.read += count;
        Ok(count)
    }
}
