//! The HTTP API against the real server on loopback, with a node in memory behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod auctions;
mod board;
mod bulk;
mod config;
mod connections;
mod description;
mod events;
mod floods;
mod reading;
mod stopping;
mod submitting;
mod support;
