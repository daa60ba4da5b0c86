//! The door through which wallets hand in their orders: plain HTTP for this machine, or for a reverse proxy with TLS before it.
//!
//! | route | what |
//! |---|---|
//! | `GET /v1/operator` | network, signing key, sealing key and the signature over it |
//! | `POST /v1/orders` | an order with its sealed opening, against its admission |
//!
//! **What it must not do.** It tells nobody what orders there are, and has no route that lists, changes or removes one. It
//! answers only under names that the settings list, so that no web site in a browser nearby can ask it. Addresses of those who
//! ask are counted, for limits, and neither logged nor kept.

mod guard;
mod problem;
mod rates;
mod server;

pub use server::Door;
