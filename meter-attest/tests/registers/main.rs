//! The register engine (section 6.2): by name what can happen to a meter, at random what always holds, and real data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod bench;
mod clocks;
mod codec;
mod faults;
mod intervals;
mod operator;
mod real;
mod utilities;
mod walks;
