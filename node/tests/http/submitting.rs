//! `POST /v1/transactions`.

use hushwatt_crypto::hash::hex;
use hushwatt_node::http::{HttpLimits, MAX_SUBMISSION_BYTES};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::support::{
    SHORT,
    backend::id_of,
    client::{read_answer, submission},
    kind, limits, start,
};

const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");

#[tokio::test]
async fn a_transaction_is_accepted_once_and_told_by_its_id_ever_after() {
    let server = start(limits()).await;
    let id = hex(&id_of(b"v1").0);
    for _ in 0..3 {
        let answer = server.client.submit(b"v1", "").await;
        assert_eq!((answer.status, answer.json()), (202, json!({"status": "waiting", "id": id})));
    }
    server.node.make_block();
    for query in ["", "?wait=60"] {
        let answer = server.client.submit(b"v1", query).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"status": "final", "id": id, "height": 1})));
    }
    assert_eq!(server.node.verified(), 1);
}

#[tokio::test]
async fn the_node_can_tell_clients_apart_and_learns_no_address() {
    let server = start(limits()).await;
    for (client, transaction) in [(1, b"v1"), (2, b"v2"), (1, b"v3")] {
        server.client.at(client).submit(transaction, "").await;
    }
    let clients = server.node.clients();
    assert!(clients[0] == clients[2] && clients[0] != clients[1]);
    assert!(clients.iter().all(|number| *number > u64::from(u32::MAX)), "{clients:?}");
}

#[tokio::test]
async fn each_refusal_has_its_status_and_says_why() {
    let server = start(limits()).await;
    for (kind, status, code, rule) in [
        (kind::MALFORMED, 400, "malformed", Some("Malformed")),
        (kind::INVALID, 422, "rule", Some("RangeProof")),
        (kind::CONFLICT, 409, "conflict", None),
        (kind::FULL, 503, "full", None),
        (kind::UNAVAILABLE, 503, "unavailable", None),
        (kind::FAULT, 500, "internal", None),
    ] {
        let answer = server.client.submit(&[kind], "?wait=60").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.json()["error"]["rule"].as_str(), rule);
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
    // A fault of one request leaves the server unharmed.
    assert_eq!(server.client.submit(b"v", "").await.status, 202);
}

#[tokio::test]
async fn bodies_that_are_no_submission_are_refused_without_asking_the_node() {
    let server = start(limits()).await;
    let octets = server.client.with(OCTETS.0, OCTETS.1);
    for body in [&b""[..], b"abc", &[5, 0, 0, 0, b'v'], &[255, 255, 255, 255, b'v']] {
        let answer = octets.send("POST", "/v1/transactions", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed"));
    }
    for client in [&server.client, &server.client.with("content-type", "application/json")] {
        let answer = client.send("POST", "/v1/transactions", &submission(b"v")).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"));
    }
    for wait in ["61", "-1", "soon", ""] {
        assert_eq!(server.client.submit(b"v", &format!("?wait={wait}")).await.status, 400);
    }
    assert_eq!(server.node.verified(), 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_whether_it_says_so_or_not() {
    let server = start(limits()).await;
    let head = "POST /v1/transactions HTTP/1.1\r\nhost: node\r\ncontent-type: application/octet-stream\r\n";
    let announced = format!("{head}content-length: {}\r\n\r\n", MAX_SUBMISSION_BYTES + 1);
    let mut stream = server.client.connect().await;
    stream.write_all(announced.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 413);

    let mut stream = server.client.connect().await;
    let length = MAX_SUBMISSION_BYTES + 1;
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n");
    stream.write_all(chunked.as_bytes()).await.unwrap();
    stream.write_all(&vec![0; length]).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));

    // The longest one is taken.
    let longest = vec![kind::VALID; MAX_SUBMISSION_BYTES - 4 - b"hints".len()];
    assert_eq!(server.client.submit(&longest, "").await.status, 202);
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let server = start(HttpLimits { body_time: SHORT, ..limits() }).await;
    let mut stream = server.client.connect().await;
    let mut request = server.client.with(OCTETS.0, OCTETS.1).request("POST", "/v1/transactions", &submission(b"v"));
    request.pop();
    stream.write_all(&request).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "slow_body"));
}

#[tokio::test]
async fn a_body_cut_short_submits_nothing() {
    let server = start(limits()).await;
    let mut stream = server.client.connect().await;
    let mut request = server.client.with(OCTETS.0, OCTETS.1).request("POST", "/v1/transactions", &submission(b"v"));
    request.pop();
    stream.write_all(&request).await.unwrap();
    drop(stream);
    assert_eq!(server.client.submit(b"v2", "").await.status, 202);
    assert_eq!(server.node.verified(), 1);
}

#[tokio::test]
async fn a_verdict_that_takes_too_long_is_a_timeout_and_the_transaction_may_still_be_taken() {
    let server = start(HttpLimits { request_time: SHORT, ..limits() }).await;
    let answer = server.client.submit(b"h", "").await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "timeout"));
    assert!(answer.header("retry-after").is_some());
    server.node.release();
    server.until("the verdict", |server| server.metrics.encode().unwrap().contains("verify_seconds_count 1")).await;
    assert_eq!(server.client.submit(b"h", "").await.status, 202);
    assert_eq!(server.node.verified(), 1);
}

#[tokio::test]
async fn whoever_waits_is_answered_with_the_block() {
    let server = start(limits()).await;
    let waiting = |transaction: &'static [u8]| {
        let client = server.client.clone();
        tokio::spawn(async move { client.submit(transaction, "?wait=60").await })
    };
    let (one, other, same) = (waiting(b"v1"), waiting(b"v2"), waiting(b"v1"));
    server.until("three submissions", |server| server.metrics.encode().unwrap().contains("accepted_total 3")).await;
    server.node.make_block();
    for answer in [one, other, same] {
        let answer = answer.await.unwrap();
        assert_eq!((answer.status, &answer.json()["height"]), (200, &json!(1)));
    }
}

#[tokio::test]
async fn whoever_waits_learns_that_it_was_dropped_or_lost() {
    let server = start(limits()).await;
    let waiting = |transaction: &'static [u8]| {
        let client = server.client.clone();
        tokio::spawn(async move { client.submit(transaction, "?wait=60").await })
    };
    let dropped = waiting(b"v1");
    server.until("the submission", |server| server.metrics.encode().unwrap().contains("accepted_total 1")).await;
    server.node.drop_waiting();
    let answer = dropped.await.unwrap();
    assert_eq!((answer.status, &answer.json()["error"]["rule"]), (422, &json!("AlreadySpent")));

    let lost = waiting(b"v2");
    server.until("the submission", |server| server.metrics.encode().unwrap().contains("accepted_total 2")).await;
    server.node.forget_waiting();
    let answer = lost.await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"));
}

#[tokio::test]
async fn a_wait_ends_with_the_transaction_still_waiting() {
    let server = start(limits()).await;
    let answer = server.client.submit(b"v1", "?wait=1").await;
    assert_eq!((answer.status, &answer.json()["status"]), (202, &json!("waiting")));
    // Where too many wait already, nobody is made to.
    let mut few = limits();
    few.finality.running = 1;
    let server = start(few).await;
    let client = server.client.clone();
    let first = tokio::spawn(async move { client.submit(b"v1", "?wait=60").await });
    server.until("the first", |server| server.metrics.encode().unwrap().contains("accepted_total 1")).await;
    // The first has taken the only place: it is counted just before, in the same step of this test's one thread.
    assert_eq!(server.client.submit(b"v2", "?wait=60").await.json()["status"], "waiting");
    assert!(!first.is_finished());
    server.node.make_block();
    assert_eq!(first.await.unwrap().status, 200);
}
