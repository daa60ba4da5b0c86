//! What a household sees first.

use std::collections::BTreeMap;

use hushwatt_ledger::{
    transaction::order::Side,
    units::{Credit, Quantity, Timestamp, Utility},
};
use time::{Date, Month, OffsetDateTime, Time};

use super::{
    Household,
    views::{MonthView, Overview, PendingView, UtilityMonth, Waiting},
};
use crate::{PendingReason, PurchaseState};

impl Household {
    /// Money, this month, and how everything stands.
    pub fn overview(&self, notices: Vec<String>) -> Overview {
        let now = self.now();
        let balance = self.wallet.balance();
        let parameters = &self.genesis.parameters;
        let pending = self.wallet.pending().into_iter().map(|pending| PendingView {
            amount: pending.amount,
            reason: match pending.reason {
                PendingReason::NextSettlement => Waiting::NextSettlement,
                PendingReason::OnItsWay => Waiting::OnItsWay,
                PendingReason::Locked(_) | PendingReason::Bid(_) => Waiting::Ordered,
            },
            expected: pending.expected,
        });
        Overview {
            available: balance.available,
            pending_total: balance.pending,
            ordered: balance.locked,
            total: balance.total(),
            pending: pending.collect(),
            month: self.month_of(now),
            next_settlement: Timestamp((parameters.epoch_at(now) + 1) * parameters.credit_epoch),
            backup: self.backup_state(),
            view_only: self.is_view_only(),
            sync: self.sync_state(notices),
        }
    }

    /// The sums of the calendar month (UTC) that a time is in.
    pub fn month_of(&self, time: Timestamp) -> MonthView {
        let (year, month, from, until) = month_around(time);
        let inside = |start: Timestamp| from <= start && start < until;
        let parameters = &self.genesis.parameters;
        let metered = self.wallet.pairings().iter().filter_map(|pairing| self.genesis.meter(pairing.meter));
        let mut sums: BTreeMap<Utility, UtilityMonth> =
            metered.map(|meter| (meter.utility, UtilityMonth::new(meter.utility))).collect();
        let mut of = |utility, add: &dyn Fn(&mut UtilityMonth)| {
            add(sums.entry(utility).or_insert_with(|| UtilityMonth::new(utility)));
        };
        for row in self.energy(from, until) {
            of(row.utility, &|sums| {
                sums.imported += row.imported;
                sums.exported += row.exported;
            });
        }
        for purchase in self.wallet.purchases().filter(|one| inside(parameters.window_start(one.terms.window))) {
            if let PurchaseState::Delivered(quantity) = purchase.state {
                of(purchase.terms.utility, &|sums| {
                    sums.spent = Credit(sums.spent.0.saturating_add(purchase.paid().0));
                    sums.bought += u64::from(quantity.0);
                });
            }
        }
        for claim in self.wallet.claims().filter(|one| inside(parameters.window_start(one.terms.window))) {
            if let Some(quantity) = claim.delivered {
                of(claim.terms.utility, &|sums| {
                    sums.earned = Credit(sums.earned.0.saturating_add(claim.terms.price.times(quantity).0));
                    sums.sold += u64::from(quantity.0);
                });
            }
        }
        let orders = self.wallet.orders().filter(|order| order.filled() > Quantity(0));
        for order in orders.filter(|order| inside(parameters.window_start(order.terms.window))) {
            let (money, filled) = (order.money().0, u64::from(order.filled().0));
            of(order.terms.utility, &|sums| {
                let (sum, energy) = match order.side() {
                    Side::Buy => (&mut sums.spent, &mut sums.bought),
                    Side::Sell => (&mut sums.earned, &mut sums.sold),
                };
                sum.0 = sum.0.saturating_add(money);
                *energy += filled;
            });
        }
        for sums in sums.values_mut().filter(|sums| sums.imported > 0) {
            sums.community_share = Some((sums.bought as f64 / sums.imported as f64).min(1.0));
        }
        MonthView { year, month, utilities: sums.into_values().collect() }
    }
}

/// Year, month, its first second and the next month's. Times beyond the calendar are taken as 1970.
fn month_around(time: Timestamp) -> (i32, u8, Timestamp, Timestamp) {
    let seconds = i64::try_from(time.0).unwrap_or(0);
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month) = (at.year(), at.month());
    let next = if month == Month::December { (year + 1, Month::January) } else { (year, month.next()) };
    (year, month.into(), first_second(year, month), first_second(next.0, next.1))
}

fn first_second(year: i32, month: Month) -> Timestamp {
    let date = Date::from_calendar_date(year, month, 1).unwrap_or(Date::MAX);
    Timestamp(u64::try_from(date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp()).unwrap_or(0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn months_have_their_first_and_last_seconds() {
        // 2026-02-28T23:59:59Z and 2026-12-31T12:00:00Z.
        assert_eq!(
            month_around(Timestamp(1_772_323_199)),
            (2026, 2, Timestamp(1_769_904_000), Timestamp(1_772_323_200))
        );
        assert_eq!(
            month_around(Timestamp(1_798_718_400)),
            (2026, 12, Timestamp(1_796_083_200), Timestamp(1_798_761_600))
        );
        assert_eq!(month_around(Timestamp(u64::MAX)).0, 1970);
    }
}
