//! A running node is asked; its folder is not touched behind its back.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
};

use serde_json::Value;

use crate::{ok, text};

/// Killed when it is dropped; its log is open as long.
struct Process {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_running_node_does_what_it_is_asked_and_says_so_by_removing_the_request() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("try");
    ok(&["node", "init", "--single", "--folder", text(&folder)]);
    let told: Value = serde_json::from_str(&ok(&["node", "forget", "--folder", text(&folder), "--json"])).unwrap();
    assert_eq!((told["running"].as_bool(), told["left"].as_array().map(Vec::len)), (Some(false), Some(0)));

    let any = "127.0.0.1:0";
    let start = ["node", "start", "--folder", text(&folder), "--listen", any, "--http-listen", any];
    let mut child = Command::new(env!("CARGO_BIN_EXE_hushwatt")).args(start).stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    let mut process = Process { child, log };
    let mut line = String::new();
    while !line.contains("started") {
        line.clear();
        assert_ne!(process.log.read_line(&mut line).unwrap(), 0, "it never started");
    }
    let told: Value = serde_json::from_str(&ok(&["node", "forget", "--folder", text(&folder), "--json"])).unwrap();
    assert_eq!((told["running"].as_bool(), told["left"].as_array().map(Vec::len)), (Some(true), Some(0)));
    assert!(!folder.join("forget").exists());
    let said = ok(&["node", "forget", "--folder", text(&folder), "--dry-run"]);
    assert!(said.contains("The node runs") && said.contains("Nothing is past its time."), "{said}");
}
