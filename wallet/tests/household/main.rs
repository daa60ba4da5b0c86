//! Households with wallet files of their own, on a real ledger: everything a person does but the network and the screen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../../node/tests/support/mod.rs"]
mod support;

mod agent;
mod auctions;
#[path = "../market/clearing.rs"]
mod clearing;
mod forgetting;
mod keeping;
mod money;
mod operator;
mod proofs;
mod rules;
#[path = "../../../tests/forgetting/scan.rs"]
mod scan;
mod street;
mod totals;
mod trading;
