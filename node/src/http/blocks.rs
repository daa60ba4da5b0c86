//! `GET /v1/blocks`: final blocks in bulk, as a stream of frames.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, stream};

use super::{
    app::App,
    client::ClientId,
    download::{self, Broken, Download},
    error::ApiError,
    extract::Query,
    frames,
};

/// Names the tip as it was when the answer began.
const TIP: HeaderName = HeaderName::from_static("hushwatt-tip");
/// Blocks are read from the node in pieces of about so many bytes: what a stream holds in memory.
const PIECE: usize = 1 << 20;
/// What a client gets who does not say how much he wants.
const DEFAULT_BYTES: u64 = 64 << 20;

/// Streams blocks from a height to the tip.
pub(super) async fn blocks(State(app): State<Arc<App>>, client: ClientId, query: Query) -> Result<Response, ApiError> {
    let from = query.number("from")?.unwrap_or(1);
    if from == 0 {
        return Err(ApiError::parameter("parameter from must be at least 1: block 0 is the genesis, at /v1/genesis"));
    }
    let with_hints = query.flag("hints")?.unwrap_or(false);
    let most = query.number("max_bytes")?.unwrap_or(DEFAULT_BYTES);
    let last = app.backend.tip().borrow().height;
    let download = Download::begin(app, client).await?;
    let body = download::body(frames_of(Blocks { download, from, last, most, with_hints })).await?;
    let headers = [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (TIP, last.to_string())];
    Ok((headers, body).into_response())
}

struct Blocks {
    download: Download,
    from: u64,
    last: u64,
    most: u64,
    with_hints: bool,
}

fn frames_of(blocks: Blocks) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::try_unfold(blocks, |mut blocks| async move {
        if blocks.from > blocks.last || blocks.most == 0 {
            return Ok(None);
        }
        let (from, with_hints) = (blocks.from, blocks.with_hints);
        let size = PIECE.min(usize::try_from(blocks.most).unwrap_or(PIECE));
        let records = blocks.download.piece(move |backend| backend.blocks(from, size, with_hints)).await?;
        if records.is_empty() {
            return Err(Broken("a final block is missing"));
        }
        let mut bytes = Vec::new();
        for record in records.iter().filter(|record| record.height <= blocks.last) {
            frames::encode(record, &mut bytes);
            blocks.from = record.height + 1;
        }
        blocks.most = blocks.most.saturating_sub(bytes.len() as u64);
        Ok(Some((Bytes::from(bytes), blocks)))
    })
}
