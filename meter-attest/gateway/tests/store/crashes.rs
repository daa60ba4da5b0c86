//! A cut of power at every call of the disk, in every way it can end.

use std::sync::{Arc, Mutex};

use hushwatt_gateway::store::{State, StoreError};
use hushwatt_ledger::storage::{Disk, Moment, Probe, ProbedDisk, SimDisk};

use crate::bench::{LIFE, create, fixed, folder, open, sample};

/// Copies the disk on both sides of every changing call.
#[derive(Debug)]
struct Camera {
    disk: SimDisk,
    pictures: Mutex<Vec<SimDisk>>,
}

impl Probe for Camera {
    fn at(&self, _: Moment, _: &str) -> std::io::Result<()> {
        self.pictures.lock().unwrap().push(self.disk.fork());
        Ok(())
    }
}

fn filmed() -> (Arc<Camera>, Arc<dyn Disk>) {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    sim.sync_dir(folder().parent().unwrap()).unwrap();
    let camera = Arc::new(Camera { disk: sim.clone(), pictures: Mutex::new(Vec::new()) });
    let disk = ProbedDisk::new(sim, Arc::clone(&camera) as Arc<dyn Probe>);
    (camera, Arc::new(disk))
}

/// Each state of the store during its life, and each disk that a crash can leave while it goes from one to the next.
fn film() -> (Vec<State>, Vec<(usize, SimDisk)>) {
    let (camera, disk) = filmed();
    let mut disks = Vec::new();
    let mut collect = |step: usize| {
        let pictures: Vec<SimDisk> = std::mem::take(&mut *camera.pictures.lock().unwrap());
        disks.extend(pictures.iter().flat_map(SimDisk::crash_states).map(|disk| (step, disk)));
    };
    let mut store = create(&disk).unwrap();
    let mut states = vec![store.state().clone()];
    collect(0);
    for (number, step) in LIFE.iter().enumerate() {
        step(&mut store).unwrap_or_else(|error| panic!("step {number}: {error}"));
        states.push(store.state().clone());
        collect(number + 1);
    }
    (states, disks)
}

#[test]
fn after_a_crash_at_every_write_everything_acknowledged_is_there_and_nothing_else() {
    let (states, disks) = film();
    println!("{} disks", disks.len());
    assert!(disks.len() > 5_000);
    for (number, (step, disk)) in disks.into_iter().enumerate() {
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let mut store = match open(&disk) {
            Ok(store) => store,
            // Creating was not acknowledged: it is done again.
            Err(StoreError::Missing { .. }) if step == 0 => create(&disk).unwrap(),
            Err(error) => panic!("step {step}: {error}"),
        };
        // What was done when the power went may be there or not; all before it is.
        let earliest = step.saturating_sub(1);
        let found = (earliest..=step).rev().find(|at| states[*at] == *store.state());
        let found = found.unwrap_or_else(|| panic!("step {step}: neither before nor after"));
        if number % 97 == 0 {
            let promised = fixed(&store);
            for rest in &LIFE[found..] {
                rest(&mut store).unwrap();
            }
            assert_eq!(store.state(), states.last().unwrap(), "and life goes on to the same end");
            for (window, draft) in promised {
                let now = store.state().attested().get(&window);
                assert!(now.is_none_or(|now| now.draft == draft || now.corrected));
            }
        }
    }
}

#[test]
fn a_crash_while_a_crash_is_repaired_loses_nothing_either() {
    let (states, disks) = film();
    for (step, disk) in disks.into_iter().step_by(211) {
        let camera = Arc::new(Camera { disk: disk.clone(), pictures: Mutex::new(Vec::new()) });
        let probed: Arc<dyn Disk> = Arc::new(ProbedDisk::new(disk, Arc::clone(&camera) as Arc<dyn Probe>));
        let Ok(store) = open(&probed) else { continue };
        let found = store.state().clone();
        let pictures: Vec<SimDisk> = std::mem::take(&mut *camera.pictures.lock().unwrap());
        for again in pictures.iter().flat_map(SimDisk::crash_states) {
            let again: Arc<dyn Disk> = Arc::new(again);
            let store = open(&again).unwrap();
            assert!(*store.state() == found || *store.state() == states[step.saturating_sub(1)]);
        }
    }
}

#[test]
fn random_crashes_in_a_row_never_lose_what_was_acknowledged() {
    for seed in 0..300 {
        let sim = SimDisk::new();
        sim.create_dir(&folder()).unwrap();
        sim.sync_dir(folder().parent().unwrap()).unwrap();
        let mut disk = sim;
        let mut done = 0;
        let mut store = create(&(Arc::new(disk.clone()) as Arc<dyn Disk>)).unwrap();
        while done < LIFE.len() {
            LIFE[done](&mut store).unwrap();
            done += 1;
            if (seed + done as u64).is_multiple_of(3) {
                disk = disk.crash(seed * 1_000 + done as u64);
                let before = store.state().clone();
                store = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>)).unwrap();
                assert_eq!(*store.state(), before);
            }
        }
    }
}

#[test]
fn a_full_disk_refuses_cleanly_and_the_same_store_goes_on_later() {
    for space in (0..400).step_by(7) {
        let sim = SimDisk::new();
        sim.create_dir(&folder()).unwrap();
        let disk: Arc<dyn Disk> = Arc::new(sim.clone());
        let mut store = create(&disk).unwrap();
        for step in LIFE {
            let before = store.state().clone();
            sim.set_space(Some(space));
            if step(&mut store).is_err() {
                assert_eq!(*store.state(), before, "an error changed nothing");
                assert!(step(&mut store).is_err());
                // A process that starts now sees what was acknowledged, on the full disk.
                let copy: Arc<dyn Disk> = Arc::new(sim.fork());
                let reopened = open(&copy).unwrap();
                assert_eq!(*reopened.state(), before);
                sim.set_space(None);
                step(&mut store).unwrap();
            }
            sim.set_space(None);
        }
        assert_eq!(open(&disk).unwrap().state(), store.state());
    }
}

#[test]
fn a_full_disk_when_it_is_made_leaves_nothing_behind() {
    let sim = SimDisk::new();
    sim.create_dir(&folder()).unwrap();
    sim.set_space(Some(100));
    let disk: Arc<dyn Disk> = Arc::new(sim.clone());
    assert!(matches!(create(&disk), Err(StoreError::Io { .. })));
    assert!(matches!(open(&disk), Err(StoreError::Missing { .. })));
    sim.set_space(None);
    create(&disk).unwrap().sample(&sample(0, 0, 0)).unwrap();
    assert!(matches!(create(&disk), Err(StoreError::Exists { .. })));
}
