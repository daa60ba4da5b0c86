//! `clearing`: the rule against two other implementations of protocol section 6.4, and real proofs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod golden;
#[path = "../golden_support/mod.rs"]
mod golden_support;
mod proofs;
mod rule;
mod support;
