//! `GET /v1/certificates/{height}` and its raw form: what proves a block final, for whoever has the genesis alone.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use hushwatt_crypto::hash::hex;
use serde::Serialize;

use super::{app::App, backend::Finality, client::ClientId, error::ApiError, extract::Segment};

#[derive(Serialize)]
struct Answer {
    height: u64,
    certified_height: u64,
    epoch: u64,
    signers: Vec<u16>,
    headers: Vec<String>,
    certificate: String,
}

async fn finality(app: &App, client: ClientId, height: u64) -> Result<Finality, ApiError> {
    if height == 0 {
        return Err(ApiError::parameter("height must be at least 1: the genesis needs no certificate"));
    }
    let found = app.read(client, move |backend| backend.finality(height)).await??;
    found.filter(|finality| !finality.headers.is_empty()).ok_or_else(|| {
        ApiError::not_found("no certificate covers a block of this height here yet: /v1/status tells the node's height")
    })
}

/// As JSON.
pub(super) async fn json(
    State(app): State<Arc<App>>,
    client: ClientId,
    segment: Segment,
) -> Result<Response, ApiError> {
    let height = segment.number("height")?;
    let finality = finality(&app, client, height).await?;
    let answer = Answer {
        height,
        certified_height: height.saturating_add(finality.headers.len() as u64 - 1),
        epoch: finality.epoch,
        signers: finality.signers,
        headers: finality.headers.iter().map(|header| hex(header)).collect(),
        certificate: hex(&finality.certificate),
    };
    Ok(Json(answer).into_response())
}

/// As bytes: `[count u32][length u32, header]...[length u32, certificate]`, integers little-endian.
pub(super) async fn raw(State(app): State<Arc<App>>, client: ClientId, segment: Segment) -> Result<Response, ApiError> {
    let finality = finality(&app, client, segment.number("height")?).await?;
    let mut bytes = (finality.headers.len() as u32).to_le_bytes().to_vec();
    for part in finality.headers.iter().chain([&finality.certificate]) {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
