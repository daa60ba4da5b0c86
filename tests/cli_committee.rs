//! `hushwatt committee` as members and registrars run it: the real program on real folders, against a node that a test plays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "cli_committee/folders.rs"]
mod folders;
#[path = "cli_committee/forgetting.rs"]
mod forgetting;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "forgetting/scan.rs"]
mod scan;
#[path = "cli_node/support.rs"]
#[allow(dead_code, reason = "tests of nodes use all of it")]
mod support;
#[path = "cli_committee/town.rs"]
mod town;
