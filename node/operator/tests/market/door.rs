//! The door over HTTP: what a wallet gets, and whom it does not answer.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use hushwatt_client::{
    OperatorClient, OperatorError, OrderProblem,
    operator::{OperatorAnswer, OrderRequest},
};
use hushwatt_crypto::{
    NetworkId,
    order_seal::{SEALED_LENGTH, SealedOpening, SealingKey},
    signature::SigningKey,
};
use hushwatt_ledger::transaction::order::UnadmittedOrder;
use hushwatt_operator::{
    admission::Admission,
    config::{DoorConfig, Limits},
    door::Door,
};
use rand_core::OsRng;

use crate::{
    kit::ANNA,
    scene::{MOST, Scene, ask, four},
};

const LIMITS: Limits = Limits { orders: MOST, rate: (1_000, 1_000), patience: Duration::from_secs(20) };

struct Open {
    scene: Scene,
    door: Door,
}

impl Open {
    fn new() -> Self {
        Self::with(&LIMITS, &[])
    }

    fn with(limits: &Limits, hosts: &[&str]) -> Self {
        let scene = Scene::new(1);
        let network = scene.genesis.network();
        let description = OperatorAnswer::new(
            network,
            &scene.keys.public(),
            scene.keys.sealing.public(),
            &scene.keys.certificate(network),
            scene.genesis.time,
        );
        Self::saying(scene, limits, hosts, description)
    }

    fn saying(scene: Scene, limits: &Limits, hosts: &[&str], description: OperatorAnswer) -> Self {
        let config = DoorConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        };
        let clock = Arc::new(scene.clock.clone());
        let admission =
            Admission::new(scene.genesis.clone(), scene.keys.clone(), scene.book.clone(), clock.clone(), limits.orders);
        let door = Door::open(&config, limits, admission, description, clock).unwrap();
        Open { scene, door }
    }

    fn client(&self) -> OperatorClient {
        OperatorClient::at(&format!("http://{}", self.door.address()).parse().unwrap())
    }

    fn sealed(&self, order: &UnadmittedOrder) -> SealedOpening {
        let described = self.client().describe(self.scene.genesis.network(), &self.scene.keys.public()).unwrap();
        let id = &order.built.transaction.id().0;
        SealedOpening::seal(self.scene.genesis.network(), &described.sealing, id, &order.opening.encode(), &mut OsRng)
    }

    fn post(&self, more: &str, body: &str) -> String {
        let address = self.door.address();
        let length = body.len();
        ask_raw(
            address,
            &format!(
                "POST /v1/orders HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}"
            ),
        )
    }
}

fn ask_raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // An answer may come before all was sent.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn get(address: SocketAddr, path: &str, host: &str) -> String {
    ask_raw(address, &format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"))
}

const JSON: &str = "content-type: application/json\r\n";

/// Status and problem of an answer.
fn problem(answer: &str) -> (u16, String) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
    (status.unwrap(), value["error"]["code"].as_str().unwrap().to_owned())
}

fn refused(outcome: Result<impl Sized, OperatorError>) -> OrderProblem {
    match outcome.map(|_| ()).expect_err("it is refused") {
        OperatorError::Refused { problem, message, .. } => {
            assert!(!message.is_empty());
            problem
        }
        error => panic!("{error}"),
    }
}

#[test]
fn a_wallet_gets_the_key_and_its_orders_admissions_which_the_ledger_takes() {
    let open = Open::new();
    let orders = open.scene.ledger(|ledger| four(&mut ledger.world));
    let (client, operator) = (open.client(), open.scene.keys.public());
    let built: Vec<_> = orders
        .into_iter()
        .map(|order| {
            let sealed = open.sealed(&order);
            let admission = client.submit(&operator, &order.built.transaction, &sealed).unwrap();
            assert_eq!(client.submit(&operator, &order.built.transaction, &sealed).unwrap(), admission);
            order.admitted(admission)
        })
        .collect();
    assert_eq!(open.scene.booked(), 4);
    open.scene.ledger(|ledger| ledger.block(&built));
    let answer = get(open.door.address(), "/v1/operator", &open.door.address().to_string());
    for header in
        ["cache-control: no-store", "x-content-type-options: nosniff", "content-security-policy: default-src 'none'"]
    {
        assert!(answer.contains(header), "{header}");
    }
}

#[test]
fn a_wallet_believes_nobody_but_whom_the_ledger_names() {
    let open = Open::new();
    let (network, client) = (*open.scene.genesis.network(), open.client());
    let known = open.scene.keys.public();
    let other = SigningKey::random(&mut OsRng).verifying_key();
    assert!(matches!(client.describe(&network, &other), Err(OperatorError::NotTheOperator { .. })));
    assert!(matches!(client.describe(&NetworkId([1; 32]), &known), Err(OperatorError::Foreign { .. })));
    // An admission by somebody else is none.
    let order = open.scene.ledger(|ledger| ask(&mut ledger.world, ANNA, 150, 500));
    let sealed = open.sealed(&order);
    let admission = client.submit(&other, &order.built.transaction, &sealed);
    assert!(matches!(admission, Err(OperatorError::Admission { .. })));

    // Somebody in between who puts his own sealing key in the operator's place.
    let scene = Scene::new(1);
    let thief = SealingKey::random(&mut OsRng);
    let signature = scene.keys.certificate(&network);
    let description = OperatorAnswer::new(&network, &known, thief.public(), &signature, scene.genesis.time);
    let between = Open::saying(scene, &LIMITS, &[], description);
    assert!(matches!(between.client().describe(&network, &known), Err(OperatorError::SealingKey { .. })));
}

#[test]
fn refusals_reach_the_wallet_with_their_names() {
    let open = Open::new();
    let order = open.scene.ledger(|ledger| ask(&mut ledger.world, ANNA, 150, 500));
    let (client, operator, transaction) = (open.client(), open.scene.keys.public(), &order.built.transaction);
    let nothing = SealedOpening([0; SEALED_LENGTH]);
    assert_eq!(refused(client.submit(&operator, transaction, &nothing)), OrderProblem::Sealed);
    let payment = open.scene.ledger(|ledger| ledger.world.pay(ANNA, ANNA, 1_000));
    assert_eq!(refused(client.submit(&operator, &payment.transaction, &nothing)), OrderProblem::NotAnOrder);
    open.scene.clock.step_to(open.scene.order_until().plus(1));
    assert_eq!(refused(client.submit(&operator, transaction, &open.sealed(&order))), OrderProblem::Over);
}

#[test]
fn requests_that_are_no_orders_are_answered_in_one_shape() {
    let open = Open::new();
    let address = open.door.address();
    let own = address.to_string();
    let plain = "content-type: text/plain\r\n";
    assert_eq!(problem(&open.post(plain, "{}")), (415, "unsupported_media_type".to_owned()));
    assert_eq!(problem(&open.post("", "{}")), (415, "unsupported_media_type".to_owned()));
    let twice = format!("{JSON}{JSON}");
    assert_eq!(problem(&open.post(&twice, "{}")), (415, "unsupported_media_type".to_owned()));
    let request = OrderRequest { transaction: "00".to_owned(), sealed: "00".to_owned() };
    let good = serde_json::to_string(&request).unwrap();
    for body in
        ["", "{}", "[]", "{\"transaction\": 1, \"sealed\": 2}", "\u{0}", &good.replace('}', ",\"more\":1}"), &good]
    {
        assert_eq!(problem(&open.post(JSON, body)), (400, "malformed".to_owned()), "{body}");
    }
    assert_eq!(problem(&get(address, "/", &own)), (404, "not_found".to_owned()));
    assert_eq!(problem(&get(address, "/v1/orders", &own)), (405, "method_not_allowed".to_owned()));
    let delete = format!("DELETE /v1/orders HTTP/1.1\r\nhost: {own}\r\nconnection: close\r\n\r\n");
    assert_eq!(problem(&ask_raw(address, &delete)), (405, "method_not_allowed".to_owned()));
    assert_eq!(open.scene.booked(), 0);
}

#[test]
fn a_body_that_is_too_long_is_not_read_whether_its_length_is_said_or_not() {
    let open = Open::new();
    let address = open.door.address();
    let said = format!("POST /v1/orders HTTP/1.1\r\nhost: {address}\r\n{JSON}content-length: 99999999\r\n\r\n");
    assert_eq!(problem(&ask_raw(address, &said)), (413, "too_large".to_owned()));
    let mut chunked =
        format!("POST /v1/orders HTTP/1.1\r\nhost: {address}\r\n{JSON}transfer-encoding: chunked\r\n\r\n");
    let chunk = "0".repeat(65_536);
    for _ in 0..20 {
        chunked += &format!("10000\r\n{chunk}\r\n");
    }
    assert_eq!(problem(&ask_raw(address, &chunked)), (413, "too_large".to_owned()));
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits { patience: Duration::from_millis(300), ..LIMITS };
    let open = Open::with(&limits, &[]);
    let address = open.door.address();
    let began = Instant::now();
    let slow = format!("POST /v1/orders HTTP/1.1\r\nhost: {address}\r\n{JSON}content-length: 1000\r\n\r\n{{\"tr");
    assert_eq!(problem(&ask_raw(address, &slow)), (408, "slow".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(10));
    // Others are served meanwhile.
    let _waiting = TcpStream::connect(address).unwrap();
    assert!(get(address, "/v1/operator", &address.to_string()).starts_with("HTTP/1.1 200"));
}

#[test]
fn whoever_asks_too_often_is_told_to_wait() {
    let limits = Limits { rate: (1, 3), ..LIMITS };
    let open = Open::with(&limits, &[]);
    let address = open.door.address();
    let answers: Vec<String> = (0..5).map(|_| get(address, "/v1/operator", &address.to_string())).collect();
    assert!(answers[..3].iter().all(|answer| answer.starts_with("HTTP/1.1 200")));
    let last = &answers[4];
    assert!(last.contains("retry-after: 1"), "{last}");
    assert_eq!(problem(last), (429, "rate".to_owned()));
}

#[test]
fn foreign_names_and_web_pages_are_not_answered() {
    let open = Open::with(&LIMITS, &["operator.example.org"]);
    let address = open.door.address();
    assert!(get(address, "/v1/operator", "operator.example.org").starts_with("HTTP/1.1 200"));
    for host in ["evil.example", "127.0.0.1", "operator.example.org.evil.example"] {
        let answer = get(address, "/v1/operator", host);
        assert_eq!(problem(&answer), (421, "misdirected".to_owned()), "{host}");
        assert!(answer.contains("nosniff"));
    }
    for sign in ["origin: https://evil.example\r\n", "sec-fetch-site: cross-site\r\n", "cookie: a=b\r\n"] {
        let answer = open.post(&format!("{JSON}{sign}"), "{}");
        assert_eq!(problem(&answer), (403, "forbidden".to_owned()), "{sign}");
    }
}

#[test]
fn a_door_that_closes_lets_nobody_wait_and_gives_its_address_back() {
    let open = Open::new();
    let address = open.door.address();
    // A wallet that keeps its connection open.
    let client = open.client();
    client.describe(open.scene.genesis.network(), &open.scene.keys.public()).unwrap();
    let began = Instant::now();
    drop(open.door);
    assert!(began.elapsed() < Duration::from_secs(4));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn many_wallets_at_once_are_all_answered() {
    let open = Open::new();
    let orders = open.scene.ledger(|ledger| four(&mut ledger.world));
    let sealed: Vec<_> = orders.iter().map(|order| open.sealed(order)).collect();
    let operator = open.scene.keys.public();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            for (order, sealed) in orders.iter().zip(&sealed) {
                let client = open.client();
                scope.spawn(move || client.submit(&operator, &order.built.transaction, sealed).unwrap());
            }
        }
    });
    assert_eq!(open.scene.booked(), 4);
}
