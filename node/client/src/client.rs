//! A blocking client of a node's HTTP API.

use std::{io::Read, time::Duration};

use hushwatt_crypto::{Label, NetworkId, hash::Hasher, range::RangeBits, signature::VerifyingKey};
use hushwatt_ledger::{
    block::BlockDigest,
    transaction::{TransactionId, build::Built, hints::encode_hints},
    units::{MeterId, Timestamp, Utility, Window},
};
use rayon::prelude::*;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{BaseUrl, BlockRecord, Download, SignedOffer};

/// Names the tip as it was when an answer with blocks began.
const TIP: &str = "hushwatt-tip";
/// Bytes of an encoded block header.
const HEADER_LENGTH: usize = 8 + 8 + 4 * 32;
/// Longest answer that is not a stream of blocks.
const MAX_ANSWER: u64 = 16 << 20;

/// How long a client waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until it is connected.
    pub connect: Duration,
    /// Until the first byte of an answer, a wait for finality included.
    pub answer: Duration,
    /// From there until the last one; for ever if nothing is said.
    pub body: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(120), body: None }
    }
}

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
    #[error(
        "{url} answered something that is no answer of a hushwatt node ({reason}): is there another program, or an old one?"
    )]
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

/// A meter as the ledger has it: with which key it goes on, and where its chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterStatus {
    /// Its number.
    pub id: MeterId,
    /// What it measures.
    pub utility: Utility,
    /// Its class in force: 16 or 32 bits.
    pub class: RangeBits,
    /// Its key in force.
    pub key: VerifyingKey,
    /// Sequence number of its last Attest or Correct, 0 before the first.
    pub sequence: u64,
    /// Id of its last Attest or Correct, zeros before the first.
    pub last: TransactionId,
    /// The window it attests next.
    pub next_window: Window,
}

#[derive(Deserialize)]
struct MetersAnswer {
    meters: Vec<MeterAnswer>,
}

#[derive(Deserialize)]
struct MeterAnswer {
    meter: MeterId,
    utility: Utility,
    class_bits: u8,
    key: String,
    sequence: u64,
    last: String,
    next_window: u64,
}

impl MeterAnswer {
    fn read(&self) -> Option<MeterStatus> {
        let digits = |text: &str| text.parse::<NetworkId>().ok().map(|bytes| bytes.0);
        let (first, second) = self.last.split_at_checked(64)?;
        let mut last = [0; 64];
        last[..32].copy_from_slice(&digits(first)?);
        last[32..].copy_from_slice(&digits(second)?);
        Some(MeterStatus {
            id: self.meter,
            utility: self.utility,
            class: [RangeBits::Bits16, RangeBits::Bits32]
                .into_iter()
                .find(|class| class.bits() == usize::from(self.class_bits))?,
            key: VerifyingKey::decode(&digits(&self.key)?).ok()?,
            sequence: self.sequence,
            last: TransactionId(last),
            next_window: Window(self.next_window),
        })
    }
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

type Answer = ureq::http::Response<ureq::Body>;

/// A node's address, with connections kept open.
#[derive(Clone, Debug)]
pub struct NodeClient {
    agent: ureq::Agent,
    base: BaseUrl,
}

impl NodeClient {
    /// A node by its base URL.
    pub fn at(base: &BaseUrl) -> Self {
        Self::patient(base, &Patience::default())
    }

    /// The same, waiting for as long as is said.
    pub fn patient(base: &BaseUrl, patience: &Patience) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.answer))
            .timeout_recv_body(patience.body)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("hushwatt/", env!("CARGO_PKG_VERSION")))
            .build();
        NodeClient { agent: config.into(), base: base.clone() }
    }

    /// The base URL.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// `GET`; an answer read as JSON.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let bytes = self.bytes(path)?;
        serde_json::from_slice(&bytes).map_err(|error| self.nonsense(path, &error))
    }

    /// `GET`; an answer of at most 16 MiB as it is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.read_all(path, self.get(path)?)
    }

    /// `GET`; an answer as it arrives.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn stream(&self, path: &str) -> Result<impl Read + use<>, ClientError> {
        Ok(self.get(path)?.into_body().into_reader())
    }

    /// `POST` of bytes; gives the answer read as JSON.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn post<T: DeserializeOwned>(&self, path: &str, kind: &str, body: &[u8]) -> Result<T, ClientError> {
        let sent = self.agent.post(self.base.join(path)).content_type(kind).send(body);
        let bytes = self.read_all(path, self.accepted(path, sent)?)?;
        serde_json::from_slice(&bytes).map_err(|error| self.nonsense(path, &error))
    }

    /// `GET /v1/status`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn status(&self) -> Result<NodeStatus, ClientError> {
        self.json("/v1/status")
    }

    /// `GET /v1/meters`: all registered meters in registration order, by what the node says; nothing proves it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn meters(&self) -> Result<Vec<MeterStatus>, ClientError> {
        let path = "/v1/meters";
        let MetersAnswer { meters } = self.json(path)?;
        let read = meters.iter().map(MeterAnswer::read).collect::<Option<Vec<_>>>();
        read.ok_or_else(|| self.nonsense(path, &"a meter cannot be read"))
    }

    /// `POST /v1/transactions`; waits up to so many seconds (at most 60) until it is final.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the rule's name if a rule refuses it.
    pub fn submit(&self, built: &Built, wait: u64) -> Result<Taken, ClientError> {
        let transaction = built.transaction.encode();
        let mut body = (transaction.len() as u32).to_le_bytes().to_vec();
        body.extend_from_slice(&transaction);
        body.extend_from_slice(&encode_hints(&built.hints));
        self.submit_bytes(&body, wait)
    }

    /// The same for bytes: length of the transaction (4, little-endian), transaction, hints.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn submit_bytes(&self, submission: &[u8], wait: u64) -> Result<Taken, ClientError> {
        self.post(&format!("/v1/transactions?wait={wait}"), "application/octet-stream", submission)
    }

    /// `GET /v1/blocks`: final blocks with their hints from a height on, handed over one after the other; gives how many there were. An
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
        let mut count = 0;
        for record in self.download(from, most_bytes)? {
            take(record?)?;
            count += 1;
        }
        Ok(count)
    }

    /// The same, to be read at one's own pace.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn download(&self, from: u64, most_bytes: u64) -> Result<Download, ClientError> {
        let path = format!("/v1/blocks?from={from}&hints=true&max_bytes={most_bytes}");
        let answer = self.get(&path)?;
        let tip = answer.headers().get(TIP).and_then(|tip| tip.to_str().ok()?.parse().ok());
        Ok(Download::new(self.clone(), path, from, tip, answer.into_body().into_reader()))
    }

    /// `GET /v1/certificates/{height}/raw`: digest of the block that is final at a height by what the node says; nothing if it has
    /// none there that a certificate covers. The certificate is not checked here.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn digest_at(&self, network: &NetworkId, height: u64) -> Result<Option<BlockDigest>, ClientError> {
        let path = format!("/v1/certificates/{height}/raw");
        let bytes = match self.bytes(&path) {
            Err(ClientError::Refused { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        // How many headers, the first one's length, the first one.
        let header = bytes.get(8..8 + HEADER_LENGTH).filter(|header| header[..8] == height.to_le_bytes());
        let header = header.ok_or_else(|| self.nonsense(&path, &"it is no proof of this block"))?;
        Ok(Some(BlockDigest(Hasher::new(network, Label::BlockHeader).part(header).finish32())))
    }

    /// `GET /v1/board`: what sellers offer on a network, each signature verified.
    ///
    /// # Errors
    /// [`ClientError::Nonsense`] if one of them is no offer of this network.
    pub fn board(&self, network: &NetworkId) -> Result<Vec<SignedOffer>, ClientError> {
        let path = "/v1/board";
        let bytes = self.bytes(path)?;
        let offers = bytes.par_chunks(SignedOffer::LENGTH).map(|encoded| SignedOffer::decode(network, encoded));
        offers.collect::<Result<_, _>>().map_err(|error| self.nonsense(path, &error))
    }

    /// `POST /v1/board`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the rule's name if the node does not list it.
    pub fn post_offer(&self, offer: &SignedOffer) -> Result<(), ClientError> {
        let listed = self.post("/v1/board", "application/octet-stream", &offer.encode());
        listed.map(|_: serde_json::Value| ())
    }

    /// `POST /v1/simulated/clock`.
    ///
    /// # Errors
    /// [`ClientError`]; a network on real time has no such path.
    pub fn set_clock(&self, time: Timestamp) -> Result<(), ClientError> {
        let body = format!("{{\"time\":{}}}", time.0);
        self.post("/v1/simulated/clock", "application/json", body.as_bytes()).map(|_: serde_json::Value| ())
    }

    /// `GET`, or `POST` of a JSON body: status and answer, whatever the status.
    pub(crate) fn exchange(&self, path: &str, body: Option<&[u8]>) -> Result<(u16, Vec<u8>), ClientError> {
        let url = self.base.join(path);
        let answer = match body {
            Some(body) => self.agent.post(url).content_type("application/json").send(body),
            None => self.agent.get(url).call(),
        };
        let answer = answer.map_err(|error| self.unreachable(path, &error))?;
        Ok((answer.status().as_u16(), self.read_all(path, answer)?))
    }

    fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.accepted(path, self.agent.get(self.base.join(path)).call())
    }

    fn read_all(&self, path: &str, mut answer: Answer) -> Result<Vec<u8>, ClientError> {
        let read = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        read.map_err(|error| self.unreachable(path, &error))
    }

    fn accepted(&self, path: &str, answer: Result<Answer, ureq::Error>) -> Result<Answer, ClientError> {
        let mut answer = answer.map_err(|error| self.unreachable(path, &error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let text = answer.body_mut().with_config().limit(1 << 16).read_to_string().unwrap_or_default();
        let (rule, message) = match serde_json::from_str::<ErrorAnswer>(&text) {
            Ok(ErrorAnswer { error: ErrorBody { rule: Some(rule), message } }) => {
                let message = format!("{message} (rule {rule})");
                (Some(rule), message)
            }
            Ok(ErrorAnswer { error }) => (None, error.message),
            Err(_) => (None, "without a reason; is this the address of a hushwatt node?".to_owned()),
        };
        Err(ClientError::Refused { url: self.base.join(path), status: answer.status().as_u16(), rule, message })
    }

    /// For whatever broke on the way.
    pub fn unreachable(&self, path: &str, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Unreachable { url: self.base.join(path), reason: reason.to_string() }
    }

    /// For an answer that makes no sense.
    pub fn nonsense(&self, path: &str, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Nonsense { url: self.base.join(path), reason: reason.to_string() }
    }
}
