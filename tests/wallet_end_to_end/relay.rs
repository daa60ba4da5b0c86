//! Between a wallet and an honest node: passes on what is asked, or does not, and writes down what is handed in.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use hushwatt_client::{
    BlockRecord,
    frames::{self, FrameDecoder},
};

/// What it does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code, reason = "shared with other tests")]
pub enum Fault {
    /// Bytes instead of blocks.
    Garbage,
    /// Certificates with a flipped bit.
    Forges,
    /// Blocks without what a wallet finds its money by.
    WithholdsHints,
    /// Another last block than everybody else's.
    OtherChain,
    /// Says that it took a transaction, and throws it away.
    Swallows,
    /// Breaks off in the middle of blocks and takes no transaction.
    Drops,
    /// Says that it has blocks that nobody has, and that what it was given and threw away is final.
    Boasts,
}

struct State {
    fault: Option<Fault>,
    submissions: Vec<Vec<u8>>,
}

/// A node to the wallet, until the test ends.
pub struct Relay {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Relay {
    /// In front of an honest node.
    pub fn before(node: &str, fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { fault, submissions: Vec::new() }));
        let (node, kept) = (node.trim_end_matches('/').to_owned(), state.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (node, state) = (node.clone(), kept.clone());
                // Whoever asks may have been killed.
                thread::spawn(move || drop(stream.and_then(|stream| relay(stream, &node, &state))));
            }
        });
        Relay { url, state }
    }

    pub fn become_honest(&self) {
        self.state.lock().unwrap().fault = None;
    }

    /// All that was handed in so far.
    pub fn submissions(&self) -> Vec<Vec<u8>> {
        self.state.lock().unwrap().submissions.clone()
    }
}

fn relay(mut stream: TcpStream, node: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let mut line = head.split(' ');
    let (method, path) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let hands_in = method == "POST" && path.starts_with("/v1/transactions");
    let fault = {
        let mut state = state.lock().unwrap();
        if hands_in {
            state.submissions.push(body.clone());
        }
        state.fault
    };
    let nobody = "00".repeat(32);
    match fault.filter(|_| hands_in) {
        Some(Fault::Swallows) => {
            let said = format!(r#"{{"status":"waiting","id":"{nobody}"}}"#);
            return answer(&mut stream, 202, "", said.as_bytes());
        }
        Some(Fault::Boasts) => {
            let said = format!(r#"{{"status":"final","id":"{nobody}","height":7}}"#);
            return answer(&mut stream, 200, "", said.as_bytes());
        }
        Some(Fault::Drops) => return Ok(()),
        _ => {}
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{node}{path}");
    let asked = match method {
        "POST" => {
            let kind = header("content-type").unwrap_or_else(|| "application/octet-stream".to_owned());
            agent.post(url).header("content-type", kind).send(&body)
        }
        _ => agent.get(url).call(),
    };
    let mut told = asked.map_err(std::io::Error::other)?;
    let tip = told.headers().get("hushwatt-tip").and_then(|tip| tip.to_str().ok()).unwrap_or("0").to_owned();
    let bytes = told.body_mut().with_config().limit(1 << 30).read_to_vec().map_err(std::io::Error::other)?;
    let bytes = match fault {
        Some(Fault::Drops) if path.starts_with("/v1/blocks") => {
            write!(stream, "HTTP/1.1 200 Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len())?;
            return stream.write_all(&bytes[..bytes.len() / 2]);
        }
        Some(fault) if path.starts_with("/v1/blocks") => spoil(fault, bytes),
        Some(Fault::Boasts) if path.starts_with("/v1/status") => far_ahead(&bytes),
        Some(Fault::OtherChain) if path.starts_with("/v1/status") => other_digest(&bytes),
        _ => bytes,
    };
    answer(&mut stream, told.status().as_u16(), &tip, &bytes)
}

fn answer(stream: &mut TcpStream, status: u16, tip: &str, body: &[u8]) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\nhushwatt-tip: {tip}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}

fn spoil(fault: Fault, bytes: Vec<u8>) -> Vec<u8> {
    let change: fn(&mut BlockRecord) = match fault {
        Fault::Garbage => return vec![0xee; 5_000],
        Fault::Forges => |record| record.certificate.iter_mut().last().into_iter().for_each(|byte| *byte ^= 1),
        Fault::WithholdsHints => |record| record.hints = None,
        Fault::OtherChain | Fault::Swallows | Fault::Drops | Fault::Boasts => return bytes,
    };
    let mut frames = FrameDecoder::new();
    frames.push(&bytes);
    let mut spoiled = Vec::new();
    while let Some(mut record) = frames.next_frame().unwrap() {
        change(&mut record);
        frames::encode(&record, &mut spoiled);
    }
    spoiled
}

fn other_digest(status: &[u8]) -> Vec<u8> {
    let mut status: serde_json::Value = serde_json::from_slice(status).unwrap();
    status["digest"] = serde_json::json!("5a".repeat(32));
    serde_json::to_vec(&status).unwrap()
}

fn far_ahead(status: &[u8]) -> Vec<u8> {
    let mut status: serde_json::Value = serde_json::from_slice(status).unwrap();
    status["height"] = serde_json::json!(status["height"].as_u64().unwrap() + 100);
    serde_json::to_vec(&status).unwrap()
}
