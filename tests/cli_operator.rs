//! `hushwatt operator` as communities run it: the real program on real folders, against real nodes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "cli_operator/folders.rs"]
mod folders;
#[path = "cli_wallet/support.rs"]
#[allow(dead_code, reason = "tests of the wallet use all of it")]
mod support;
mod village;
