//! Running the command, and playing a node.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

/// What a run of the command gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Standard output of a run that must have gone well.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// A run that must have failed, saying all of this.
    pub fn refused(self, expected: &[&str]) {
        assert_eq!(self.code, 1, "{self:?}");
        for part in expected {
            assert!(self.err.contains(part), "\"{part}\" is missing in: {}", self.err);
        }
    }
}

pub fn run(arguments: &[&str]) -> Run {
    run_with(&[], arguments)
}

/// With these variables, and none of the tester's own.
pub fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUSHWATT_NODE_") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied()).arg("node").args(arguments);
    let output = command.output().expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a key and gives its public line.
pub fn key(folder: &Path, role: &str) -> String {
    run(&["key", "new", "--folder", text(folder), "--role", role]).ok().trim().to_owned()
}

/// The example of a community with these lines in place of its first keys, and fresh ones for the rest.
pub fn community(folder: &Path, lines: &[String]) -> PathBuf {
    let mut filled = String::new();
    let mut given: Vec<&String> = lines.iter().collect();
    for (number, line) in run(&["genesis", "--example"]).ok().lines().enumerate() {
        let Some((start, end)) = line.split_once(":...") else {
            filled += &format!("{line}\n");
            continue;
        };
        let role = start.rsplit('"').next().unwrap();
        let place = given.iter().position(|line| line.starts_with(role));
        let known = place.map(|place| given.remove(place).rsplit(':').next().unwrap().to_owned());
        let digits = known.unwrap_or_else(|| {
            // These are made elsewhere; any key will do.
            let role = if matches!(role, "meter" | "operator") { "validator" } else { role };
            let made = key(&folder.join(format!("made-{number}")), role);
            made.rsplit(':').next().unwrap().to_owned()
        });
        filled += &format!("{start}:{digits}{end}\n");
    }
    let path = folder.join("community.toml");
    std::fs::write(&path, filled).unwrap();
    path
}

/// The network id that a summary ends with.
pub fn network_of(summary: &str) -> String {
    let line = summary.lines().find_map(|line| line.strip_prefix("Network id: "));
    line.unwrap_or_else(|| panic!("no network id in {summary}")).to_owned()
}

/// What the played node answers: status and body.
pub type Reply = (u16, Vec<u8>);

/// What was posted: method and path, and the body.
pub type Posts = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A node that is played: it answers paths (the query included) from a table, and remembers what was posted.
pub struct PlayedNode {
    pub url: String,
    pub posted: Posts,
}

impl PlayedNode {
    /// `answers` is asked for each request: method and path, with the number of times that this was asked before.
    pub fn start(answers: impl Fn(&str, usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let posted = Posts::default();
        let kept = posted.clone();
        thread::spawn(move || {
            let mut asked: HashMap<String, usize> = HashMap::new();
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let Some((request, body)) = read_request(&stream) else { continue };
                if request.starts_with("POST ") {
                    kept.lock().unwrap().push((request.clone(), body));
                }
                let times = asked.entry(request.clone()).or_default();
                let (status, body) = answers(&request, *times);
                *times += 1;
                write_answer(stream, status, &body);
            }
        });
        PlayedNode { url, posted }
    }
}

/// Method and path, and the body.
fn read_request(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (request, _) = first.trim().rsplit_once(' ')?;
    Some((request.to_owned(), body))
}

/// A body with status 0 is cut off in its middle.
fn write_answer(mut stream: TcpStream, status: u16, body: &[u8]) {
    let (status, sent) = if status == 0 { (200, &body[..body.len() / 2]) } else { (status, body) };
    let head = format!("HTTP/1.1 {status} Answer\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
}
