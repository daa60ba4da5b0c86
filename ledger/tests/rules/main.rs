//! For every variant of `Rejection`, a transaction or block that is refused for exactly that reason, beside one that is
//! not. The names of the tests are the rules; `names.rs` sees to it that none is forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../kit/mod.rs"]
mod kit;

mod auction;
mod auction_clear;
mod auction_operator;
mod auction_windows;
mod blocks;
mod correcting;
mod envelope;
mod finality;
mod issuance;
mod metering;
mod mutations;
mod names;
mod registry;
mod replaying;
mod spending;
mod totals;
mod totals_month;
mod totals_shares;
mod totals_trades;
mod trading;
