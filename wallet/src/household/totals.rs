//! Totals that were asked for, in a household's words: whose, when, over what, and whether the own meter is in it.

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{parameters::TotalsParameters, state::StateError, transaction::request::Target, units::MeterId};

use super::{
    Household, HouseholdError,
    views::{TotalOver, TotalView, TotalsView},
};
use crate::AskedTotal;

impl Household {
    /// All requests for totals, the newest first, and how the own sales are shared for them.
    ///
    /// # Errors
    /// If the wallet's view of the ledger is damaged.
    pub fn totals(&self) -> Result<TotalsView, HouseholdError> {
        let mut requests = Vec::new();
        if let Some(totals) = self.genesis.parameters.totals {
            for asked in self.wallet.totals() {
                requests.push(self.total_view(&totals, asked)?);
            }
        }
        requests.sort_by_key(|view| std::cmp::Reverse((view.height, view.from)));
        Ok(TotalsView { requests, own_sales: self.own_shares() })
    }

    /// Keeps the meters of cohorts that totals were asked of: the ledger forgets them when no total of theirs can be released any more.
    pub(super) fn keep_cohorts(&mut self) -> Result<(), StateError> {
        let (state, height) = (self.view.state(), self.view.tip().height);
        self.wallet.keep_cohorts(height, |period, place| state.cohort(period, place))
    }

    fn total_view(&self, totals: &TotalsParameters, asked: &AskedTotal) -> Result<TotalView, HouseholdError> {
        let (state, period) = (self.view.state(), asked.period);
        let quorum = state.committee_of(period)?.map(|committee| committee.quorum());
        let registrar = self.genesis.registrars().get(usize::from(asked.registrar));
        Ok(TotalView {
            asked: asked.time,
            height: asked.height,
            transaction: asked.transaction,
            registrar: u32::from(asked.registrar) + 1,
            registrar_key: registrar.map(|key| hex(key.as_bytes())).unwrap_or_default(),
            from: totals.start(period),
            until: totals.end(period),
            release_until: totals.times(period).release,
            over: match asked.target {
                Target::Trades(utility) => TotalOver::Trades { utility },
                Target::Cohort(place) => {
                    let meters = &asked.meters;
                    let mut own: Vec<MeterId> = self.wallet.pairings().iter().map(|pairing| pairing.meter).collect();
                    own.sort_unstable();
                    own.dedup();
                    own.retain(|meter| meters.contains(meter));
                    let (own_left_out, own_in) = own.into_iter().partition(|meter| asked.left_out.contains(meter));
                    let first = meters.first().and_then(|meter| self.genesis.meter(*meter));
                    TotalOver::Meters {
                        utility: first.map(|meter| meter.utility),
                        cohort: u32::from(place),
                        meters: meters.len(),
                        left_out: asked.left_out.len(),
                        own_in,
                        own_left_out,
                    }
                }
            },
            released: asked.released.len(),
            needed: quorum.map_or(0, |quorum| usize::from(quorum.threshold())),
            members: quorum.map_or(0, |quorum| usize::from(quorum.members())),
        })
    }
}
