//! Paths that tell about the node and the network.

use hushwatt_client::NodeClient;
use hushwatt_crypto::{range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    transaction::TransactionId,
    units::{MeterId, Utility, Window},
};
use hushwatt_node::http::{HttpOptions, backend::ContractState};
use serde_json::json;

use crate::support::{
    Fake,
    backend::{GENESIS, START},
    limits, options, start, start_on,
};

#[tokio::test]
async fn the_genesis_is_served_byte_for_byte_and_named_by_its_digest() {
    let server = start(limits()).await;
    let answer = server.client.get("/v1/genesis").await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, GENESIS));
    let tag = answer.header("etag").unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", "ab".repeat(32)));
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = server.client.with("if-none-match", &known).get("/v1/genesis").await;
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert_eq!(server.client.with("if-none-match", "\"other\"").get("/v1/genesis").await.status, 200);
}

#[tokio::test]
async fn parameters_and_status_are_told() {
    let server = start(limits()).await;
    server.node.make_blocks(3);
    let parameters = server.client.get("/v1/parameters").await.json();
    assert_eq!(parameters["parameters"]["window"], 3600);
    assert_eq!(parameters["simulated_time"], false);
    let status = server.client.get("/v1/status").await.json();
    assert_eq!((&status["height"], &status["role"], &status["validator"]), (&json!(3), &json!("validator"), &json!(1)));
    assert_eq!((&status["mempool"]["transactions"], &status["ready"]), (&json!(0), &json!(true)));
    assert_eq!(status["validators"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn all_meters_are_listed_with_their_keys_and_where_their_chains_stand() {
    let server = start(limits()).await;
    let answer = server.client.get("/v1/meters").await.json();
    let meters = answer["meters"].as_array().unwrap();
    assert_eq!(meters.len(), 2);
    assert_eq!(
        (&meters[0]["meter"], &meters[0]["utility"], &meters[0]["sequence"]),
        (&json!(0), &json!("electricity"), &json!(0))
    );
    assert_eq!(meters[0]["last"], "00".repeat(64));
    assert_eq!((&meters[1]["class_bits"], &meters[1]["last"]), (&json!(32), &json!("07".repeat(64))));
    assert_eq!(meters[1]["next_window"], 498_679);
    let base = format!("http://{}", server.client.server()).parse().unwrap();
    let read = tokio::task::spawn_blocking(move || NodeClient::at(&base).meters()).await.unwrap().unwrap();
    assert_eq!((read[1].id, read[1].utility, read[1].class), (MeterId(1), Utility::Water, RangeBits::Bits32));
    assert_eq!((read[1].sequence, read[1].last, read[1].next_window), (7, TransactionId([7; 64]), Window(498_679)));
    assert_eq!(read[0].key, SigningKey::from_bytes(&[1; 32]).verifying_key());
    server.node.break_from(0);
    assert_eq!(server.client.get("/v1/meters").await.status, 500);
}

#[tokio::test]
async fn all_contracts_of_a_window_are_listed_with_their_status() {
    let server = start(limits()).await;
    server.node.add_contract(77, 30, ContractState::Open);
    server.node.add_contract(77, 20, ContractState::Delivered { height: 9, receipt: [8; 32] });
    server.node.add_contract(77, 40, ContractState::Expired { height: 10 });
    let page = server.client.get("/v1/windows/77/contracts").await.json();
    assert_eq!((&page["total"], &page["start"], page.get("next")), (&json!(3), &json!(77 * 3600), None));
    let contracts = page["contracts"].as_array().unwrap();
    assert_eq!((&contracts[0]["status"], contracts[0].get("closed")), (&json!("open"), None));
    assert_eq!((&contracts[1]["status"], &contracts[1]["closed"]), (&json!("delivered"), &json!(9)));
    assert_eq!(contracts[1]["receipt"], "08".repeat(32));
    assert_eq!((&contracts[2]["status"], &contracts[2]["price"]), (&json!("expired"), &json!(40)));
    let rest = server.client.get("/v1/windows/77/contracts?from=2").await.json();
    assert_eq!((&rest["from"], rest["contracts"].as_array().unwrap().len()), (&json!(2), 1));
    let none = server.client.get("/v1/windows/18446744073709551615/contracts?from=5").await.json();
    assert_eq!((&none["total"], none["contracts"].as_array().unwrap().len()), (&json!(0), 0));
}

#[tokio::test]
async fn a_long_list_of_contracts_comes_in_pages() {
    let server = start(limits()).await;
    (0..5003).for_each(|_| server.node.add_contract(5, 10, ContractState::Open));
    let first = server.client.get("/v1/windows/5/contracts").await.json();
    assert_eq!((&first["total"], &first["next"]), (&json!(5003), &json!(5000)));
    let second = server.client.get("/v1/windows/5/contracts?from=5000").await.json();
    assert_eq!((second["contracts"].as_array().unwrap().len(), second.get("next")), (3, None));
    let prices = server.client.get("/v1/windows/5/prices").await.json();
    let counted: u64 = prices["windows"][0]["markets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|market| market["contracts"].as_u64().unwrap())
        .sum();
    assert_eq!(counted, 5003);
}

#[tokio::test]
async fn prices_are_those_of_the_contracts_and_the_tariff() {
    let server = start(limits()).await;
    for (price, state) in [
        (30, ContractState::Open),
        (20, ContractState::Delivered { height: 9, receipt: [8; 32] }),
        (500, ContractState::Expired { height: 10 }),
        (20, ContractState::Open),
    ] {
        server.node.add_contract(77, price, state);
    }
    let one = server.client.get("/v1/windows/77/prices").await.json();
    assert_eq!(one["tariff"], json!({"floor": 10, "cap": 1000, "step": 10, "fee": 0}));
    let markets = one["windows"][0]["markets"].as_array().unwrap();
    assert_eq!(
        markets[0],
        json!({"utility": "electricity", "contracts": 3, "open": 2, "delivered": 1, "expired": 0, "lowest": 20,
            "median": 20, "highest": 30, "prices": [{"price": 20, "contracts": 2}, {"price": 30, "contracts": 1}]})
    );
    assert_eq!((&markets[1]["utility"], &markets[1]["lowest"]), (&json!("water"), &json!(500)));
    let range = server.client.get("/v1/prices?from=76&to=78").await.json();
    assert_eq!(range["windows"].as_array().unwrap().len(), 3);
    assert_eq!(range["windows"][1], one["windows"][0]);
    assert_eq!(range["windows"][0]["markets"], json!([]));
    for wrong in ["", "?from=3", "?from=3&to=2", "?from=0&to=168", "?from=0&to=18446744073709551615"] {
        let answer = server.client.get(&format!("/v1/prices{wrong}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{wrong}");
    }
}

#[tokio::test]
async fn a_certificate_comes_with_the_headers_that_lead_to_it() {
    let server = start(limits()).await;
    server.node.make_blocks(4);
    let own = server.client.get("/v1/certificates/2").await.json();
    assert_eq!((&own["certified_height"], own["headers"].as_array().unwrap().len()), (&json!(2), 1));
    // Block 3 has no certificate of its own.
    let covered = server.client.get("/v1/certificates/3").await.json();
    assert_eq!((&covered["height"], &covered["certified_height"]), (&json!(3), &json!(4)));
    assert_eq!((&covered["signers"], &covered["certificate"]), (&json!([0, 1]), &json!("04".repeat(10))));
    let raw = server.client.get("/v1/certificates/3/raw").await.body;
    let mut expected = 2_u32.to_le_bytes().to_vec();
    for part in [&b"body of block 3"[..], b"body of block 4", &[4; 10]] {
        expected.extend_from_slice(&(part.len() as u32).to_le_bytes());
        expected.extend_from_slice(part);
    }
    assert_eq!(raw, expected);
    for path in ["/v1/certificates/5", "/v1/certificates/5/raw"] {
        assert_eq!(server.client.get(path).await.status, 404);
    }
    assert_eq!(server.client.get("/v1/certificates/0").await.status, 400);
}

#[tokio::test]
async fn health_is_told_and_says_what_is_wrong() {
    let server = start(limits()).await;
    for (live, ready, expected) in [
        (None, None, (200, 200)),
        (None, Some("40 blocks behind"), (200, 503)),
        (Some("the disk failed"), None, (503, 503)),
    ] {
        server.node.set_health(live, ready);
        let (live_now, ready_now) = (server.client.get("/healthz").await, server.client.get("/readyz").await);
        assert_eq!((live_now.status, ready_now.status), expected);
        if let Some(wrong) = live.or(ready) {
            assert_eq!(ready_now.json()["error"]["message"], wrong);
        }
    }
}

#[tokio::test]
async fn metrics_show_the_node_and_what_was_asked() {
    let server = start(limits()).await;
    server.node.make_blocks(2);
    server.client.submit(b"v1", "").await;
    server.client.submit(b"i1", "").await;
    server.client.get("/v1/status").await;
    server.client.get("/nothing/here").await;
    let text = server.client.get("/metrics").await.text();
    for line in [
        "hushwatt_block_height 2",
        "hushwatt_block_lag_seconds 98",
        "hushwatt_peers 3",
        "hushwatt_mempool_transactions 1",
        "hushwatt_disk_bytes 4711",
        "hushwatt_transactions_accepted_total 1",
        "hushwatt_transactions_refused_total{rule=\"RangeProof\"} 1",
        "hushwatt_verify_seconds_count 2",
        "hushwatt_http_requests_total{route=\"/v1/status\",status=\"200\"} 1",
        "hushwatt_http_requests_total{route=\"none\",status=\"404\"} 1",
        "hushwatt_http_connections 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
}

#[tokio::test]
async fn metrics_can_be_switched_off() {
    let server = start_on(HttpOptions { metrics: false, ..options(limits()) }, Fake::new(false)).await;
    assert_eq!(server.client.get("/metrics").await.status, 404);
}

#[tokio::test]
async fn the_clock_is_stepped_on_simulated_networks_only() {
    let real = start(limits()).await;
    let json_client = |client: &crate::support::Client| client.with("content-type", "application/json");
    let answer = json_client(&real.client).send("POST", "/v1/simulated/clock", b"{\"time\": 1}").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));

    let simulated = start_on(options(limits()), Fake::new(true)).await;
    let step = |body: String| {
        let client = json_client(&simulated.client);
        async move { client.send("POST", "/v1/simulated/clock", body.as_bytes()).await }
    };
    assert_eq!(step(format!("{{\"time\": {}}}", START + 500)).await.json()["time"], START + 500);
    assert_eq!(step(format!("{{\"time\": {START}}}")).await.json()["time"], START + 500);
    for wrong in ["", "{}", "{\"time\": -1}", "{\"time\": 1, \"zone\": 2}", "[]"] {
        assert_eq!(step(wrong.to_owned()).await.status, 400, "{wrong}");
    }
    assert_eq!(step("x".repeat(2000)).await.status, 413);
    let untyped = simulated.client.send("POST", "/v1/simulated/clock", b"{\"time\": 1}").await;
    assert_eq!(untyped.status, 415);
    assert_eq!(simulated.client.get("/v1/parameters").await.json()["simulated_time"], true);
}

#[tokio::test]
async fn faults_of_the_node_are_not_told_to_clients() {
    let server = start(limits()).await;
    server.node.break_from(0);
    for path in ["/v1/windows/1/contracts", "/v1/windows/1/prices", "/v1/certificates/1"] {
        let answer = server.client.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
        assert!(!answer.text().contains("sdb"));
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let server = start(limits()).await;
    let many_digits = "9".repeat(30);
    for path in [
        "/v1/windows/-1/contracts",
        "/v1/windows/+1/contracts",
        "/v1/windows/x/prices",
        "/v1/windows/%ff/prices",
        &format!("/v1/certificates/{many_digits}"),
        "/v1/status?note=1",
        "/v1/blocks?from=1&from=2",
        "/v1/blocks?hints=maybe",
        "/v1/blocks?from=0",
        "/v1/hints/tomorrow",
        "/healthz?x",
    ] {
        let answer = server.client.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{path}");
    }
    let missing = server.client.get("/v1/notes").await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "not_found"));
    let method = server.client.send("DELETE", "/v1/status", b"").await;
    assert_eq!((method.status, method.code().as_str()), (405, "method_not_allowed"));
    assert_eq!(method.header("allow"), Some("GET,HEAD"));
    assert_eq!(method.header("x-content-type-options"), Some("nosniff"));
}
