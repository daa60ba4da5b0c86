//! One shape for every refusal: `{"error": {"code", "rule"?, "from"?, "message"}}`.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hushwatt_client::{
    OrderProblem,
    operator::{ProblemAnswer, ProblemBody},
};

use super::guard::Foreign;
use crate::admission::Refusal;

/// A refusal on its way out.
pub(super) struct Problem {
    status: StatusCode,
    body: ProblemBody,
    retry_after: Option<Duration>,
}

impl Problem {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let body = ProblemBody { code: code.to_owned(), rule: None, from: None, message: message.into() };
        Problem { status, body, retry_after: None }
    }

    fn of(problem: OrderProblem, message: impl Into<String>) -> Self {
        Self::new(status(problem), problem.name(), message)
    }

    /// 400: no JSON, or none of ours.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::of(OrderProblem::Malformed, message)
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is GET /v1/operator and POST /v1/orders")
    }

    /// 405.
    pub fn method() -> Self {
        let message = "this path has no such method: there is GET /v1/operator and POST /v1/orders";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// 415.
    pub fn media_type() -> Self {
        let message = "the body must be sent once, with the header Content-Type: application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    }

    /// 413.
    pub fn too_large(most: usize) -> Self {
        Self::of(OrderProblem::TooLarge, format!("the body is longer than {most} bytes, which no order is"))
    }

    /// 408.
    pub fn slow() -> Self {
        Self::of(OrderProblem::Slow, "the request did not arrive in time: send it at once, or over a faster line")
    }

    /// 429.
    pub fn rate(after: Duration) -> Self {
        let message = "too many requests from this address: wait as long as the header Retry-After says";
        Problem { retry_after: Some(after), ..Self::of(OrderProblem::Rate, message) }
    }

    /// 503.
    pub fn busy() -> Self {
        let message = "too many orders are being checked: try again in a moment";
        Problem { retry_after: Some(Duration::from_secs(1)), ..Self::of(OrderProblem::Busy, message) }
    }

    /// 500. What happened goes to the log only.
    pub fn internal() -> Self {
        let message = "the operator could not answer because of a fault of his own: the cause is in his log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<Foreign> for Problem {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            // Nothing is said to whom it does not concern.
            Foreign::Name => Self::new(
                StatusCode::MISDIRECTED_REQUEST,
                "misdirected",
                "there is nothing under this name: see door.hosts in operator.toml",
            ),
            Foreign::Page => Self::new(StatusCode::FORBIDDEN, "forbidden", "web pages may not ask here: wallets do"),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut problem = Self::of(refusal.problem, refusal.message);
        problem.body.rule = refusal.rule;
        problem.body.from = refusal.from.map(|from| from.0);
        if refusal.problem == OrderProblem::Unavailable {
            problem.retry_after = Some(Duration::from_secs(5));
        }
        problem
    }
}

fn status(problem: OrderProblem) -> StatusCode {
    match problem {
        OrderProblem::Malformed => StatusCode::BAD_REQUEST,
        OrderProblem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        OrderProblem::Slow => StatusCode::REQUEST_TIMEOUT,
        OrderProblem::Rate => StatusCode::TOO_MANY_REQUESTS,
        OrderProblem::Full | OrderProblem::Busy | OrderProblem::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        OrderProblem::ForeignNetwork
        | OrderProblem::NotAnOrder
        | OrderProblem::NotBegun
        | OrderProblem::Over
        | OrderProblem::Expired
        | OrderProblem::Utility
        | OrderProblem::Sealed
        | OrderProblem::Opening
        | OrderProblem::Rule
        | OrderProblem::Unknown => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(ProblemAnswer { error: self.body })).into_response();
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
