//! What a household hands over, held against whole chains: files, blocks one by one, and what the verifier asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../../ledger/tests/kit/mod.rs"]
mod kit;

mod answers;
mod chains;
mod facts;
mod periods;
mod reports;
