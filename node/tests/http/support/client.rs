//! A small HTTP client that sends exactly what a test says, and checks each answer against `openapi.json`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::schema::Description;

/// Longer than anything takes that goes well, however slow the machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the body came to its announced end.
    pub whole: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The code of an error.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new(), whole: true };
        let body = &bytes[end + 4..];
        if answer.header("transfer-encoding") == Some("chunked") {
            (answer.body, answer.whole) = dechunk(body);
        } else {
            let length = answer.header("content-length").map(|length| length.parse::<usize>().unwrap());
            answer.whole = length.is_none_or(|length| body.len() == length);
            answer.body = body.to_vec();
        }
        Some(answer)
    }
}

fn dechunk(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        let rest = &bytes[end + 2..];
        if length == 0 {
            return (body, true);
        }
        if rest.len() < length + 2 {
            return (body, false);
        }
        body.extend_from_slice(&rest[..length]);
        bytes = &rest[length + 2..];
    }
}

/// A client with an address of its own on the loopback network.
#[derive(Clone)]
pub struct Client {
    server: SocketAddr,
    address: Ipv4Addr,
    headers: String,
}

impl Client {
    pub fn new(server: SocketAddr) -> Self {
        Client { server, address: Ipv4Addr::LOCALHOST, headers: String::new() }
    }

    /// The same with another address.
    pub fn at(&self, last: u8) -> Self {
        Client { address: Ipv4Addr::new(127, 0, 0, last), ..self.clone() }
    }

    /// The same with a header in each request.
    pub fn with(&self, name: &str, value: &str) -> Self {
        Client { headers: format!("{}{name}: {value}\r\n", self.headers), ..self.clone() }
    }

    /// The server's address.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    pub async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((self.address, 0).into()).unwrap();
        timeout(PATIENCE, socket.connect(self.server)).await.unwrap().unwrap()
    }

    /// The bytes of a request.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let length = if method == "GET" { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n{length}{}\r\n", self.headers);
        [head.as_bytes(), body].concat()
    }

    /// Sends bytes, reads until the server closes the connection.
    pub async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        // A server that has seen enough closes before it has read everything.
        let _ = stream.write_all(bytes).await;
        read_all(&mut stream).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.try_send(method, path, body).await.expect("no answer came")
    }

    /// Nothing if the server closes the connection without an answer.
    pub async fn try_send(&self, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
        let answer = Answer::parse(&self.raw(&self.request(method, path, body)).await)?;
        Description::load().check(method, path, &answer);
        Some(answer)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"").await
    }

    /// Submits a transaction with hints.
    pub async fn submit(&self, transaction: &[u8], query: &str) -> Answer {
        let path = format!("/v1/transactions{query}");
        self.with("content-type", "application/octet-stream").send("POST", &path, &submission(transaction)).await
    }
}

/// Body of a submission.
pub fn submission(transaction: &[u8]) -> Vec<u8> {
    [&(transaction.len() as u32).to_le_bytes(), transaction, b"hints"].concat()
}

/// Reads until the server closes the connection, however it does.
pub async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the server did not close the connection");
    bytes
}

/// Reads the answer to what was sent on a connection that is then closed.
pub async fn read_answer(stream: &mut TcpStream) -> Answer {
    Answer::parse(&read_all(stream).await).unwrap()
}
