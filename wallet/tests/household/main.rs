//! Households with wallet files of their own, on a real ledger: everything a person does but the network and the screen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../../node/tests/support/mod.rs"]
mod support;

mod agent;
mod keeping;
mod money;
mod proofs;
mod street;
mod trading;
