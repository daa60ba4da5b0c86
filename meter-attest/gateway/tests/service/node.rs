//! A node over HTTP that tells the truth about its chain, or something else.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use hushwatt_client::{BaseUrl, frames};
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    transaction::{Transaction, hints::decode_hints},
    units::Timestamp,
};

use crate::chain::Chain;

/// How a node behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    Honest,
    /// Answers nothing.
    Down,
    /// Takes every transaction, passes none on, and says that it is final.
    Swallows,
    /// Gives blocks whose certificates nobody signed, with a tip far ahead.
    Forges,
    /// Refuses everything by this rule.
    Refuses(&'static str),
}

pub struct Shared {
    pub chain: Chain,
    pub now: Timestamp,
    pub manners: Vec<Manner>,
    /// Submissions that each node got.
    pub submissions: Vec<usize>,
}

/// Nodes of one chain.
#[derive(Clone)]
pub struct Nodes {
    pub shared: Arc<Mutex<Shared>>,
    pub urls: Vec<BaseUrl>,
}

impl Nodes {
    pub fn start(chain: Chain, count: usize) -> Self {
        let shared =
            Shared { now: chain.time(), chain, manners: vec![Manner::Honest; count], submissions: vec![0; count] };
        let shared = Arc::new(Mutex::new(shared));
        let urls = (0..count).map(|index| start(index, shared.clone())).collect();
        Nodes { shared, urls }
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, index: usize, manner: Manner) {
        self.lock().manners[index] = manner;
    }
}

fn start(index: usize, shared: Arc<Mutex<Shared>>) -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let shared = shared.clone();
            // Whoever asks may be gone.
            thread::spawn(move || drop(stream.and_then(|stream| serve(stream, index, &shared))));
        }
    });
    format!("http://{address}").parse().unwrap()
}

fn serve(mut stream: TcpStream, index: usize, shared: &Mutex<Shared>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.extend(byte);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut sent = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut sent)?;
    let Some((status, body)) = answer(&mut shared.lock().unwrap(), index, &head, &sent) else { return Ok(()) };
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

fn answer(shared: &mut Shared, index: usize, head: &str, sent: &[u8]) -> Option<(u16, Vec<u8>)> {
    let manner = shared.manners[index];
    let line: Vec<&str> = head.split(' ').collect();
    match (line[0], line[1]) {
        _ if manner == Manner::Down => None,
        ("GET", "/v1/status") => {
            let (chain, ahead) = (&shared.chain, if manner == Manner::Forges { 5 } else { 0 });
            let text = format!(
                r#"{{"network":"{}","height":{},"time":{},"digest":"{}","state_root":"00","epoch":0,"peers":0,"ready":true}}"#,
                chain.genesis.network(),
                chain.height() + ahead,
                chain.time().0,
                hex(&chain.digest())
            );
            Some((200, text.into_bytes()))
        }
        ("GET", path) if path.starts_with("/v1/blocks?from=") => {
            let from: u64 = path.split(['=', '&']).nth(1).unwrap().parse().unwrap();
            let mut bytes = Vec::new();
            for record in shared.chain.records.iter().filter(|record| record.height >= from).take(200) {
                let mut record = record.clone();
                if manner == Manner::Forges
                    && let Some(last) = record.certificate.last_mut()
                {
                    *last ^= 1;
                }
                frames::encode(&record, &mut bytes);
            }
            Some((200, bytes))
        }
        ("POST", path) if path.starts_with("/v1/transactions") => {
            shared.submissions[index] += 1;
            Some(submit(shared, manner, sent))
        }
        _ => Some((404, Vec::new())),
    }
}

fn submit(shared: &mut Shared, manner: Manner, sent: &[u8]) -> (u16, Vec<u8>) {
    let length = u32::from_le_bytes(sent[..4].try_into().unwrap()) as usize;
    let transaction = Transaction::decode(shared.chain.genesis.network(), &sent[4..4 + length]).unwrap();
    let id = hex(&transaction.id().0);
    let refuse = |rule: &str| {
        (422, format!(r#"{{"error":{{"code":"rule","rule":"{rule}","message":"refused by {rule}"}}}}"#).into_bytes())
    };
    match manner {
        Manner::Refuses(rule) => return refuse(rule),
        Manner::Swallows => return (200, format!(r#"{{"status":"final","id":"{id}","height":1}}"#).into_bytes()),
        Manner::Honest | Manner::Forges | Manner::Down => {}
    }
    let now = shared.now;
    let hints = decode_hints(&sent[4 + length..]).unwrap();
    match shared.chain.submit(transaction, hints, now) {
        Ok(()) => (202, format!(r#"{{"status":"waiting","id":"{id}"}}"#).into_bytes()),
        Err(rejection) => refuse(format!("{rejection:?}").split(['(', ' ']).next().unwrap()),
    }
}
