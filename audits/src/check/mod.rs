//! Checks what a household handed over: a [`Disclosure`] against the ledger's own facts (protocol section 10).
//!
//! * `gather.rs`: the facts, in one pass over a chain ([`crate::Follower`]): every certificate is verified and every block
//!   executed, so what it says of the ledger is what more than two thirds of the validators signed. Proofs of transactions
//!   are left to them; [`crate::verify_path`] verifies those too.
//! * `report.rs`: the verdict as data. `text.rs`: the same in plain words.

mod gather;
mod report;
mod text;

use hushwatt_ledger::{
    disclosure::{Disclosure, DisclosureError, Facts},
    state::StateError,
};

pub(crate) use self::text::{Amount, audience};
pub use crate::follow::FactsError;

pub use self::{
    gather::{ChainFacts, Gatherer, Lookout, facts_from_path, facts_from_reader},
    report::{
        Answer, Asked, CheckReport, Comparison, HeldKey, Match, NotHeld, Shown, ShownPayment, ShownPeriod, ShownSpan,
        Tip,
    },
};

/// Holds a disclosure against the facts, and its audience against what the verifier expects.
///
/// # Errors
/// The facts could not be asked: nothing was judged.
pub fn check(disclosure: &Disclosure, facts: &dyn Facts, asked: &Asked) -> Result<CheckReport, StateError> {
    match disclosure.check(facts) {
        Err(DisclosureError::State(error)) => Err(error),
        verdict => Ok(CheckReport::new(disclosure.statement(), facts, verdict, asked)),
    }
}
