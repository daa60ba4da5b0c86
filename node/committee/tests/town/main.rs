//! A committee of five members (three of whom open a total) in a small town: its ledger holds every rule against them, and
//! sometimes its validators do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod asking;
mod complaining;
mod files;
mod forged;
mod forgetting;
mod kills;
#[path = "../../../../ledger/tests/kit/mod.rs"]
mod kit;
mod refuses;
mod scene;
mod seeking;
mod sets;
mod told;
mod trades;
mod trouble;
mod works;
