//! Blocks and hints in bulk.

use hushwatt_node::http::{HttpLimits, backend::BlockRecord, frames::FrameDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    SHORT,
    backend::DAY,
    client::{Answer, read_all},
    limits, start,
};

fn frames(answer: &Answer) -> Vec<BlockRecord> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&answer.body);
    std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
}

fn heights(answer: &Answer) -> Vec<u64> {
    frames(answer).iter().map(|record| record.height).collect()
}

#[tokio::test]
async fn blocks_come_in_order_and_the_download_is_resumed_by_height() {
    let server = start(limits()).await;
    assert!(heights(&server.client.get("/v1/blocks").await).is_empty());
    server.node.make_blocks(5);
    let all = server.client.get("/v1/blocks").await;
    assert_eq!((heights(&all), all.header("hushwatt-tip")), (vec![1, 2, 3, 4, 5], Some("5")));
    assert!(all.whole && frames(&all).iter().all(|record| record.hints.is_none()));
    assert_eq!(frames(&all)[2].body, b"body of block 3");
    assert!(frames(&all)[2].certificate.is_empty());
    assert_eq!(heights(&server.client.get("/v1/blocks?from=4").await), [4, 5]);
    for beyond in ["6", "18446744073709551615"] {
        let none = server.client.get(&format!("/v1/blocks?from={beyond}")).await;
        assert_eq!((none.status, heights(&none), none.header("hushwatt-tip")), (200, vec![], Some("5")));
    }
}

#[tokio::test]
async fn hints_come_with_blocks_where_they_are_kept() {
    let server = start(limits()).await;
    server.node.make_block();
    server.client.submit(b"v11", "").await;
    server.client.submit(b"v22", "").await;
    server.node.make_block();
    let found = frames(&server.client.get("/v1/blocks?hints=true").await);
    // Those of block 1 are forgotten.
    assert_eq!(found[0].hints, None);
    assert_eq!(found[1].hints, Some(vec![b"v11".to_vec(), b"v22".to_vec()]));
    assert!(frames(&server.client.get("/v1/blocks?hints=false").await)[1].hints.is_none());
}

#[tokio::test]
async fn a_client_gets_about_as_many_bytes_as_it_asks_for() {
    let server = start(limits()).await;
    server.node.make_blocks(9);
    assert!(heights(&server.client.get("/v1/blocks?max_bytes=0").await).is_empty());
    assert_eq!(heights(&server.client.get("/v1/blocks?max_bytes=1").await), [1]);
    let some = heights(&server.client.get("/v1/blocks?from=2&max_bytes=60").await);
    assert!(some.len() > 1 && some.len() < 8 && some[0] == 2, "{some:?}");
}

#[tokio::test]
async fn a_download_that_breaks_off_is_known_as_such() {
    let server = start(limits()).await;
    server.node.make_blocks(5);
    server.node.break_from(4);
    // What was not sent yet when the fault was found is not sent any more.
    if let Some(answer) = server.client.try_send("GET", "/v1/blocks", b"").await {
        assert!(!answer.whole && [1, 2, 3].starts_with(&heights(&answer)));
    }
}

#[tokio::test]
async fn the_days_of_hints_are_listed_and_a_day_is_sent() {
    let server = start(limits()).await;
    let file: Vec<u8> = (0..600_000_u32).flat_map(u32::to_le_bytes).collect();
    server.node.set_hints(file.clone());
    let days = server.client.get("/v1/hints").await.json();
    assert_eq!(days["days"][1]["day"], DAY);
    assert_eq!(days["days"][1]["bytes"], file.len());
    let answer = server.client.get(&format!("/v1/hints/{DAY}")).await;
    assert_eq!((answer.status, answer.header("accept-ranges")), (200, Some("bytes")));
    assert!(answer.whole && answer.body == file);
    let empty = server.client.get("/v1/hints/2026-11-20").await;
    assert_eq!((empty.status, empty.body.len()), (200, 0));
    assert_eq!(server.client.get("/v1/hints/2026-08-01").await.status, 404);
}

#[tokio::test]
async fn a_day_of_hints_is_resumed_by_range() {
    let server = start(limits()).await;
    let file: Vec<u8> = (0..100_u8).collect();
    server.node.set_hints(file.clone());
    let path = format!("/v1/hints/{DAY}");
    for (range, start, end) in [("bytes=40-", 40, 100), ("bytes=0-0", 0, 1), ("bytes=-10", 90, 100)] {
        let answer = server.client.with("range", range).get(&path).await;
        assert_eq!((answer.status, answer.body.as_slice()), (206, &file[start..end]));
        assert_eq!(answer.header("content-range").unwrap(), format!("bytes {start}-{}/100", end - 1));
    }
    let nothing_new = server.client.with("range", "bytes=100-").get(&path).await;
    assert_eq!((nothing_new.status, nothing_new.header("content-range")), (416, Some("bytes */100")));
    assert_eq!(nothing_new.code(), "range_not_satisfiable");
    server.node.set_hints([file.clone(), vec![7; 5]].concat());
    assert_eq!(server.client.with("range", "bytes=100-").get(&path).await.body, [7; 5]);
    // What is no single range is ignored.
    for range in ["bytes=0-1,5-6", "lines=1-2"] {
        assert_eq!(server.client.with("range", range).get(&path).await.status, 200);
    }
}

#[tokio::test]
async fn downloads_are_bounded_in_number() {
    let mut few = limits();
    few.downloads.per_client = 1;
    let server = start(few).await;
    server.node.set_hints(vec![0; 64 << 20]);
    let path = format!("/v1/hints/{DAY}");
    // Takes the head of the answer and no more than the sockets hold.
    let mut stream = server.client.connect().await;
    stream.write_all(&server.client.request("GET", &path, b"")).await.unwrap();
    stream.read_exact(&mut [0; 12]).await.unwrap();
    let answer = server.client.get("/v1/blocks").await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "busy_client"));
    assert_eq!(server.client.at(2).get("/v1/blocks").await.status, 200);
    drop(stream);
    loop {
        if server.client.get("/v1/blocks").await.status == 200 {
            break;
        }
    }
}

#[tokio::test]
async fn whoever_does_not_take_his_answer_is_cut_off() {
    let server = start(HttpLimits { stall_time: SHORT, ..limits() }).await;
    server.node.set_hints(vec![0; 64 << 20]);
    let mut stream = server.client.connect().await;
    let request = server.client.request("GET", &format!("/v1/hints/{DAY}"), b"");
    stream.write_all(&request).await.unwrap();
    server.until("the connection", |server| server.metrics.encode().unwrap().contains("http_connections 1")).await;
    server.until("the end", |server| server.metrics.encode().unwrap().contains("http_connections 0")).await;
}

#[tokio::test]
async fn a_download_that_takes_too_long_ends_before_its_end() {
    let server = start(HttpLimits { download_time: SHORT, ..limits() }).await;
    server.node.set_hints(vec![0; 64 << 20]);
    let mut stream = server.client.connect().await;
    stream.write_all(&server.client.request("GET", &format!("/v1/hints/{DAY}"), b"")).await.unwrap();
    stream.read_exact(&mut [0; 12]).await.unwrap();
    // More is left than the sockets hold.
    tokio::time::sleep(2 * SHORT).await;
    assert!(read_all(&mut stream).await.len() < 64 << 20);
}

#[tokio::test]
async fn a_fault_before_the_first_block_is_told_as_such() {
    let server = start(limits()).await;
    server.node.make_blocks(5);
    server.node.break_from(1);
    let answer = server.client.get("/v1/blocks").await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
}
