//! What final blocks say about totals, for a gateway that shares what opens its meter's sums (protocol section 10).
//!
//! Whoever is told a false committee shares with strangers. So the committee is never asked for: it is read from the same
//! certified blocks as all the rest, and a replay holds each change of the registry in them against the signatures of the genesis'
//! registrars, whatever the validators signed.

use hushwatt_ledger::{
    block::Block,
    committee::Committee,
    state::{LedgerState, StateError},
    transaction::{Action, HintsDigest, share::Subject},
    units::{MeterId, Period},
};

/// Who makes totals of a period, by the final blocks that were read.
#[derive(Clone, Debug)]
pub struct Named {
    /// The period.
    pub period: Period,
    /// The committee that was in force when it began.
    pub committee: Option<Committee>,
    /// Whether the meter is in one of its cohorts.
    pub in_cohort: bool,
}

/// A Share in this meter's name in a final block.
#[derive(Clone, Copy, Debug)]
pub struct ShareSeen {
    /// Height of the block.
    pub height: u64,
    /// Of which period.
    pub period: Period,
    /// Says which sealed shares it came with.
    pub hints: HintsDigest,
}

impl Named {
    /// By this state.
    ///
    /// # Errors
    /// If it is damaged.
    pub(super) fn by(state: &LedgerState<'_>, period: Period, meter: MeterId) -> Result<Self, StateError> {
        let committee = state.committee_of(period)?;
        Ok(Named { period, committee, in_cohort: state.cohort_with(period, meter)?.is_some() })
    }
}

/// The Shares of a block in a meter's name.
pub(super) fn shares(meter: MeterId, block: &Block) -> impl Iterator<Item = ShareSeen> + '_ {
    let height = block.header.height;
    block.transactions.iter().filter_map(move |transaction| match transaction.action() {
        Action::Share(share) if share.statement.subject == Subject::Meter(meter) => {
            Some(ShareSeen { height, period: share.statement.period, hints: transaction.envelope().hints })
        }
        _ => None,
    })
}
