//! What is listed, opened and added up.

use hushwatt_audits::totals::{LeftOutReason, Of, Standing, TotalsAsked, Values, VatRates};
use hushwatt_audits::{NoProgress, totals::TotalsWanted, totals::totals_from_reader};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::units::{MeterId, Utility};

use crate::scene::{at, of_cohort, story};

const ALL: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn a_released_total_is_the_plain_sum_to_the_watt_hour() {
    let report = story().report(&TotalsAsked::default());
    assert!(report.holds && report.period == Some(7200) && report.without_committee == 1);
    let total = of_cohort(&report, 0);
    let (exported, imported) = story().plain(0, &ALL);
    assert_eq!(total.standing, Standing::Released(Values::Metered { exported, imported }));
    assert_eq!((total.count, total.left_out.len(), total.threshold, total.members), (Some(8), 0, 3, 5));
    let released: Vec<u8> = total.released_by.iter().map(|by| by.member).collect();
    assert_eq!(released, [5, 2, 1, 4]);

    let total = of_cohort(&report, 1);
    let (exported, imported) = story().plain(1, &[0, 1, 2, 3, 4]);
    assert_eq!(total.standing, Standing::Released(Values::Metered { exported, imported }));
    assert_eq!(total.count, Some(5));
}

#[test]
fn who_is_left_out_is_told_with_the_reason() {
    let report = story().report(&TotalsAsked::default());
    let reasons = |period| {
        let left_out = &of_cohort(&report, period).left_out;
        left_out.iter().map(|left| (left.meter, left.why)).collect::<Vec<_>>()
    };
    let incomplete = LeftOutReason::Incomplete { windows: 0, of: 2 };
    let of_first = [LeftOutReason::NotShared, LeftOutReason::SharedWrongly, incomplete];
    assert_eq!(reasons(1), [5, 6, 7].map(MeterId).into_iter().zip(of_first).collect::<Vec<_>>());
    let of_second = [LeftOutReason::ToMakeThree, LeftOutReason::ToMakeThree, incomplete];
    let drawn = &story().drawn;
    assert_eq!(reasons(2), drawn.iter().copied().map(MeterId).zip(of_second).collect::<Vec<_>>());
    let (text, one) = (report.to_string(), format!("without meter {}: it shared, and was drawn by lot", drawn[0]));
    assert!(text.contains(&one), "{one}\n{text}");
    for words in [
        "without meter 5: it did not share",
        "without meter 6: what it shared was wrong",
        "without meter 7: it had attested 0 of 2 windows when the period closed",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn fewer_releases_than_the_threshold_open_nothing() {
    let until = at(28, 0).0;
    for (mark, standing) in [
        ("before the request", Standing::NotAskedYet { until: at(25, 0).0 }),
        ("one release", Standing::Awaited { missing: 2, until }),
        ("two releases", Standing::Awaited { missing: 1, until }),
    ] {
        assert_eq!(of_cohort(&story().report_of(mark), 0).standing, standing, "{mark}");
    }
    let released = of_cohort(&story().report_of("three releases"), 0).standing;
    assert_eq!(released, of_cohort(&story().report_of("four releases"), 0).standing);
    assert!(matches!(released, Standing::Released(_)));

    let missing = of_cohort(&story().report_of("one release is missing"), 2).standing;
    assert_eq!(missing, Standing::Awaited { missing: 1, until: at(32, 0).0 });
    let report = story().report(&TotalsAsked::default());
    assert_eq!(of_cohort(&report, 2).standing, Standing::TooFewReleased { missing: 1 });
    assert_eq!(of_cohort(&report, 3).standing, Standing::NeverAsked);
    assert_eq!(of_cohort(&report, 5).standing, Standing::NotAskedYet { until: at(35, 0).0 });
    assert_eq!(of_cohort(&report, 9).standing, Standing::TooEarly { from: at(39, 1).0 });
    assert!(report.holds, "a total that is missing is no wrong one");
}

#[test]
fn energy_and_money_of_trades_are_those_of_the_sellers_who_shared() {
    let report = story().report(&TotalsAsked::default());
    let sold = &story().sold;
    assert_eq!(sold.len(), 8);
    let energy: u64 = sold.iter().map(|(energy, _)| energy).sum();
    let micro_euro: u64 = sold.iter().map(|(energy, price)| energy * price).sum();
    let trades: Vec<_> = report.totals.iter().filter(|total| matches!(total.of, Of::Trades { .. })).collect();
    let [total] = trades[..] else { panic!("{trades:?}") };
    assert_eq!(total.of, Of::Trades { utility: Utility::Electricity, delivered: 9 });
    assert_eq!((total.count, total.standing), (Some(8), Standing::Released(Values::Traded { energy, micro_euro })));

    let [sum] = &report.utilities[..] else { panic!() };
    assert_eq!(
        (sum.energy, sum.micro_euro, sum.trades_in, sum.trades_delivered),
        (energy.into(), micro_euro.into(), 8, 9)
    );
    assert_eq!(sum.mean_price, Some((u128::from(micro_euro) * 1000 + u128::from(energy) / 2) / u128::from(energy)));
    // Of the two periods that have all their totals, one had trades.
    let first = story().plain(0, &ALL);
    let second = story().plain(1, &[0, 1, 2, 3, 4]);
    let (exported, imported) = (u128::from(first.0 + second.0), u128::from(first.1 + second.1));
    let shared = &sum.shared;
    assert_eq!((shared.periods, shared.exported, shared.imported), (2, exported, imported));
    assert_eq!((shared.meters_in, shared.meters, shared.trades_in, shared.trades_delivered), (13, 16, 8, 9));
    let part = |of: u128| Some((u128::from(energy) * 1_000_000 + of / 2) / of);
    assert_eq!((shared.self_sufficiency_ppm, shared.self_consumption_ppm), (part(imported), part(exported)));
    assert!(!shared.complete && report.to_string().contains("so it is not exact"));
}

#[test]
fn longer_times_are_sums_of_released_totals_and_the_others_are_listed() {
    let report = story().report(&TotalsAsked::default());
    let [sum] = &report.cohorts[..] else { panic!() };
    let (first, second) = (story().plain(0, &ALL), story().plain(1, &[0, 1, 2, 3, 4]));
    assert_eq!(
        (sum.exported, sum.imported, sum.periods),
        ((first.0 + second.0).into(), (first.1 + second.1).into(), 2)
    );
    assert_eq!(sum.without[..2], [at(6, 0).0, at(8, 0).0]);
    assert_eq!((sum.meters_in, sum.meters.len()), (13, 8));
    let text = report.to_string();
    for words in ["13 of 16 meter-periods are in", "13 periods, 2025-06-15 06:00:00 UTC to 2025-06-16 08:00:00 UTC"] {
        assert!(text.contains(words), "{words}\n{text}");
    }

    let asked = TotalsAsked { from: Some(at(2, 0)), until: Some(at(4, 0)), ..TotalsAsked::default() };
    let report = story().report(&asked);
    let [sum] = &report.cohorts[..] else { panic!() };
    assert_eq!((sum.exported, sum.imported, sum.periods), (first.0.into(), first.1.into(), 1));
    assert!(sum.without.is_empty() && report.totals.len() == 2);
    // A period that is only partly within is not in the sum.
    let asked = TotalsAsked { from: Some(at(2, 1)), until: Some(at(8, 0)), ..TotalsAsked::default() };
    let report = story().report(&asked);
    assert_eq!((report.cohorts[0].exported, report.cohorts[0].periods), (second.0.into(), 1));
    assert_eq!(report.without_committee, 0, "that was before");
}

#[test]
fn a_correction_after_the_close_is_listed_and_counts_nowhere() {
    let report = story().report(&TotalsAsked::default());
    let [late] = &report.late_corrections[..] else { panic!("{:?}", report.late_corrections) };
    assert_eq!((late.meter, late.window, late.period), (MeterId(0), at(3, 0).0, at(2, 0).0));
    assert_eq!(late.time, at(19, 60).0);
    assert!(report.to_string().contains("are in no total"));
}

#[test]
fn tax_is_that_of_the_traded_money_and_the_columns_add_up() {
    let vat = |rates: &str| {
        let rates: VatRates = rates.parse().unwrap();
        story().report(&TotalsAsked { vat: Some(rates), ..TotalsAsked::default() }).vat.unwrap()
    };
    let micro_euro: u64 = story().sold.iter().map(|(energy, price)| energy * price).sum();
    let table = vat("19");
    let [row] = &table.rows[..] else { panic!() };
    let gross = (micro_euro + 5_000) / 10_000;
    let tax = (u128::from(micro_euro) * 19 * 2 + 119 * 10_000) / (2 * 119 * 10_000);
    assert_eq!((row.cents.gross_cents, u128::from(row.cents.tax_cents)), (gross, tax));
    assert!(gross > 0 && tax > 0);
    assert_eq!(row.cents.net_cents + row.cents.tax_cents, gross);
    assert_eq!(table.sum, row.cents);
    assert_eq!(vat("0").sum.tax_cents, 0);
    assert_eq!(vat("electricity=19,water=7").rows, table.rows);
    let other = vat("water=7");
    assert!(other.rows.is_empty() && other.without_rate.contains(&Utility::Electricity));
    assert!(
        other.to_string().contains("for want of a rate: electricity") && other.to_string().contains("7 % of water")
    );
}

#[test]
fn a_chain_of_another_network_or_without_blocks_says_nothing() {
    let read = |network: NetworkId, file: &[u8]| {
        totals_from_reader(file, 0, &TotalsWanted { network, supply_at: None }, &mut NoProgress)
            .err()
            .unwrap()
            .to_string()
    };
    let file = story().file(3);
    assert!(read(NetworkId([7; 32]), &file).contains("network"));
    let network = *story().community.world.network();
    assert!(read(network, &story().file(0)).contains("no final block"));
    let mut damaged = file.clone();
    let last = damaged.len() - 200;
    damaged[last] ^= 1;
    assert!(
        totals_from_reader(damaged.as_slice(), 0, &TotalsWanted { network, supply_at: None }, &mut NoProgress).is_err()
    );
}
