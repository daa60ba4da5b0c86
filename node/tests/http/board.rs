//! `GET /v1/board` and `POST /v1/board`: what a seller offers reaches everybody, and nothing else does.

use hushwatt_client::{ClientError, NodeClient, Offer, SignedOffer};
use hushwatt_crypto::{
    NetworkId,
    hash::hex,
    keys::{Account, Seed},
};
use hushwatt_ledger::{
    parameters::Parameters,
    units::{Price, Quantity, Timestamp, Utility},
};
use rand::rngs::OsRng;
use serde_json::json;

use crate::support::{Client, Running, backend::START, limits, start};

/// That of the node in memory.
const NETWORK: NetworkId = NetworkId([0xab; 32]);
/// The clock of the node in memory.
const NOW: Timestamp = Timestamp(START + 100);

fn offer(network: &NetworkId, change: impl FnOnce(&mut Offer)) -> SignedOffer {
    let account = Account::from_seed(network, &Seed::random(&mut OsRng)).unwrap();
    let mut offer = Offer {
        seller: *account.address(),
        utility: Utility::Electricity,
        window: Parameters::default().window_at(NOW),
        quantity: Quantity(2_000),
        price: Price::new(150).unwrap(),
        valid_until: NOW.plus(600),
    };
    change(&mut offer);
    SignedOffer::sign(network, offer, &account, &mut OsRng).unwrap()
}

fn octets(server: &Running) -> Client {
    server.client.with("content-type", "application/octet-stream")
}

#[tokio::test]
async fn an_offer_is_listed_once_for_everybody() {
    let server = start(limits()).await;
    assert!(server.client.get("/v1/board").await.body.is_empty());
    let one = offer(&NETWORK, |_| {});
    for _ in 0..2 {
        let answer = octets(&server).send("POST", "/v1/board", &one.encode()).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"id": hex(&one.id())})));
    }
    for client in [&server.client, &server.client.at(2)] {
        assert_eq!(client.get("/v1/board").await.body, one.encode());
    }
}

#[tokio::test]
async fn what_is_no_offer_of_this_network_is_refused() {
    let server = start(limits()).await;
    let mut forged = offer(&NETWORK, |_| {}).encode();
    forged[SignedOffer::LENGTH - 70] ^= 1;
    let foreign = offer(&NetworkId([0xac; 32]), |_| {}).encode();
    let dear = offer(&NETWORK, |offer| offer.price = Price::new(100_000).unwrap()).encode();
    let over = offer(&NETWORK, |offer| offer.valid_until = NOW.minus(1)).encode();
    let whole = offer(&NETWORK, |_| {}).encode();
    for (body, status, code, rule) in [
        (&forged[..], 422, "rule", Some("OfferSignature")),
        (&foreign, 422, "rule", Some("OfferSignature")),
        (&dear, 422, "rule", Some("PriceOutOfRange")),
        (&over, 422, "rule", Some("OfferOver")),
        (&whole[1..], 400, "malformed", Some("Malformed")),
        (b"", 400, "malformed", Some("Malformed")),
        (&[&whole[..], b"x"].concat(), 413, "too_large", None),
    ] {
        let answer = octets(&server).send("POST", "/v1/board", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.json()["error"]["rule"].as_str(), rule);
    }
    assert!(server.client.get("/v1/board").await.body.is_empty());
}

#[tokio::test]
async fn the_client_posts_and_reads_offers_and_believes_none_without_its_signature() {
    let server = start(limits()).await;
    let address = server.client.server();
    let client = NodeClient::at(&format!("http://{address}").parse().unwrap());
    let offers = [offer(&NETWORK, |_| {}), offer(&NETWORK, |offer| offer.quantity = Quantity(1))];
    let (over, expected) = (offer(&NETWORK, |offer| offer.valid_until = NOW.minus(1)), offers.clone());
    let asked = tokio::task::spawn_blocking(move || {
        offers.iter().for_each(|offer| client.post_offer(offer).unwrap());
        (client.board(&NETWORK).unwrap(), client.board(&NetworkId([1; 32])), client.post_offer(&over))
    });
    let (mut read, foreign, refused) = asked.await.unwrap();
    read.sort_by_key(|offer| offer.offer().quantity);
    assert_eq!(read, [expected[1].clone(), expected[0].clone()]);
    assert!(matches!(foreign, Err(ClientError::Nonsense { .. })), "{foreign:?}");
    assert!(matches!(refused, Err(ClientError::Refused { rule: Some(rule), .. }) if rule == "OfferOver"));
}
