//! Feeder and bank: what holds, what fails, and what cannot be compared.

use std::collections::BTreeSet;

use hushwatt_audits::totals::{
    BankStatement, FeederComparison, FeederPlan, LossBounds, Percent, Solvency, TotalsAsked, TotalsVerdict,
};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::units::{MeterId, Timestamp, Utility};

use crate::scene::{at, story};

const ALL: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

fn bounds(text: &str) -> LossBounds {
    text.parse().unwrap()
}

fn plan(meters: Option<BTreeSet<MeterId>>, imported: u64, exported: u64) -> FeederPlan {
    let (from, until) = (at(2, 0), at(4, 0));
    FeederPlan { utility: Utility::Electricity, meters, from, until, imported, exported }
}

fn compare(plan: FeederPlan, bounds: LossBounds) -> (bool, FeederComparison) {
    let reading = plan.sign(story().community.world.network(), &SigningKey::from_bytes(&[3; 32])).unwrap();
    let report = story().report(&TotalsAsked { feeder: Some((reading, bounds)), ..TotalsAsked::default() });
    (report.holds, report.feeder.unwrap())
}

/// What a feeder of all meters counts back if so much is lost.
fn back(loss: i64) -> u64 {
    let (exported, imported) = story().plain(0, &ALL);
    (exported - imported).checked_add_signed(-loss).unwrap()
}

#[test]
fn a_loss_is_within_bounds_up_to_the_last_watt_hour() {
    let (exported, imported) = story().plain(0, &ALL);
    let most = i64::try_from(exported / 10).unwrap();
    for (loss, verdict) in [(-1, false), (0, true), (most, true), (most + 1, false)] {
        let (holds, compared) = compare(plan(None, 0, back(loss)), bounds("0..10"));
        let expected = if verdict { TotalsVerdict::Holds } else { TotalsVerdict::Fails };
        assert_eq!((holds, &compared.verdict), (verdict, &expected), "{loss}");
        assert_eq!((compared.loss, compared.meters), (Some(loss.into()), 8));
        assert_eq!((compared.meters_exported, compared.meters_imported), (Some(exported), Some(imported)));
    }
    let (holds, _) = compare(plan(None, 0, back(-1)), bounds("-1..10"));
    assert!(holds);
    // What the feeder gave counts into all that flowed in: of 2 * exported a loss of `most` is five percent.
    let wide = LossBounds { least: Percent::from_ppm(0).unwrap(), most: Percent::from_ppm(50_000).unwrap() };
    let (holds, compared) = compare(plan(None, exported, back(most - 1) + exported), wide);
    assert!(holds && compared.loss_ppm.unwrap() <= 50_000 && compared.late_corrections == 1);
}

#[test]
fn the_same_meters_by_name_are_the_same_feeder() {
    let named: BTreeSet<MeterId> = (0..8).map(MeterId).collect();
    assert_eq!(compare(plan(Some(named), 0, back(5)), bounds("0..10")).1.verdict, TotalsVerdict::Holds);
}

#[test]
fn what_the_totals_do_not_cover_cannot_be_compared_and_says_why() {
    let some = |meters: &[u32]| Some(meters.iter().copied().map(MeterId).collect::<BTreeSet<_>>());
    let base = |meters| plan(meters, 0, back(5));
    let time = |from: Timestamp, until: Timestamp| FeederPlan { from, until, ..base(None) };
    let cases = [
        (base(some(&[0, 1, 2])), "meters that are not behind the feeder"),
        (base(some(&[0, 1, 2, 3, 4, 5, 6, 7, 8])), "meter 8 measures water, and the reading is of electricity"),
        (base(some(&[8])), "meter 8 measures water"),
        (base(some(&[0, 99])), "there is no meter 99 on this network"),
        (
            FeederPlan { utility: Utility::Water, ..base(some(&[0, 1, 2, 3, 4, 5, 6, 7])) },
            "meter 0 measures electricity",
        ),
        (FeederPlan { utility: Utility::Water, ..base(None) }, "meter 8 is in no total"),
        (FeederPlan { utility: Utility::Heat, ..base(None) }, "no meter of this network measures heat"),
        (time(at(2, 1), at(4, 0)), "not whole periods of 7200 s"),
        (time(at(2, 0), at(4, 1)), "not whole periods of 7200 s"),
        (time(at(2, 0), at(6, 0)), "meter 5 is not in the total"),
        (time(at(8, 0), at(10, 0)), "there is no released total of cohort 0"),
        (time(at(0, 0), at(4, 0)), "meter 0 is in no total"),
        (time(at(32, 0), at(34, 0)), "meter 0 is in no total"),
    ];
    for (plan, words) in cases {
        let (holds, compared) = compare(plan, bounds("0..10"));
        let TotalsVerdict::CannotBeCompared { reason } = &compared.verdict else { panic!("{words}: {compared:?}") };
        assert!(!holds && reason.contains(words), "{words}: {reason}");
        assert_eq!((compared.loss, compared.meters_imported), (None, None));
    }
}

fn solvency(time: Timestamp, balance_cents: i64) -> (bool, Solvency) {
    let key = SigningKey::from_bytes(&[5; 32]);
    let statement = BankStatement::sign(story().community.world.network(), time, balance_cents, &key);
    let report = story().report(&TotalsAsked { bank: Some(statement), ..TotalsAsked::default() });
    (report.holds, report.bank.unwrap())
}

#[test]
fn the_account_covers_the_supply_of_its_time_to_the_cent() {
    const MINTED: u64 = 56 * 10_000_000;
    const FEES: u64 = 9 * 7;
    let (minted, opened) = (story().marks["minted"], story().marks["opened"]);
    for (time, balance, verdict, circulating, block) in [
        (at(0, 60), 56_000, true, MINTED, minted),
        (at(0, 61), 55_999, false, MINTED, minted),
        (at(1, 0), 56_000, true, MINTED - FEES, opened),
        (at(1, 0), 55_999, false, MINTED - FEES, opened),
        (at(33, 0), -1, false, MINTED - FEES, story().blocks()),
    ] {
        let (holds, solvency) = solvency(time, balance);
        let expected = if verdict { TotalsVerdict::Holds } else { TotalsVerdict::Fails };
        assert_eq!((holds, &solvency.verdict), (verdict, &expected), "{balance} at {time:?}");
        assert_eq!((solvency.in_circulation_micro_euro, solvency.block), (Some(circulating), Some(block)));
        assert_eq!((solvency.balance_cents, solvency.time), (balance, time.0));
    }
    for (time, words) in [(at(33, 1), "ends before"), (at(0, 59), "older than the chain")] {
        let (holds, solvency) = solvency(time, i64::MAX);
        let TotalsVerdict::CannotBeCompared { reason } = &solvency.verdict else { panic!() };
        assert!(!holds && reason.contains(words) && solvency.in_circulation_micro_euro.is_none());
    }
}
