//! `GET /v1/hints` and `GET /v1/hints/{day}`: hint files in bulk, with resume by range.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, stream};
use hushwatt_ledger::storage::Day;
use serde::Serialize;

use super::{
    app::App,
    client::ClientId,
    download::{self, Broken, Download},
    error::ApiError,
    extract::Segment,
};

/// A file is read in pieces of so many bytes.
const PIECE: u64 = 256 << 10;

#[derive(Serialize)]
struct Days {
    days: Vec<DayEntry>,
}

#[derive(Serialize)]
struct DayEntry {
    day: String,
    bytes: u64,
}

/// Lists the days whose hints are kept.
pub(super) async fn days(State(app): State<Arc<App>>, client: ClientId) -> Result<Response, ApiError> {
    let days = app.read(client, |backend| backend.hint_days()).await??;
    let days = days.into_iter().map(|entry| DayEntry { day: entry.day.to_string(), bytes: entry.bytes }).collect();
    Ok(Json(Days { days }).into_response())
}

/// Sends a day's file, or a range of it.
pub(super) async fn day(
    State(app): State<Arc<App>>,
    client: ClientId,
    segment: Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !is_date(&segment.0) {
        return Err(ApiError::parameter("a day is written as YYYY-MM-DD"));
    }
    let days = app.read(client, |backend| backend.hint_days()).await??;
    let found = days.into_iter().find(|entry| entry.day.to_string() == segment.0);
    let entry = found.ok_or_else(|| {
        ApiError::not_found(
            "no hints of this day are kept: /v1/hints lists the days, and after retention they are gone",
        )
    })?;
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(ByteRange::parse);
    let (start, end) = match range {
        None => (0, entry.bytes),
        Some(range) => match range.of(entry.bytes) {
            Some(found) => found,
            None => return Ok(unsatisfiable(entry.bytes)),
        },
    };
    let download = Download::begin(app, client).await?;
    let body = download::body(pieces(File { download, day: entry.day, at: start, end })).await?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        set_content_range(&mut response, &format!("bytes {start}-{}/{}", end - 1, entry.bytes));
    }
    Ok(response)
}

fn unsatisfiable(length: u64) -> Response {
    let mut response = ApiError::range(length).into_response();
    set_content_range(&mut response, &format!("bytes */{length}"));
    response
}

fn set_content_range(response: &mut Response, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

/// Whether this looks like `YYYY-MM-DD`; years beyond 9999 have more digits.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    digits && matches!(lengths[..], [4..=8, 2, 2])
}

struct File {
    download: Download,
    day: Day,
    at: u64,
    end: u64,
}

fn pieces(file: File) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::try_unfold(file, |mut file| async move {
        if file.at >= file.end {
            return Ok(None);
        }
        let (day, at, length) = (file.day, file.at, PIECE.min(file.end - file.at) as usize);
        let bytes = file.download.piece(move |backend| backend.read_hints(day, at, length)).await?;
        if bytes.len() != length {
            return Err(Broken("the day was just forgotten"));
        }
        file.at += length as u64;
        Ok(Some((Bytes::from(bytes), file)))
    })
}

/// One range of the header `Range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByteRange {
    /// From a byte to a byte, both included.
    Between(u64, u64),
    /// From a byte to the end.
    From(u64),
    /// The last bytes.
    Last(u64),
}

impl ByteRange {
    /// Reads a single range; anything else is ignored, as RFC 9110 allows.
    fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
        match (first, last) {
            ("", last) => number(last).map(ByteRange::Last),
            (first, "") => number(first).map(ByteRange::From),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(ByteRange::Between(first, last))
            }
        }
    }

    /// Start and end (not included) within so many bytes, if any byte is in it.
    fn of(self, length: u64) -> Option<(u64, u64)> {
        let (start, end) = match self {
            ByteRange::Between(first, last) => (first, last.saturating_add(1).min(length)),
            ByteRange::From(first) => (first, length),
            ByteRange::Last(count) => (length.saturating_sub(count), length),
        };
        (start < end).then_some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_cut_to_the_file() {
        let cases = [
            ("bytes=0-9", Some(Some((0, 10)))),
            ("bytes=5-", Some(Some((5, 100)))),
            ("bytes=-7", Some(Some((93, 100)))),
            ("bytes=-700", Some(Some((0, 100)))),
            ("bytes=90-500", Some(Some((90, 100)))),
            ("bytes=100-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=0-18446744073709551615", Some(Some((0, 100)))),
            ("bytes=9-5", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("bytes=", None),
            ("bytes=-", None),
        ];
        for (header, expected) in cases {
            assert_eq!(ByteRange::parse(header).map(|range| range.of(100)), expected, "{header}");
        }
    }

    #[test]
    fn dates_are_told_from_other_segments() {
        assert!(is_date("2026-11-20") && is_date("11761191-01-20"));
        for wrong in ["2026-11-2", "2026-11", "x026-11-20", "", "2026-11-20-01", "../../x"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
