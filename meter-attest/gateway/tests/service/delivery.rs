//! From telegrams to the ledger: in time, late, with nodes that fail or lie.

use std::collections::BTreeSet;

use hushwatt_ledger::transaction::attest::WindowStatus;

use crate::{
    chain::START,
    node::Manner,
    world::{World, counted},
};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

#[test]
fn a_day_of_telegrams_is_attested_window_by_window_and_equals_the_registers() {
    let mut world = World::new(1);
    world.run_until(8 * HOUR);
    world.check_contiguous();
    let attested = world.on_ledger();
    // Windows 1 to 6 are over for more than 20 minutes.
    assert!(attested.len() >= 6 * 4, "{}", attested.len());
    for one in &attested {
        assert_eq!(one.status, WindowStatus::Measured);
        assert_eq!((one.export, one.import), counted(one.interval.0), "interval {}", one.interval.0);
    }
    let status = world.service.status();
    assert_eq!(status.warnings, []);
    assert!(status.attested.unwrap().sequence >= 6 && status.queue.pending.is_none());
    // One attestation a window, sent within twenty minutes of its end.
    let shared = world.nodes.lock();
    assert!(shared.chain.attested.iter().all(|(_, statement)| statement.windows.len() == 1));
}

#[test]
fn a_node_that_is_down_for_two_days_gets_everything_late_and_then_measured_again() {
    let mut world = World::new(1);
    world.run_until(3 * HOUR);
    world.nodes.set(0, Manner::Down);
    world.run_until(2 * DAY + 3 * HOUR);
    assert!(world.warnings().contains(&"nodes"));
    let before = world.on_ledger().len();
    world.nodes.set(0, Manner::Honest);
    world.run_until(2 * DAY + 6 * HOUR);
    world.check_contiguous();
    let attested = world.on_ledger();
    assert!(before < 3 * 4 && attested.len() >= (2 * 24 + 4) * 4, "{before}, {}", attested.len());
    for one in &attested {
        assert_eq!((one.export, one.import), counted(one.interval.0));
    }
    let late = attested.iter().filter(|one| one.status == WindowStatus::Late).count();
    let measured: Vec<u64> = attested
        .iter()
        .filter(|one| one.status == WindowStatus::Measured)
        .map(|one| one.interval.0 * 900 - START.0)
        .collect();
    assert!(late >= 40 * 4, "{late}");
    assert!(measured.iter().any(|start| *start < 3 * HOUR) && measured.iter().any(|start| *start >= 2 * DAY));
    assert_eq!(world.service.status().warnings, []);
}

#[test]
fn of_two_nodes_a_lying_one_makes_nothing_believed_and_stops_nothing() {
    for lie in [Manner::Swallows, Manner::Forges, Manner::Refuses("AttestSequence"), Manner::Refuses("MeterSignature")]
    {
        let mut world = World::new(2);
        world.nodes.set(0, lie);
        world.run_until(5 * HOUR);
        world.check_contiguous();
        let attested = world.on_ledger();
        assert!(attested.len() >= 3 * 4, "{lie:?}: {}", attested.len());
        assert!(attested.iter().all(|one| one.status == WindowStatus::Measured), "{lie:?}");
        let confirmed = world.service.store().state().position().sequence;
        assert_eq!(confirmed as usize, world.nodes.lock().chain.attested.len(), "{lie:?}");
    }
}

#[test]
fn a_lying_node_alone_is_not_believed_that_something_is_final() {
    for lie in [Manner::Swallows, Manner::Forges] {
        let mut world = World::new(1);
        world.nodes.set(0, lie);
        world.makes_blocks = lie == Manner::Forges;
        world.run_until(4 * HOUR);
        let state = world.service.store().state();
        assert_eq!(state.position().sequence, 0, "{lie:?}");
        assert!(state.waiting().is_some() || world.nodes.lock().submissions[0] == 0, "{lie:?}");
        world.nodes.set(0, Manner::Honest);
        world.makes_blocks = true;
        world.run_until(6 * HOUR);
        assert!(world.service.store().state().position().sequence > 0, "{lie:?}");
        world.check_contiguous();
    }
}

#[test]
fn what_expired_unseen_is_built_again_with_the_same_values_and_another_salt() {
    let mut world = World::new(1);
    world.nodes.lock().chain.holds_back = true;
    world.run_until(2 * HOUR + 25 * 60);
    let first = world.service.store().state().waiting().unwrap().outgoing.clone();
    let mut ids = BTreeSet::from([first.id]);
    let mut contents = vec![first.content];
    while world.now() < START.plus(3 * HOUR + 40 * 60) {
        world.tick(10);
        if let Some(waiting) = world.service.store().state().waiting()
            && ids.insert(waiting.outgoing.id)
        {
            contents.push(waiting.outgoing.content.clone());
        }
    }
    assert!(ids.len() >= 3, "{}", ids.len());
    use hushwatt_gateway::store::Content;
    let drafts_of = |content: &Content| match content {
        Content::Attestation { drafts, .. } => drafts.clone(),
        Content::Correction { .. } => panic!("a correction"),
    };
    for content in &contents {
        assert_eq!(drafts_of(content)[0], drafts_of(&contents[0])[0]);
    }
    world.nodes.lock().chain.holds_back = false;
    world.run_until(6 * HOUR);
    world.check_contiguous();
    for one in world.on_ledger() {
        assert_eq!((one.export, one.import), counted(one.interval.0));
    }
    assert_eq!(world.service.status().warnings, []);
}

#[test]
fn a_window_without_telegrams_is_estimated_and_the_sums_equal_the_registers() {
    let mut world = World::new(1);
    world.run_until(2 * HOUR + 20 * 60);
    world.speaks = false;
    world.run_until(5 * HOUR + 20 * 60);
    world.speaks = true;
    world.run_until(9 * HOUR);
    world.check_contiguous();
    let attested = world.on_ledger();
    let estimated: Vec<u64> = attested
        .iter()
        .filter(|one| one.status == WindowStatus::Estimated)
        .map(|one| (one.interval.0 * 900 - START.0) / HOUR)
        .collect();
    assert_eq!(BTreeSet::from_iter(estimated), BTreeSet::from([2, 3, 4, 5]));
    let sum: (u64, u64) =
        attested.iter().fold((0, 0), |sum, one| (sum.0 + u64::from(one.export), sum.1 + u64::from(one.import)));
    let (first, last) = (attested[0].interval.0, attested[attested.len() - 1].interval.0);
    let registers =
        (first..=last).map(counted).fold((0, 0), |sum, one| (sum.0 + u64::from(one.0), sum.1 + u64::from(one.1)));
    assert_eq!(sum, registers);
}

#[test]
fn a_second_gateway_with_the_same_key_stops_and_says_so() {
    let mut world = World::new(1);
    world.run_until(3 * HOUR);
    // A copy of the disk of an hour ago, started beside the first.
    let mut twin = World::new(1);
    twin.nodes = world.nodes.clone();
    twin.genesis = world.genesis.clone();
    twin.clock = world.clock.clone();
    let old = world.sim.fork();
    world.run_until(5 * HOUR);
    let before = world.nodes.lock().chain.attested.len();
    twin.restart_on(old.clone(), false).unwrap();
    for _ in 0..200 {
        twin.tick(10);
        world.tick(1);
    }
    assert!(twin.warnings().contains(&"foreign"), "{:?}", twin.warnings());
    let submitted_by_twin = twin.service.status().queue.pending.is_some_and(|pending| pending.attempts > 1);
    assert!(!submitted_by_twin);
    // The first goes on, undisturbed.
    world.run_until(6 * HOUR + 30 * 60);
    assert!(world.nodes.lock().chain.attested.len() > before && !world.warnings().contains(&"foreign"));
    world.check_contiguous();
    // With the first gone for good, the old disk goes on where the ledger stands.
    let mut heir = twin;
    heir.restart_on(old, true).unwrap();
    heir.run_until(9 * HOUR);
    assert!(!heir.warnings().contains(&"foreign"), "{:?}", heir.warnings());
    heir.check_contiguous();
    assert!(heir.on_ledger().len() >= 7 * 4);
}

#[test]
fn a_network_without_nodes_at_first_costs_nothing() {
    let mut world = World::new(1);
    world.nodes.set(0, Manner::Down);
    world.run_until(90 * 60);
    world.nodes.set(0, Manner::Honest);
    world.run_until(4 * HOUR);
    let attested = world.on_ledger();
    assert!(attested.len() >= 2 * 4 && attested.iter().all(|one| one.status == WindowStatus::Measured));
}

#[test]
fn a_window_that_was_given_up_is_corrected_once_its_gap_ends() {
    let mut world = World::new(1);
    world.run_until(2 * HOUR + 20 * 60);
    world.speaks = false;
    world.run_until(30 * HOUR);
    let missing = world.on_ledger().iter().filter(|one| one.status == WindowStatus::Missing).count();
    assert!(missing >= 2 * 4, "{missing}");
    world.speaks = true;
    world.run_until(34 * HOUR);
    world.check_contiguous();
    let in_force = world.in_force();
    assert_eq!(in_force.iter().filter(|one| one.corrected).count(), missing);
    assert!(in_force.iter().all(|one| one.has_value()));
    let sum: (u64, u64) =
        in_force.iter().fold((0, 0), |sum, one| (sum.0 + u64::from(one.export), sum.1 + u64::from(one.import)));
    let (first, last) = (in_force[0].interval.0, in_force[in_force.len() - 1].interval.0);
    let registers =
        (first..=last).map(counted).fold((0, 0), |sum, one| (sum.0 + u64::from(one.0), sum.1 + u64::from(one.1)));
    assert_eq!(sum, registers);
    let sums = world.service.store().state().sums();
    assert_eq!((sums.export, sums.import), sum);
}

#[test]
fn a_meter_that_speaks_again_is_believed_although_the_network_stands_still() {
    let mut world = World::new(1);
    world.run_until(3 * HOUR);
    (world.speaks, world.makes_blocks) = (false, false);
    world.run_until(6 * HOUR);
    world.speaks = true;
    world.run_until(6 * HOUR + 60);
    assert!(!world.warnings().contains(&"clock-wrong"), "{:?}", world.warnings());
    let last = world.service.store().state().registers().last().unwrap().received;
    assert!(last >= START.plus(6 * HOUR), "{last:?}");
    // What came is attested once there are blocks again.
    world.makes_blocks = true;
    world.run_until(9 * HOUR);
    world.check_contiguous();
    let last = world.on_ledger().last().unwrap().interval.0 * 900;
    assert!(last >= START.plus(7 * HOUR).0, "{last}");
}
