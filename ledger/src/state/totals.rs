//! Totals in the state: committee and cohorts, what meters and sellers have shared, what was asked for (protocol section 10).

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::{Element, Point, signature::VerifyingKey};

use super::{
    LedgerState, MeteredPeriod, StateError, StateRead, TotalRecord, TradeRecord, WindowRecord, keys,
    ledger_state::read_record,
};
use crate::{
    block::BlockDigest,
    committee::{Cohort, Committee},
    transaction::{request::Target, share::TradeId},
    units::{MeterId, Period, Price, Timestamp, Utility, Window},
};

/// Most entries of past periods that one block removes.
const MOST_FORGOTTEN: usize = 1_024;

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
        self.forget_cohorts(from)
    }

    /// Removes the cohorts of periods whose totals cannot be released any more, so that few are ever read.
    fn forget_cohorts(&mut self, now: Timestamp) -> Result<(), StateError> {
        let Some(totals) = self.genesis.parameters.totals else { return Ok(()) };
        let (from, until) = keys::cohorts_until(totals.start(totals.first_releasable(now)));
        let named = self.store.range(&from, &until)?;
        let newest = named.last().and_then(|(key, _)| keys::named_at(key));
        for (key, _) in named {
            if keys::named_at(&key) != newest {
                self.store.delete(key);
            }
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

    /// Counts what a window is corrected to instead of what it was, until its period closes. Of a missing one nothing was counted.
    pub fn recount_window(
        &mut self,
        meter: MeterId,
        window: Window,
        old: &WindowRecord,
        new: &WindowRecord,
    ) -> Result<(), StateError> {
        if old.missing {
            return self.count_window(meter, window, &new.export_sum, &new.import_sum);
        }
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

    /// What draws who is left out of a period's totals; `None` before it is known.
    pub fn lot(&self, period: Period) -> Result<Option<BlockDigest>, StateError> {
        self.record(&keys::lot(period))
    }

    /// The parent draws the lots of every period whose complaints it was the first block to come after.
    pub(super) fn draw_lots(&mut self, parent: &BlockDigest, parent_time: Timestamp) -> Result<(), StateError> {
        let Some(totals) = self.genesis.parameters.totals else { return Ok(()) };
        let first = totals.first_releasable(parent_time).max(totals.period_at(self.genesis.time));
        let mut next = totals.last_settled(parent_time);
        while let Some(period) = next.filter(|period| *period >= first) {
            if self.lot(period)?.is_some() {
                break;
            }
            self.put(keys::lot(period), parent);
            next = period.0.checked_sub(1).map(Period);
        }
        Ok(())
    }

    /// A total that was asked for.
    pub fn total(&self, period: Period, target: Target) -> Result<Option<TotalRecord>, StateError> {
        self.record(&keys::total(period, target))
    }

    /// Puts it on record.
    pub fn set_total(&mut self, period: Period, target: Target, total: &TotalRecord) {
        self.put(keys::total(period, target), total);
    }

    /// Removes what was shared and asked for of periods whose totals cannot be released any more: until then members may need it.
    pub(super) fn forget_periods(&mut self, now: Timestamp) -> Result<(), StateError> {
        let Some(totals) = self.genesis.parameters.totals else { return Ok(()) };
        let mut most = MOST_FORGOTTEN;
        for (from, until) in keys::periods_before(totals.first_releasable(now)) {
            let old = self.store.range_first(&from, &until, most)?;
            most -= old.into_iter().map(|(key, _)| self.store.delete(key)).count();
        }
        Ok(())
    }
}
