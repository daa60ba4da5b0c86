//! A seller shares what opens his deliveries and fills, for totals of the community's trades (protocol, "Totals").
//!
//! Each sale is shared once the period that it counts for has closed, alone and at a time of its own that is drawn at random from what
//! is left of the term. So the times tie no two sales together. If so little is left that they would, because nothing ran for a while,
//! one sale is shared and the others are in no total. The times are in the wallet's file; what is signed goes through the outbox as
//! everything does, and a sale that the ledger has a Share of is not shared again.

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

/// The last of so many parts of the term, for which no times are drawn: what is signed then might be in no block in time. In the one
/// before it none are drawn any more: they would be too close to each other.
const PARTS: u64 = 16;

/// A sale to share.
struct Due {
    sale: Sale,
    period: Period,
    committee: Committee,
    terms: Terms,
    /// Until when a block takes it.
    until: Timestamp,
}

/// When a sale may be shared.
#[derive(Clone, Copy)]
struct Terms {
    /// Before this a time can be drawn for it.
    draw: Timestamp,
    /// The latest time that is drawn.
    last: Timestamp,
}

/// What comes of the times at a step.
struct Arranged {
    /// Those that are still to come, and of one that waits for a Share under way.
    times: BTreeMap<String, u64>,
    /// The place of the sale to share now.
    first: Option<usize>,
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

    /// Draws a time for each sale that has none, and shares the first whose time has come, unless another Share is under way. Gives the
    /// start of the window that the shared one was of.
    fn share_one(&mut self) -> Result<Option<Timestamp>, HouseholdError> {
        let now = self.view.tip().time;
        let Some(totals) = self.genesis.parameters.totals else { return Ok(None) };
        // What became of them is on the ledger.
        self.outbox.retain(|out| !(is_share(&out.intent) && out.is_over()));
        let busy = self.outbox.iter().any(|out| is_share(&out.intent));
        let mut due = self.to_share(&totals, now)?;
        let named: Vec<(String, Terms)> = due.iter().map(|due| (hex(&due.sale.trade.0), due.terms)).collect();
        let Arranged { times, first } = arrange(now, busy, &named, &self.share_times, &mut OsRng);
        let before = std::mem::replace(&mut self.share_times, times);
        let Some(due) = first.map(|place| due.swap_remove(place)) else {
            if self.share_times != before {
                self.save()?;
            }
            return Ok(None);
        };
        let window = due.sale.window;
        if let Err(error) = self.share(due) {
            // Its time has still come, and perhaps it is too late to draw another one.
            self.share_times = before;
            return Err(error);
        }
        Ok(Some(self.genesis.parameters.window_start(window)))
    }

    /// Signs and saves what opens a sale, together with the times of the others.
    fn share(&mut self, due: Due) -> Result<(), HouseholdError> {
        let Due { sale, period, committee, until, .. } = due;
        let built = self.wallet.share_sale(&sale, period, &committee, self.now(), &mut OsRng)?;
        let until = built.transaction.envelope().valid_until.min(until);
        self.keep_until(&built, Intent::Share { trade: hex(&sale.trade.0) }, until, None)?;
        Ok(())
    }

    /// The sales of periods that have closed and whose term is not over, which nobody has shared yet.
    fn to_share(&self, totals: &TotalsParameters, now: Timestamp) -> Result<Vec<Due>, HouseholdError> {
        let state = self.view.state();
        let mut due = Vec::new();
        for sale in self.wallet.sales() {
            let Some(period) = self.genesis.parameters.period_of(sale.window) else { continue };
            let times = totals.times(period);
            let before_end = |parts: u64| times.share.minus(parts * (totals.share_term / PARTS));
            let name = hex(&sale.trade.0);
            let under_way =
                || self.outbox.iter().any(|out| !out.is_over() && out.intent == Intent::Share { trade: name.clone() });
            if now <= times.close || now >= times.share || self.wallet.has_shared(&sale.trade) || under_way() {
                continue;
            }
            // Nobody can open a total of a period that began without a committee.
            if let Some(committee) = state.committee_of(period)? {
                let terms = Terms { draw: before_end(2), last: before_end(1) };
                due.push(Due { sale, period, committee, terms, until: times.share });
            }
        }
        Ok(due)
    }
}

/// Whether it is a Share.
pub(super) fn is_share(intent: &Intent) -> bool {
    matches!(intent, Intent::Share { .. })
}

/// Keeps the times that are to come, chooses a sale whose time has come, and gives others whose time has come another one. When it is too
/// late to draw, all but one of them go without: they would be shared in a burst, which says that they are one seller's.
fn arrange(
    now: Timestamp,
    busy: bool,
    due: &[(String, Terms)],
    before: &BTreeMap<String, u64>,
    rng: &mut impl Rng,
) -> Arranged {
    let (mut times, mut first, mut waits) = (BTreeMap::new(), None, false);
    for (place, (name, terms)) in due.iter().enumerate() {
        let time = match before.get(name) {
            Some(at) if *at > now.0 => *at,
            Some(_) if first.is_none() && !busy => {
                first = Some(place);
                continue;
            }
            _ if now < terms.draw => time_between(now, terms.last, rng).0,
            Some(at) if busy && !waits => {
                waits = true;
                *at
            }
            _ => continue,
        };
        times.insert(name.clone(), time);
    }
    Arranged { times, first }
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

    const TERMS: Terms = Terms { draw: Timestamp(2_000), last: Timestamp(3_000) };

    fn sales(count: usize) -> Vec<(String, Terms)> {
        (0..count).map(|number| (number.to_string(), TERMS)).collect()
    }

    fn times(times: &[u64]) -> BTreeMap<String, u64> {
        times.iter().enumerate().map(|(number, at)| (number.to_string(), *at)).collect()
    }

    #[test]
    fn each_sale_gets_a_time_and_one_whose_time_has_come_is_chosen() {
        let fresh = arrange(Timestamp(1_000), false, &sales(3), &BTreeMap::new(), &mut OsRng);
        assert_eq!((fresh.times.len(), fresh.first), (3, None));
        assert!(fresh.times.values().all(|at| (1_001..=3_000).contains(at)));
        let before = times(&[1_500, 999, 1_000]);
        let next = arrange(Timestamp(1_000), false, &sales(3), &before, &mut OsRng);
        assert_eq!((next.first, next.times.get("0")), (Some(1), Some(&1_500)));
        assert!(next.times["2"] > 1_000, "another time is drawn for the second whose time has come");
        let busy = arrange(Timestamp(1_000), true, &sales(3), &before, &mut OsRng);
        assert_eq!((busy.first, busy.times.len()), (None, 3));
        assert!(busy.times.values().all(|at| *at > 1_000));
    }

    #[test]
    fn of_many_whose_time_has_come_too_late_for_another_one_is_shared_and_one_may_wait() {
        for now in [2_000, 2_500, 3_000, 4_000].map(Timestamp) {
            let missed = times(&[10, 20, 30, 40]);
            let late = arrange(now, false, &sales(4), &missed, &mut OsRng);
            assert_eq!((late.first, late.times.len()), (Some(0), 0));
            // What was left out stays so: it is as if it had never had a time.
            let later = arrange(now.plus(60), false, &sales(4)[1..], &late.times, &mut OsRng);
            assert_eq!((later.first, later.times.len()), (None, 0));
            let busy = arrange(now, true, &sales(4), &missed, &mut OsRng);
            assert_eq!((busy.first, busy.times), (None, times(&[10])));
        }
        // Times that were drawn before are kept, however late.
        let kept = arrange(Timestamp(2_500), false, &sales(3), &times(&[2_600, 20, 2_700]), &mut OsRng);
        assert_eq!((kept.first, kept.times.len()), (Some(1), 2));
    }
}
