//! `hushwatt meter` as installers and households run it: the real program on real folders and telegrams, against real nodes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "cli_meter/folders.rs"]
mod folders;
#[path = "cli_meter/forgetting.rs"]
mod forgetting;
#[path = "cli_meter/house.rs"]
mod house;
#[path = "cli_meter/pairing.rs"]
mod pairing;
#[path = "cli_meter/papers.rs"]
mod papers;
#[path = "cli_meter/reading.rs"]
mod reading;
#[path = "cli_meter/running.rs"]
mod running;
#[path = "cli_wallet/support.rs"]
#[allow(dead_code, reason = "tests of the wallet use all of it")]
mod support;
#[path = "cli_meter/telegram.rs"]
mod telegram;
mod village;
#[path = "cli_meter/workshop.rs"]
mod workshop;
