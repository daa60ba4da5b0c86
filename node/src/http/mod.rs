//! The HTTP API of a node (protocol section 0: wallets, auditors, operators).
//!
//! `node/openapi.json` describes every path and is served at `/v1/openapi.json`. **No path asks for a note, a key, an
//! address or a transaction:** a node must not learn what a wallet is interested in. A wallet downloads blocks and hints as
//! everybody else does and finds what is its own by itself; it learns what became of its transaction by submitting it again,
//! which is safe, or from the blocks. Queries with names that a path does not have are refused.
//!
//! | path | what |
//! |---|---|
//! | `POST /v1/transactions` | submit; accepted once, idempotent by id; `wait=SECONDS` waits for finality |
//! | `GET /v1/blocks` | blocks from a height on, with or without hints, as frames |
//! | `GET /v1/hints`, `/v1/hints/{day}` | days whose hints are kept; a day's file, resumable by `Range` |
//! | `GET /v1/genesis`, `/v1/parameters`, `/v1/status` | the network and the node |
//! | `GET /v1/windows/{window}/contracts` | the status of all contracts of a window |
//! | `GET /v1/windows/{window}/prices`, `/v1/prices` | the contracts' public prices, the tariff's bounds |
//! | `GET /v1/auctions` | the sealed-bid auctions of a stretch of windows: orders, state, price |
//! | `GET /v1/auctions/{utility}/{window}` | one auction: its deadlines too, and while it is open its orders and their rank's block |
//! | `GET /prices` | a page for people: prices and numbers of orders by window; with its style sheet, no script |
//! | `GET /v1/board`, `POST /v1/board` | what sellers offer: all of it to everybody; kept in memory until it is over |
//! | `GET /v1/certificates/{height}`, with `/raw` | what proves a block final |
//! | `GET /v1/events` | server-sent events, one a block |
//! | `POST /v1/simulated/clock` | steps the clock where the genesis says `simulated_time`; elsewhere 404 |
//! | `GET /healthz`, `/readyz`, `/metrics`, `/v1/openapi.json` | for operators |
//!
//! Errors are `{"error": {"code", "rule"?, "message"}}`: `code` for programs, `rule` the name of the ledger's rule that
//! refuses a transaction, `message` what is wrong and what to do.
//!
//! # Submissions
//!
//! The body, with `Content-Type: application/octet-stream`:
//!
//! ```text
//! [length u32][transaction, so many bytes][hints, the rest]
//! ```
//!
//! A transaction is known by its id, which leaves proofs out. One that waits or is final is answered for by its id, whatever
//! proofs it comes with this time: they are not looked at again.
//!
//! # The board
//!
//! No part of the ledger: signed offers ([`hushwatt_client::SignedOffer`], 150 bytes each), one after the other in
//! the order of their ids. A node takes one on which a contract can be opened now, which stands for 25 hours at most; it holds
//! 10,000 of them, 200 of a seller, and no client takes more than four times the room that he leaves free. Nodes do not pass
//! offers on: post them to each. Nothing of the board is on disk.
//!
//! # Frames of blocks
//!
//! `GET /v1/blocks?from=H` answers with frames, one a block, in order, from block H to the tip as it was when the answer
//! began (header `hushwatt-tip`), or until `max_bytes` are exceeded. Integers are little-endian:
//!
//! ```text
//! [height u64][flags u8][body_len u32][certificate_len u32][hints_len u32][body][certificate][hints]
//! ```
//!
//! * `flags`: bit 0 says that hints follow; it is not set where they were not asked for or are no longer kept.
//! * `body` is the block, `certificate` its finality certificate. An empty certificate means that the certificate of a later
//!   block covers it, through the parents that headers name.
//! * `hints` holds `[length u32][hints]` for each transaction of the block, in its order.
//!
//! An answer that breaks off is resumed with `from` one above the last whole frame; [`frames::FrameDecoder`] reads the frames as
//! they arrive. A frame has no checksum: header, transactions and hints are bound by digests, and these by the certificate.
//!
//! A day's hint file has the format of [`hushwatt_ledger::storage::HintReader`]. Its bytes are only ever appended to until
//! the whole file is forgotten, so a download is resumed with `Range: bytes=N-` **at the same node**; 416 then means that
//! there is nothing more. The files of two nodes may differ in order and repetition.
//!
//! # Limits
//!
//! Everything is bounded, see [`HttpLimits`]: connections, in all and for each client, where idle ones give way to new ones;
//! sizes; times for headers, bodies, requests and slow readers; requests a second; and how many requests of each class run
//! and wait at once. In a queue, clients take turns: a flood of invalid proofs delays whoever sends it. A client is the other
//! end's address. Behind a reverse proxy all clients would be one, so name the proxy in `trusted_proxies` and have it set
//! `X-Forwarded-For`.
//!
//! The server speaks plain HTTP/1.1 and listens on the machine itself unless told otherwise: TLS is the reverse proxy's. One
//! open to the public had better not forward `/metrics`, `/healthz` and `/readyz`.
//!
//! # Parts
//!
//! [`backend`] is all that the API knows of a node. A request comes through `server` (connections), `routes` (admission) and its
//! handler, which asks the node on a thread for blocking work, when a `gate` lets it.

mod app;
mod auctions;
pub mod backend;
mod blocks;
mod board;
mod certificates;
mod client;
mod clock;
mod config;
mod connections;
mod contracts;
mod download;
mod error;
mod events;
mod extract;
mod finality;
mod gate;
mod hints;
mod meters;
mod network;
mod page;
mod prices;
mod rates;
mod routes;
mod server;
mod stall;
mod transactions;

pub use hushwatt_client::frames;

pub use config::{GateLimits, HttpError, HttpLimits, HttpOptions, Rate};
pub use network::OPENAPI;
pub use routes::{ROUTES, Route};
pub use server::Server;
pub use transactions::{MAX_SUBMISSION_BYTES, MAX_WAIT};
