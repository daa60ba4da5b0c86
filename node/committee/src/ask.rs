//! What a registrar's request fixes: who is in a total, and who is left out, told before it is sent. The ledger is followed from
//! its beginning with every certificate checked, so that no node says who has shared.

use std::collections::BTreeSet;

use hushwatt_client::Taken;
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    CheckError,
    genesis::Genesis,
    parameters::{MIN_LEFT_OUT, PeriodTimes},
    rules::totals,
    state::LedgerState,
    transaction::{
        Envelope,
        build::{BuildError, Built},
        request::{RequestPlan, RequestStatement, Target},
    },
    units::{MeterId, Period, Timestamp},
};
use hushwatt_wallet::{FollowerError, PublicView, sync::SyncError};

use crate::{
    chain::{Chain, submission},
    review::rules_hold,
};

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No block could be fetched, or the request was not taken.
    #[error(transparent)]
    Chain(#[from] SyncError),
    /// The chain cannot be followed.
    #[error(transparent)]
    Ledger(#[from] FollowerError),
    /// A rule, or a state that could not answer.
    #[error(transparent)]
    Rule(#[from] CheckError),
    /// No registrar's key.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// What a request would fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Of which period.
    pub period: Period,
    /// Over what.
    pub target: Target,
    /// Meters of the cohort that are in; none for trades.
    pub within: Vec<MeterId>,
    /// Trades that are in; 0 for a cohort.
    pub trades: usize,
    /// Meters that did not share, or wrongly.
    pub missing: Vec<MeterId>,
    /// Who is left out: those, and as many more, of the lowest numbers, as make three.
    pub left_out: Vec<MeterId>,
    /// The steps of the period.
    pub times: PeriodTimes,
}

/// Follows a chain to its end, with every certificate checked; `heard` is told how far.
///
/// # Errors
/// [`AskError::Chain`], [`AskError::Ledger`].
pub fn follow(view: &mut PublicView, chain: &mut dyn Chain, mut heard: impl FnMut(u64, u64)) -> Result<(), AskError> {
    loop {
        let after = view.tip().height + view.waiting() as u64;
        // Hints are of no use here: those that nobody gives are not missed.
        let fetched = chain.fetch(after, Timestamp(u64::MAX))?;
        if fetched.blocks.is_empty() {
            return Ok(());
        }
        for block in fetched.blocks {
            view.follow(block)?;
        }
        heard(view.tip().height, fetched.tip);
    }
}

/// What a request would fix by the ledger of now, if the rules allow it.
///
/// # Errors
/// [`CheckError::Rejected`] with the rule that refuses it.
pub fn fixed(state: &LedgerState<'_>, period: Period, target: Target, now: Timestamp) -> Result<Fixed, CheckError> {
    let parameters = totals::totals_are_made(&state.genesis().parameters)?;
    let times = parameters.times(period);
    let mut fixed =
        Fixed { period, target, within: Vec::new(), trades: 0, missing: Vec::new(), left_out: Vec::new(), times };
    match target {
        Target::Cohort(place) => {
            let cohort = totals::cohort_is_known(state.cohort(period, place)?)?;
            let shared = state.sharers(period, &cohort)?;
            let all = || cohort.meters().iter().map(|entry| entry.meter);
            fixed.missing = all().filter(|meter| !shared.contains_key(meter)).collect();
            let more = if fixed.missing.is_empty() { 0 } else { MIN_LEFT_OUT.saturating_sub(fixed.missing.len()) };
            let others = all().filter(|meter| shared.contains_key(meter)).take(more);
            let left_out: BTreeSet<MeterId> = fixed.missing.iter().copied().chain(others).collect();
            fixed.within = all().filter(|meter| !left_out.contains(meter)).collect();
            fixed.left_out = left_out.into_iter().collect();
        }
        Target::Trades(utility) => fixed.trades = state.trades_within(period, utility)?.len(),
    }
    totals::nothing_was_asked(state.total(period, target)?.as_ref())?;
    let statement = RequestStatement { period, target, left_out: fixed.left_out.clone(), registrar: 0 };
    rules_hold(state, &statement, now)?;
    Ok(fixed)
}

impl Fixed {
    /// The request, signed by a registrar.
    ///
    /// # Errors
    /// [`BuildError::NoRegistrar`].
    pub fn request(&self, genesis: &Genesis, key: &SigningKey, now: Timestamp) -> Result<Built, BuildError> {
        let (period, target, left_out) = (self.period, self.target, self.left_out.clone());
        RequestPlan { period, target, left_out, valid_until: Envelope::validity_from(now) }.build(genesis, key)
    }
}

/// Hands a request in.
///
/// # Errors
/// [`SyncError`].
pub fn hand_in(chain: &mut dyn Chain, request: &Built) -> Result<Taken, SyncError> {
    chain.submit(&submission(request))
}
