//! `peak`: proofs that nothing was above a limit, what they refuse, and those that must hold for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod golden;
#[path = "../golden_support/mod.rs"]
mod golden_support;
mod proofs;
mod support;
