//! What a household waits for: looking for its notes among others', reading a long chain, opening its file, paying.
//!
//! ```text
//! cargo bench --bench wallet              everything, some seven minutes
//! cargo bench --bench wallet -- scan      one of scan, sync, year, build
//! ```
//!
//! * **scan**: 2,000 notes of strangers in transactions of 2, on one thread, with view tags; then as if every tag matched, so that each
//!   note is derived in full. Beside it the scanner of `monero-wallet` on as many outputs in transactions of 2, with its view
//!   tags and without. Blocks are decoded already; both derive a shared point for each output.
//! * **sync**: 100,000 notes in 500 blocks, as a node's stream of bytes in a file: decoded, certificates verified, replayed, scanned,
//!   and the wallet's file saved after every piece of 4 MiB, since each has a payment to the household. Everything but the network
//!   and the passphrase, on all cores. Transfers at ring 16; their proofs are copies of one, which a wallet does not look at.
//!   Peak memory is that of the process in the first round, against what it had before.
//! * **year**: a file with a year of windows (8,760); in each a measured window, an order, its delivery and a payment, with their three
//!   notes. `passphrase` is scrypt alone, `file` scrypt, reading and decrypting, `usable` all of it up to the overview and the latest
//!   50 lines of the history. `save` writes it, synced to the disk.
//! * **build**: plan, derive, prove and sign a transfer of 2 inputs and 2 outputs, on one thread.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark")]

#[path = "wallet/build.rs"]
mod build;
#[path = "wallet/community.rs"]
mod community;
#[path = "wallet/memory.rs"]
mod memory;
#[path = "wallet/monero.rs"]
mod monero;
#[path = "wallet/scan.rs"]
mod scan;
#[path = "wallet/sync.rs"]
mod sync;
#[path = "wallet/year.rs"]
mod year;

use criterion::{criterion_group, criterion_main};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A pool of one thread: rates are of a core.
fn one_thread() -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(1).build().unwrap()
}

criterion_group!(benches, scan::run, build::run, sync::run, year::run);
criterion_main!(benches);
