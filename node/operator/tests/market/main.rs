//! The operator against a ledger that holds every rule against him: a small community in memory, and nodes that tell its truth
//! over HTTP, or something else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod admission;
mod books;
mod clearing;
mod door;
mod forgetting;
#[path = "../../../../ledger/tests/storage_support/kill.rs"]
mod kill;
mod kills;
#[path = "../../../../ledger/tests/kit/mod.rs"]
mod kit;
mod node;
mod papers;
#[path = "../../../../tests/forgetting/scan.rs"]
mod scan;
mod scene;
mod trouble;
