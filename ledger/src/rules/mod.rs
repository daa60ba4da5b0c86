//! The consensus rules: small pure functions over given data, one error variant each (protocol section 8).
//!
//! Who calls them: `transaction/*/check.rs` for what a transaction may do, [`crate::block`] for what a block may be.
//! Validators and auditors run the same calls in the same order.

mod rejection;

pub mod auction;
pub mod blocks;
pub mod finality;
pub mod metering;
pub mod money;
pub mod registry;
pub mod spending;
pub mod structure;
pub mod totals;
pub mod trading;

pub use rejection::Rejection;

pub(crate) fn ensure(holds: bool, rejection: Rejection) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(rejection) }
}
