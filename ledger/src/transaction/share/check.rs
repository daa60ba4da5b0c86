//! What validators check of a Share. Whether the shares are right only their members can see: see [`super::super::complain`].

use hushwatt_crypto::range::RangeClaim;

use super::{Authority, Share, Subject};
use crate::{
    CheckError, Rejection,
    rules::{metering, totals},
    state::LedgerState,
    transaction::{TransactionId, check::Facts},
    units::Timestamp,
};

impl Share {
    /// Phase 1. All that it depends on may change with the registry: see phase 2.
    pub(crate) fn check_proofs(&self, facts: &Facts<'_>) -> Result<Vec<RangeClaim>, Rejection> {
        totals::totals_are_made(&facts.genesis.parameters)?;
        Ok(Vec::new())
    }

    /// Phase 2.
    pub(crate) fn check_state(
        &self,
        state: &LedgerState<'_>,
        id: &TransactionId,
        now: Timestamp,
    ) -> Result<(), CheckError> {
        let (statement, genesis) = (&self.statement, state.genesis());
        let parameters = totals::totals_are_made(&genesis.parameters)?;
        let times = parameters.times(statement.period);
        totals::shared_not_too_early(&times, now)?;
        totals::shared_not_too_late(&times, now)?;
        let committee = totals::committee_is_in_force(state.committee_of(statement.period)?)?;
        totals::shares_fit_the_committee(&statement.sharings, &committee)?;
        let network = genesis.network();
        match (statement.subject, &self.authority) {
            (Subject::Meter(meter), Authority::Meter(signature)) => {
                let registered = state.registered(meter)?;
                let key = metering::meter_is_registered(registered.as_ref())?.key;
                // Before anything that takes a look at many entries.
                metering::meter_signed(network, &key, id, signature)?;
                totals::meter_is_in_a_cohort(state.cohort_with(statement.period, meter)?.as_ref())?;
                let record = state.metered_period(statement.period, meter)?;
                let record = totals::period_is_complete(&genesis.parameters, record)?;
                totals::nothing_was_shared(record.share.as_ref())?;
            }
            (Subject::Trade { utility, trade }, Authority::Seller(proof)) => {
                let record = totals::trade_is_of_the_period(state.trade(statement.period, utility, &trade)?)?;
                totals::seller_signed(network, &record.key, id, proof)?;
                totals::nothing_was_shared(record.share.as_ref())?;
            }
            // Decoding makes no others.
            _ => return Err(Rejection::ShareShape.into()),
        }
        Ok(())
    }
}
