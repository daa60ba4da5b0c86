//! Whole chains, good and forged, through `verify_reader` and `verify_path`. The forger has the validators' keys: every
//! forged block carries a certificate, and where the ledger's own rules would have stopped him, he did without them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "../paper/rich.rs"]
#[allow(dead_code, reason = "its report is for other tests")]
mod rich;

mod auctions;
mod chain;
mod corrections;
mod evidence;
mod files;
mod folder;
mod forged;
mod good;
mod shared;
mod totals;
mod totals_forged;
mod validators;
