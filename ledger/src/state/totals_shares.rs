//! What was shared of a period, and the sums that totals are (protocol section 10).

use std::collections::BTreeMap;

use hushwatt_crypto::{Element, sharing::PublicSum};

use super::{
    LedgerState, MeteredPeriod, PriceClass, ShareRecord, Shared, StateError, StateRead, TotalRecord, TradeRecord, keys,
    ledger_state::read_record,
};
use crate::{
    committee::Cohort,
    rules::totals,
    transaction::share::{SharePlace, Sharing, Subject, TradeId},
    units::{MeterId, Period, Utility},
};

fn sum_of(commitment: &Element, sharing: &Sharing) -> PublicSum {
    let coefficients = sharing.coefficients.iter().map(|point| *point.element()).collect();
    PublicSum { commitment: *commitment, coefficients }
}

fn misfit<E>(_: E) -> StateError {
    StateError::Missing("a share that fits the committee of its period")
}

/// What was shared and nobody has complained of.
fn right(share: Option<&ShareRecord>) -> Option<&ShareRecord> {
    share.filter(|share| !share.wrong)
}

impl LedgerState<'_> {
    /// Puts on record what was shared. A light state has no records of periods: there nothing changes.
    pub(crate) fn set_shared(
        &mut self,
        period: Period,
        subject: Subject,
        share: ShareRecord,
    ) -> Result<(), StateError> {
        match subject {
            Subject::Meter(meter) => {
                if let Some(record) = self.metered_period(period, meter)? {
                    self.set_metered_period(period, meter, &MeteredPeriod { share: Some(share), ..record });
                }
            }
            Subject::Trade { utility, trade } => {
                if let Some(old) = self.trade(period, utility, &trade)? {
                    let new = TradeRecord { share: Some(share), ..old.clone() };
                    self.move_in_its_class(period, utility, &old, &new)?;
                    self.set_trade(period, utility, &trade, &new);
                }
            }
        }
        Ok(())
    }

    /// What was shared of one subject, whether somebody has complained of it or not.
    pub fn share_of(&self, period: Period, subject: &Subject) -> Result<Option<ShareRecord>, StateError> {
        Ok(match subject {
            Subject::Meter(meter) => self.metered_period(period, *meter)?.and_then(|record| record.share),
            Subject::Trade { utility, trade } => self.trade(period, *utility, trade)?.and_then(|record| record.share),
        })
    }

    /// Whoever shared it, shared wrongly.
    pub(crate) fn set_shared_wrongly(&mut self, period: Period, subject: Subject) -> Result<(), StateError> {
        let share = self.share_of(period, &subject)?;
        share.map_or(Ok(()), |share| self.set_shared(period, subject, ShareRecord { wrong: true, ..share }))
    }

    /// The sum of all of one price follows what becomes of one of them: so a request is little work, however many were shared.
    fn move_in_its_class(
        &mut self,
        period: Period,
        utility: Utility,
        old: &TradeRecord,
        new: &TradeRecord,
    ) -> Result<(), StateError> {
        let delivered = |record: &TradeRecord| -> Option<PublicSum> {
            let sharing = right(record.share.as_ref())?.sharings.first()?;
            Some(sum_of(&record.delivered.into(), sharing))
        };
        let (before, after) = (delivered(old), delivered(new));
        let key = keys::price_class(period, utility, new.price);
        let class: Option<PriceClass> = self.record(&key)?;
        let class = match (class, self.committee_of(period)?) {
            (Some(class), _) => class,
            (None, Some(committee)) => PriceClass { count: 0, delivered: PublicSum::zero(committee.quorum()) },
            (None, None) => return Ok(()),
        };
        let PriceClass { mut count, delivered: mut sum } = class;
        if let Some(before) = before {
            (count, sum) = (count.saturating_sub(1), sum.minus(&before).map_err(misfit)?);
        }
        if let Some(after) = after {
            (count, sum) = (count.saturating_add(1), sum.plus(1, &after).map_err(misfit)?);
        }
        self.put(key, &PriceClass { count, delivered: sum });
        Ok(())
    }

    /// One opening that was shared and that nobody has complained of.
    pub fn shared(&self, place: &SharePlace) -> Result<Option<Shared>, StateError> {
        self.shared_if(place, |share| !share.wrong)
    }

    /// The same, whether somebody has complained of it or not: what a complaint was made of, after it.
    pub fn ever_shared(&self, place: &SharePlace) -> Result<Option<Shared>, StateError> {
        self.shared_if(place, |_| true)
    }

    fn shared_if(
        &self,
        place: &SharePlace,
        counts: impl Fn(&ShareRecord) -> bool,
    ) -> Result<Option<Shared>, StateError> {
        let (commitments, share) = match place.subject {
            Subject::Meter(meter) => {
                let Some(record) = self.metered_period(place.period, meter)? else { return Ok(None) };
                (vec![record.export_sum, record.import_sum], record.share)
            }
            Subject::Trade { utility, trade } => {
                let Some(record) = self.trade(place.period, utility, &trade)? else { return Ok(None) };
                (vec![record.delivered.into()], record.share)
            }
        };
        let of_place = usize::from(place.sharing);
        let share = share.filter(counts);
        let Some((share, commitment)) = share.as_ref().zip(commitments.get(of_place)) else { return Ok(None) };
        let shared = |sharing: &Sharing| Shared { of: sum_of(commitment, sharing), sealed: sharing.sealed.clone() };
        Ok(share.sharings.get(of_place).map(shared))
    }

    /// The meters of a cohort that shared their openings of a period rightly.
    pub fn sharers(&self, period: Period, cohort: &Cohort) -> Result<BTreeMap<MeterId, MeteredPeriod>, StateError> {
        let mut sharers = BTreeMap::new();
        for entry in cohort.meters() {
            let record = self.metered_period(period, entry.meter)?;
            let shared = record.filter(|record| right(record.share.as_ref()).is_some());
            sharers.extend(shared.map(|record| (entry.meter, record)));
        }
        Ok(sharers)
    }

    /// The prices whose trades are in the total of a period, with the sum of those trades: see [`totals::in_company`].
    pub fn prices_within(&self, period: Period, utility: Utility) -> Result<BTreeMap<u32, PriceClass>, StateError> {
        let (from, until) = keys::price_classes_of(period, utility);
        let mut prices = BTreeMap::new();
        for (key, value) in self.store.range(&from, &until)? {
            let price = keys::trailing_price(&key).ok_or(StateError::Missing("the price of a sum"))?;
            let class: PriceClass = read_record(&key, &value)?;
            if totals::in_company(class.count) {
                prices.insert(price.micro_euro(), class);
            }
        }
        Ok(prices)
    }

    /// How many trades the total of a period is over.
    pub fn count_within(&self, period: Period, utility: Utility) -> Result<u32, StateError> {
        let prices = self.prices_within(period, utility)?;
        Ok(prices.values().fold(0, |sum, class| sum.saturating_add(class.count)))
    }

    /// The trades themselves: what a member of the committee adds up. Reads all trades of the period.
    pub fn trades_within(&self, period: Period, utility: Utility) -> Result<Vec<(TradeId, TradeRecord)>, StateError> {
        let prices = self.prices_within(period, utility)?;
        let is_in = |record: &TradeRecord| {
            right(record.share.as_ref()).is_some() && prices.contains_key(&record.price.micro_euro())
        };
        let (from, until) = keys::trades_of(period, utility);
        let mut within = Vec::new();
        for (key, value) in self.store.range(&from, &until)? {
            let trade = keys::trailing_trade(&key).ok_or(StateError::Missing("the id of a trade"))?;
            let record: TradeRecord = read_record(&key, &value)?;
            if is_in(&record) {
                within.push((trade, record));
            }
        }
        Ok(within)
    }

    /// The total over a cohort but those who are left out; `None` if one of the others has not shared.
    pub(crate) fn total_of_cohort(
        &self,
        period: Period,
        place: u8,
        left_out: &[MeterId],
    ) -> Result<Option<TotalRecord>, StateError> {
        let (Some(cohort), Some(mut total)) = (self.cohort(period, place)?, self.fresh_total(period)?) else {
            return Ok(None);
        };
        let sharers = self.sharers(period, &cohort)?;
        for entry in cohort.meters().iter().filter(|entry| !left_out.contains(&entry.meter)) {
            let Some(record) = sharers.get(&entry.meter) else { return Ok(None) };
            let sums = [&record.export_sum, &record.import_sum];
            let sharings = record.share.iter().flat_map(|share| &share.sharings);
            for ((total, sum), sharing) in total.sums.iter_mut().zip(sums).zip(sharings) {
                *total = total.plus(1, &sum_of(sum, sharing)).map_err(misfit)?;
            }
            total.count = total.count.saturating_add(1);
        }
        Ok(Some(total))
    }

    /// The total over the trades that are in: energy, and the same times its price.
    pub(crate) fn total_of_trades(&self, period: Period, utility: Utility) -> Result<Option<TotalRecord>, StateError> {
        let Some(mut total) = self.fresh_total(period)? else { return Ok(None) };
        for (price, class) in self.prices_within(period, utility)? {
            let [energy, money] = &mut total.sums;
            *energy = energy.plus(1, &class.delivered).map_err(misfit)?;
            *money = money.plus(u64::from(price), &class.delivered).map_err(misfit)?;
            total.count = total.count.saturating_add(class.count);
        }
        Ok((total.count > 0).then_some(total))
    }

    fn fresh_total(&self, period: Period) -> Result<Option<TotalRecord>, StateError> {
        let quorum = self.committee_of(period)?.map(|committee| committee.quorum());
        Ok(quorum.map(|quorum| {
            let zero = PublicSum::zero(quorum);
            TotalRecord { count: 0, sums: [zero.clone(), zero], released: Vec::new() }
        }))
    }
}
