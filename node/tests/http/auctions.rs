//! Auctions as data, and the page of prices.

use hushwatt_ledger::{
    parameters::Parameters,
    transaction::TransactionId,
    units::{Price, Utility, Window},
};
use hushwatt_node::http::backend::{AuctionState, Ending};
use serde_json::json;

use crate::support::{Running, backend::START, limits, start};

/// The window under way at the fake node's start.
const NOW: u64 = START / 3600;

fn traded(price: u32) -> AuctionState {
    let ending = Ending { height: 9, transaction: TransactionId([8; 64]) };
    AuctionState::Traded { price: Price::new(price).unwrap(), ending }
}

/// Electricity: cleared, nothing traded, expired, closed, collecting; water: cleared in the first of these windows.
async fn market() -> Running {
    let server = start(limits()).await;
    let ending = Ending { height: 12, transaction: TransactionId([7; 64]) };
    for (ago, state) in [
        (8, traded(123)),
        (7, AuctionState::NoTrade { ending }),
        (6, AuctionState::Expired { height: 20 }),
        (5, AuctionState::Closed),
        (4, AuctionState::Collecting),
    ] {
        server.node.add_auction(NOW - ago, Utility::Electricity, &[true, false, false], state, None);
    }
    server.node.add_auction(NOW - 8, Utility::Water, &[true, false], traded(2_500), None);
    server
}

#[tokio::test]
async fn auctions_are_listed_by_window_with_their_state() {
    let server = market().await;
    let list = server.client.get(&format!("/v1/auctions?from={}&count=5", NOW - 8)).await.json();
    let auctions = list["auctions"].as_array().unwrap();
    assert_eq!((&list["operator"], auctions.len()), (&json!("0b".repeat(32)), 6));
    assert_eq!(
        auctions[0],
        json!({"window": NOW - 8, "start": (NOW - 8) * 3600, "utility": "electricity", "sells": 1, "buys": 2,
            "state": "traded", "price": 123, "height": 9, "transaction": "08".repeat(64)})
    );
    assert_eq!((&auctions[1]["utility"], &auctions[1]["price"]), (&json!("water"), &json!(2_500)));
    let states: Vec<&str> = auctions.iter().map(|auction| auction["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["traded", "traded", "no-trade", "expired", "closed", "collecting"]);
    assert_eq!((&auctions[2]["height"], auctions[2].get("price")), (&json!(12), None));
    assert_eq!((&auctions[3]["height"], auctions[3].get("transaction")), (&json!(20), None));
    assert_eq!((auctions[4].get("height"), auctions[5].get("height")), (None, None));
    let one = server.client.get(&format!("/v1/auctions?from={}&count=1", NOW - 7)).await.json();
    assert_eq!(one["auctions"].as_array().unwrap().len(), 1);
    // Without a wish the newest windows: the last of 5 is the one under way.
    assert_eq!(server.client.get("/v1/auctions").await.json(), list);
    let newest = server.client.get("/v1/auctions?count=5").await.json();
    assert_eq!(newest["auctions"].as_array().unwrap().len(), 1);
    let far = server.client.get("/v1/auctions?from=18446744073709551615").await.json();
    assert_eq!(far["auctions"], json!([]));
    for wrong in ["count=0", "count=169", "count=-1", "from=x", "from=1&from=2", "until=3"] {
        let answer = server.client.get(&format!("/v1/auctions?{wrong}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{wrong}");
    }
}

#[tokio::test]
async fn an_auction_is_told_with_its_deadlines_and_orders() {
    let server = market().await;
    let window = NOW - 3;
    server.node.add_auction(window, Utility::Heat, &[false, true], AuctionState::Closed, Some([0xab; 32]));
    let parameters = Parameters::default();
    let detail = server.client.get(&format!("/v1/auctions/heat/{window}")).await.json();
    let until = parameters.attest_until(Window(window)).0;
    assert_eq!(
        detail,
        json!({"window": window, "start": window * 3600, "utility": "heat", "sells": 1, "buys": 1, "state": "closed",
            "order_from": until + 1, "order_until": until + 1800, "clear_until": until + 3600, "rank": "ab".repeat(32),
            "orders": [{"order": "00".repeat(32), "side": "buy"}, {"order": "01".repeat(32), "side": "sell"}]})
    );
    server.node.add_auction(NOW, Utility::Heat, &[false], AuctionState::Collecting, None);
    let named = server.client.get(&format!("/v1/auctions/heat/{NOW}")).await.json();
    assert_eq!(named["operator"], "0b".repeat(32));
    let cleared = server.client.get(&format!("/v1/auctions/electricity/{}", NOW - 8)).await.json();
    assert_eq!((&cleared["price"], cleared.get("rank")), (&json!(123), None));
    for none in [format!("/v1/auctions/water/{window}"), "/v1/auctions/heat/18446744073709551615".to_owned()] {
        let answer = server.client.get(&none).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{none}");
    }
    for wrong in ["gas/3", "Electricity/3", "heat/-1", "heat/x", "%ff/3", "heat/3?from=1"] {
        let answer = server.client.get(&format!("/v1/auctions/{wrong}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{wrong}");
    }
}

#[tokio::test]
async fn the_page_of_prices_shows_every_utility_and_lets_nothing_run() {
    let server = market().await;
    server.node.make_blocks(3);
    let answer = server.client.get("/prices").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    let page = answer.text();
    for part in
        ["Electricity", "Water", "0.123\u{a0}EUR/kWh", "2.500\u{a0}EUR/m\u{b3}", "As of block 3,", "/prices/style.css"]
    {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("Heat"));
    let style = server.client.get("/prices/style.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(style.text().contains("prefers-color-scheme") && !style.text().contains("url("));
}

#[tokio::test]
async fn the_page_of_prices_goes_back_in_time() {
    let server = market().await;
    let newest = server.client.get("/prices").await.text();
    let earlier = newest.split("href=\"/prices?from=").nth(1).unwrap().split('"').next().unwrap();
    let before = server.client.get(&format!("/prices?from={earlier}")).await.text();
    assert!(before.contains("No orders in these windows:") && before.contains("Newest →"), "{before}");
    // Whatever somebody asks for is moved into what there is.
    for wish in ["0", "18446744073709551615"] {
        assert_eq!(server.client.get(&format!("/prices?from={wish}")).await.status, 200);
    }
    assert_eq!(server.client.get("/prices?from=x").await.status, 400);
    assert_eq!(server.client.get("/prices?note=1").await.status, 400);
}

#[tokio::test]
async fn a_fault_of_the_node_is_not_told_on_the_page() {
    let server = market().await;
    server.node.break_from(0);
    for path in ["/prices", "/v1/auctions", "/v1/auctions/heat/3"] {
        let answer = server.client.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
        assert!(!answer.text().contains("sdb"));
    }
}
