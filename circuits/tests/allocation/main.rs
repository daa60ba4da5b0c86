//! `allocation`: the rule against a calculator of its own, and real proofs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod calculator;
#[path = "../common/mod.rs"]
mod common;
mod golden;
#[path = "../golden_support/mod.rs"]
mod golden_support;
mod proofs;
mod rule;
mod support;
