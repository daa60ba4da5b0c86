//! `hushwatt node` as its operators run it: the real command on real folders, every refusal, and running nodes that are played
//! by a small server of the test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "cli_node/asking.rs"]
mod asking;
#[path = "cli_node/chains.rs"]
mod chains;
#[path = "cli_node/folders.rs"]
mod folders;
#[path = "cli_node/genesis.rs"]
mod genesis;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "cli_node/registry.rs"]
mod registry;
#[path = "cli_node/running.rs"]
mod running;
#[path = "cli_node/support.rs"]
mod support;
