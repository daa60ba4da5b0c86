//! A gateway's service against scripted nodes, with a clock that the tests drive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod chain;
mod crashes;
mod delivery;
mod mortal;
mod node;
mod totals;
mod world;
