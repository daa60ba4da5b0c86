//! `GET /v1/events`: server-sent events, one a final block. A subscriber has a place in the chain and no queue: what he has
//! not taken yet is read from the node when he takes it, so a slow one costs nothing but his place, and is cut off.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use hushwatt_crypto::hash::hex;
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{app::App, backend::NewBlock, client::ClientId, error::ApiError, gate::Permit};
use crate::metrics::CountGuard;

/// Blocks read at once for a subscriber who is behind.
const PAGE: usize = 256;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx not to hold events back.
const BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// A subscription.
struct Subscriber {
    app: Arc<App>,
    client: ClientId,
    tip: watch::Receiver<NewBlock>,
    stopping: watch::Receiver<bool>,
    /// Height of the block after the last in `ready`.
    next: u64,
    ready: VecDeque<NewBlock>,
    ends: Instant,
    _permit: Permit,
    _counted: CountGuard,
}

#[derive(Serialize)]
struct Data {
    height: u64,
    time: u64,
    digest: String,
    transactions: u32,
}

/// Subscribes: from the block after `Last-Event-ID` on; without it from the tip on.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    client: ClientId,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let permit = app.gates.events.enter(client).await?;
    let tip = app.backend.tip();
    let next = match headers.get(LAST_EVENT_ID) {
        None => tip.borrow().height.max(1),
        Some(id) => {
            let height = id.to_str().ok().and_then(|id| id.parse::<u64>().ok());
            height.and_then(|height| height.checked_add(1)).ok_or_else(|| {
                ApiError::parameter("the header Last-Event-ID must be the height of a block, as in the events' id")
            })?
        }
    };
    let subscriber = Subscriber {
        tip,
        stopping: app.stopping.clone(),
        client,
        next,
        ready: VecDeque::new(),
        ends: Instant::now() + app.limits.events_time,
        _permit: permit,
        _counted: app.metrics.subscriber(),
        app,
    };
    let keep_alive = KeepAlive::new().interval(subscriber.app.limits.keep_alive);
    let events = Sse::new(stream_of(subscriber)).keep_alive(keep_alive);
    Ok(([BUFFERING], events).into_response())
}

fn stream_of(subscriber: Subscriber) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(subscriber, |mut subscriber| async move {
        let block = subscriber.next_block().await?;
        let data = Data {
            height: block.height,
            time: block.time.0,
            digest: hex(&block.digest),
            transactions: block.transactions,
        };
        let event = Event::default().event("block").id(block.height.to_string()).json_data(data).ok()?;
        Some((Ok(event), subscriber))
    })
}

impl Subscriber {
    /// The next block when it is final; nothing when the stream ends, and the client subscribes again from where it was.
    async fn next_block(&mut self) -> Option<NewBlock> {
        loop {
            if *self.stopping.borrow() || Instant::now() >= self.ends {
                return None;
            }
            if let Some(block) = self.ready.pop_front() {
                return Some(block);
            }
            let tip = self.tip.borrow_and_update().clone();
            if tip.height < self.next {
                tokio::select! {
                    changed = self.tip.changed() => changed.ok()?,
                    _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                    () = sleep_until(self.ends) => return None,
                }
            } else if tip.height == self.next {
                self.next += 1;
                self.ready.push_back(tip);
            } else {
                let from = self.next;
                let read = self.app.read(self.client, move |backend| backend.announcements(from, PAGE)).await;
                // Also when the node is too busy to read: the client comes back.
                let blocks = read.ok()?.ok()?;
                self.next = blocks.last()?.height + 1;
                self.ready.extend(blocks);
            }
        }
    }
}
