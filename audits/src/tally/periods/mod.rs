//! Totals by the audit's own books: what each meter attested of a period and each trade delivered, what was shared, complained of,
//! asked for and released, and what a total's shares must open (protocol section 10). Drawn up from the transactions alone, and held
//! against the ledger's records. Who must be left out is the word of the ledger's own rule about what stands here.
//!
//! `books.rs`: one meter, trade and total, and how they are kept. `compare.rs`: against the ledger.

mod books;
mod compare;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Element, Point,
    sharing::{Coefficients, PublicSum},
};
use hushwatt_ledger::{
    block::BlockDigest,
    committee::{Cohort, Committee},
    genesis::Genesis,
    parameters::{MIN_TRADES, Parameters, TotalsParameters},
    rules::totals::left_out,
    transaction::{
        Action,
        complain::ComplainStatement,
        registry::RegistryChange,
        release::ReleaseStatement,
        request::{RequestStatement, Target},
        share::{ShareStatement, Subject, TradeId},
    },
    units::{MeterId, Period, Price, Timestamp, Utility, Window},
};

use self::books::{Asked, Metered, OfPrice, SharedSums, Touched, Traded};
use super::Difference;
use crate::folder::kept;

/// Everything of the periods whose totals can still be released.
pub(crate) struct Periods {
    /// By the time from which on they are in force.
    committees: BTreeMap<Timestamp, Committee>,
    cohorts: BTreeMap<Timestamp, Vec<Cohort>>,
    /// What draws who is left out.
    lots: BTreeMap<Period, BlockDigest>,
    /// The first period whose lots are not drawn.
    next_lot: Period,
    metered: BTreeMap<(Period, MeterId), Metered>,
    trades: BTreeMap<(Period, Utility, TradeId), Traded>,
    /// What was shared rightly of the trades of one price.
    prices: BTreeMap<(Period, Utility, u32), OfPrice>,
    totals: BTreeMap<(Period, Target), Asked>,
    /// Totals of which enough members released.
    released: u64,
    /// What changed in the block at hand.
    touched: Vec<Touched>,
}
kept!(Periods { committees, cohorts, lots, next_lot, metered, trades, prices, totals, released } without touched);

/// Removes what comes first, as long as it is over.
fn forget<K: Ord, V>(map: &mut BTreeMap<K, V>, is_over: impl Fn(&K) -> bool) {
    while let Some(first) = map.first_entry().filter(|first| is_over(first.key())) {
        first.remove();
    }
}

/// What was in force at a time, by what was named when.
pub(crate) fn in_force<V>(named: &BTreeMap<Timestamp, V>, at: Timestamp) -> Option<(&Timestamp, &V)> {
    named.range(..=at).next_back()
}

/// Removes what is in force neither then nor later.
fn forget_before<V>(named: &mut BTreeMap<Timestamp, V>, at: Timestamp) {
    if let Some(keep) = in_force(named, at).map(|(from, _)| *from) {
        forget(named, |from| *from < keep);
    }
}

/// The period of a window, if it has not closed.
fn open_period(parameters: &Parameters, now: Timestamp, window: Window) -> Option<Period> {
    let totals = parameters.totals?;
    let period = totals.period_at(parameters.window_start(window));
    (now <= totals.times(period).close).then_some(period)
}

fn unfit<E>(_: E) -> Difference {
    Difference::ShareRefused
}

impl Periods {
    pub fn new(genesis: &Genesis) -> Self {
        let totals = genesis.parameters.totals;
        Periods {
            committees: BTreeMap::new(),
            cohorts: BTreeMap::new(),
            lots: BTreeMap::new(),
            next_lot: totals.map_or(Period(0), |totals| totals.period_at(genesis.time)),
            metered: BTreeMap::new(),
            trades: BTreeMap::new(),
            prices: BTreeMap::new(),
            totals: BTreeMap::new(),
            released: 0,
            touched: Vec::new(),
        }
    }

    /// Totals of which enough members released.
    pub fn released(&self) -> u64 {
        self.released
    }

    /// A block begins: its parent draws the lots of every period whose complaints it was the first to come after; what can change
    /// nothing any more is forgotten.
    pub fn begin_block(&mut self, parameters: &Parameters, parent: (&BlockDigest, Timestamp), now: Timestamp) {
        let Some(totals) = parameters.totals else { return };
        let (digest, before) = parent;
        let terms = [totals.close_term, totals.share_term, totals.complaint_term, totals.request_term];
        let life =
            terms.iter().fold(totals.period.saturating_add(totals.release_term), |all, term| all.saturating_add(*term));
        // Of what is long over nothing is drawn.
        self.next_lot = self.next_lot.max(totals.period_at(before.minus(life)));
        while totals.times(self.next_lot).complain < before {
            if totals.times(self.next_lot).release >= before {
                self.lots.insert(self.next_lot, *digest);
                self.touched.push(Touched::Lot(self.next_lot));
            }
            self.next_lot.0 = self.next_lot.0.saturating_add(1);
        }
        forget(&mut self.trades, |(period, ..)| totals.times(*period).complain < now);
        forget(&mut self.prices, |(period, ..)| totals.times(*period).request < now);
        forget(&mut self.metered, |(period, _)| totals.times(*period).request < now);
        forget(&mut self.totals, |(period, _)| totals.times(*period).release < now);
        forget(&mut self.lots, |period| totals.times(*period).release < now);
        let oldest = totals.start(totals.period_at(now.minus(life)));
        forget_before(&mut self.committees, oldest);
        forget_before(&mut self.cohorts, oldest);
    }

    /// Committee or cohorts of the periods that begin from now on.
    pub fn named(&mut self, now: Timestamp, change: &RegistryChange) {
        match change {
            RegistryChange::Committee(committee) => {
                self.committees.insert(now, committee.clone());
            }
            RegistryChange::Cohorts(cohorts) => {
                self.cohorts.insert(now, cohorts.clone());
            }
            RegistryChange::Validators(_) | RegistryChange::Meter { .. } | RegistryChange::Operator { .. } => {}
        }
    }

    fn committee(&self, totals: &TotalsParameters, period: Period) -> Option<&Committee> {
        in_force(&self.committees, totals.start(period)).map(|(_, committee)| committee)
    }

    fn cohorts(&self, totals: &TotalsParameters, period: Period) -> &[Cohort] {
        in_force(&self.cohorts, totals.start(period)).map_or(&[], |(_, cohorts)| cohorts)
    }

    /// A window whose sums are known was attested.
    pub fn attested(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        (meter, window): (MeterId, Window),
        (export, import): (RistrettoPoint, RistrettoPoint),
    ) {
        let Some(period) = open_period(parameters, now, window) else { return };
        let record = self.metered.entry((period, meter)).or_default();
        record.windows = record.windows.saturating_add(1);
        record.add(export, import);
    }

    /// A window that was known has other sums now: by so much.
    pub fn corrected(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        (meter, window): (MeterId, Window),
        (export, import): (RistrettoPoint, RistrettoPoint),
    ) {
        let period = open_period(parameters, now, window);
        if let Some(record) = period.and_then(|period| self.metered.get_mut(&(period, meter))) {
            record.add(export, import);
        }
    }

    /// Something was delivered in a trade, or nothing: nobody sees how much.
    pub fn delivered(
        &mut self,
        parameters: &Parameters,
        (utility, window): (Utility, Window),
        trade: TradeId,
        (delivered, price): (&Point, Price),
    ) {
        if let Some(period) = parameters.period_of(window) {
            let traded = Traded { delivered: *delivered, price: price.micro_euro(), shared: None };
            self.trades.insert((period, utility, trade), traded);
        }
    }

    /// Takes in a transaction that totals are made from; every other one changes nothing here.
    pub fn transaction(
        &mut self,
        genesis: &Genesis,
        at: (usize, Timestamp),
        action: &Action,
    ) -> Result<(), Difference> {
        let (parameters, now) = (&genesis.parameters, at.1);
        match action {
            Action::Share(share) => self.shared(parameters, now, &share.statement),
            Action::Complain(complain) => self.complained(parameters, now, &complain.statement),
            Action::Request(request) => self.asked(genesis, at, &request.statement),
            Action::Release(release) => self.releases(parameters, at, &release.statement),
            _ => Ok(()),
        }
    }

    /// Openings are shared among the committee: once, in their time, of a whole period or of a trade.
    fn shared(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        statement: &ShareStatement,
    ) -> Result<(), Difference> {
        let (period, totals) = (statement.period, parameters.totals.ok_or(Difference::ShareRefused)?);
        let times = totals.times(period);
        let quorum = self.committee(&totals, period).ok_or(Difference::ShareRefused)?.quorum();
        let listed = |meter| self.cohorts(&totals, period).iter().any(|cohort| cohort.contains(meter));
        let of_a_cohort = match statement.subject {
            Subject::Meter(meter) => listed(meter),
            Subject::Trade { .. } => true,
        };
        if now <= times.close || now > times.share || !of_a_cohort {
            return Err(Difference::ShareRefused);
        }
        let sharings = statement.sharings.iter().map(|sharing| Coefficients::new(sharing.coefficients.clone(), quorum));
        let sharings: Vec<Coefficients> = sharings.collect::<Result<_, _>>().map_err(unfit)?;
        match (statement.subject, &sharings[..]) {
            (Subject::Meter(meter), [exported, imported]) => {
                let record = self.metered.get_mut(&(period, meter)).ok_or(Difference::ShareRefused)?;
                let complete = Some(u64::from(record.windows)) == parameters.windows_per_period();
                if !complete || record.shared.is_some() {
                    return Err(Difference::ShareRefused);
                }
                let sums = vec![exported.of(&Element::new(record.export)), imported.of(&Element::new(record.import))];
                record.shared = Some(SharedSums { sums, wrong: false });
            }
            (Subject::Trade { utility, trade }, [delivered]) => {
                let record = self.trades.get_mut(&(period, utility, trade)).ok_or(Difference::ShareRefused)?;
                if record.shared.is_some() {
                    return Err(Difference::ShareRefused);
                }
                let sum = delivered.of(record.delivered.element());
                let fresh = || OfPrice { count: 0, sum: PublicSum::zero(quorum) };
                let of_price = self.prices.entry((period, utility, record.price)).or_insert_with(fresh);
                of_price.count = of_price.count.saturating_add(1);
                of_price.sum = of_price.sum.plus(1, &sum).map_err(unfit)?;
                record.shared = Some(SharedSums { sums: vec![sum], wrong: false });
            }
            _ => return Err(Difference::ShareRefused),
        }
        Ok(())
    }

    /// A member of the committee shows that what was shared is wrong: whoever shared it is in no total.
    fn complained(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        statement: &ComplainStatement,
    ) -> Result<(), Difference> {
        let place = &statement.place;
        let (period, totals) = (place.period, parameters.totals.ok_or(Difference::ShareRefused)?);
        if now > totals.times(period).complain {
            return Err(Difference::ShareRefused);
        }
        match place.subject {
            Subject::Meter(meter) => {
                let record = self.metered.get_mut(&(period, meter));
                books::complain(record.and_then(|record| record.shared.as_mut()))?;
            }
            Subject::Trade { utility, trade } => {
                let record = self.trades.get_mut(&(period, utility, trade)).ok_or(Difference::ShareRefused)?;
                let sum = books::complain(record.shared.as_mut())?.sums.first();
                let of_price = self.prices.get_mut(&(period, utility, record.price));
                let (of_price, sum) = of_price.zip(sum).ok_or(Difference::ShareRefused)?;
                of_price.count = of_price.count.saturating_sub(1);
                of_price.sum = of_price.sum.minus(sum).map_err(unfit)?;
            }
        }
        Ok(())
    }

    /// A total is asked for: for the first time, over enough, and without exactly those who must be left out.
    fn asked(
        &mut self,
        genesis: &Genesis,
        (place, now): (usize, Timestamp),
        statement: &RequestStatement,
    ) -> Result<(), Difference> {
        let (period, target) = (statement.period, statement.target);
        let totals = genesis.parameters.totals.ok_or(Difference::RequestRefused)?;
        let times = totals.times(period);
        if now <= times.complain || now > times.request {
            return Err(Difference::RequestRefused);
        }
        if self.totals.contains_key(&(period, target)) {
            return Err(Difference::TotalTwice);
        }
        let asked = match target {
            Target::Cohort(number) => self.total_of_cohort(genesis, &totals, (period, number), &statement.left_out)?,
            Target::Trades(_) if !statement.left_out.is_empty() => return Err(Difference::TotalLeftOut),
            Target::Trades(utility) => self.total_of_trades(&totals, period, utility)?,
        };
        self.totals.insert((period, target), asked);
        self.touched.push(Touched::Total { place, period, target });
        Ok(())
    }

    fn nothing_asked(&self, totals: &TotalsParameters, period: Period) -> Result<Asked, Difference> {
        let committee = self.committee(totals, period).ok_or(Difference::RequestRefused)?;
        Ok(Asked::nothing(committee.quorum()))
    }

    fn total_of_cohort(
        &self,
        genesis: &Genesis,
        totals: &TotalsParameters,
        (period, number): (Period, u8),
        listed: &[MeterId],
    ) -> Result<Asked, Difference> {
        let mut asked = self.nothing_asked(totals, period)?;
        let cohort = self.cohorts(totals, period).get(usize::from(number)).ok_or(Difference::RequestRefused)?;
        let lot = self.lots.get(&period).ok_or(Difference::RequestRefused)?;
        let sharer = |meter: MeterId| {
            let record = self.metered.get(&(period, meter))?;
            record.shared.as_ref().filter(|shared| !shared.wrong)
        };
        let has_shared = |meter: &MeterId| sharer(*meter).is_some();
        if left_out(genesis.network(), period, cohort, has_shared, lot) != listed {
            return Err(Difference::TotalLeftOut);
        }
        let count = cohort.meters().len().saturating_sub(listed.len());
        if count < totals.k_min as usize || cohort.most_of_one_owner(listed).saturating_mul(3) > count {
            return Err(Difference::TotalFloor);
        }
        let within = cohort.meters().iter().filter(|entry| !listed.contains(&entry.meter));
        for shared in within.filter_map(|entry| sharer(entry.meter)) {
            for (total, sum) in asked.sums.iter_mut().zip(&shared.sums) {
                *total = total.plus(1, sum).map_err(unfit)?;
            }
            asked.count = asked.count.saturating_add(1);
        }
        Ok(asked)
    }

    fn total_of_trades(
        &self,
        totals: &TotalsParameters,
        period: Period,
        utility: Utility,
    ) -> Result<Asked, Difference> {
        let mut asked = self.nothing_asked(totals, period)?;
        for ((.., price), of_price) in self.prices.range((period, utility, 0)..=(period, utility, u32::MAX)) {
            if of_price.count < MIN_TRADES {
                continue;
            }
            let [energy, money] = &mut asked.sums;
            *energy = energy.plus(1, &of_price.sum).map_err(unfit)?;
            *money = money.plus(u64::from(*price), &of_price.sum).map_err(unfit)?;
            asked.count = asked.count.saturating_add(of_price.count);
        }
        if asked.count == 0 { Err(Difference::TotalFloor) } else { Ok(asked) }
    }

    /// A member releases his shares of a total: once, in time, and they open what follows from the transactions.
    fn releases(
        &mut self,
        parameters: &Parameters,
        (place, now): (usize, Timestamp),
        statement: &ReleaseStatement,
    ) -> Result<(), Difference> {
        let (period, target) = (statement.period, statement.target);
        let totals = parameters.totals.ok_or(Difference::ReleaseRefused)?;
        let in_time = now <= totals.times(period).release;
        let quorum = self.committee(&totals, period).map(Committee::quorum).filter(|_| in_time);
        let quorum = quorum.filter(|quorum| quorum.all().any(|member| member == statement.member));
        let (total, quorum) = self.totals.get_mut(&(period, target)).zip(quorum).ok_or(Difference::ReleaseRefused)?;
        let opens =
            total.sums.iter().zip(&statement.shares).all(|(sum, share)| share.opens(&sum.expected(statement.member)));
        if !opens || !total.released.insert(statement.member) {
            return Err(Difference::ReleaseRefused);
        }
        self.released += u64::from(total.released.len() == usize::from(quorum.threshold()));
        self.touched.push(Touched::Total { place, period, target });
        Ok(())
    }
}
