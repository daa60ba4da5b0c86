//! What is known about totals, as a snapshot holds it.

use hushwatt_crypto::sharing::Member;
use hushwatt_ledger::{
    committee::MAX_COHORT,
    transaction::{request::Target, share::TradeId},
    units::{MeterId, Period, Timestamp, Utility},
};
use serde::{Deserialize, Serialize};

use super::{SnapshotError, hexed::Hex, table::Table};
use crate::{
    AskedTotal,
    totals::{MOST_ASKED, Totals},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredTotals {
    asked: Vec<StoredAsked>,
    /// Own sales that were shared, each with its period.
    shared: Vec<(Hex<[u8; 32]>, u64)>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredTarget {
    Cohort(u8),
    Trades(Utility),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAsked {
    period: u64,
    target: StoredTarget,
    /// Of the cohort; wallets of older programs did not keep them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    meters: Vec<MeterId>,
    left_out: Vec<MeterId>,
    registrar: u8,
    time: u64,
    height: u64,
    transaction: usize,
    /// Places of members in the committee, from 0.
    released: Vec<u8>,
}

impl StoredTotals {
    /// `None` if nothing was asked or shared: such a snapshot is as those of older programs.
    pub(super) fn of(totals: &Totals, table: &mut Table) -> Option<Self> {
        let asked = totals.asked.values().map(|asked| StoredAsked {
            period: asked.period.0,
            target: match asked.target {
                Target::Cohort(place) => StoredTarget::Cohort(place),
                Target::Trades(utility) => StoredTarget::Trades(utility),
            },
            meters: asked.meters.clone(),
            left_out: asked.left_out.clone(),
            registrar: asked.registrar,
            time: asked.time.0,
            height: asked.height,
            transaction: table.place(asked.transaction),
            released: asked.released.iter().map(|member| member.place()).collect(),
        });
        let shared = totals.shared.iter().map(|(trade, period)| (Hex(trade.0), period.0));
        (!totals.is_empty()).then(|| StoredTotals { asked: asked.collect(), shared: shared.collect() })
    }

    /// Whether the meters of a cohort are in it.
    pub(super) fn has_cohorts(&self) -> bool {
        self.asked.iter().any(|asked| !asked.meters.is_empty())
    }

    pub(super) fn back(self, table: &Table) -> Result<Totals, SnapshotError> {
        let damaged = SnapshotError::Damaged("a total that was asked for");
        let mut totals = Totals::default();
        if self.asked.len() > MOST_ASKED {
            return Err(damaged);
        }
        for stored in self.asked {
            let target = match stored.target {
                StoredTarget::Cohort(place) => Target::Cohort(place),
                StoredTarget::Trades(utility) => Target::Trades(utility),
            };
            if stored.meters.len() > MAX_COHORT {
                return Err(damaged);
            }
            let released = stored.released.iter().map(|place| Member::at(*place).ok_or(damaged));
            let asked = AskedTotal {
                period: Period(stored.period),
                target,
                meters: stored.meters,
                left_out: stored.left_out,
                registrar: stored.registrar,
                time: Timestamp(stored.time),
                height: stored.height,
                transaction: table.at(stored.transaction)?,
                released: released.collect::<Result<_, _>>()?,
            };
            if totals.asked.insert((asked.period, target), asked).is_some() {
                return Err(damaged);
            }
        }
        totals.shared = self.shared.into_iter().map(|(trade, period)| (TradeId(trade.0), Period(period))).collect();
        Ok(totals)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_ledger::transaction::TransactionId;

    use super::*;

    fn asked(released: &[u8]) -> serde_json::Value {
        serde_json::json!({
            "period": 7, "target": { "cohort": 2 }, "left_out": [1, 5, 9], "registrar": 1, "time": 70, "height": 3,
            "transaction": 0, "released": released,
        })
    }

    fn read(asked: Vec<serde_json::Value>) -> Result<Totals, SnapshotError> {
        let json = serde_json::json!({ "asked": asked, "shared": [["ab".repeat(32), 7]] });
        let stored: StoredTotals = serde_json::from_value(json).unwrap();
        stored.back(&Table::from_ids(&[Hex(TransactionId([4; 64]))]))
    }

    #[test]
    fn what_is_known_is_read_back_and_what_cannot_be_is_refused() {
        let totals = read(vec![asked(&[0, 15])]).unwrap();
        let mut table = Table::default();
        let again = StoredTotals::of(&totals, &mut table).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap()["asked"][0], asked(&[0, 15]));
        assert_eq!(totals.shared[&TradeId([0xab; 32])], Period(7));
        assert!(StoredTotals::of(&Totals::default(), &mut table).is_none());
        // Of a wallet that an older program wrote the meters of the cohort are not known.
        assert!(totals.asked.values().all(|asked| asked.meters.is_empty()) && !again.has_cohorts());
        let mut with_meters = asked(&[]);
        with_meters["meters"] = serde_json::json!([1, 3, 5, 9]);
        let totals = read(vec![with_meters.clone()]).unwrap();
        let again = StoredTotals::of(&totals, &mut table).unwrap();
        assert!(again.has_cohorts());
        assert_eq!(serde_json::to_value(&again).unwrap()["asked"][0], with_meters);
        let mut too_many = asked(&[]);
        too_many["meters"] = (0..=MAX_COHORT).collect();
        let too_many = read(vec![too_many]);
        let no_member = read(vec![asked(&[16])]);
        let twice = read(vec![asked(&[]), asked(&[])]);
        let many = read((0..=MOST_ASKED).map(|_| asked(&[])).collect());
        for damaged in [too_many, no_member, twice, many] {
            assert!(matches!(damaged, Err(SnapshotError::Damaged("a total that was asked for"))));
        }
    }
}
