//! Totals in the state: committee and cohorts, what meters and sellers have shared, what was asked for (protocol section 10).

use std::collections::BTreeMap;

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::{Element, Point, sharing::PublicSum, signature::VerifyingKey};

use super::{
    LedgerState, MeteredPeriod, Shared, StateError, StateRead, TotalRecord, TradeRecord, WindowRecord, keys,
    ledger_state::read_record,
};
use crate::{
    committee::{Cohort, Committee},
    rules::totals,
    transaction::{
        request::Target,
        share::{SharePlace, Sharing, Subject, TradeId},
    },
    units::{MeterId, Period, Price, Timestamp, Utility, Window},
};

/// Most entries of past periods that one block removes.
const MOST_FORGOTTEN: usize = 1_024;

fn sum_of(commitment: &Element, sharing: &Sharing) -> PublicSum {
    let coefficients = sharing.coefficients.iter().map(|point| *point.element()).collect();
    PublicSum { commitment: *commitment, coefficients }
}

impl LedgerState<'_> {
    fn start_of(&self, period: Period) -> Option<Timestamp> {
        self.genesis.parameters.totals.map(|totals| totals.start(period))
    }

    /// The committee of a period: the last that was named before it began, or when.
    pub fn committee_of(&self, period: Period) -> Result<Option<Committee>, StateError> {
        let Some(start) = self.start_of(period) else { return Ok(None) };
        let (from, until) = keys::committees_until(start);
        self.store.range(&from, &until)?.last().map(|(key, value)| read_record(key, value)).transpose()
    }

    /// The keys of the members of all committees that were ever named.
    pub fn committee_keys(&self) -> Result<Vec<VerifyingKey>, StateError> {
        let (from, until) = keys::committees_until(Timestamp(u64::MAX));
        let mut found = Vec::new();
        for (key, value) in self.store.range(&from, &until)? {
            found.extend(read_record::<Committee>(&key, &value)?.members().iter().map(|member| member.key));
        }
        Ok(found)
    }

    /// Names the committee of the periods that begin from a time on.
    pub fn name_committee(&mut self, from: Timestamp, committee: &Committee) {
        self.put(keys::committee(from), committee);
    }

    /// Divides meters into cohorts for the periods that begin from a time on.
    pub fn name_cohorts(&mut self, from: Timestamp, cohorts: &[Cohort]) -> Result<(), StateError> {
        let (first, until) = keys::cohorts_of(from);
        for (key, _) in self.store.range(&first, &until)? {
            self.store.delete(key);
        }
        for (cohort, place) in cohorts.iter().zip(0u8..) {
            self.put(keys::cohort(from, place), cohort);
        }
        Ok(())
    }

    /// The cohorts of a period, in order: those that were named last before it began, or when.
    pub fn cohorts(&self, period: Period) -> Result<Vec<Cohort>, StateError> {
        let Some(start) = self.start_of(period) else { return Ok(Vec::new()) };
        let (from, until) = keys::cohorts_until(start);
        let named = self.store.range(&from, &until)?;
        let newest = named.last().and_then(|(key, _)| keys::named_at(key));
        let of_newest = named.iter().filter(|(key, _)| keys::named_at(key) == newest);
        of_newest.map(|(key, value)| read_record(key, value)).collect()
    }

    /// A cohort of a period, by its place.
    pub fn cohort(&self, period: Period, place: u8) -> Result<Option<Cohort>, StateError> {
        Ok(self.cohorts(period)?.into_iter().nth(usize::from(place)))
    }

    /// The cohort of a period that a meter is in.
    pub fn cohort_with(&self, period: Period, meter: MeterId) -> Result<Option<Cohort>, StateError> {
        Ok(self.cohorts(period)?.into_iter().find(|cohort| cohort.contains(meter)))
    }

    /// What a meter attested of a period.
    pub fn metered_period(&self, period: Period, meter: MeterId) -> Result<Option<MeteredPeriod>, StateError> {
        self.record(&keys::metered_period(period, meter))
    }

    /// Puts it on record.
    pub fn set_metered_period(&mut self, period: Period, meter: MeterId, record: &MeteredPeriod) {
        self.put(keys::metered_period(period, meter), record);
    }

    /// Counts a window into its period, until that closes.
    pub fn count_window(
        &mut self,
        meter: MeterId,
        window: Window,
        export: &Element,
        import: &Element,
    ) -> Result<(), StateError> {
        let Some(period) = self.open_period_of(window)? else { return Ok(()) };
        let zero = || Element::new(RistrettoPoint::identity());
        let fresh = || MeteredPeriod { windows: 0, export_sum: zero(), import_sum: zero(), share: None };
        let mut record = self.metered_period(period, meter)?.unwrap_or_else(fresh);
        record.windows = record.windows.saturating_add(1);
        record.export_sum = Element::new(record.export_sum.point() + export.point());
        record.import_sum = Element::new(record.import_sum.point() + import.point());
        self.set_metered_period(period, meter, &record);
        Ok(())
    }

    /// Counts what a window is corrected to instead of what it was, until its period closes.
    pub fn recount_window(
        &mut self,
        meter: MeterId,
        window: Window,
        old: &WindowRecord,
        new: &WindowRecord,
    ) -> Result<(), StateError> {
        let Some(period) = self.open_period_of(window)? else { return Ok(()) };
        let Some(mut record) = self.metered_period(period, meter)? else { return Ok(()) };
        let replaced =
            |sum: &Element, old: &Element, new: &Element| Element::new(sum.point() - old.point() + new.point());
        record.export_sum = replaced(&record.export_sum, &old.export_sum, &new.export_sum);
        record.import_sum = replaced(&record.import_sum, &old.import_sum, &new.import_sum);
        self.set_metered_period(period, meter, &record);
        Ok(())
    }

    /// The period of a window, if it has not closed.
    fn open_period_of(&self, window: Window) -> Result<Option<Period>, StateError> {
        let Some(totals) = self.genesis.parameters.totals else { return Ok(None) };
        let period = totals.period_at(self.genesis.parameters.window_start(window));
        Ok((self.counters()?.time <= totals.times(period).close).then_some(period))
    }

    /// What was delivered in a trade of a period.
    pub fn trade(&self, period: Period, utility: Utility, trade: &TradeId) -> Result<Option<TradeRecord>, StateError> {
        self.record(&keys::trade(period, utility, trade))
    }

    /// Puts it on record.
    pub fn set_trade(&mut self, period: Period, utility: Utility, trade: &TradeId, record: &TradeRecord) {
        self.put(keys::trade(period, utility, trade), record);
    }

    /// Puts a delivery or fill on record, where there are totals.
    pub fn delivered(
        &mut self,
        (utility, window): (Utility, Window),
        trade: TradeId,
        delivered: Point,
        price: Price,
        key: Point,
    ) {
        if let Some(period) = self.genesis.parameters.period_of(window) {
            self.set_trade(period, utility, &trade, &TradeRecord { delivered, price, key, share: None });
        }
    }

    /// One opening that was shared and that nobody has complained of.
    pub fn shared(&self, place: &SharePlace) -> Result<Option<Shared>, StateError> {
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
        let Some(share) = share.filter(|share| !share.wrong) else { return Ok(None) };
        let sharing = share.sharings.into_iter().nth(usize::from(place.sharing));
        let commitment = commitments.get(usize::from(place.sharing));
        Ok(sharing
            .zip(commitment)
            .map(|(sharing, commitment)| Shared { of: sum_of(commitment, &sharing), sealed: sharing.sealed }))
    }

    /// The meters of a cohort that shared their openings of a period rightly.
    pub fn sharers(&self, period: Period, cohort: &Cohort) -> Result<BTreeMap<MeterId, MeteredPeriod>, StateError> {
        let mut sharers = BTreeMap::new();
        for entry in cohort.meters() {
            let record = self.metered_period(period, entry.meter)?;
            let right = |record: &MeteredPeriod| record.share.as_ref().is_some_and(|share| !share.wrong);
            sharers.extend(record.filter(right).map(|record| (entry.meter, record)));
        }
        Ok(sharers)
    }

    /// The trades of a period that its total is over: see [`totals::trades_in_company`].
    pub fn trades_within(&self, period: Period, utility: Utility) -> Result<Vec<(TradeId, TradeRecord)>, StateError> {
        let (from, until) = keys::trades_of(period, utility);
        let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let trade = keys::trailing_trade(key).ok_or(StateError::Missing("the id of a trade"))?;
            Ok((trade, read_record::<TradeRecord>(key, value)?))
        };
        let all = self.store.range(&from, &until)?;
        let all: Vec<_> = all.iter().map(read).collect::<Result<_, StateError>>()?;
        Ok(totals::trades_in_company(all))
    }

    /// A total that was asked for.
    pub fn total(&self, period: Period, target: Target) -> Result<Option<TotalRecord>, StateError> {
        self.record(&keys::total(period, target))
    }

    /// Puts it on record.
    pub fn set_total(&mut self, period: Period, target: Target, total: &TotalRecord) {
        self.put(keys::total(period, target), total);
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
                *total = add(total, 1, &sum_of(sum, sharing))?;
            }
            total.count = total.count.saturating_add(1);
        }
        Ok(Some(total))
    }

    /// The total over all trades of a period that were shared: energy, and the same times its price.
    pub(crate) fn total_of_trades(&self, period: Period, utility: Utility) -> Result<Option<TotalRecord>, StateError> {
        let Some(mut total) = self.fresh_total(period)? else { return Ok(None) };
        for (_, record) in self.trades_within(period, utility)? {
            for sharing in record.share.iter().flat_map(|share| &share.sharings) {
                let shared = sum_of(&record.delivered, sharing);
                let [energy, money] = &mut total.sums;
                *energy = add(energy, 1, &shared)?;
                *money = add(money, u64::from(record.price.micro_euro()), &shared)?;
            }
            total.count = total.count.saturating_add(1);
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

    /// Removes what was shared and asked for of periods whose totals cannot be released any more: until then members may need it.
    pub(super) fn forget_periods(&mut self, now: Timestamp) -> Result<(), StateError> {
        let Some(totals) = self.genesis.parameters.totals else { return Ok(()) };
        let mut most = MOST_FORGOTTEN;
        for (from, until) in keys::periods_before(totals.first_releasable(now)) {
            let old = self.store.range(&from, &until)?;
            most -= old.iter().take(most).map(|(key, _)| self.store.delete(key.clone())).count();
        }
        Ok(())
    }
}

fn add(sum: &PublicSum, times: u64, other: &PublicSum) -> Result<PublicSum, StateError> {
    sum.plus(times, other).map_err(|_| StateError::Missing("a share that fits the committee of its period"))
}
