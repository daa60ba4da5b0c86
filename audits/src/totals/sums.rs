//! Longer times are sums of released totals, and nothing but them; periods without one are listed.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_ledger::{
    genesis::Genesis,
    units::{MeterId, Utility},
};

use super::report::{CohortSum, Of, SharedSum, Standing, Total, UtilitySum, Values};

const WHOLE: u128 = 1_000_000;

/// What each set of meters gave and took. A cohort with other meters is another one, whatever its number.
pub(super) fn of_cohorts(totals: &[Total]) -> Vec<CohortSum> {
    let mut sums: BTreeMap<(Utility, Vec<MeterId>), CohortSum> = BTreeMap::new();
    for total in totals {
        let Of::Cohort { utility, meters, .. } = &total.of else { continue };
        let empty = || CohortSum {
            utility: *utility,
            meters: meters.clone(),
            exported: 0,
            imported: 0,
            periods: 0,
            meters_in: 0,
            without: Vec::new(),
        };
        let sum = sums.entry((*utility, meters.clone())).or_insert_with(empty);
        match total.standing {
            Standing::Released(Values::Metered { exported, imported }) => {
                sum.exported += u128::from(exported);
                sum.imported += u128::from(imported);
                sum.periods += 1;
                sum.meters_in += u64::from(total.count.unwrap_or_default());
            }
            _ => sum.without.push(total.from),
        }
    }
    sums.into_values().collect()
}

/// What was traded of each utility, and how much of what the community took and gave that is.
pub(super) fn of_utilities(genesis: &Genesis, totals: &[Total]) -> Vec<UtilitySum> {
    let utilities: BTreeSet<Utility> = totals.iter().map(|total| total.of.utility()).collect();
    utilities.into_iter().map(|utility| of_utility(genesis, totals, utility)).collect()
}

/// All that there is of one period.
#[derive(Default)]
struct Day<'a> {
    cohorts: Vec<&'a Total>,
    trades: Option<&'a Total>,
}

fn of_utility(genesis: &Genesis, totals: &[Total], utility: Utility) -> UtilitySum {
    let mut sum = UtilitySum {
        utility,
        energy: 0,
        micro_euro: 0,
        mean_price: None,
        trades_in: 0,
        trades_delivered: 0,
        periods: 0,
        without: Vec::new(),
        shared: SharedSum::default(),
    };
    let mut days: BTreeMap<u64, Day<'_>> = BTreeMap::new();
    for total in totals.iter().filter(|total| total.of.utility() == utility) {
        let day = days.entry(total.from).or_default();
        match total.of {
            Of::Cohort { .. } => day.cohorts.push(total),
            Of::Trades { .. } => day.trades = Some(total),
        }
    }
    let meters = genesis.meters().filter(|(_, meter)| meter.utility == utility).count() as u64;
    for (from, day) in days {
        let Some((energy, micro_euro, trades_in, delivered)) = day.traded() else {
            sum.without.push(from);
            continue;
        };
        sum.periods += u64::from(day.trades.is_some());
        sum.energy += energy;
        sum.micro_euro += micro_euro;
        sum.trades_in += trades_in;
        sum.trades_delivered += delivered;
        let Some((exported, imported, meters_in)) = day.metered() else { continue };
        let shared = &mut sum.shared;
        shared.periods += 1;
        shared.energy += energy;
        shared.exported += exported;
        shared.imported += imported;
        shared.meters_in += meters_in;
        shared.meters += meters;
        shared.trades_in += trades_in;
        shared.trades_delivered += delivered;
    }
    sum.mean_price = (sum.energy > 0).then(|| (sum.micro_euro * 1_000 + sum.energy / 2) / sum.energy);
    sum.shared.relate();
    sum
}

impl Day<'_> {
    /// Energy, money, trades that are in, trades in all; where nothing was traded all of it is zero. `None` without a total.
    fn traded(&self) -> Option<(u128, u128, u64, u64)> {
        let Some(total) = self.trades else { return Some((0, 0, 0, 0)) };
        let (Standing::Released(Values::Traded { energy, micro_euro }), Of::Trades { delivered, .. }) =
            (total.standing, &total.of)
        else {
            return None;
        };
        Some((energy.into(), micro_euro.into(), total.count.unwrap_or_default().into(), *delivered))
    }

    /// Given, taken, meters that are in; `None` unless every cohort has its total.
    fn metered(&self) -> Option<(u128, u128, u64)> {
        let mut sums = (0, 0, 0);
        for total in &self.cohorts {
            let Standing::Released(Values::Metered { exported, imported }) = total.standing else { return None };
            sums.0 += u128::from(exported);
            sums.1 += u128::from(imported);
            sums.2 += u64::from(total.count.unwrap_or_default());
        }
        (!self.cohorts.is_empty()).then_some(sums)
    }
}

impl SharedSum {
    fn relate(&mut self) {
        let part = |of: u128| (of > 0).then(|| (self.energy * WHOLE + of / 2) / of);
        (self.self_sufficiency_ppm, self.self_consumption_ppm) = (part(self.imported), part(self.exported));
        self.complete = self.periods > 0 && self.meters_in == self.meters && self.trades_in == self.trades_delivered;
    }
}
