//! `GET /v1/events`.

use std::time::Duration;

use hushwatt_node::http::HttpLimits;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Client, PATIENCE, SHORT, limits, schema::Description, start};

/// A subscription, line by line.
struct Events(BufReader<TcpStream>);

impl Events {
    async fn open(client: &Client) -> Self {
        let mut stream = client.connect().await;
        stream.write_all(&client.request("GET", "/v1/events", b"")).await.unwrap();
        let mut events = Events(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push_str(&events.line().await.unwrap());
        }
        assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("content-type: text/event-stream"), "{head}");
        events
    }

    /// The next line; nothing at the end.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("no event came");
        (read.unwrap_or(0) > 0).then_some(line)
    }

    /// The next line that begins so.
    async fn line_with(&mut self, start: &str) -> Option<String> {
        loop {
            if let Some(rest) = self.line().await?.strip_prefix(start) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    /// The height of the next event.
    async fn height(&mut self) -> Option<u64> {
        let (mut id, mut data, mut named) = (None, None, false);
        loop {
            let line = self.line().await?;
            match line.trim().split_once(": ").unwrap_or((line.trim(), "")) {
                ("id", value) => id = Some(value.parse::<u64>().unwrap()),
                ("event", name) => named = name == "block",
                ("data", value) => data = Some(serde_json::from_str::<Value>(value).unwrap()),
                ("", "") if data.is_some() => break,
                _ => {}
            }
        }
        let data = data.unwrap();
        let schema = serde_json::json!({"$ref": "#/components/schemas/BlockEvent"});
        Description::load().validate(&schema, &data, "event");
        assert!(named && data["height"] == id.unwrap());
        id
    }
}

#[tokio::test]
async fn each_block_is_one_event_for_every_subscriber() {
    let server = start(limits()).await;
    let mut early = Events::open(&server.client).await;
    server.node.make_blocks(3);
    assert_eq!((early.height().await, early.height().await, early.height().await), (Some(1), Some(2), Some(3)));
    // Who comes later begins with the tip.
    let mut late = Events::open(&server.client).await;
    assert_eq!(late.height().await, Some(3));
    server.node.make_block();
    assert_eq!((early.height().await, late.height().await), (Some(4), Some(4)));
    assert_eq!(server.metrics.subscribers(), 2);
    drop((early, late));
    server.until("that both are gone", |server| server.metrics.subscribers() == 0).await;
}

#[tokio::test]
async fn a_subscription_is_resumed_where_it_ended() {
    let server = start(limits()).await;
    server.node.make_blocks(1000);
    for (seen, next) in [("0", 1), ("998", 999), ("999", 1000)] {
        let mut events = Events::open(&server.client.with("last-event-id", seen)).await;
        for height in next..=1000 {
            assert_eq!(events.height().await, Some(height));
        }
    }
    // Of a node that is behind, one waits for what comes.
    let mut ahead = Events::open(&server.client.with("last-event-id", "1001")).await;
    server.node.make_blocks(2);
    assert_eq!(ahead.height().await, Some(1002));
    for wrong in ["", "x", "-1", "18446744073709551615"] {
        let answer = server.client.with("last-event-id", wrong).get("/v1/events").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{wrong}");
    }
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_and_ends_in_time() {
    let quiet = HttpLimits { keep_alive: Duration::from_millis(50), ..limits() };
    let server = start(quiet.clone()).await;
    let mut events = Events::open(&server.client).await;
    for _ in 0..3 {
        assert!(events.line_with(":").await.is_some());
    }
    let server = start(HttpLimits { events_time: SHORT, ..quiet }).await;
    let mut events = Events::open(&server.client).await;
    while events.line().await.is_some() {}
    server.until("the end", |server| server.metrics.subscribers() == 0).await;
}

#[tokio::test]
async fn subscribers_are_bounded_in_all_and_for_each_client() {
    let mut few = limits();
    (few.events.running, few.events.per_client) = (3, 2);
    let server = start(few).await;
    let _two = (Events::open(&server.client).await, Events::open(&server.client).await);
    let third = server.client.get("/v1/events").await;
    assert_eq!((third.status, third.code().as_str()), (429, "busy_client"));
    let _other = Events::open(&server.client.at(2)).await;
    let fourth = server.client.at(3).get("/v1/events").await;
    assert_eq!((fourth.status, fourth.code().as_str()), (503, "busy"));
    assert!(fourth.header("retry-after").is_some());
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_is_cut_off() {
    let server = start(HttpLimits { stall_time: SHORT, ..limits() }).await;
    // More than the sockets' buffers hold.
    server.node.make_blocks(150_000);
    let slow = Events::open(&server.client.with("last-event-id", "0")).await;
    server.until("that the slow one is cut off", |server| server.metrics.subscribers() == 0).await;
    drop(slow);
    // Others are served.
    let mut other = Events::open(&server.client).await;
    assert_eq!(other.height().await, Some(150_000));
}

#[tokio::test]
async fn a_stream_ends_when_the_node_cannot_read_its_blocks() {
    let server = start(limits()).await;
    server.node.make_blocks(600);
    server.node.break_from(257);
    let mut events = Events::open(&server.client.with("last-event-id", "0")).await;
    for height in 1..=256 {
        assert_eq!(events.height().await, Some(height));
    }
    assert_eq!(events.height().await, None);
    let mut rest = Vec::new();
    events.0.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
}
