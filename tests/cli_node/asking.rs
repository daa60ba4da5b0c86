//! `hushwatt node status` on a played node.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{PlayedNode, run};

fn status(ready: bool, now: u64) -> Value {
    json!({
        "version": "0.1.0", "network": "ab".repeat(32), "simulated_time": false, "role": "validator", "validator": 2,
        "height": 77, "time": now - 30, "digest": "00", "state_root": "00", "epoch": 3,
        "validators": ["a", "b", "c", "d"], "peers": 3, "mempool": {"transactions": 5, "bytes": 1234},
        "syncing": !ready, "ready": ready, "started": now - 7200, "now": now, "disk_bytes": 4096,
        "something_new": 1
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn play(status: Value) -> PlayedNode {
    PlayedNode::start(move |request, _| match request {
        "GET /v1/status" => (200, status.to_string().into_bytes()),
        "GET /readyz" => (503, br#"{"error":{"code":"unavailable","message":"it is 40 blocks behind"}}"#.to_vec()),
        _ => (404, br#"{"error":{"code":"not_found","message":"no such path"}}"#.to_vec()),
    })
}

#[test]
fn a_ready_node_is_told_in_words_and_as_json() {
    let node = play(status(true, now()));
    let told = run(&["status", "--url", &node.url]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    for part in [
        "is ready",
        "validator number 2; connected with 3 of the 3 others",
        "block 77",
        "30s ago",
        "5 transactions",
        "(2h)",
    ] {
        assert!(told.out.contains(part), "\"{part}\" is missing in {}", told.out);
    }
    let told: Value = serde_json::from_str(&run(&["status", "--url", &node.url, "--json"]).ok()).unwrap();
    assert_eq!((&told["height"], &told["something_new"]), (&json!(77), &json!(1)));
}

#[test]
fn a_node_that_is_not_ready_says_why_and_a_wrong_clock_is_noticed() {
    let node = play(status(false, now() - 100));
    let told = run(&["status", "--url", &node.url]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains("NOT READY: it is 40 blocks behind") && told.out.contains("(catching up)"), "{told:?}");
    assert!(told.err.contains("s apart") && told.err.contains("chronyc"), "{told:?}");
    assert_eq!(run(&["status", "--url", &node.url, "--json"]).code, 1);
}

#[test]
fn no_answer_and_a_strange_answer_are_told_apart_from_not_ready() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let told = run(&["status", "--url", &nobody]);
    assert!(told.code == 2 && told.err.contains("is the node running"), "{told:?}");
    for (answer, expected) in [(&b"<html>"[..], "another program"), (br#"{"height": 1}"#, "missing field")] {
        let node = PlayedNode::start(move |_, _| (200, answer.to_vec()));
        let told = run(&["status", "--url", &node.url]);
        assert!(told.code == 2 && told.err.contains(expected), "{told:?}");
    }
    let busy = PlayedNode::start(|_, _| (503, br#"{"error":{"code":"busy","message":"too many requests"}}"#.to_vec()));
    let told = run(&["status", "--url", &busy.url]);
    assert!(told.code == 1 && told.err.contains("503: too many requests"), "{told:?}");
    assert_eq!(run(&["status", "--url", "127.0.0.1:8400"]).code, 2);
}
