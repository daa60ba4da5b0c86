//! `GET /v1/board` and `POST /v1/board`: what sellers offer. Everybody gets the whole board, so nobody tells what he looks
//! for.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hushwatt_client::{OfferError, SignedOffer};
use hushwatt_crypto::hash::hex;
use serde::Serialize;

use super::{
    app::App,
    client::ClientId,
    error::ApiError,
    extract::{read_body, require_length, require_media_type},
};
use crate::{Source, board::BoardRefusal, lock::lock};

#[derive(Serialize)]
struct Listed {
    id: String,
}

/// Sends all offers.
pub(super) async fn offers(State(app): State<Arc<App>>, client: ClientId) -> Result<Response, ApiError> {
    let board = app.board.clone();
    let all = app.read(client, move |backend| lock(&board).all(backend.now())).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], Bytes::from_owner(all)).into_response())
}

/// Takes an offer; the same one again changes nothing.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    client: ClientId,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    require_media_type(&headers, "application/octet-stream")?;
    require_length(&headers, SignedOffer::LENGTH)?;
    let permit = app.gates.submissions.enter(client).await?;
    let body = read_body(&app, body, SignedOffer::LENGTH).await?;
    let board = app.board.clone();
    let listed = app.blocking(vec![permit], move |backend| {
        let offer = SignedOffer::decode(&backend.network(), &body)?;
        lock(&board).post(&offer, Source::Client(client.number()), backend.now())?;
        Ok::<_, ApiError>(Listed { id: hex(&offer.id()) })
    });
    Ok(Json(listed.await??).into_response())
}

impl From<OfferError> for ApiError {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Signature => ApiError::rule("OfferSignature", error.to_string()),
            _ => ApiError::malformed(error.to_string()),
        }
    }
}

impl From<BoardRefusal> for ApiError {
    fn from(refusal: BoardRefusal) -> Self {
        match refusal.rule() {
            Some(rule) => ApiError::rule(rule, refusal.to_string()),
            None => ApiError::full(refusal.to_string()),
        }
    }
}
