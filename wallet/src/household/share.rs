//! A seller shares what opens his deliveries and fills, for totals of the community's trades (protocol, "Totals").
//!
//! Each sale is shared once the period that it counts for has closed, alone and at a time of its own that is drawn at random from what
//! is left of the term. So the times tie no two sales together. The times are in the wallet's file; what is signed goes through the
//! outbox as everything does, and a sale that the ledger has a Share of is not shared again.

use std::collections::BTreeMap;

use hushwatt_crypto::{Rng, hash::hex};
use hushwatt_ledger::{
    committee::Committee,
    parameters::TotalsParameters,
    units::{Period, Timestamp},
};
use rand_core::OsRng;

use super::{
    Household, HouseholdError,
    agent::{AgentWork, clock_text},
    outbox::Intent,
    views::OwnShares,
};
use crate::totals::Sale;

/// The last part of the term, for which no times are drawn: what is signed then might be in no block in time.
const LAST_PART: u64 = 16;

/// A sale to share.
struct Due {
    sale: Sale,
    period: Period,
    committee: Committee,
    /// The latest time that is drawn for it.
    last: Timestamp,
    /// Until when a block takes it.
    until: Timestamp,
}

impl Household {
    /// As the agent does it: at most one sale at a time.
    pub(super) fn share_by_itself(&mut self, work: &mut AgentWork) {
        match self.share_one() {
            Ok(None) => {}
            Ok(Some(start)) => {
                let what = format!("shared the opening of a sale at {} for the community's totals", clock_text(start));
                work.note(what, Ok::<_, HouseholdError>(()));
            }
            Err(error) => work.note("share a sale for the community's totals".to_owned(), Err::<(), _>(error)),
        }
    }

    /// How the own sales stand.
    pub(super) fn own_shares(&self) -> OwnShares {
        OwnShares {
            allowed: self.settings.agent.share_totals && !self.is_view_only(),
            shared: self.wallet.sales_shared(),
            under_way: self.outbox.iter().filter(|out| !out.is_over() && is_share(&out.intent)).count(),
            planned: self.share_times.len(),
        }
    }

    /// Draws a time for each sale that has none, and shares the first whose time has come, unless another Share is under way. If the
    /// time of others has come too, because nothing ran for a while, they get another one. Gives the start of the window that the
    /// shared one was of.
    fn share_one(&mut self) -> Result<Option<Timestamp>, HouseholdError> {
        let now = self.view.tip().time;
        let Some(totals) = self.genesis.parameters.totals else { return Ok(None) };
        // What became of them is on the ledger.
        self.outbox.retain(|out| !(is_share(&out.intent) && out.is_over()));
        let busy = self.outbox.iter().any(|out| is_share(&out.intent));
        let (mut times, mut first) = (BTreeMap::new(), None);
        for due in self.to_share(&totals, now)? {
            let name = hex(&due.sale.trade.0);
            match self.share_times.get(&name) {
                Some(at) if *at > now.0 => times.insert(name, *at),
                Some(_) if first.is_none() && !busy => {
                    first = Some(due);
                    None
                }
                _ if now < due.last => times.insert(name, time_between(now, due.last, &mut OsRng).0),
                // No time is left to choose from: it waits for those before it.
                Some(at) => times.insert(name, *at),
                None => None,
            };
        }
        let drawn = times != self.share_times;
        self.share_times = times;
        let Some(Due { sale, period, committee, until, .. }) = first else {
            if drawn {
                self.save()?;
            }
            return Ok(None);
        };
        let built = self.wallet.share_sale(&sale, period, &committee, self.now(), &mut OsRng)?;
        let until = built.transaction.envelope().valid_until.min(until);
        self.keep_until(&built, Intent::Share { trade: hex(&sale.trade.0) }, until, None)?;
        Ok(Some(self.genesis.parameters.window_start(sale.window)))
    }

    /// The sales of periods that have closed and whose term is not over, which nobody has shared yet.
    fn to_share(&self, totals: &TotalsParameters, now: Timestamp) -> Result<Vec<Due>, HouseholdError> {
        let state = self.view.state();
        let mut due = Vec::new();
        for sale in self.wallet.sales() {
            let Some(period) = self.genesis.parameters.period_of(sale.window) else { continue };
            let times = totals.times(period);
            let last = times.share.minus(totals.share_term / LAST_PART);
            let name = hex(&sale.trade.0);
            let under_way =
                || self.outbox.iter().any(|out| !out.is_over() && out.intent == Intent::Share { trade: name.clone() });
            if now <= times.close || now >= times.share || self.wallet.has_shared(&sale.trade) || under_way() {
                continue;
            }
            // Nobody can open a total of a period that began without a committee.
            if let Some(committee) = state.committee_of(period)? {
                due.push(Due { sale, period, committee, last, until: times.share });
            }
        }
        Ok(due)
    }
}

/// Whether it is a Share.
pub(super) fn is_share(intent: &Intent) -> bool {
    matches!(intent, Intent::Share { .. })
}

/// A time after `now`, and at or before `last`.
fn time_between(now: Timestamp, last: Timestamp, rng: &mut impl Rng) -> Timestamp {
    now.plus(1 + rng.next_u64() % last.0.saturating_sub(now.0).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_anywhere_in_what_is_left_and_never_now() {
        let (now, last) = (Timestamp(1_000), Timestamp(1_010));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let at = time_between(now, last, &mut OsRng);
            assert!(at > now && at <= last, "{at:?}");
            seen.insert(at.0);
        }
        assert_eq!(seen.len(), 10);
        assert_eq!(time_between(last, last, &mut OsRng), last.plus(1));
    }
}
