//! The graceful stop.

use hushwatt_node::http::HttpLimits;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{SHORT, client::read_all, limits, start};

#[tokio::test]
async fn running_requests_finish_and_everything_else_is_closed() {
    let mut server = start(limits()).await;
    let held = {
        let client = server.client.clone();
        tokio::spawn(async move { client.submit(b"h", "").await })
    };
    let waiting = {
        let client = server.client.clone();
        tokio::spawn(async move { client.submit(b"v", "?wait=60").await })
    };
    let mut events = server.client.connect().await;
    events.write_all(&server.client.request("GET", "/v1/events", b"")).await.unwrap();
    let mut idle = server.client.connect().await;
    server.until("both submissions", |server| server.node.verified() == 2).await;
    server.until("the waiting one", |server| server.metrics.encode().unwrap().contains("accepted_total 1")).await;
    server.until("the subscriber", |server| server.metrics.subscribers() == 1).await;

    server.begin_stop();
    assert!(read_all(&mut idle).await.is_empty());
    assert!(read_all(&mut events).await.starts_with(b"HTTP/1.1 200"));
    // Whoever waits for finality learns that it still waits.
    assert_eq!(waiting.await.unwrap().status, 202);
    assert!(!held.is_finished());
    server.node.release();
    assert_eq!(held.await.unwrap().status, 202);
    let client = server.client.clone();
    server.stopped().await;
    assert!(TcpStream::connect(client.server()).await.is_err());
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let mut server = start(HttpLimits { shutdown_time: SHORT, ..limits() }).await;
    let mut stuck = server.client.connect().await;
    let client = server.client.with("content-type", "application/octet-stream");
    let mut request = client.request("POST", "/v1/transactions", &crate::support::client::submission(b"v"));
    request.pop();
    stuck.write_all(&request).await.unwrap();
    server.until("the request", |server| server.metrics.encode().unwrap().contains("http_connections 1")).await;
    server.begin_stop();
    let node = server.node.clone();
    server.stopped().await;
    assert!(read_all(&mut stuck).await.is_empty());
    assert_eq!(node.verified(), 0);
}
