//! Allocations over a small chain: made, checked, and every way to cheat at them refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../../../ledger/tests/kit/mod.rs"]
mod kit;

mod cheats;
mod files;
mod good;
mod story;
