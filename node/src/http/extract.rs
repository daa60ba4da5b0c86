//! Reads what a request says, and answers in the API's own words if it makes no sense.

use std::{str::FromStr, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequestParts, Path},
    http::{HeaderMap, header, request::Parts},
};
use futures::StreamExt;
use hushwatt_ledger::units::Utility;
use tokio::time::timeout;

use super::{app::App, client::ClientId, error::ApiError};

/// The variable segment of the path.
pub(super) struct Segment(pub String);

impl FromRequestParts<Arc<App>> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let found = Path::<String>::from_request_parts(parts, app).await;
        found.map(|Path(segment)| Segment(segment)).map_err(|_| ApiError::not_text())
    }
}

impl Segment {
    /// As a whole number.
    pub fn number(&self, name: &str) -> Result<u64, ApiError> {
        number(name, &self.0)
    }

    /// As the name of a utility.
    pub fn utility(&self) -> Result<Utility, ApiError> {
        let named = Utility::ALL.into_iter().find(|utility| utility.name() == self.0);
        named.ok_or_else(|| {
            let names = Utility::ALL.map(Utility::name).join(", ");
            ApiError::parameter(format!("there is no such utility: the path names one of {names}"))
        })
    }
}

/// The two variable segments of the path of an auction.
pub(super) struct AuctionSegments(pub Segment, pub Segment);

impl FromRequestParts<Arc<App>> for AuctionSegments {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let found = Path::<(String, String)>::from_request_parts(parts, app).await;
        found
            .map(|Path((utility, window))| AuctionSegments(Segment(utility), Segment(window)))
            .map_err(|_| ApiError::not_text())
    }
}

/// The query, with names that the route has.
#[derive(Clone)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Splits the query and refuses a name that the route does not have, and one that stands twice.
    pub fn parse(query: &str, names: &[&str]) -> Result<Self, ApiError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !names.contains(&name) {
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                return Err(ApiError::parameter(format!("this path has no such parameter: it knows {known}")));
            }
            if pairs.iter().any(|(other, _)| other == name) {
                return Err(ApiError::parameter(format!("parameter {name} stands twice")));
            }
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Ok(Query(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A whole number, if it is there.
    pub fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        self.get(name).map(|text| number(name, text)).transpose()
    }

    /// A truth value, if it is there.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let read = |text: &str| {
            text.parse().map_err(|_| ApiError::parameter(format!("parameter {name} must be true or false")))
        };
        self.get(name).map(read).transpose()
    }
}

fn number(name: &str, text: &str) -> Result<u64, ApiError> {
    // `parse` would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let value = u64::from_str(text).ok().filter(|_| digits);
    value.ok_or_else(|| ApiError::parameter(format!("parameter {name} must be a whole number from 0 to 2^64 - 1")))
}

/// What the admission of the request found out before its handler runs.
macro_rules! from_admission {
    ($found:ty) => {
        impl<S: Sync> FromRequestParts<S> for $found {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
                parts.extensions.get::<$found>().cloned().ok_or_else(ApiError::internal)
            }
        }
    };
}
from_admission!(ClientId);
from_admission!(Query);

/// Refuses a body of another media type.
pub(super) fn require_media_type(headers: &HeaderMap, expected: &'static str) -> Result<(), ApiError> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(ApiError::media_type(expected)) }
}

/// Refuses a body that is announced longer than allowed, before any of it is read.
pub(super) fn require_length(headers: &HeaderMap, most: usize) -> Result<(), ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) { Err(ApiError::too_large(most)) } else { Ok(()) }
}

/// Reads a body that is short enough and comes fast enough.
pub(super) async fn read_body(app: &App, body: Body, most: usize) -> Result<Vec<u8>, ApiError> {
    let read = async {
        let (mut bytes, mut parts) = (Vec::new(), body.into_data_stream());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| ApiError::incomplete_body())?;
            if bytes.len() + part.len() > most {
                return Err(ApiError::too_large(most));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    };
    timeout(app.limits.body_time, read).await.map_err(|_| ApiError::slow_body())?
}
