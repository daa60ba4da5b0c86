//! `GET /prices`: a page for everybody, with prices and numbers of orders by window, so that pricing is open while orders are
//! not.
//!
//! **What it must not do.** It shows what the ledger tells everybody and nothing else: no amount, no key, no order. It asks
//! for nothing but a place in time, runs no script, and loads nothing but its own style sheet, which its headers enforce.
//!
//! * `data.rs`: what is shown, read from the node. `chart.rs`: the charts. `html.rs`: the page. `words.rs`: numbers and times in
//!   words.

mod chart;
mod data;
mod html;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod samples;
mod words;

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use super::{app::App, client::ClientId, error::ApiError, extract::Query};
use data::Page;

const STYLE: &str = include_str!("style.css");
/// No script, no frame, no form, nothing from elsewhere.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// A window's price changes nothing for minutes; a shared cache may spare the node.
const PAGE_LIFE: &str = "public, max-age=30";
const STYLE_LIFE: &str = "public, max-age=3600";

/// The page.
pub(super) async fn page(State(app): State<Arc<App>>, client: ClientId, query: Query) -> Result<Response, ApiError> {
    let from = query.number("from")?;
    let page = app.read(client, move |backend| Page::read(backend, from)).await??;
    let mut response = Html(html::page(&page).into_string()).into_response();
    harden(response.headers_mut(), PAGE_LIFE);
    Ok(response)
}

/// Its style sheet.
pub(super) async fn style() -> Response {
    let mut response = STYLE.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    harden(response.headers_mut(), STYLE_LIFE);
    response
}

fn harden(headers: &mut HeaderMap, life: &'static str) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, life),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), usb=(), serial=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
