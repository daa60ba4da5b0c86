//! Households as people have them, file and all, against real nodes over HTTP: nodes that lie, and wallets that are killed in
//! the middle of a payment.
//!
//! `HUSHWATT_EFFORT=full` kills some hundred times, anything else twenty times; `HUSHWATT_SEED` repeats a run's moments.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod home;
mod kills;
mod nodes;
mod relay;
#[path = "../village/mod.rs"]
mod village;
