//! Several nodes, some of which fail or lie: what a household takes from them, what it notices, and what it asks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod chain;
mod fetching;
mod handing_in;
mod node;
mod requests;
mod surveying;
