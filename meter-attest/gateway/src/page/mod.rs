//! The gateway's own page: for the installer what stands where, for the household's wallet its readings, sealed.
//!
//! **What it must not do.** Nothing can be changed through it: there is no route that changes anything. It answers only under
//! names of this machine that the configuration lists, so that no web site in a browser nearby can ask it. On any address but
//! the loopback's it tells whoever is in the house's network what the registers say; the readings are sealed for the paired
//! wallet in any case.

mod board;
mod guard;
mod html;
mod server;
mod status;
mod totals;

pub use board::Board;
pub use server::PageServer;
pub use status::{AttestedState, ClockState, PendingState, QueueState, RegisterState, Status, Warning};
pub use totals::{SettledPeriod, TotalsState, WaitingPeriod};
