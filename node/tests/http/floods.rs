//! Whoever asks too much delays himself, not others.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hushwatt_node::http::{HttpLimits, Rate};

use crate::support::{Fake, limits, options, start, start_on};

/// Never full again while a test runs.
const SCANT: Rate = Rate { per_second: 1e-4, burst: 3 };

#[tokio::test]
async fn requests_are_counted_by_client_and_kind() {
    let server = start(HttpLimits { read_rate: SCANT, submission_rate: SCANT, ..limits() }).await;
    for _ in 0..3 {
        assert_eq!(server.client.get("/v1/status").await.status, 200);
        assert_eq!(server.client.submit(b"v", "").await.status, 202);
    }
    for refused in [server.client.get("/v1/parameters").await, server.client.submit(b"v", "").await] {
        assert_eq!((refused.status, refused.code().as_str()), (429, "rate"));
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    }
    // Not a monitor's requests, and nobody else's.
    assert_eq!(server.client.get("/healthz").await.status, 200);
    assert_eq!(server.client.at(2).get("/v1/status").await.status, 200);
    // Nobody gets a new allowance by naming another address.
    assert_eq!(server.client.with("x-forwarded-for", "192.0.2.1").get("/v1/status").await.status, 429);
}

#[tokio::test]
async fn behind_a_trusted_proxy_clients_are_counted_by_the_address_that_it_names() {
    let mut options = options(HttpLimits { read_rate: SCANT, ..limits() });
    options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let server = start_on(options, Fake::new(false)).await;
    let status = |client: &str| {
        // The client may send the header too; the proxy appends what it sees.
        let client = server.client.with("x-forwarded-for", &format!("198.51.100.{}, {client}", client.len()));
        async move { client.get("/v1/status").await.status }
    };
    for _ in 0..3 {
        assert_eq!(status("192.0.2.1").await, 200);
    }
    assert_eq!((status("192.0.2.1").await, status("192.0.2.2").await), (429, 200));
}

#[tokio::test]
async fn a_flood_of_invalid_proofs_keeps_out_neither_reads_nor_honest_submissions() {
    let mut narrow = limits();
    (narrow.verifications.running, narrow.verifications.per_client) = (1, 8);
    narrow.submissions.per_client = 8;
    let server = start(narrow).await;
    let over = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..16)
        .map(|_| {
            let (client, over) = (server.client.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    let answer = client.submit(b"i", "").await;
                    assert!(matches!(answer.status, 422 | 429), "{answer:?}");
                }
            })
        })
        .collect();
    server.until("a flood", |server| server.node.verified() > 50).await;
    for number in 0..20_u8 {
        assert_eq!(server.client.at(2).submit(&[b'v', number], "").await.status, 202);
        assert_eq!(server.client.at(2).get("/v1/status").await.status, 200);
        assert_eq!(server.client.get("/v1/status").await.status, 200);
    }
    over.store(true, Ordering::SeqCst);
    for one in flood {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn verifications_that_hang_keep_out_no_reads() {
    let mut narrow = limits();
    (narrow.submissions.running, narrow.submissions.waiting, narrow.submissions.per_client) = (2, 1, 2);
    narrow.verifications.running = 1;
    let server = start(narrow).await;
    let held: Vec<_> = (0..2_u8)
        .map(|number| {
            let client = server.client.clone();
            tokio::spawn(async move { client.submit(&[b'h', number], "").await })
        })
        .collect();
    server.until("a verification", |server| server.node.verified() == 1).await;
    // Its share is full as soon as the second has arrived too.
    loop {
        let answer = server.client.submit(b"m", "").await;
        if answer.status == 429 {
            break assert_eq!(answer.code(), "busy_client");
        }
        assert_eq!(answer.status, 400);
    }
    assert_eq!(server.client.get("/v1/status").await.status, 200);
    server.node.release();
    for one in held {
        assert_eq!(one.await.unwrap().status, 202);
    }
}
