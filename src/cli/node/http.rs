//! Asking a running node.

use std::{io::Read, time::Duration};

use hushwatt_node::config::BaseUrl;
use serde::{Deserialize, de::DeserializeOwned};

/// How long connecting may take, and the answer's first byte.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest answer that is no download.
const MAX_ANSWER: u64 = 16 << 20;

/// Why a node gave no useful answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("{url} cannot be reached ({reason}): is the node running, and is this its address?")]
    Unreachable { url: String, reason: String },
    #[error("{url} answered {status}: {message}")]
    Refused { url: String, status: u16, message: String },
    #[error(
        "{url} answered something that is no answer of a hushwatt node ({reason}): is another program there, or another version?"
    )]
    Nonsense { url: String, reason: String },
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

/// A running node by its address.
pub(super) struct RunningNode {
    base: BaseUrl,
    agent: ureq::Agent,
}

type Answer = ureq::http::Response<ureq::Body>;

impl RunningNode {
    pub(super) fn at(base: &BaseUrl) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("hushwatt/", env!("CARGO_PKG_VERSION")))
            .build();
        RunningNode { base: base.clone(), agent: config.into() }
    }

    /// An answer read as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, HttpError> {
        let bytes = self.bytes(path)?;
        serde_json::from_slice(&bytes).map_err(|error| self.nonsense(path, &error))
    }

    /// An answer as it is.
    pub(super) fn bytes(&self, path: &str) -> Result<Vec<u8>, HttpError> {
        let mut answer = self.get(path)?;
        let read = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        read.map_err(|error| self.unreachable(path, &error))
    }

    /// An answer as it arrives.
    pub(super) fn stream(&self, path: &str) -> Result<impl Read + use<>, HttpError> {
        Ok(self.get(path)?.into_body().into_reader())
    }

    /// Hands over bytes; gives the answer as JSON.
    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T, HttpError> {
        let url = self.base.join(path);
        let sent = self.agent.post(&url).content_type("application/octet-stream").send(body);
        let mut answer = self.accepted(path, sent)?;
        let read = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let bytes = read.map_err(|error| self.unreachable(path, &error))?;
        serde_json::from_slice(&bytes).map_err(|error| self.nonsense(path, &error))
    }

    fn get(&self, path: &str) -> Result<Answer, HttpError> {
        self.accepted(path, self.agent.get(self.base.join(path)).call())
    }

    fn accepted(&self, path: &str, answer: Result<Answer, ureq::Error>) -> Result<Answer, HttpError> {
        let mut answer = answer.map_err(|error| self.unreachable(path, &error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let text = answer.body_mut().with_config().limit(1 << 16).read_to_string().unwrap_or_default();
        let message = match serde_json::from_str::<ErrorAnswer>(&text) {
            Ok(ErrorAnswer { error: ErrorBody { rule: Some(rule), message } }) => format!("{message} (rule {rule})"),
            Ok(ErrorAnswer { error }) => error.message,
            Err(_) => "without a reason; is this the address of a hushwatt node?".to_owned(),
        };
        Err(HttpError::Refused { url: self.base.join(path), status: answer.status().as_u16(), message })
    }

    /// For whatever broke on the way.
    pub(super) fn unreachable(&self, path: &str, reason: &dyn std::fmt::Display) -> HttpError {
        HttpError::Unreachable { url: self.base.join(path), reason: reason.to_string() }
    }

    /// For an answer that makes no sense.
    pub(super) fn nonsense(&self, path: &str, reason: &dyn std::fmt::Display) -> HttpError {
        HttpError::Nonsense { url: self.base.join(path), reason: reason.to_string() }
    }
}
