//! Forgetting as operators do it (protocol section 9): the real commands on real folders, killed with `kill -9` and run again;
//! every byte of every file is searched before and after; then the chain is audited, a new node takes it over, and a wallet
//! spends what it has the openings of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod copied;
mod nodes;
mod running;
mod scan;
#[path = "../../node/tests/support/mod.rs"]
mod support;

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs the program.
fn hushwatt(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hushwatt")).args(arguments).output().unwrap()
}

/// Standard output of a run that went well.
fn ok(arguments: &[&str]) -> String {
    let output = hushwatt(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
