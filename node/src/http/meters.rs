//! `GET /v1/meters`: all meters with their keys and where their chains stand, for everybody the same, so that nobody tells which
//! one is his. A gateway that lost its memory goes on from there.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::units::Utility;
use serde::Serialize;

use super::{app::App, backend::MeterView, client::ClientId, error::ApiError};

#[derive(Serialize)]
struct Meters {
    meters: Vec<Meter>,
}

#[derive(Serialize)]
struct Meter {
    meter: u32,
    utility: Utility,
    class_bits: u8,
    key: String,
    sequence: u64,
    last: String,
    next_window: u64,
}

impl From<MeterView> for Meter {
    fn from(view: MeterView) -> Self {
        Meter {
            meter: view.id.0,
            utility: view.utility,
            class_bits: view.class_bits,
            key: hex(&view.key),
            sequence: view.sequence,
            last: hex(&view.last.0),
            next_window: view.next_window.0,
        }
    }
}

/// Lists all meters.
pub(super) async fn meters(State(app): State<Arc<App>>, client: ClientId) -> Result<Response, ApiError> {
    let meters = app.read(client, |backend| backend.meters()).await??;
    Ok(Json(Meters { meters: meters.into_iter().map(Meter::from).collect() }).into_response())
}
