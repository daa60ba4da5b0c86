//! What a registrar's request fixes: who is in a total, and who is left out, told before it is sent. The ledger is followed from
//! its beginning with every certificate checked, so that no node says who has shared.

use hushwatt_client::Taken;
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    CheckError,
    genesis::Genesis,
    parameters::PeriodTimes,
    rules::totals,
    state::LedgerState,
    transaction::{
        Action, Envelope, TransactionId,
        build::{BuildError, Built},
        request::{RequestPlan, RequestStatement, Target},
    },
    units::{MeterId, Period, Timestamp},
};
use hushwatt_wallet::{FinalBlock, FollowerError, PublicView, sync::SyncError};

use crate::chain::{Chain, submission};

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
    pub trades: u32,
    /// Meters that did not share, or wrongly.
    pub missing: Vec<MeterId>,
    /// Who is left out: those, and as many more, drawn by lot, as make three.
    pub left_out: Vec<MeterId>,
    /// The steps of the period.
    pub times: PeriodTimes,
}

/// Follows a chain to its end, with every certificate checked; `heard` is told each block and how many the nodes say there are.
///
/// # Errors
/// [`AskError::Chain`], [`AskError::Ledger`].
pub fn follow(
    view: &mut PublicView,
    chain: &mut dyn Chain,
    mut heard: impl FnMut(&FinalBlock, u64),
) -> Result<(), AskError> {
    loop {
        let after = view.tip().height + view.waiting() as u64;
        // Hints are of no use here: those that nobody gives are not missed.
        let fetched = chain.fetch(after, Timestamp(u64::MAX))?;
        if fetched.blocks.is_empty() {
            return Ok(());
        }
        for block in fetched.blocks {
            view.follow(block)?.iter().for_each(|block| heard(block, fetched.tip));
        }
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
            // Before that there are no lots: it says more than that they are lacking.
            totals::asked_not_too_early(&times, now)?;
            let shared = state.sharers(period, &cohort)?;
            let all = || cohort.meters().iter().map(|entry| entry.meter);
            fixed.missing = all().filter(|meter| !shared.contains_key(meter)).collect();
            let lot = totals::lots_are_drawn(state.lot(period)?)?;
            fixed.left_out =
                totals::left_out(state.genesis().network(), period, &cohort, |meter| shared.contains_key(meter), &lot);
            fixed.within = all().filter(|meter| !fixed.left_out.contains(meter)).collect();
        }
        Target::Trades(utility) => fixed.trades = state.count_within(period, utility)?,
    }
    totals::nothing_was_asked(state.total(period, target)?.as_ref())?;
    let statement = RequestStatement { period, target, left_out: fixed.left_out.clone(), registrar: 0 };
    statement.holds(state, now)?;
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

/// The request of a period and target that a block has, if it has one.
pub fn asked_in(block: &FinalBlock, period: Period, target: Target) -> Option<TransactionId> {
    block.block.transactions.iter().find_map(|transaction| match transaction.action() {
        Action::Request(request) if (request.statement.period, request.statement.target) == (period, target) => {
            Some(*transaction.id())
        }
        _ => None,
    })
}

/// Hands a request in.
///
/// # Errors
/// [`SyncError`].
pub fn hand_in(chain: &mut dyn Chain, request: &Built) -> Result<Taken, SyncError> {
    chain.submit(&submission(request))
}
