//! Totals that a committee released, held against plain sums to the watt-hour, and against signed files of others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../../ledger/tests/kit/mod.rs"]
mod kit;

mod compared;
mod files;
mod named;
mod scene;
mod values;
