//! `hushwatt node start` as a process: it gets ready, keeps others out of its folder, and stops in good order.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{run, text};

/// Far more than the slowest machine needs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A node's process; killed if the test fails before it is stopped.
struct Process {
    child: Child,
    log: Option<BufReader<ChildStderr>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(folder: &str) -> Self {
        let any = "127.0.0.1:0";
        let mut child = Command::new(env!("CARGO_BIN_EXE_hushwatt"))
            .args(["node", "start", "--folder", folder, "--listen", any, "--http-listen", any, "--log-format", "json"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Some(BufReader::new(child.stderr.take().unwrap()));
        Process { child, log }
    }

    /// The next line of the log that has this message.
    fn line(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.log.as_mut().unwrap().read_line(&mut line).unwrap(),
                0,
                "the log ended before \"{message}\""
            );
            let line: Value = serde_json::from_str(&line).unwrap();
            if line.pointer("/fields/message").and_then(Value::as_str) == Some(message) {
                return line;
            }
        }
    }
}

#[test]
fn a_node_gets_ready_keeps_its_folder_to_itself_and_stops_when_told() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("try");
    run(&["init", "--single", "--folder", text(&folder)]).ok();
    let mut node = Process::start(text(&folder));
    let started = node.line("started");
    let url = format!("http://{}", started.pointer("/fields/http").and_then(Value::as_str).unwrap());
    let since = Instant::now();
    let told = loop {
        let told = run(&["status", "--url", &url]);
        if told.code == 0 {
            break told.out;
        }
        assert!(since.elapsed() < PATIENCE, "{told:?}");
        thread::sleep(Duration::from_millis(100));
    };
    assert!(told.contains("the one validator") && told.contains("no block yet"), "{told}");

    let any = "127.0.0.1:0";
    let second = run(&["start", "--folder", text(&folder), "--listen", any, "--http-listen", any]);
    assert!(second.code == 1 && second.err.contains("in use"), "{second:?}");

    // Without a block an export is a chain that holds none.
    let out = temporary.path().join("chain.hwl");
    for source in [["--url", &url], ["--folder", text(&folder)]] {
        let exported = run(&["export", source[0], source[1], "--out", text(&out)]);
        assert!(exported.err.contains("holds 0 blocks"), "{exported:?}");
        std::fs::remove_file(&out).unwrap();
    }

    let told = Command::new("kill").args(["-TERM", &node.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    node.line("stopped");
    assert_eq!(node.child.wait().unwrap().code(), Some(0));
    assert_eq!(run(&["status", "--url", &url]).code, 2);
}

#[test]
fn a_node_whose_log_nobody_reads_any_more_goes_on_and_stops_in_good_order() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("try");
    run(&["init", "--single", "--folder", text(&folder)]).ok();
    let mut node = Process::start(text(&folder));
    let started = node.line("started");
    let url = format!("http://{}", started.pointer("/fields/http").and_then(Value::as_str).unwrap());
    // With it the read end of the pipe is gone: no later line of the log can be written.
    node.log = None;
    let since = Instant::now();
    while run(&["status", "--url", &url]).code != 0 {
        assert!(since.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(100));
    }
    let told = Command::new("kill").args(["-TERM", &node.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(node.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_node_that_cannot_start_says_why() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("try");
    run(&["start", "--folder", text(&folder)]).refused(&["not the folder of a node"]);
    run(&["init", "--single", "--folder", text(&folder)]).ok();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(&["start", "--folder", text(&folder), "--http-listen", &address]).refused(&["cannot listen on", &address]);
}
