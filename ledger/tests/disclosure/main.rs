//! Disclosures: each kind holds for what happened, and for nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../kit/mod.rs"]
mod kit;

mod bills;
mod bound;
mod cheats;
mod designated;
mod file;
mod grid;
mod holds;
mod inquiries;
mod mutations;
mod plain;
mod scene;
mod totals;
mod wrong;
