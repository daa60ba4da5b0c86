//! The gateway beside a meter, against real nodes: a simulated meter on a pseudo-terminal, a week of readings with every fault
//! that lines and clocks have; gateways killed again and again; nodes that are down or lie; a day of a whole community.
//!
//! `HUSHWATT_EFFORT=full` kills some hundred times and chooses anew each time; `HUSHWATT_SEED` repeats a run's choices;
//! `HUSHWATT_DATA` names the folder of real readings (`../shared/data` beside this project if nothing is said), without which
//! only made ones are replayed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod choices;
mod curve;
mod day;
mod erased;
mod inside;
mod kills;
#[path = "../cli_registrar/office.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod office;
mod oracle;
mod outages;
mod p1;
mod process;
mod pty;
#[path = "../wallet_end_to_end/relay.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod relay;
mod replaced;
#[path = "../forgetting/scan.rs"]
mod scan;
mod slaves;
#[path = "../cli_wallet/support.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;
mod town;
#[path = "../village/mod.rs"]
mod village;
mod week;
