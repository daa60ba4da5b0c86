//! The store: what is acknowledged stays, nothing is attested twice or with other values, and it stays small.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod bench;
mod chain;
mod crashes;
mod damage;
mod disk;
mod forgetting;
mod periods;
mod size;
