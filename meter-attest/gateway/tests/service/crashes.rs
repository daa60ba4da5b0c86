//! Power cuts at every write of the journal, with the service around it.

use crate::{
    chain::START,
    node::Manner,
    world::{World, counted},
};

const HOUR: u64 = 3_600;

/// What is on the ledger is there once, and is what the registers counted.
fn check(world: &World, windows: usize) {
    world.check_contiguous();
    let attested = world.on_ledger();
    assert!(attested.len() >= windows * 4, "{}", attested.len());
    let sum = |values: &mut dyn Iterator<Item = (u32, u32)>| {
        values.fold((0u64, 0u64), |sum, (export, import)| (sum.0 + u64::from(export), sum.1 + u64::from(import)))
    };
    let (first, last) = (attested[0].interval.0, attested[attested.len() - 1].interval.0);
    let own = sum(&mut attested.iter().map(|one| (one.export, one.import)));
    assert_eq!(own, sum(&mut (first..=last).map(counted)));
}

/// A gateway that loses its power at one operation on its disk after the other, each time with another part of what was not
/// synced, never attests a window twice, nor with other values than the registers'.
#[test]
fn a_gateway_that_is_cut_off_at_every_write_attests_each_window_once_and_rightly() {
    let mut world = World::new(1);
    let mut cuts = 0u64;
    world.disk.dies_after(0, 0);
    while world.now() < START.plus(4 * HOUR + 1_800) {
        world.tick(10);
        if let Some(remains) = world.disk.remains() {
            cuts += 1;
            world.restart_on(remains, false).unwrap();
            // The first, second, .. operation from now on.
            world.disk.dies_after((cuts % 5) as u32, cuts);
        }
    }
    assert!(cuts > 300, "{cuts}");
    world.disk.dies_after(u32::MAX, 0);
    world.run_until(5 * HOUR);
    check(&world, 3);
}

/// Every operation of the tick that builds an attestation, and of the one that confirms it, is cut, with many seeds, from the
/// same state.
#[test]
fn every_operation_around_an_attestation_may_be_the_last() {
    let mut world = World::new(1);
    world.run_until(2 * HOUR);
    for builds in [true, false] {
        let mut disk = world.sim.fork();
        let stage = |world: &World| {
            let state = world.service.store().state();
            (state.waiting().is_some(), state.position().sequence)
        };
        let before = stage(&world);
        world.disk.dies_after(u32::MAX, 0);
        while stage(&world) == before {
            disk = world.sim.fork();
            world.disk.dies_after(u32::MAX, 0);
            world.tick(10);
        }
        assert_eq!(stage(&world).0, builds);
        let operations = world.disk.operations();
        // What is built anew here is sent by nobody, since it is thrown away again.
        world.nodes.set(0, if builds { Manner::Down } else { Manner::Honest });
        let mut cuts = 0;
        for (cut, seed) in (0..operations).flat_map(|cut| (0..8).map(move |seed| (cut, seed))) {
            world.restart_on(disk.fork(), false).unwrap();
            world.disk.dies_after(cut, seed);
            for _ in 0..3 {
                world.tick(1);
            }
            if let Some(remains) = world.disk.remains() {
                cuts += 1;
                world.restart_on(remains, false).unwrap();
                world.tick(1);
            }
        }
        assert!(cuts >= 8, "{cuts}");
        world.nodes.set(0, Manner::Honest);
        world.disk.dies_after(u32::MAX, 0);
    }
    // Telegrams at the boundaries' seconds again, so that the last one's reading is the registers' at that time.
    world.tick(10 - world.now().0 % 10);
    world.run_until(6 * HOUR);
    check(&world, 4);
    assert!(!world.warnings().contains(&"foreign"), "{:?}", world.warnings());
}

#[test]
fn a_full_disk_is_an_alarm_and_loses_nothing_that_was_sent() {
    let mut world = World::new(1);
    world.run_until(2 * HOUR + 1_800);
    world.sim.set_space(Some(0));
    world.run_until(3 * HOUR);
    assert!(world.warnings().contains(&"disk"));
    world.sim.set_space(None);
    world.run_until(6 * HOUR);
    assert!(!world.warnings().contains(&"disk"));
    check(&world, 4);
}
