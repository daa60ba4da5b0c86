//! Cohorts that were named three times: the ledger has forgotten the first ones, and their totals are listed all the same.

use std::{collections::BTreeSet, sync::LazyLock};

use hushwatt_audits::totals::{
    CohortSum, FeederComparison, FeederPlan, LossBounds, Of, Standing, Total, TotalsAsked, TotalsReport, TotalsVerdict,
    Values, report,
};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    committee::Cohort,
    transaction::{build::Built, registry::RegistryChange, request::Target},
    units::{MeterId, Period, Utility},
};

use crate::{
    kit::totals::{Community, METERS, cohort, setup},
    scene::{facts_of, file_of},
};

const ALL: [u32; METERS] = [0, 1, 2, 3, 4, 5, 6, 7];
const HALVES: [[u32; 4]; 2] = [[0, 1, 2, 3], [4, 5, 6, 7]];

fn of(meters: &[u32]) -> Cohort {
    cohort(meters.iter().map(|n| (*n, *n as u16)))
}

fn ids(meters: &[u32]) -> Vec<MeterId> {
    meters.iter().copied().map(MeterId).collect()
}

/// Everything about the totals of these cohorts of the community's period, in which all meters have attested.
fn total_up(community: &mut Community, cohorts: &[&[u32]]) {
    community.share_first(METERS);
    community.settle();
    for (meters, place) in cohorts.iter().zip(0u8..) {
        let target = Target::Cohort(place);
        let request = community.request(target, &[]);
        community.accept(&[request]);
        let releases: Vec<Built> = [0, 2, 4].map(|member| community.release_of(member, target, meters)).to_vec();
        community.accept(&releases);
    }
}

fn name(community: &mut Community, cohorts: &[&[u32]]) {
    let cohorts = cohorts.iter().map(|meters| of(meters)).collect();
    let change = community.world.change_registry(RegistryChange::Cohorts(cohorts));
    community.accept(&[change]);
}

/// One cohort of all meters, then two halves two periods later, and when all of that is over one of five meters.
static NAMED: LazyLock<(Community, [Period; 2])> = LazyLock::new(|| {
    let mut community = Community::named(&setup(), &[of(&ALL)]);
    let (first, second) = (community.period, Period(community.period.0 + 2));
    community.attest_all();
    name(&mut community, &[&HALVES[0], &HALVES[1]]);
    community.period = second;
    community.attest_all();
    community.period = first;
    total_up(&mut community, &[&ALL]);
    community.period = second;
    total_up(&mut community, &[&HALVES[0], &HALVES[1]]);
    community.pass_to(community.parameters().times(Period(second.0 + 2)).release.plus(60));
    name(&mut community, &[&[0, 1, 2, 3, 4]]);
    // One of its periods is over.
    community.pass_to(community.world.after(4 * 3600));
    (community, [first, second])
});

fn told(asked: &TotalsAsked) -> TotalsReport {
    let world = &NAMED.0.world;
    let record = |block: &hushwatt_ledger::block::Block| (block.encode(), world.certify(block).encode());
    let records: Vec<(Vec<u8>, Vec<u8>)> = world.chain.iter().map(|(block, _)| record(block)).collect();
    report(&facts_of(world, &file_of(world, records.iter()), None), asked).unwrap()
}

/// What these meters gave and took in one of the two periods.
fn plain(place: usize, meters: &[u32]) -> (u64, u64) {
    let (community, periods) = &*NAMED;
    let windows = community.windows_of(periods[place]);
    let values =
        meters.iter().flat_map(|meter| windows.iter().map(|window| Community::value(*meter as usize, *window)));
    values.fold((0, 0), |sums, (gave, took)| (sums.0 + u64::from(gave), sums.1 + u64::from(took)))
}

fn released((exported, imported): (u64, u64)) -> Standing {
    Standing::Released(Values::Metered { exported, imported })
}

/// The cohorts of one of the two periods.
fn listed(report: &TotalsReport, place: usize) -> Vec<&Total> {
    let (community, periods) = &*NAMED;
    let start = community.parameters().start(periods[place]).0;
    report.totals.iter().filter(|total| total.from == start).collect()
}

#[test]
fn totals_of_cohorts_that_were_named_anew_twice_since_are_listed_and_open() {
    let (community, periods) = &*NAMED;
    assert!(community.world.ledger().cohorts(periods[0]).unwrap().is_empty(), "the ledger has forgotten them");
    let report = told(&TotalsAsked::default());
    let cohort = |number: u8, meters: &[u32]| Of::Cohort { number, utility: Utility::Electricity, meters: ids(meters) };
    let all = listed(&report, 0);
    let [total] = all[..] else { panic!("{all:?}") };
    assert_eq!((&total.of, total.count), (&cohort(0, &ALL), Some(8)));
    assert_eq!(total.standing, released(plain(0, &ALL)));
    let halves = listed(&report, 1);
    assert_eq!(halves.len(), 2);
    for ((total, meters), number) in halves.iter().zip(&HALVES).zip(0..) {
        assert_eq!((&total.of, total.standing), (&cohort(number, meters), released(plain(1, meters))));
    }
    // Both periods have all their meters in, and nothing was traded.
    let [sum] = &report.utilities[..] else { panic!("{:?}", report.utilities) };
    assert_eq!((sum.shared.periods, sum.shared.meters_in, sum.shared.meters, sum.shared.complete), (2, 16, 16, true));
    let [first, second] = [plain(0, &ALL), plain(1, &ALL)];
    assert_eq!((sum.shared.exported, sum.shared.imported), ((first.0 + second.0).into(), (first.1 + second.1).into()));
}

#[test]
fn a_cohort_whose_meters_changed_is_another_cohort() {
    let report = told(&TotalsAsked::default());
    let of_meters =
        |meters: &[u32]| -> &CohortSum { report.cohorts.iter().find(|sum| sum.meters == ids(meters)).unwrap() };
    assert_eq!(report.cohorts.len(), 4);
    for (meters, place) in [(&ALL[..], 0), (&HALVES[0], 1), (&HALVES[1], 1)] {
        let (sum, (exported, imported)) = (of_meters(meters), plain(place, meters));
        assert_eq!((sum.exported, sum.imported, sum.periods), (exported.into(), imported.into(), 1));
        assert_eq!(sum.meters_in, meters.len() as u64);
    }
    // The periods without a total are those that began under it, and no other cohort's.
    let start = |period: u64| NAMED.0.parameters().start(Period(period)).0;
    assert_eq!(of_meters(&ALL).without, [start(NAMED.1[0].0 + 1)]);
    assert_eq!(of_meters(&HALVES[0]).without.first(), Some(&start(NAMED.1[1].0 + 1)));
    let last = of_meters(&[0, 1, 2, 3, 4]);
    assert_eq!((last.periods, last.exported), (0, 0));
}

/// A feeder over these meters in the period of the two halves that counts back what they gave net, less so much.
fn compare(meters: Option<&[u32]>, loss: u64) -> FeederComparison {
    let (community, periods) = &*NAMED;
    let (exported, imported) = plain(1, meters.unwrap_or(&ALL));
    let plan = FeederPlan {
        utility: Utility::Electricity,
        meters: meters.map(|meters| meters.iter().copied().map(MeterId).collect::<BTreeSet<_>>()),
        from: community.parameters().start(periods[1]),
        until: community.parameters().end(periods[1]),
        imported: 0,
        exported: exported - imported - loss,
    };
    let reading = plan.sign(community.world.network(), &SigningKey::from_bytes(&[3; 32])).unwrap();
    let bounds: LossBounds = "0..10".parse().unwrap();
    told(&TotalsAsked { feeder: Some((reading, bounds)), ..TotalsAsked::default() }).feeder.unwrap()
}

#[test]
fn a_feeder_over_two_cohorts_is_compared_with_both_and_a_feeder_over_one_with_that_one() {
    for (meters, of) in [(None, &ALL[..]), (Some(&ALL[..]), &ALL), (Some(&HALVES[1][..]), &HALVES[1])] {
        let (compared, (exported, imported)) = (compare(meters, 5), plain(1, of));
        assert_eq!((compared.verdict, compared.loss), (TotalsVerdict::Holds, Some(5)));
        assert_eq!((compared.meters_exported, compared.meters_imported), (Some(exported), Some(imported)));
        assert_eq!(compared.meters, of.len() as u64);
    }
    let too_much = plain(1, &ALL).0 / 10 + 1;
    assert_eq!(compare(None, too_much).verdict, TotalsVerdict::Fails);
    // One whole cohort and a part of the other.
    let reason = |meters: &[u32]| match compare(Some(meters), 5).verdict {
        TotalsVerdict::CannotBeCompared { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason(&[0, 1, 2, 3, 4]).starts_with("cohort 1 of "), "{}", reason(&[0, 1, 2, 3, 4]));
    assert!(reason(&[1, 2, 3, 4, 5, 6, 7]).contains("has meters that are not behind the feeder"));
}
