//! `GET /v1/genesis`, `/v1/parameters`, `/v1/status`, `/v1/openapi.json`, `/healthz`, `/readyz`, `/metrics`: the node and its
//! network.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::parameters::Parameters;
use serde::Serialize;

use super::{
    app::App,
    backend::{Role, Status},
    client::ClientId,
    error::ApiError,
};
use crate::metrics;

/// The description of this API, in OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// The genesis file, byte for byte: its digest is the network id.
pub(super) async fn genesis(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let tag = [(header::ETAG, app.genesis_tag.clone())];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut known = known.flat_map(|line| line.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    if known.any(|known| known == "*" || known.as_bytes() == app.genesis_tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (tag, kind, Bytes::from_owner(app.backend.genesis())).into_response()
}

#[derive(Serialize)]
struct ParametersAnswer<'a> {
    network: String,
    simulated_time: bool,
    parameters: &'a Parameters,
}

/// The parameters in force.
pub(super) async fn parameters(State(app): State<Arc<App>>) -> Response {
    let parameters = app.backend.parameters();
    let answer = ParametersAnswer {
        network: app.backend.network().to_string(),
        simulated_time: app.backend.is_simulated(),
        parameters: &parameters,
    };
    Json(answer).into_response()
}

#[derive(Serialize)]
struct StatusAnswer {
    version: &'static str,
    network: String,
    simulated_time: bool,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    validator: Option<u16>,
    height: u64,
    time: u64,
    digest: String,
    state_root: String,
    epoch: u64,
    validators: Vec<String>,
    peers: u32,
    mempool: MempoolAnswer,
    syncing: bool,
    ready: bool,
    started: u64,
    now: u64,
    disk_bytes: u64,
}

#[derive(Serialize)]
struct MempoolAnswer {
    transactions: u64,
    bytes: u64,
}

/// Where the node stands.
pub(super) async fn status(State(app): State<Arc<App>>, client: ClientId) -> Result<Response, ApiError> {
    let status: Status = app.read(client, |backend| backend.status()).await?;
    let (role, validator) = match status.role {
        Role::Validator(index) => ("validator", Some(index)),
        Role::Follower => ("follower", None),
    };
    let answer = StatusAnswer {
        version: status.version,
        network: app.backend.network().to_string(),
        simulated_time: app.backend.is_simulated(),
        role,
        validator,
        height: status.tip.height,
        time: status.tip.time.0,
        digest: hex(&status.tip.digest),
        state_root: hex(&status.state_root),
        epoch: status.epoch,
        validators: status.validators.iter().map(|validator| hex(validator)).collect(),
        peers: status.peers,
        mempool: MempoolAnswer { transactions: status.mempool_transactions, bytes: status.mempool_bytes },
        syncing: status.syncing,
        ready: app.backend.health().ready.is_ok(),
        started: status.started.0,
        now: status.now.0,
        disk_bytes: status.disk_bytes,
    };
    Ok(Json(answer).into_response())
}

/// The description of this API.
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

#[derive(Serialize)]
struct HealthAnswer {
    status: &'static str,
}

fn health(state: Result<(), String>) -> Result<Response, ApiError> {
    state.map_err(ApiError::unavailable)?;
    Ok(Json(HealthAnswer { status: "ok" }).into_response())
}

/// Whether the process is sound.
pub(super) async fn live(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    health(app.backend.health().live)
}

/// Whether the node is ready for work.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let health_now = app.backend.health();
    health(health_now.live.and(health_now.ready))
}

/// The metrics.
pub(super) async fn metrics(State(app): State<Arc<App>>, client: ClientId) -> Result<Response, ApiError> {
    if !app.serves_metrics {
        return Err(ApiError::not_found(
            "this node serves no metrics: its operator sets metrics.enabled = true to have them",
        ));
    }
    let status = app.read(client, |backend| backend.status()).await?;
    app.metrics.show(&status);
    let text = app.metrics.encode().map_err(|_| ApiError::internal())?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
