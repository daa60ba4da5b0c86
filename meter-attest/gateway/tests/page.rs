//! The local page over HTTP: what it tells, and whom it does not answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use hushwatt_crypto::{NetworkId, meter::DayKey};
use hushwatt_gateway::{
    config::PageConfig,
    page::{Board, PageServer, Status, Warning},
};
use hushwatt_ledger::units::{Interval, MeterId, Quantity};
use hushwatt_wallet::{LocalQuality, LocalReading, LocalReadings, SealedDay};
use rand_core::OsRng;

const NETWORK: NetworkId = NetworkId([7; 32]);

fn serve(hosts: &[&str]) -> (PageServer, Arc<Board>) {
    let board = Arc::new(Board::new());
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    let config = PageConfig { listen: "127.0.0.1:0".parse().unwrap(), hosts };
    (PageServer::start(&config, board.clone()).unwrap(), board)
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str, host: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"))
}

#[test]
fn the_page_and_the_status_say_what_is_on_the_board() {
    let (page, board) = serve(&[]);
    let warning = Warning { code: "line", alarm: true, since: 5, text: "the cable <is> out".to_owned() };
    let status = Status { now: 10, network: NETWORK.to_string(), warnings: vec![warning], ..Status::default() };
    board.put_status(status);
    let own = page.address().to_string();
    let shown = get(page.address(), "/", &own);
    assert!(shown.starts_with("HTTP/1.1 200") && shown.contains("the cable &lt;is&gt; out"), "{shown}");
    assert!(shown.contains("Something needs you") && !shown.contains("<script"));
    for header in ["content-security-policy: default-src 'none'", "cache-control: no-store", "x-frame-options: DENY"] {
        assert!(shown.contains(header), "{header}");
    }
    let told = get(page.address(), "/v1/status", &own);
    let body: serde_json::Value = serde_json::from_str(told.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["warnings"][0]["code"], "line");
    assert!(get(page.address(), "/style.css", &own).contains("text/css"));
    assert!(get(page.address(), "/other", &own).starts_with("HTTP/1.1 404"));
}

#[test]
fn only_the_paired_household_reads_the_readings() {
    let (page, board) = serve(&[]);
    board.put_status(Status { network: NETWORK.to_string(), meter: 3, ..Status::default() });
    let paired = DayKey::from_bytes(20_000, [9; 32]);
    let reading = LocalReading {
        interval: Interval(20_001 * 96 + 4),
        quality: LocalQuality::Measured,
        export: Quantity(12),
        import: Quantity(345),
    };
    let seal = |day, readings: &[LocalReading]| {
        SealedDay::seal(&NETWORK, MeterId(3), &paired.advance(&NETWORK, day).unwrap(), 900, readings, &mut OsRng)
    };
    board.put_days(vec![seal(20_000, &[]), seal(20_001, &[reading])]);
    let from = 20_001u64 * 86_400;
    let told = get(page.address(), &format!("/v1/readings?from={from}"), &page.address().to_string());
    let told: LocalReadings = serde_json::from_str(told.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(told.days.len(), 1);
    assert_eq!(told.days[0].open(&NETWORK, MeterId(told.meter), &paired), Ok(vec![reading]));
    assert!(told.days[0].open(&NETWORK, MeterId(3), &DayKey::from_bytes(20_000, [8; 32])).is_err());
    let all = get(page.address(), "/v1/readings", &page.address().to_string());
    let all: LocalReadings = serde_json::from_str(all.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(all.days.len(), 2);
}

#[test]
fn foreign_names_and_anything_that_would_change_something_are_refused() {
    let (page, _) = serve(&["gateway.local"]);
    let (address, port) = (page.address(), page.address().port());
    assert!(get(address, "/", &format!("gateway.local:{port}")).starts_with("HTTP/1.1 200"));
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1"] {
        let answer = get(address, "/v1/status", host);
        assert!(answer.starts_with("HTTP/1.1 421") && answer.contains("nosniff"), "{host}: {answer}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = format!(
            "{method} /v1/status HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        assert!(ask(address, &request).starts_with("HTTP/1.1 405"), "{method}");
    }
    let site = format!("GET / HTTP/1.1\r\nhost: {address}\r\nsec-fetch-site: cross-site\r\nconnection: close\r\n\r\n");
    assert!(ask(address, &site).starts_with("HTTP/1.1 403"));
}
