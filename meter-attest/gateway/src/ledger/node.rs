//! One node: where it is, what is held against it, and blocks as they arrive from it.

use std::io::Read;

use hushwatt_client::{BaseUrl, BlockRecord, ClientError, NodeClient, NodeStatus, Patience, frames::FrameDecoder};
use serde::Serialize;

use super::Blame;

/// A lie counts as so many failures to answer.
const LIE: u32 = 16;
/// No node falls deeper: it comes back after so many good answers.
const MOST_FAULTS: u32 = 64;

/// What a node said to a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took it; that proves nothing.
    Taken,
    /// It refused it.
    Refused {
        /// Which node.
        node: String,
        /// The rule's name.
        rule: Option<String>,
        /// What it said.
        message: String,
    },
    /// It could not be asked.
    Unreachable(String),
}

/// A node, for the page.
#[derive(Clone, Debug, Serialize)]
pub struct NodeState {
    /// Its address.
    pub url: String,
    /// Whether it answered the last time, and as a node of this network.
    pub ok: bool,
    /// What is held against it.
    pub fault: Option<String>,
    /// The last block it says it has.
    pub height: Option<u64>,
}

pub(super) struct Node {
    pub client: NodeClient,
    is_ours: Option<bool>,
    faults: u32,
    fault: Option<String>,
    height: Option<u64>,
}

impl Node {
    pub fn new(url: &BaseUrl, patience: &Patience) -> Self {
        let client = NodeClient::patient(url, patience);
        Node { client, is_ours: None, faults: 0, fault: None, height: None }
    }

    pub fn name(&self) -> String {
        self.client.base().to_string()
    }

    pub fn faults(&self) -> u32 {
        self.faults
    }

    pub fn fault(&self) -> String {
        self.fault.clone().unwrap_or_else(|| "it was not asked".to_owned())
    }

    pub fn is_ours(&self) -> bool {
        self.is_ours == Some(true)
    }

    /// Takes in what it says about itself; gives it if it is of this network.
    pub fn hear(&mut self, network: &str, status: Result<NodeStatus, ClientError>) -> Option<NodeStatus> {
        match status {
            Ok(status) if status.network == network => {
                (self.is_ours, self.height) = (Some(true), Some(status.height));
                Some(status)
            }
            Ok(_) => {
                self.is_ours = Some(false);
                self.hold("it belongs to another network: take it off the list of nodes, or check its address", LIE);
                None
            }
            Err(error) => {
                self.failed(&error.into());
                None
            }
        }
    }

    pub fn failed(&mut self, blame: &Blame) {
        match blame {
            Blame::Failed(reason) => {
                // It may be another one when it is back.
                self.is_ours = None;
                self.hold(reason, 1);
            }
            Blame::Lie(reason) => self.hold(reason, LIE),
        }
    }

    fn hold(&mut self, reason: &str, weight: u32) {
        if self.fault.as_deref() != Some(reason) {
            tracing::warn!(node = %self.client.base(), reason, "a node is of no use");
        }
        self.faults = self.faults.saturating_add(weight).min(MOST_FAULTS);
        self.fault = Some(reason.to_owned());
    }

    /// It gave a good answer.
    pub fn mend(&mut self) {
        self.faults = self.faults.saturating_sub(1);
        if self.faults < LIE {
            self.fault = None;
        }
    }

    pub fn state(&self) -> NodeState {
        NodeState {
            url: self.name(),
            ok: self.fault.is_none() && self.is_ours(),
            fault: self.fault.clone(),
            height: self.height,
        }
    }
}

/// Blocks as they arrive, one at a time, without their hints.
pub(super) struct Blocks {
    client: NodeClient,
    path: String,
    next: u64,
    /// Bytes that came, and most that are listened to.
    taken: u64,
    most: u64,
    body: Box<dyn Read + Send>,
    decoder: FrameDecoder,
    buffer: Vec<u8>,
}

impl Blocks {
    /// The blocks from a height on, about `size` bytes of them; an answer longer than that by `more` is refused.
    pub fn ask(client: &NodeClient, from: u64, size: u64, more: u64) -> Result<Self, ClientError> {
        let path = format!("/v1/blocks?from={from}&hints=false&max_bytes={size}");
        let body = Box::new(client.stream(&path)?);
        let (decoder, buffer) = (FrameDecoder::new(), vec![0; 1 << 14]);
        Ok(Blocks { client: client.clone(), path, next: from, taken: 0, most: size + more, body, decoder, buffer })
    }

    pub fn next(&mut self) -> Result<Option<BlockRecord>, ClientError> {
        loop {
            let frame = self.decoder.next_frame().map_err(|error| self.client.nonsense(&self.path, &error))?;
            if let Some(record) = frame {
                if record.height != self.next {
                    return Err(self.client.nonsense(&self.path, &"its blocks are not in order"));
                }
                self.next += 1;
                return Ok(Some(record));
            }
            let read = self.body.read(&mut self.buffer).map_err(|error| self.client.unreachable(&self.path, &error))?;
            if read == 0 {
                return match self.decoder.is_mid_frame() {
                    true => Err(self.client.unreachable(&self.path, &"the answer broke off")),
                    false => Ok(None),
                };
            }
            self.taken += read as u64;
            if self.taken > self.most {
                return Err(self.client.nonsense(&self.path, &"it sends much more than it was asked for"));
            }
            self.decoder.push(self.buffer.get(..read).unwrap_or_default());
        }
    }

    /// Bytes that came.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}
