//! Where the chain comes from.

use std::{io::Read, path::Path, sync::Arc, thread, time::Duration};

use hushwatt_ledger::{
    genesis::Genesis,
    storage::{ChainLog, RecordNumber},
};
use hushwatt_node::{
    Store,
    client::{ClientError, NodeClient},
    config::{BaseUrl, NodeFolder},
    http::frames::FrameDecoder,
};
use serde::Deserialize;

use super::disk::ReadOnlyDisk;
use crate::cli::node::common::NodeCommandError;

/// How often a download that broke off without one more block is tried again, and after how long.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// What is asked for at once.
const MOST_BYTES: u64 = 64 << 20;

/// A chain to export.
pub(super) enum Source {
    /// The log of a node's folder.
    Folder {
        /// The log, opened for reading only.
        log: Box<ChainLog>,
        /// The folder's genesis.
        genesis: Box<Genesis>,
    },
    /// A running node.
    Node {
        /// The node.
        node: NodeClient,
        /// Its height when it was first asked.
        height: u64,
    },
}

/// Takes a block's body and its certificate, which may be empty.
type Take<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), NodeCommandError>;

#[derive(Deserialize)]
struct Tip {
    height: u64,
}

impl Source {
    pub(super) fn folder(path: &Path) -> Result<Self, NodeCommandError> {
        let folder = NodeFolder::at(path);
        let genesis = folder.open()?;
        let log = folder.data().join(Store::LOG);
        if !log.exists() {
            return Err(NodeCommandError::Refused(format!(
                "there is no chain in {} yet: the node has never run",
                folder.data().display()
            )));
        }
        let log = ChainLog::open(Arc::new(ReadOnlyDisk), &log, genesis.bytes())?;
        Ok(Source::Folder { log: Box::new(log), genesis: Box::new(genesis) })
    }

    pub(super) fn node(url: &BaseUrl) -> Result<Self, NodeCommandError> {
        let node = NodeClient::at(url);
        let height = node.json::<Tip>("/v1/status")?.height;
        Ok(Source::Node { node, height })
    }

    pub(super) fn genesis(&self) -> Result<Genesis, NodeCommandError> {
        match self {
            Source::Folder { genesis, .. } => Ok(Genesis::clone(genesis)),
            Source::Node { node, .. } => {
                let bytes = node.bytes("/v1/genesis")?;
                Ok(Genesis::parse(&bytes).map_err(|error| node.nonsense("/v1/genesis", &error))?)
            }
        }
    }

    /// How many blocks there are.
    pub(super) fn total(&self) -> u64 {
        match self {
            Source::Folder { log, .. } => log.len(),
            Source::Node { height, .. } => *height,
        }
    }

    /// Hands over every block in order.
    pub(super) fn each(&mut self, take: Take<'_>) -> Result<(), NodeCommandError> {
        match self {
            Source::Folder { log, .. } => {
                for number in 0..log.len() {
                    let record = log.read(RecordNumber(number))?;
                    take(&record.body, &record.cert)?;
                }
                Ok(())
            }
            Source::Node { node, height } => download(node, *height, take),
        }
    }
}

/// Blocks 1 to `height`; what breaks off is resumed where it stopped.
fn download(node: &NodeClient, height: u64, take: Take<'_>) -> Result<(), NodeCommandError> {
    let (mut next, mut attempts) = (1, 0);
    while next <= height {
        let before = next;
        let broken = match part(node, &mut next, height, take)? {
            None if next > before => {
                attempts = 0;
                continue;
            }
            None => node.nonsense("/v1/blocks", &"it has no blocks although it says so"),
            Some(error) => error,
        };
        attempts = if next > before { 1 } else { attempts + 1 };
        if attempts >= ATTEMPTS {
            return Err(broken.into());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// One answer; `Some` says why it broke off.
fn part(
    node: &NodeClient,
    next: &mut u64,
    height: u64,
    take: Take<'_>,
) -> Result<Option<ClientError>, NodeCommandError> {
    let path = format!("/v1/blocks?from={next}&max_bytes={MOST_BYTES}");
    let mut body = match node.stream(&path) {
        Ok(body) => body,
        Err(error @ ClientError::Nonsense { .. }) => return Err(error.into()),
        Err(error) => return Ok(Some(error)),
    };
    let mut decoder = FrameDecoder::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match body.read(&mut buffer) {
            Ok(0) if decoder.is_mid_frame() => return Ok(Some(node.unreachable(&path, &"the answer broke off"))),
            Ok(0) => return Ok(None),
            Ok(read) => decoder.push(&buffer[..read]),
            Err(error) => return Ok(Some(node.unreachable(&path, &error))),
        }
        while let Some(record) = decoder.next_frame().map_err(|error| node.nonsense(&path, &error))? {
            if record.height != *next {
                return Err(node
                    .nonsense(&path, &format!("block {} stands where {next} should", record.height))
                    .into());
            }
            if *next > height {
                return Ok(None);
            }
            take(&record.body, &record.certificate)?;
            *next += 1;
        }
    }
}
