//! `POST /v1/simulated/clock`: steps the clock of a network whose genesis says `simulated_time`. Anywhere else this path
//! does not exist.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use hushwatt_ledger::units::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    app::App,
    client::ClientId,
    error::ApiError,
    extract::{read_body, require_length, require_media_type},
};

const MOST_BYTES: usize = 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    time: u64,
}

/// Steps the clock on; answers with the time it then tells.
pub(super) async fn step(
    State(app): State<Arc<App>>,
    client: ClientId,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if !app.backend.is_simulated() {
        return Err(ApiError::not_found(
            "this network runs on real time: only a genesis with simulated_time has a clock to step",
        ));
    }
    require_media_type(&headers, "application/json")?;
    require_length(&headers, MOST_BYTES)?;
    let body = read_body(&app, body, MOST_BYTES).await?;
    let wish: Clock = serde_json::from_slice(&body)
        .map_err(|error| ApiError::parameter(format!("the body must be {{\"time\": unix seconds}} ({error})")))?;
    let now = app.read(client, move |backend| backend.set_clock(Timestamp(wish.time))).await?;
    Ok(Json(Clock { time: now.0 }).into_response())
}
