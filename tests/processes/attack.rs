//! The hostile client's own process: this test binary again, run for one function.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rand::{Rng, RngCore};
use rand_core::OsRng;
use tokio::net::TcpSocket;

use crate::town::{Town, patiently};

const TARGET: &str = "HUSHWATT_ATTACK_TARGET";
const LOOT: &str = "HUSHWATT_ATTACK_TRANSACTIONS";
/// Connections held open at the same time.
const CONNECTIONS: usize = 10_000;
/// In place of an answer.
const CUT_OFF: &str = "cut off";
/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the attack on a node; it goes on until the child's standard input is closed. `transactions` are valid ones.
pub fn start(town: &Town, place: usize, transactions: &[Vec<u8>]) -> Child {
    let loot = town.folder.join("loot");
    fs::create_dir_all(&loot).unwrap();
    for (number, transaction) in transactions.iter().enumerate() {
        fs::write(loot.join(number.to_string()), transaction).unwrap();
    }
    let target = town.net.client(place).base().to_string().trim_start_matches("http://").to_owned();
    // As many open files as it may have.
    let raise = "ulimit -n $(ulimit -Hn) && exec \"$0\" \"$@\"";
    Command::new("sh")
        .args(["-c", raise])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "attack::child", "--nocapture", "--test-threads=1"])
        .env(TARGET, target)
        .env(LOOT, loot)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the child has said a word.
pub fn hear(child: &mut Child, word: &str) {
    let mut said = String::new();
    let mut byte = [0];
    while !said.contains(word) {
        let read = child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
        assert!(read > 0, "the attacker ended: {said}");
        said.push(char::from(byte[0]));
    }
}

/// What the node answered to each kind of attack, and how often.
#[derive(Default)]
struct Counts {
    over: AtomicBool,
    answers: Mutex<BTreeMap<(&'static str, String), usize>>,
}

impl Counts {
    fn add(&self, attack: &'static str, answer: io::Result<String>) {
        let answer = answer.unwrap_or_else(|_| CUT_OFF.to_owned());
        *self.answers.lock().unwrap().entry((attack, answer)).or_default() += 1;
    }

    /// How often an attack was refused; not for being one too many.
    fn refused(&self, attack: &str) -> usize {
        let answers = self.answers.lock().unwrap();
        let refused = |answer: &str| answer == CUT_OFF || answer.starts_with('4') && answer != "429";
        answers.iter().filter(|((name, answer), _)| *name == attack && refused(answer)).map(|(_, count)| count).sum()
    }
}

#[test]
fn child() {
    let Ok(target) = std::env::var(TARGET) else { return };
    let target: SocketAddr = target.parse().unwrap();
    let loot: Vec<Vec<u8>> = fs::read_dir(std::env::var(LOOT).unwrap())
        .unwrap()
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    let counts = Arc::new(Counts::default());
    type Attack = fn(&Counts, SocketAddr, Ipv4Addr, &[Vec<u8>]) -> io::Result<String>;
    let attacks: [(&'static str, Attack, usize); 6] = [
        ("invalid proofs", invalid_proofs, 50),
        ("garbage transactions", garbage_transactions, 50),
        ("oversize bodies", oversize_bodies, 20),
        ("garbage bytes", garbage_bytes, 50),
        ("slow bodies", slow_bodies, 2),
        ("slow headers", slow_headers, 2),
    ];
    for (number, (name, act, _)) in attacks.into_iter().enumerate() {
        for attacker in 0..2 {
            let (counts, loot) = (counts.clone(), loot.clone());
            let from = Ipv4Addr::new(127, 0, number as u8 + 1, attacker + 1);
            thread::spawn(move || {
                while !counts.over.load(Ordering::Relaxed) {
                    counts.add(name, act(&counts, target, from, &loot));
                }
            });
        }
    }
    let mut held = Vec::new();
    for number in 0..CONNECTIONS {
        let from = Ipv4Addr::new(127, 0, 10, (number % 40) as u8 + 1);
        match connect(target, from) {
            Ok(mut stream) => {
                // Some say nothing at all, some begin.
                if number % 2 == 0 {
                    let _ = stream.write_all(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n");
                }
                held.push(stream);
            }
            Err(error) if error.raw_os_error() == Some(24) => break,
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    println!("\nheld {}", held.len());
    patiently("everything was tried often enough", || {
        attacks.iter().all(|(name, _, least)| counts.refused(name) >= *least).then_some(())
    });
    println!("enough");
    io::stdout().flush().unwrap();
    let mut rest = Vec::new();
    io::stdin().read_to_end(&mut rest).unwrap();
    counts.over.store(true, Ordering::Relaxed);
    let answers = counts.answers.lock().unwrap().clone();
    eprintln!("{} connections held; {answers:#?}", held.len());
    // Every request for a block's place was invalid.
    assert!(answers.keys().all(|(_, answer)| !answer.starts_with('2')), "something was taken");
    println!("done");
}

/// From an address of this machine's own network, so that the node takes it for another client.
fn connect(target: SocketAddr, from: Ipv4Addr) -> io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        tokio::time::timeout(PATIENCE, socket.connect(target)).await?
    })?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn head(length: usize) -> String {
    format!(
        "POST /v1/transactions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// Sends a request and gives the status of the answer.
fn ask(target: SocketAddr, from: Ipv4Addr, body: &[u8]) -> io::Result<String> {
    let mut stream = connect(target, from)?;
    stream.write_all(head(body.len()).as_bytes())?;
    stream.write_all(body)?;
    status(&mut stream)
}

fn status(stream: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    stream.take(64 << 10).read_to_end(&mut answer)?;
    first_line(&answer)
}

fn first_line(answer: &[u8]) -> io::Result<String> {
    let text = String::from_utf8_lossy(answer);
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.map(str::to_owned).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Valid transactions with a byte of their proofs changed; the proofs are the last part.
fn invalid_proofs(_: &Counts, target: SocketAddr, from: Ipv4Addr, loot: &[Vec<u8>]) -> io::Result<String> {
    let mut body = loot[OsRng.gen_range(0..loot.len())].clone();
    let length = u32::from_le_bytes(*body.first_chunk::<4>().unwrap()) as usize;
    let place = 4 + length - 1 - OsRng.gen_range(0..length / 3);
    body[place] ^= 1 << OsRng.gen_range(0..8);
    ask(target, from, &body)
}

fn garbage_transactions(_: &Counts, target: SocketAddr, from: Ipv4Addr, _: &[Vec<u8>]) -> io::Result<String> {
    let mut body = vec![0; OsRng.gen_range(4..4096)];
    OsRng.fill_bytes(&mut body);
    let length = (body.len() - 4) as u32;
    body[..4].copy_from_slice(&length.to_le_bytes());
    ask(target, from, &body)
}

/// A body far too long: announced, or in pieces without end.
fn oversize_bodies(_: &Counts, target: SocketAddr, from: Ipv4Addr, _: &[Vec<u8>]) -> io::Result<String> {
    let mut stream = connect(target, from)?;
    if OsRng.gen_bool(0.5) {
        stream.write_all(head(1 << 40).as_bytes())?;
        stream.write_all(&[0; 1 << 12])?;
    } else {
        let chunked = head(0).replace("content-length: 0", "transfer-encoding: chunked");
        stream.write_all(chunked.as_bytes())?;
        for _ in 0..64 {
            stream.write_all(b"10000\r\n")?;
            stream.write_all(&[0; 0x10000])?;
            stream.write_all(b"\r\n")?;
        }
    }
    status(&mut stream)
}

fn garbage_bytes(_: &Counts, target: SocketAddr, from: Ipv4Addr, _: &[Vec<u8>]) -> io::Result<String> {
    let mut stream = connect(target, from)?;
    let mut bytes = vec![0; OsRng.gen_range(1..100_000)];
    OsRng.fill_bytes(&mut bytes);
    stream.write_all(&bytes)?;
    stream.shutdown(Shutdown::Write)?;
    status(&mut stream)
}

/// One byte of a body a second, until the node has enough of it.
fn slow_bodies(counts: &Counts, target: SocketAddr, from: Ipv4Addr, _: &[Vec<u8>]) -> io::Result<String> {
    let stream = connect(target, from)?;
    drip(counts, stream, &head(1000), "x")
}

fn slow_headers(counts: &Counts, target: SocketAddr, from: Ipv4Addr, _: &[Vec<u8>]) -> io::Result<String> {
    let stream = connect(target, from)?;
    drip(counts, stream, "GET /v1/status HTTP/1.1\r\nhost: x\r\n", "a: b\r\n")
}

fn drip(counts: &Counts, mut stream: TcpStream, start: &str, drop: &str) -> io::Result<String> {
    stream.write_all(start.as_bytes())?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut answer = [0; 1024];
    while !counts.over.load(Ordering::Relaxed) {
        stream.write_all(drop.as_bytes())?;
        match stream.read(&mut answer) {
            Ok(0) => break,
            Ok(read) => return first_line(&answer[..read]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
