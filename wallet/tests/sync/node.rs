//! A small HTTP server that says what a node says, or something else, and writes down what it is asked.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use hushwatt_client::{BaseUrl, BlockRecord, frames};
use hushwatt_crypto::{Label, hash::Hasher, hash::hex};

use crate::chain::{CHAIN, Chain};

/// Nodes wait for each other no longer than this where a test is about waiting.
pub const SLOW: Duration = Duration::from_secs(5);

/// What a node does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Bytes that are no frames.
    Garbage,
    /// Blocks in another order.
    Order,
    /// A block under another height.
    Height,
    /// A body that ends early.
    Short,
    /// The hints of another transaction.
    ForeignHints,
    /// Half of the answer, then the connection ends.
    Cut,
    /// Nothing for a long time.
    Silent,
    /// A byte now and then.
    Drip,
    /// Blocks without hints.
    NoHints,
    /// Says that it has blocks, and gives none.
    Boast,
    /// An error of its own.
    Busy,
    /// No such path.
    Missing,
    /// The last byte of each certificate is another one.
    Forged,
}

pub struct Behaviour {
    pub chain: &'static Chain,
    /// Its last block.
    pub height: u64,
    /// Most blocks of an answer.
    pub at_once: usize,
    pub fault: Option<Fault>,
    /// Status and body with which a transaction is answered.
    pub verdict: (u16, String),
    pub board: Vec<u8>,
}

impl Default for Behaviour {
    fn default() -> Self {
        let verdict = (202, r#"{"status":"waiting","id":"00"}"#.to_owned());
        let height = CHAIN.records.len() as u64;
        Behaviour { chain: &CHAIN, height, at_once: usize::MAX, fault: None, verdict, board: Vec::new() }
    }
}

/// A node that runs for as long as the tests do.
pub struct FakeNode {
    pub url: BaseUrl,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeNode {
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let node = FakeNode { url, behaviour: Arc::new(Mutex::new(behaviour)), requests: Arc::default() };
        let (behaviour, requests) = (node.behaviour.clone(), node.requests.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (behaviour, requests) = (behaviour.clone(), requests.clone());
                // Whoever asks may be gone.
                thread::spawn(move || drop(stream.and_then(|stream| serve(stream, &behaviour, &requests))));
            }
        });
        node
    }

    pub fn honest() -> Self {
        Self::start(Behaviour::default())
    }

    pub fn with(fault: Fault) -> Self {
        Self::start(Behaviour { fault: Some(fault), ..Behaviour::default() })
    }

    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    /// All that it was asked, whole: line, headers and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Method and path of what it was asked.
    pub fn asked(&self) -> Vec<String> {
        let lines = self.requests().into_iter();
        lines.map(|request| request.split(" HTTP").next().unwrap().to_owned()).collect()
    }
}

fn serve(mut stream: TcpStream, behaviour: &Mutex<Behaviour>, requests: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.extend(byte);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut sent = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut sent)?;
    requests.lock().unwrap().push(head.clone() + &hex(&sent));
    let (answer, fault) = {
        let mut behaviour = behaviour.lock().unwrap();
        (answer(&mut behaviour, &head, &sent), behaviour.fault.filter(|_| head.starts_with("GET /v1/blocks")))
    };
    let Answer { status, tip, body } = answer;
    let head = format!(
        "HTTP/1.1 {status} Said\r\nhushwatt-tip: {tip}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    match fault {
        Some(Fault::Silent) => thread::sleep(SLOW),
        Some(Fault::Cut) => {
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body[..body.len() / 2])?;
        }
        Some(Fault::Drip) => {
            stream.write_all(head.as_bytes())?;
            for byte in body {
                stream.write_all(&[byte])?;
                thread::sleep(Duration::from_millis(50));
            }
        }
        _ => {
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)?;
        }
    }
    Ok(())
}

struct Answer {
    status: u16,
    tip: u64,
    body: Vec<u8>,
}

fn answer(node: &mut Behaviour, head: &str, sent: &[u8]) -> Answer {
    let tip = node.height;
    let say = |status, body: Vec<u8>| Answer { status, tip, body };
    let line: Vec<&str> = head.split(' ').collect();
    match (line[0], line[1]) {
        ("GET", "/v1/status") => say(200, status(node)),
        ("GET", "/v1/genesis") => say(200, node.chain.genesis.bytes().to_vec()),
        ("GET", "/v1/board") => say(200, node.board.clone()),
        ("POST", "/v1/board") => {
            node.board.extend_from_slice(sent);
            say(200, b"{}".to_vec())
        }
        ("POST", path) if path.starts_with("/v1/transactions") => say(node.verdict.0, node.verdict.1.clone().into()),
        ("GET", path) if path.starts_with("/v1/blocks?from=") => {
            let from: u64 = path.split(['=', '&']).nth(1).unwrap().parse().unwrap();
            match node.fault {
                Some(Fault::Garbage) => say(200, vec![0xee; 5_000]),
                Some(Fault::Boast) => say(200, Vec::new()),
                Some(Fault::Busy) => say(503, br#"{"error":{"code":"busy","message":"too much to do"}}"#.to_vec()),
                Some(Fault::Missing) => say(404, b"<html>".to_vec()),
                fault => say(200, blocks(node, from, fault)),
            }
        }
        ("GET", path) if path.starts_with("/v1/certificates/") => {
            let height: u64 = path.split('/').nth(3).unwrap().parse().unwrap();
            let record = &node.chain.records[height as usize - 1];
            let mut bytes = 1_u32.to_le_bytes().to_vec();
            for part in [&record.body[..144], &record.certificate] {
                bytes.extend((part.len() as u32).to_le_bytes());
                bytes.extend(part);
            }
            say(200, bytes)
        }
        _ => say(404, Vec::new()),
    }
}

fn status(node: &Behaviour) -> Vec<u8> {
    let genesis = &node.chain.genesis;
    let header =
        node.height.checked_sub(1).and_then(|last| node.chain.records.get(last as usize)).map(|one| &one.body[..144]);
    let digest =
        header.map_or([0; 32], |header| Hasher::new(genesis.network(), Label::BlockHeader).part(header).finish32());
    let time = header.map_or(0, |header| u64::from_le_bytes(header[8..16].try_into().unwrap()));
    format!(
        r#"{{"network":"{}","height":{},"time":{time},"digest":"{}","state_root":"00","epoch":0,"peers":0,"ready":true}}"#,
        genesis.network(),
        node.height,
        hex(&digest)
    )
    .into_bytes()
}

fn blocks(node: &Behaviour, from: u64, fault: Option<Fault>) -> Vec<u8> {
    let records = node.chain.records.iter().filter(|record| (from..=node.height).contains(&record.height));
    let mut records: Vec<BlockRecord> = records.take(node.at_once).cloned().collect();
    let with_hints: Vec<Vec<Vec<u8>>> =
        node.chain.records.iter().filter_map(|record| record.hints.clone()).filter(|hints| !hints.is_empty()).collect();
    for record in &mut records {
        match fault {
            Some(Fault::Height) => record.body[0] ^= 1,
            Some(Fault::Short) => drop(record.body.pop()),
            Some(Fault::NoHints) => record.hints = None,
            Some(Fault::Forged) => {
                if let Some(last) = record.certificate.last_mut() {
                    *last ^= 1;
                }
            }
            Some(Fault::ForeignHints) if record.hints.as_ref().is_some_and(|hints| !hints.is_empty()) => {
                record.hints = with_hints.iter().find(|other| Some(*other) != record.hints.as_ref()).cloned();
            }
            _ => {}
        }
    }
    if fault == Some(Fault::Order) {
        records.reverse();
    }
    let mut bytes = Vec::new();
    records.iter().for_each(|record| frames::encode(record, &mut bytes));
    bytes
}
