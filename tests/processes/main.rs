//! Real nodes, each a process of its own, on loopback: killed, wiped, without disk space, with clocks that are off, under
//! attack, and while the validators change. `HUSHWATT_EFFORT=full` kills more often and chooses anew each time; `HUSHWATT_SEED`
//! repeats a run's choices.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod attack;
mod bank;
mod checks;
mod clocks;
mod followers;
mod full_disk;
mod hostile;
mod kills;
mod load;
mod refusals;
mod registrars;
mod town;
mod validators;
