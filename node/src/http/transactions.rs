//! `POST /v1/transactions`: takes a transaction, once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use hushwatt_crypto::{hash::hex, hint::HINT_LENGTH};
use hushwatt_ledger::transaction::{MAX_TRANSACTION_BYTES, TransactionId};
use serde::Serialize;
use tokio::time::timeout;

use super::{
    app::App,
    backend::{Outcome, Submission, SubmitRefusal, Submitted},
    client::ClientId,
    error::ApiError,
    extract::{Query, read_body, require_length, require_media_type},
    gate::Permit,
};

/// The transaction's length stands before it.
const LENGTH_BYTES: usize = 4;
/// No transaction has more hints.
const MAX_HINTS: usize = 64;
/// No body is longer: length, transaction, hints.
pub const MAX_SUBMISSION_BYTES: usize = LENGTH_BYTES + MAX_TRANSACTION_BYTES + MAX_HINTS * HINT_LENGTH;
/// Nobody waits longer for finality, in seconds.
pub const MAX_WAIT: u64 = 60;

/// What became of a submission.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Answer {
    Waiting { id: String },
    Final { id: String, height: u64 },
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = match self {
            Answer::Waiting { .. } => StatusCode::ACCEPTED,
            Answer::Final { .. } => StatusCode::OK,
        };
        (status, Json(self)).into_response()
    }
}

impl Answer {
    fn waiting(id: &TransactionId) -> Self {
        Answer::Waiting { id: hex(&id.0) }
    }

    fn is_final(id: &TransactionId, height: u64) -> Self {
        Answer::Final { id: hex(&id.0), height }
    }
}

impl Submission {
    /// Splits a body: `[length u32 LE][transaction][hints]`.
    fn parse(mut body: Vec<u8>, client: ClientId) -> Result<Self, ApiError> {
        let wrong = || {
            ApiError::malformed("the body must be the transaction's length in 4 bytes, the transaction, then its hints")
        };
        let length = body.first_chunk::<LENGTH_BYTES>().ok_or_else(wrong)?;
        let end = u32::from_le_bytes(*length) as usize + LENGTH_BYTES;
        if end > body.len() {
            return Err(wrong());
        }
        let hints = body.split_off(end);
        body.drain(..LENGTH_BYTES);
        Ok(Submission { transaction: body, hints, source: client.number() })
    }
}

/// Handles the submission, then waits for finality if asked to.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    client: ClientId,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    require_media_type(&headers, "application/octet-stream")?;
    require_length(&headers, MAX_SUBMISSION_BYTES)?;
    let wait = query.number("wait")?.unwrap_or(0);
    if wait > MAX_WAIT {
        return Err(ApiError::parameter(format!("parameter wait must be at most {MAX_WAIT} seconds")));
    }
    let verdict = timeout(app.limits.request_time, verdict(&app, client, body)).await;
    let submitted = verdict.map_err(|_| ApiError::timeout()).flatten();
    match &submitted {
        Ok(_) => app.metrics.count_accepted(),
        Err(error) => app.metrics.count_refused(error.reason()),
    }
    match submitted? {
        Submitted::Final { id, height } => Ok(Answer::is_final(&id, height).into_response()),
        Submitted::Waiting(id) if wait == 0 => Ok(Answer::waiting(&id).into_response()),
        Submitted::Waiting(id) => finality(&app, client, id, Duration::from_secs(wait)).await,
    }
}

/// Reads the body and has the node decide. Both under gates of their own: a slow body holds no core, and only as many
/// bodies are in memory as the first gate lets in.
async fn verdict(app: &App, client: ClientId, body: Body) -> Result<Submitted, ApiError> {
    let in_memory: Permit = app.gates.submissions.enter(client).await?;
    let submission = Submission::parse(read_body(app, body, MAX_SUBMISSION_BYTES).await?, client)?;
    let verifying = app.gates.verifications.enter(client).await?;
    let metrics = app.metrics.clone();
    let verdict = app
        .blocking(vec![in_memory, verifying], move |backend| {
            let start = Instant::now();
            let verdict = backend.submit(submission);
            metrics.verified(start.elapsed());
            verdict
        })
        .await?;
    verdict.map_err(|refusal: SubmitRefusal| refusal.into())
}

/// Waits until the transaction is final; answers that it still waits when the time is over, when too many wait already, and
/// when the node stops.
async fn finality(app: &App, client: ClientId, id: TransactionId, wait: Duration) -> Result<Response, ApiError> {
    let Ok(_permit) = app.gates.finality.enter(client).await else {
        return Ok(Answer::waiting(&id).into_response());
    };
    let outcome = timeout(wait, app.waiters.outcome_of(id)).await;
    match outcome {
        Ok(Ok(Outcome::Final { height })) => Ok(Answer::is_final(&id, height).into_response()),
        Ok(Ok(Outcome::Dropped { rule, message })) => Err(ApiError::rule(rule, message)),
        Ok(Ok(Outcome::Unknown)) => {
            Err(ApiError::unavailable("the node no longer knows the transaction: submit it again"))
        }
        Ok(Ok(Outcome::Waiting)) | Ok(Err(_)) | Err(_) => Ok(Answer::waiting(&id).into_response()),
    }
}
