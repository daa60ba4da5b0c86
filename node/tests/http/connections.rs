//! Connections: garbage, slow and too many of them.

use hushwatt_node::http::HttpLimits;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    SHORT,
    client::{read_all, read_answer, submission},
    limits, options, start, start_on,
};

#[tokio::test]
async fn garbage_on_the_socket_is_refused_and_harms_nobody() {
    let server = start(limits()).await;
    let tls_hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[0x5a; 500]].concat();
    let garbage: [&[u8]; 8] = [
        &tls_hello,
        &[0; 10_000],
        &[0xff; 100],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/status HTTP/9.9\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
    ];
    for bytes in garbage {
        let answer = server.client.raw(bytes).await;
        let refused = answer.is_empty() || answer.starts_with(b"HTTP/1.1 4");
        assert!(refused, "{:?} got {:?}", &bytes[..5], String::from_utf8_lossy(&answer));
    }
    assert_eq!(server.client.get("/v1/status").await.status, 200);
}

#[tokio::test]
async fn headers_are_bounded_in_size_and_number() {
    let server = start(HttpLimits { header_bytes: 8192, headers: 20, ..limits() }).await;
    let long = server.client.with("x-filler", &"y".repeat(9000));
    assert!(long.raw(&long.request("GET", "/v1/status", b"")).await.starts_with(b"HTTP/1.1 431"));
    let many = (0..30).fold(server.client.clone(), |client, number| client.with(&format!("x-{number}"), "y"));
    assert!(many.raw(&many.request("GET", "/v1/status", b"")).await.starts_with(b"HTTP/1.1 431"));
}

#[tokio::test]
async fn slow_headers_and_idle_connections_are_closed() {
    let server = start(HttpLimits { header_time: SHORT, ..limits() }).await;
    assert!(server.client.raw(b"").await.is_empty());
    let slow = server.client.raw(b"GET /v1/status HTTP/1.1\r\nhost: no").await;
    assert!(slow.is_empty() || slow.starts_with(b"HTTP/1.1 408"), "{slow:?}");
    // Kept alive after an answer, then idle.
    let after_answer = server.client.raw(b"GET /v1/status HTTP/1.1\r\nhost: node\r\n\r\n").await;
    assert!(after_answer.starts_with(b"HTTP/1.1 200"));
}

/// A connection whose request the node does not answer until it is released.
async fn busy(server: &crate::support::Running, transaction: &[u8]) -> TcpStream {
    let client = server.client.with("content-type", "application/octet-stream");
    let mut stream = client.connect().await;
    stream.write_all(&client.request("POST", "/v1/transactions", &submission(transaction))).await.unwrap();
    stream
}

#[tokio::test]
async fn when_all_connections_are_busy_another_is_told_so() {
    let server = start(HttpLimits { connections_per_client: 2, ..limits() }).await;
    let mut both = [busy(&server, b"h1").await, busy(&server, b"h2").await];
    server.until("two verifications", |server| server.node.verified() == 2).await;
    let mut third = server.client.connect().await;
    let refused = read_answer(&mut third).await;
    assert_eq!((refused.status, refused.whole), (503, true));
    assert_eq!(refused.json()["error"]["code"], Value::from("connections"));
    assert_eq!(server.client.at(2).get("/v1/status").await.status, 200);
    server.node.release();
    for stream in &mut both {
        assert_eq!(read_answer(stream).await.status, 202);
    }
    assert_eq!(server.client.get("/v1/status").await.status, 200);
}

#[tokio::test]
async fn idle_connections_give_way_to_new_ones() {
    let server = start(HttpLimits { connections: 4, connections_per_client: 3, ..limits() }).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(server.client.connect().await);
    }
    // One too many of one client: its own longest idle one goes.
    idle.push(server.client.connect().await);
    assert!(read_all(&mut idle[0]).await.is_empty());
    // One too many in all: again one of whoever has the most.
    let other = [server.client.at(2).connect().await, server.client.at(2).connect().await];
    assert!(read_all(&mut idle[1]).await.is_empty());
    assert_eq!(server.client.at(3).get("/v1/status").await.status, 200);
    drop(other);
}

#[tokio::test]
async fn a_flood_of_connections_keeps_nobody_out() {
    let server = start(HttpLimits { connections: 20, connections_per_client: 10, ..limits() }).await;
    let mut flood = Vec::new();
    for number in 0..400 {
        let mut stream = server.client.connect().await;
        // Half of them begin a request and never end it.
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /v1/st").await;
        }
        flood.push(stream);
        if number % 40 == 0 {
            assert_eq!(server.client.get("/v1/status").await.status, 200);
            assert_eq!(server.client.at(2).get("/v1/status").await.status, 200);
        }
    }
    // Those that gave way are closed a moment later.
    let open = |text: &str| -> usize {
        text.lines().find_map(|line| line.strip_prefix("hushwatt_http_connections ")).unwrap().parse().unwrap()
    };
    server.until("few connections", |server| open(&server.metrics.encode().unwrap()) <= 20).await;
}

#[tokio::test]
async fn a_trusted_proxy_may_have_all_connections() {
    let limits = HttpLimits { connections: 10, connections_per_client: 1, ..limits() };
    let mut options = options(limits);
    options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let server = start_on(options, crate::support::Fake::new(false)).await;
    let mut all = Vec::new();
    for _ in 0..5 {
        let mut stream = server.client.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: node\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        all.push(stream);
    }
    assert!(server.metrics.encode().unwrap().contains("hushwatt_http_connections 5"));
}
