//! The chain that a report is about: a file, or a node that is asked for all of its blocks, which are then read as such a file.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use clap::Args;
use hushwatt_audits::{AuditError, Report, verify_path_until, verify_reader_until};
use hushwatt_client::{BaseUrl, ClientError, Download, NodeClient};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::storage::{ChainWriter, StorageError};
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
    /// Audits the chain up to this block, or to its end.
    pub(super) fn audit(&self, network: &NetworkId, last: Option<u64>) -> Result<Report, ChainError> {
        let (last, mut bar) = (last.unwrap_or(u64::MAX), Bar(progress::bar(0, "Verifying the chain")));
        let report = match (&self.chain, &self.node) {
            (Some(chain), _) => verify_path_until(chain, network, last, &mut bar).map_err(ChainError::from),
            (None, Some(node)) => NodeChain::begin(NodeClient::at(node), bar.0.clone()).and_then(|chain| {
                // The bar counts blocks here.
                let report = verify_reader_until(chain, 0, network, last, &mut hushwatt_audits::NoProgress);
                Ok(report?)
            }),
            // The command line asks for one of them.
            (None, None) => Err(ChainError::NoSource),
        };
        bar.0.finish_and_clear();
        report
    }
}

/// A node's chain as the bytes of a chain file, asked for as it is read.
struct NodeChain {
    node: NodeClient,
    writer: ChainWriter,
    download: Option<Download>,
    /// The block that comes next, and the last one.
    next: u64,
    height: u64,
    /// What was made and not read yet begins at this place.
    ready: Vec<u8>,
    read: usize,
    bar: ProgressBar,
}

impl NodeChain {
    fn begin(node: NodeClient, bar: ProgressBar) -> Result<Self, ChainError> {
        let genesis = node.bytes("/v1/genesis")?;
        let height = node.status()?.height;
        let (writer, ready) = ChainWriter::new(&genesis)?;
        bar.set_length(height);
        Ok(NodeChain { node, writer, download: None, next: 1, height, ready, read: 0, bar })
    }

    /// Makes the next record; says whether there is one.
    fn advance(&mut self) -> Result<bool, ChainError> {
        if self.next > self.height {
            return Ok(false);
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
        (self.ready, self.read) = (self.writer.record(&record.body, &record.certificate)?, 0);
        self.next = record.height.saturating_add(1);
        self.bar.set_position(record.height);
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
