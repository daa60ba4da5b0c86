//! The cross-check: what a meter attested, opened with its reading key and held against the ledger's commitments, beside the
//! grid operator's values, interval by interval.
//!
//! The values come from the ledger: each is found from its commitment and the blinding that follows from the day key, so no
//! record of the gateway is believed. That needs the day key, which only gateway and household have: their consent.

mod compare;
mod open;

pub(crate) use compare::agree;
pub use compare::{Comparison, DaySum, Found, Row, Verdict, compare};
pub use open::{AttestedInterval, VerifyError, contradictions, in_force, ledger_readings, open_statement};
