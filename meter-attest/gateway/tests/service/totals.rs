//! Totals: what opens the meter's sums of each period is shared with the committee that the registrars named, once.

use std::collections::BTreeSet;

use hushwatt_crypto::{
    order_seal::SealingKey,
    sharing::{Coefficients, combine},
};
use hushwatt_gateway::store::Ending;
use hushwatt_ledger::{
    committee::{Cohort, CohortMeter, Committee, CommitteeMember},
    parameters::{Parameters, TotalsParameters},
    storage::Disk,
    transaction::{
        Envelope,
        registry::RegistryChange,
        share::{ShareMaker, SharePlan, ShareStatement, Subject},
    },
    units::{MeterId, Period},
};
use rand_core::OsRng;

use crate::{
    chain::{self, Chain, METER, METERS, START, key, meter_key},
    node::Manner,
    world::{World, parameters},
};

const HOUR: u64 = 3_600;
/// Seconds of a tick: what is done here is slow, and nothing in it is about seconds.
const STEP: u64 = 30;
/// The first period that begins after committee and cohorts were named: from 02:00 to 04:00.
const FIRST: Period = Period(START.0 / (2 * HOUR) + 1);

fn totals(close_term: u64) -> TotalsParameters {
    TotalsParameters {
        period: 2 * HOUR,
        close_term,
        share_term: 2 * HOUR,
        complaint_term: HOUR,
        request_term: 4 * HOUR,
        release_term: 3 * HOUR,
        k_min: 4,
    }
}

fn sealing(number: u8) -> SealingKey {
    let mut secret = [0; 32];
    secret[0] = number;
    SealingKey::from_bytes(&secret).unwrap()
}

/// Three of five, from a number on.
fn committee(from: u8) -> Committee {
    let member = |number: u8| CommitteeMember { key: key(number).verifying_key(), sealing: *sealing(number).public() };
    Committee::new(3, (from..from + 5).map(member).collect()).unwrap()
}

fn cohort(meters: impl Iterator<Item = u32>) -> RegistryChange {
    let entry = |meter| CohortMeter { meter: MeterId(meter), owner: meter as u16 };
    RegistryChange::Cohorts(vec![Cohort::new(meters.map(entry).collect()).unwrap()])
}

fn chain_with(totals: TotalsParameters, changes: Vec<RegistryChange>) -> Chain {
    let parameters = Parameters { totals: Some(totals), ..parameters() };
    let mut chain = Chain::new(chain::genesis(parameters));
    for (change, second) in changes.into_iter().zip(2..) {
        chain.registry(change, START.plus(second));
    }
    chain
}

fn named() -> Vec<RegistryChange> {
    vec![RegistryChange::Committee(committee(40)), cohort(0..METERS)]
}

/// A gateway in a community whose periods close so long after their end.
fn world(close_term: u64) -> World {
    World::on(chain_with(totals(close_term), named()), 1, "")
}

/// When a period that ends at 04:00 closes, and when its term is over, in seconds since the start.
fn closes(close_term: u64) -> (u64, u64) {
    (4 * HOUR + close_term, 4 * HOUR + close_term + 2 * HOUR)
}

/// What any three members open together of a Share in a block, against the ledger's own commitments.
fn opened(world: &World, statement: &ShareStatement, from: u8, who: [usize; 3]) -> (u64, u64) {
    let shared = world.nodes.lock();
    let (network, committee) = (shared.chain.genesis.network(), committee(from));
    let (id, _) = shared.chain.shared.iter().find(|(_, one)| one == statement).unwrap();
    let record = shared.chain.metered(statement.period);
    let sum = |sharing: usize, commitment| {
        let points = statement.sharings[sharing].coefficients.clone();
        let public = Coefficients::new(points, committee.quorum()).unwrap().of(&commitment);
        let members: Vec<_> = committee.quorum().all().collect();
        let released = who.map(|place| {
            let (place_of, sealed) = statement.sealed_for(members[place], &shared.chain.offered[id])[sharing];
            let secret = sealing(from + place as u8);
            let share = sealed.open(network, &secret, &place_of.context(&public)).unwrap();
            assert!(share.opens(&public.expected(members[place])));
            (members[place], share.release())
        });
        combine(committee.quorum(), &released, &commitment).unwrap()
    };
    (sum(0, record.export_sum), sum(1, record.import_sum))
}

/// What the ledger has in force of a period, opened with the household's key.
fn plain(world: &World, period: Period) -> (u64, u64) {
    let within = |interval: u64| interval * 900 / (2 * HOUR) == period.0;
    let of_period = world.in_force().into_iter().filter(|one| within(one.interval.0));
    of_period.fold((0, 0), |sum, one| (sum.0 + u64::from(one.export), sum.1 + u64::from(one.import)))
}

fn endings(world: &World) -> Vec<(Period, Ending)> {
    world.service.store().state().settled().iter().map(|settled| (settled.period, settled.ending)).collect()
}

fn statements(world: &World) -> Vec<ShareStatement> {
    world.nodes.lock().chain.shared.iter().map(|(_, statement)| statement.clone()).collect()
}

#[test]
fn each_periods_sums_are_shared_once_within_the_term_and_any_three_members_open_them_and_nothing_is_kept() {
    let mut world = world(14 * HOUR);
    let (close, over) = closes(14 * HOUR);
    world.run_in_steps(STEP, close - 60);
    assert_eq!(statements(&world), []);
    let told = world.service.status().totals;
    assert_eq!((told.state, told.waiting[0].of_windows), ("shares", 2));
    let waits = told.waiting.iter().find(|period| period.start == FIRST.0 * 2 * HOUR).unwrap();
    assert_eq!((waits.windows, waits.closes, waits.until), (2, START.0 + close, START.0 + over));
    let due = waits.due.unwrap();
    assert!((START.0 + close..=START.0 + over).contains(&due));
    world.run_in_steps(STEP, due - START.0 - 60);
    assert_eq!(statements(&world), []);
    world.run_in_steps(STEP, due - START.0 + 300);
    assert_eq!(statements(&world).len(), 1);
    world.run_in_steps(STEP, over + 4 * HOUR);
    let shared = statements(&world);
    // One period after the other, each once.
    let periods: Vec<Period> = shared.iter().map(|statement| statement.period).collect();
    assert_eq!(periods[..3], [FIRST, Period(FIRST.0 + 1), Period(FIRST.0 + 2)]);
    for statement in &shared {
        let sums = plain(&world, statement.period);
        assert!(sums.0 > 0 && sums.1 > 0);
        assert_eq!(opened(&world, statement, 40, [0, 1, 2]), sums);
        assert_eq!(opened(&world, statement, 40, [4, 1, 3]), sums);
        assert!(!world.service.store().state().periods().contains_key(&statement.period));
    }
    // The gateway has no window of the beginning of the one before.
    let mut expected = vec![(Period(FIRST.0 - 1), Ending::Incomplete)];
    expected.extend(periods.iter().map(|period| (*period, Ending::Shared)));
    assert_eq!(endings(&world), expected);
    assert_eq!(world.service.status().warnings, []);
    let told = world.service.status().totals;
    assert_eq!((told.settled[0].ending, told.settled.last().unwrap().ending), ("shared", "incomplete"));
}

/// Windows of the first period are given up for missing and corrected once the meter speaks again.
fn corrected(close_term: u64, silent: u64, speaks_again: u64) -> World {
    let mut world = world(close_term);
    world.run_in_steps(STEP, silent);
    world.speaks = false;
    world.run_in_steps(STEP, speaks_again);
    world.speaks = true;
    world.run_in_steps(STEP, closes(close_term).1);
    world
}

#[test]
fn a_missing_window_that_is_corrected_before_the_close_counts() {
    let world = corrected(27 * HOUR, 2 * HOUR + 20 * 60, 29 * HOUR);
    let shared = statements(&world);
    assert_eq!(shared[0].period, FIRST);
    assert!(world.in_force().iter().any(|one| one.corrected && one.interval.0 * 900 / (2 * HOUR) == FIRST.0));
    let sums = plain(&world, FIRST);
    assert!(sums.1 > 0);
    assert_eq!(opened(&world, &shared[0], 40, [0, 2, 4]), sums);
}

#[test]
fn a_period_with_a_window_that_was_missing_when_it_closed_is_not_shared() {
    // The second window is missing. Closed at 31:00; at 31:05 the meter speaks again.
    let world = corrected(27 * HOUR, 3 * HOUR + 20 * 60, 31 * HOUR + 300);
    assert!(world.in_force().iter().any(|one| one.corrected && one.interval.0 * 900 / (2 * HOUR) == FIRST.0));
    assert!(statements(&world).iter().all(|statement| statement.period != FIRST));
    assert!(endings(&world).contains(&(FIRST, Ending::Incomplete)), "{:?}", endings(&world));
    assert_eq!(world.service.status().warnings, []);
}

#[test]
fn forgetting_what_was_attested_loses_no_sum_that_is_not_shared() {
    let mut world = world(14 * HOUR);
    for hour in [4, 6, 11] {
        world.run_in_steps(STEP, hour * HOUR);
        let next = world.service.store().state().position().next_window;
        world.service.store_mut().forget_before(next).unwrap();
        assert!(world.service.store().state().attested().is_empty());
        let remains = world.sim.fork();
        world.restart_on(remains, false).unwrap();
    }
    world.run_in_steps(STEP, closes(14 * HOUR).1 + 2 * HOUR);
    let shared = statements(&world);
    assert!(shared.len() >= 2);
    for statement in &shared {
        assert_eq!(opened(&world, statement, 40, [0, 1, 2]), plain(&world, statement.period));
    }
}

#[test]
fn nothing_leaves_a_gateway_that_refuses_is_in_no_cohort_or_has_no_committee() {
    let cases = [
        (named(), "share_totals = false", "declined", None),
        (vec![RegistryChange::Committee(committee(40)), cohort(3..METERS)], "", "no-cohort", Some(Ending::NoCohort)),
        (vec![cohort(0..METERS)], "", "no-committee", Some(Ending::NoCommittee)),
    ];
    for (changes, settings, state, ending) in cases {
        let mut world = World::on(chain_with(totals(14 * HOUR), changes), 1, settings);
        world.run_in_steps(STEP, closes(14 * HOUR).1);
        assert_eq!((world.service.status().totals.state, statements(&world)), (state, vec![]));
        let ended = endings(&world).into_iter().find(|(period, _)| *period == FIRST).map(|(_, ending)| ending);
        assert_eq!(ended, ending, "{state}");
        assert!(!world.service.store().state().periods().contains_key(&FIRST));
        assert_eq!(world.service.status().warnings, []);
    }
    let mut none = World::new(1);
    none.run_in_steps(STEP, 5 * HOUR);
    assert_eq!(none.service.status().totals.state, "none");
    assert!(none.service.store().state().periods().is_empty());
}

#[test]
fn what_was_kept_is_wiped_when_the_household_refuses_later() {
    let mut world = world(14 * HOUR);
    world.run_in_steps(STEP, 6 * HOUR);
    assert!(!world.service.store().state().periods().is_empty());
    world.settings = "share_totals = false";
    let sim = world.sim.clone();
    world.restart_on(sim, false).unwrap();
    world.run_in_steps(STEP, 6 * HOUR + 300);
    assert!(world.service.store().state().periods().is_empty());
    assert!(endings(&world).iter().all(|(_, ending)| *ending == Ending::Declined));
}

#[test]
fn a_committee_that_the_registrars_did_not_sign_gets_nothing_although_validators_certified_it() {
    let mut world = World::on(chain_with(totals(14 * HOUR), named()), 1, "");
    world.nodes.lock().chain.forged_registry(RegistryChange::Committee(committee(60)), START.plus(9));
    world.run_in_steps(STEP, closes(14 * HOUR).1);
    assert!(world.warnings().contains(&"ledger"), "{:?}", world.warnings());
    assert_eq!(statements(&world), []);
    let text = world.service.status().warnings.iter().map(|warning| warning.text.clone()).collect::<String>();
    assert!(text.contains("a registrar's signature does not verify"), "{text}");
    // The same change, signed, is believed: of the next periods.
    let mut honest = World::on(chain_with(totals(14 * HOUR), named()), 1, "");
    honest.nodes.lock().chain.registry(RegistryChange::Committee(committee(60)), START.plus(9));
    honest.run_in_steps(STEP, closes(14 * HOUR).1);
    let shared = statements(&honest);
    assert_eq!(opened(&honest, &shared[0], 60, [0, 1, 2]), plain(&honest, FIRST));
}

#[test]
fn a_meter_whose_key_was_replaced_shares_nothing() {
    let mut world = world(14 * HOUR);
    world.run_in_steps(STEP, 16 * HOUR);
    let change = RegistryChange::Meter {
        meter: METER,
        class: hushwatt_crypto::range::RangeBits::Bits16,
        key: key(90).verifying_key(),
    };
    let now = world.now();
    world.nodes.lock().chain.registry(change, now);
    world.run_in_steps(STEP, closes(14 * HOUR).1 + 600);
    assert!(world.warnings().contains(&"key"));
    assert_eq!(statements(&world), []);
    assert!(endings(&world).contains(&(FIRST, Ending::Late)));
}

#[test]
fn what_expires_unseen_is_sent_again_with_the_same_shares() {
    let mut world = world(14 * HOUR);
    let (close, over) = closes(14 * HOUR);
    world.run_in_steps(STEP, close + 60);
    world.nodes.lock().chain.holds_back = true;
    let mut ids = BTreeSet::new();
    while world.now() < START.plus(over - 1_200) {
        world.tick(STEP);
        let periods = world.service.store().state().periods();
        ids.extend(periods.get(&FIRST).and_then(|sums| sums.share()).map(|share| share.id));
    }
    assert!(ids.len() >= 2, "{}", ids.len());
    world.nodes.lock().chain.holds_back = false;
    world.run_in_steps(STEP, over + 60);
    assert!(endings(&world).contains(&(FIRST, Ending::Shared)), "{:?}", endings(&world));
    let offered = &world.nodes.lock().chain.offered_shares;
    let digests: BTreeSet<[u8; 32]> =
        offered.iter().filter(|(period, _)| *period == FIRST).map(|(_, digest)| digest.0).collect();
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_refusal_is_told_and_tried_again_until_the_term_is_over() {
    let (close, over) = closes(14 * HOUR);
    for (until, ending) in [(over - 1_200, Ending::Shared), (over + 600, Ending::Late)] {
        let mut world = world(14 * HOUR);
        world.run_in_steps(STEP, close + 30);
        world.nodes.set(0, Manner::Refuses("ShareShape"));
        world.run_in_steps(STEP, until);
        assert!(world.warnings().contains(&"share") || ending == Ending::Late, "{:?}", world.service.status());
        if ending == Ending::Shared {
            let told = world.service.status().totals.waiting[0].clone();
            assert!(told.attempts > 2 && told.answer.unwrap().contains("ShareShape"));
        }
        world.nodes.set(0, Manner::Honest);
        world.run_in_steps(STEP, over + 700);
        assert!(endings(&world).contains(&(FIRST, ending)), "{:?}", endings(&world));
    }
}

#[test]
fn what_somebody_else_shared_in_the_meters_name_is_told_and_not_shared_again() {
    let mut world = world(14 * HOUR);
    let (close, over) = closes(14 * HOUR);
    world.run_in_steps(STEP, close + 60);
    let sums = world.service.store().state().periods()[&FIRST].openings().unwrap();
    let (now, committee) = (world.now(), committee(40));
    let plan = SharePlan {
        period: FIRST,
        subject: Subject::Meter(METER),
        openings: vec![&sums.export, &sums.import],
        committee: &committee,
        valid_until: Envelope::validity_from(now),
    };
    let foreign = plan.build(&world.genesis, ShareMaker::Meter(&meter_key()), &mut OsRng).unwrap();
    world.nodes.lock().chain.submit(foreign.transaction, foreign.hints, now).unwrap();
    world.run_in_steps(STEP, over);
    let of_first = statements(&world).iter().filter(|statement| statement.period == FIRST).count();
    assert_eq!((of_first, endings(&world).contains(&(FIRST, Ending::Foreign))), (1, true));
    assert!(world.warnings().contains(&"kept"));
}

/// The power fails again and again, at one operation of the disk after the other, while three periods are shared. The meter is
/// silent, so that what is cut off is the sharing.
#[test]
fn a_gateway_that_is_cut_off_at_every_write_shares_each_period_once() {
    let mut world = world(14 * HOUR);
    let (close, over) = closes(14 * HOUR);
    world.run_in_steps(STEP, close);
    world.speaks = false;
    let (mut cuts, mut is_armed) = (0u64, false);
    while world.now() < START.plus(over + 4 * HOUR) {
        world.tick(STEP);
        // Once the chain is read again, which takes a while.
        if !is_armed && world.service.status().ledger.height + 3 > world.nodes.lock().chain.height() {
            world.disk.dies_after((cuts % 5) as u32, cuts);
            is_armed = true;
        }
        if let Some(remains) = world.disk.remains() {
            cuts += 1;
            is_armed = false;
            world.restart_on(remains, false).unwrap();
        }
    }
    assert!(cuts >= 6, "{cuts}");
    let shared = statements(&world);
    for period in (FIRST.0..FIRST.0 + 3).map(Period) {
        let of_period: Vec<&ShareStatement> = shared.iter().filter(|one| one.period == period).collect();
        assert_eq!(of_period.len(), 1);
        assert_eq!(opened(&world, of_period[0], 40, [0, 3, 4]), plain(&world, period));
        assert!(endings(&world).contains(&(period, Ending::Shared)));
        // Every Share of it that ever left said the same.
        let offered = &world.nodes.lock().chain.offered_shares;
        let digests: BTreeSet<[u8; 32]> =
            offered.iter().filter(|(one, _)| *one == period).map(|(_, digest)| digest.0).collect();
        assert_eq!(digests.len(), 1);
    }
}

#[test]
fn nothing_that_opens_a_sum_is_left_on_the_disk_when_it_was_shared() {
    let mut world = world(14 * HOUR);
    let (close, over) = closes(14 * HOUR);
    world.run_in_steps(STEP, close + 60);
    // What is forgotten is added up, so that it is the sums themselves that lie there.
    let next = world.service.store().state().position().next_window;
    world.service.store_mut().forget_before(next).unwrap();
    let sums = world.service.store().state().periods()[&FIRST].openings().unwrap();
    let secrets = [sums.export.blinding.to_bytes(), sums.import.blinding.to_bytes()];
    let found = |world: &World| {
        let names = world.sim.list(std::path::Path::new("state")).unwrap();
        let bytes: Vec<u8> = names
            .iter()
            .flat_map(|name| world.sim.contents(&std::path::Path::new("state").join(name)).unwrap())
            .collect();
        secrets.iter().filter(|secret| bytes.windows(32).any(|window| window == &secret[..])).count()
    };
    assert_eq!(found(&world), 2);
    world.run_in_steps(STEP, over);
    assert!(endings(&world).contains(&(FIRST, Ending::Shared)));
    assert_eq!(found(&world), 0);
}
