//! A blocking client of another node's HTTP API: what followers, the command line and the demo use.

use std::{io::Read, time::Duration};

use hushwatt_ledger::{transaction::build::Built, units::Timestamp};
use serde::Deserialize;

use crate::http::{
    backend::BlockRecord,
    frames::{FrameDecoder, FrameError},
};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take, a wait for finality included.
const ANSWER: Duration = Duration::from_secs(120);
/// Longest answer that is not a stream of blocks.
const MAX_ANSWER: u64 = 16 << 20;

/// Why a node's answer is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot be reached, or the connection broke.
    #[error("{url} cannot be reached ({reason}): is the node running, and is this its address?")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// It refused.
    #[error("{url} answered {status}: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The rule that refused a transaction, if one did.
        rule: Option<String>,
        /// What it said.
        message: String,
    },
    /// Not what this program understands.
    #[error("{url} answered something that is no answer of a hushwatt node ({reason}): is there another program, or an old one?")]
    Nonsense {
        /// What was asked.
        url: String,
        /// Why.
        reason: String,
    },
}

/// Where a node stands, as far as clients need to know.
#[derive(Clone, Debug, Deserialize)]
pub struct NodeStatus {
    /// Network id, in hexadecimal.
    pub network: String,
    /// Height of the last final block.
    pub height: u64,
    /// Its time, unix seconds.
    pub time: u64,
    /// Its digest, in hexadecimal.
    pub digest: String,
    /// Root of the state after it, in hexadecimal.
    pub state_root: String,
    /// Epoch of the next block.
    pub epoch: u64,
    /// Nodes it is connected with.
    pub peers: u32,
    /// Whether it is ready for work.
    pub ready: bool,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Taken {
    /// It waits for a block.
    Waiting {
        /// Its id, in hexadecimal.
        id: String,
    },
    /// It is final.
    Final {
        /// Its id, in hexadecimal.
        id: String,
        /// Its block.
        height: u64,
    },
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: ErrorBody,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    rule: Option<String>,
    message: String,
}

/// A node's address, with connections kept open.
#[derive(Clone, Debug)]
pub struct NodeClient {
    agent: ureq::Agent,
    base: String,
}

impl NodeClient {
    /// A node by its base URL, such as `http://127.0.0.1:8400`.
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .http_status_as_error(false)
            .build();
        NodeClient { agent: config.into(), base: base.trim_end_matches('/').to_owned() }
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn get(&self, path: &str) -> Result<ureq::http::Response<ureq::Body>, ClientError> {
        let url = self.url(path);
        accepted(&url, self.agent.get(&url).call())
    }

    /// `GET /v1/status`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn status(&self) -> Result<NodeStatus, ClientError> {
        let mut answer = self.get("/v1/status")?;
        answer.body_mut().read_json().map_err(|error| self.nonsense("/v1/status", &error))
    }

    /// `GET /v1/genesis`: the exact bytes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn genesis(&self) -> Result<Vec<u8>, ClientError> {
        let mut answer = self.get("/v1/genesis")?;
        let bytes = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        bytes.map_err(|error| self.nonsense("/v1/genesis", &error))
    }

    /// `POST /v1/transactions`; waits up to so many seconds (at most 60) until it is final.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the rule's name if a rule refuses it.
    pub fn submit(&self, built: &Built, wait: u64) -> Result<Taken, ClientError> {
        let path = format!("/v1/transactions?wait={wait}");
        let transaction = built.transaction.encode();
        let mut body = (transaction.len() as u32).to_le_bytes().to_vec();
        body.extend_from_slice(&transaction);
        body.extend_from_slice(&hushwatt_ledger::transaction::hints::encode_hints(&built.hints));
        let url = self.url(&path);
        let sent = self.agent.post(&url).content_type("application/octet-stream").send(&body);
        accepted(&url, sent)?.body_mut().read_json().map_err(|error| self.nonsense(&path, &error))
    }

    /// `GET /v1/blocks`: final blocks from a height on, handed over one after the other; gives how many there were. An
    /// interrupted download is resumed by asking again from the next height.
    ///
    /// # Errors
    /// [`ClientError`], or what `take` says.
    pub fn blocks<E: From<ClientError>>(
        &self,
        from: u64,
        most_bytes: u64,
        mut take: impl FnMut(BlockRecord) -> Result<(), E>,
    ) -> Result<u64, E> {
        let path = format!("/v1/blocks?from={from}&hints=true&max_bytes={most_bytes}");
        let mut body = self.get(&path)?.into_body().into_reader();
        let mut decoder = FrameDecoder::new();
        let mut buffer = vec![0; 1 << 16];
        let mut count = 0;
        loop {
            let read = body.read(&mut buffer).map_err(|error| self.unreachable(&path, &error))?;
            if read == 0 {
                return Ok(count);
            }
            decoder.push(&buffer[..read]);
            while let Some(record) = decoder.next_frame().map_err(|error: FrameError| self.nonsense(&path, &error))? {
                if record.height != from + count {
                    return Err(self.nonsense(&path, &"its blocks are not in order").into());
                }
                count += 1;
                take(record)?;
            }
        }
    }

    /// `POST /v1/simulated/clock`.
    ///
    /// # Errors
    /// [`ClientError`]; a network on real time has no such path.
    pub fn set_clock(&self, time: Timestamp) -> Result<(), ClientError> {
        let url = self.url("/v1/simulated/clock");
        let sent = self.agent.post(&url).content_type("application/json").send(format!("{{\"time\":{}}}", time.0));
        accepted(&url, sent).map(|_| ())
    }

    fn nonsense(&self, path: &str, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Nonsense { url: self.url(path), reason: reason.to_string() }
    }

    fn unreachable(&self, path: &str, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Unreachable { url: self.url(path), reason: reason.to_string() }
    }
}

fn accepted(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<ureq::http::Response<ureq::Body>, ClientError> {
    let mut answer =
        answer.map_err(|error| ClientError::Unreachable { url: url.to_owned(), reason: error.to_string() })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.body_mut().with_config().limit(1 << 16).read_to_string().unwrap_or_default();
    let (rule, message) = match serde_json::from_str::<ErrorAnswer>(&text) {
        Ok(ErrorAnswer { error }) => (error.rule, error.message),
        Err(_) => (None, "no reason given".to_owned()),
    };
    Err(ClientError::Refused { url: url.to_owned(), status: status.as_u16(), rule, message })
}
