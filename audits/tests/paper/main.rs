//! The report for people: what it says in each language and form, that it is made byte for byte again, and that nothing changed in it
//! passes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

#[path = "../../../ledger/tests/kit/mod.rs"]
mod kit;

#[path = "../verify/chain.rs"]
mod chain;

mod files;
mod forms;
mod html;
mod rich;
