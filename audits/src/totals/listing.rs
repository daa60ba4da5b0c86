//! Every total that there is or could be: each period that is over, each of its cohorts, and each utility that was traded.

use hushwatt_ledger::{
    committee::{Cohort, Committee},
    parameters::PeriodTimes,
    state::StateError,
    transaction::request::Target,
    units::{MeterId, Period, Timestamp, Utility},
};

use super::{
    report::{LeftOut, Of, ReleasedBy, Standing, Total, Values},
    watch::{AskedTotal, TotalsFacts},
};

/// All totals in the order of their periods.
pub(super) struct Listed {
    pub totals: Vec<Total>,
    /// Periods that began before there was a committee: from when until when.
    pub without_committee: Vec<(Timestamp, Timestamp)>,
}

/// Lists the totals of every period that was over when the chain ended.
pub(super) fn list(facts: &TotalsFacts) -> Result<Listed, StateError> {
    let mut listed = Listed { totals: Vec::new(), without_committee: Vec::new() };
    let (genesis, ledger, tip) = (facts.genesis(), facts.ledger(), facts.tip());
    let Some(parameters) = genesis.parameters.totals else { return Ok(listed) };
    let first = parameters.period_at(genesis.parameters.window_start(genesis.first_window()));
    let over = |period: &Period| parameters.end(*period) <= tip.time;
    for period in (first.0..).map(Period).take_while(over) {
        let Some(committee) = ledger.committee_of(period)? else {
            listed.without_committee.push((parameters.start(period), parameters.end(period)));
            continue;
        };
        let place = Place {
            facts,
            period,
            committee: &committee,
            from: parameters.start(period),
            until: parameters.end(period),
            times: parameters.times(period),
        };
        for (cohort, number) in facts.cohorts(place.from).iter().zip(0u8..) {
            listed.totals.push(place.cohort(number, cohort));
        }
        listed.totals.extend(Utility::ALL.into_iter().filter_map(|utility| place.trades(utility)));
    }
    Ok(listed)
}

/// One period.
struct Place<'a> {
    facts: &'a TotalsFacts,
    period: Period,
    committee: &'a Committee,
    from: Timestamp,
    until: Timestamp,
    times: PeriodTimes,
}

impl Place<'_> {
    fn cohort(&self, number: u8, cohort: &Cohort) -> Total {
        let meters: Vec<MeterId> = cohort.meters().iter().map(|entry| entry.meter).collect();
        // All meters of a cohort measure the same.
        let measured = meters.first().and_then(|meter| self.facts.genesis().meter(*meter));
        let utility = measured.map_or(Utility::Electricity, |meter| meter.utility);
        let of = Of::Cohort { number, utility, meters };
        self.total(of, Target::Cohort(number), |[exported, imported]| Values::Metered { exported, imported })
    }

    /// None where nothing was traded.
    fn trades(&self, utility: Utility) -> Option<Total> {
        let delivered = self.facts.delivered(self.period, utility);
        let of = Of::Trades { utility, delivered };
        let values = |[energy, micro_euro]: [u64; 2]| Values::Traded { energy, micro_euro };
        (delivered > 0).then(|| self.total(of, Target::Trades(utility), values))
    }

    fn total(&self, of: Of, target: Target, values: impl FnOnce([u64; 2]) -> Values) -> Total {
        let asked = self.facts.total(self.period, target);
        let quorum = self.committee.quorum();
        let standing = match asked {
            Some(total) => self.released(total, values),
            None => self.not_asked(),
        };
        let left_out = asked.iter().flat_map(|total| &total.left_out);
        let releases = asked.iter().flat_map(|total| &total.releases);
        Total {
            from: self.from.0,
            until: self.until.0,
            of,
            count: asked.map(|total| total.count),
            left_out: left_out.map(|(meter, why)| LeftOut { meter: *meter, why: *why }).collect(),
            asked_height: asked.map(|total| total.asked.height),
            asked_by: asked.map(|total| total.registrar),
            threshold: quorum.threshold(),
            members: quorum.members(),
            released_by: releases
                .map(|(member, at, _)| ReleasedBy { member: member.place() + 1, height: at.height, time: at.time.0 })
                .collect(),
            standing,
        }
    }

    fn released(&self, total: &AskedTotal, values: impl FnOnce([u64; 2]) -> Values) -> Standing {
        match total.open() {
            Some(Ok(opened)) => Standing::Released(values(opened)),
            Some(Err(_)) => Standing::DoesNotOpen,
            None if self.facts.tip().time > self.times.release => Standing::TooFewReleased { missing: total.missing() },
            None => Standing::Awaited { missing: total.missing(), until: self.times.release.0 },
        }
    }

    fn not_asked(&self) -> Standing {
        let now = self.facts.tip().time;
        if now <= self.times.complain {
            Standing::TooEarly { from: self.times.complain.plus(1).0 }
        } else if now <= self.times.request {
            Standing::NotAskedYet { until: self.times.request.0 }
        } else {
            Standing::NeverAsked
        }
    }
}
