//! One shape for every error: `{"error": {"code", "rule"?, "message"}}`.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hushwatt_crypto::hash::hex;
use serde::Serialize;

use super::{
    backend::{BackendError, SubmitRefusal},
    gate::Busy,
};

/// Why a request was not answered with what it asked for, and what to do.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    rule: Option<String>,
    message: String,
    retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    message: &'a str,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        ApiError { status, code, rule: None, message: message.into(), retry_after: None }
    }

    fn retry(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// 400: a parameter or header makes no sense.
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_parameter", message)
    }

    /// 400: a variable segment of the path is no text.
    pub fn not_text() -> Self {
        Self::parameter("the path is not text: see /v1/openapi.json")
    }

    /// 400: the body is not what it should be.
    pub fn malformed(message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "malformed", message);
        error.rule = Some("Malformed".to_owned());
        error
    }

    /// 400: the body ended early.
    pub fn incomplete_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "incomplete_body", "the body ended before its announced end: send it again")
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 405.
    pub fn method() -> Self {
        let message = "this path has no such method: the header Allow lists what it has, /v1/openapi.json describes it";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// 408.
    pub fn slow_body() -> Self {
        let message = "the body did not arrive in time: send it at once, or over a faster line";
        Self::new(StatusCode::REQUEST_TIMEOUT, "slow_body", message)
    }

    /// 413.
    pub fn too_large(most: usize) -> Self {
        let message = format!("the body is longer than {most} bytes, which no valid one is");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 415.
    pub fn media_type(expected: &str) -> Self {
        let message = format!("the body must be sent with the header Content-Type: {expected}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    }

    /// 416.
    pub fn range(length: u64) -> Self {
        let message = format!("the range starts at or behind the end: there are {length} bytes");
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", message)
    }

    /// 422.
    pub fn rule(name: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "rule", message);
        error.rule = Some(name.into());
        error
    }

    /// 429 by rate.
    pub fn rate(after: Duration) -> Self {
        let message = "too many requests from this address: wait as long as the header Retry-After says";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate", message).retry(after)
    }

    /// 500. What happened goes to the log only.
    pub fn internal() -> Self {
        let message =
            "the node could not answer because of a fault of its own: its operator finds the cause in its log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// 503: not now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).retry(Duration::from_secs(5))
    }

    /// 503: no room.
    pub fn full(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "full", message).retry(Duration::from_secs(60))
    }

    /// 504.
    pub fn timeout() -> Self {
        let message = "the node is too busy to answer in time: try again later; a submission may have been taken, and sending it again is safe";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message).retry(Duration::from_secs(5))
    }

    /// The rule that refuses, or else the code: for counting.
    pub fn reason(&self) -> &str {
        self.rule.as_deref().unwrap_or(self.code)
    }
}

impl From<Busy> for ApiError {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Client => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "busy_client",
                "too many requests of this kind are under way from this address: wait for their answers first",
            ),
            Busy::Server => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "too many requests of this kind are under way: try again as the header Retry-After says",
            ),
        }
        .retry(Duration::from_secs(1))
    }
}

impl From<BackendError> for ApiError {
    fn from(error: BackendError) -> Self {
        tracing::error!(%error, "the HTTP API could not read the node");
        Self::internal()
    }
}

impl From<SubmitRefusal> for ApiError {
    fn from(refusal: SubmitRefusal) -> Self {
        match refusal {
            SubmitRefusal::Malformed { message } => Self::malformed(message),
            SubmitRefusal::Rule { name, message } => Self::rule(name, message),
            SubmitRefusal::Conflict { with } => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                format!(
                    "transaction {} waits and spends the same note: wait for its block, or until it expires",
                    hex(&with.0)
                ),
            ),
            SubmitRefusal::Full => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "full",
                "the node's waiting room is full: try again after the next block",
            )
            .retry(Duration::from_secs(5)),
            SubmitRefusal::Unavailable { message } => Self::unavailable(message),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let detail = Detail { code: self.code, rule: self.rule.as_deref(), message: &self.message };
        let mut response = (self.status, Json(Body { error: detail })).into_response();
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
