//! Deterministic simulation of whole networks: the real ledger, the real engine, simulated links, disks and time. The same
//! seed gives the same run. `HUSHWATT_SEED=123` runs that seed only, `HUSHWATT_EFFORT=full` runs many more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod byzantine;
mod chronicle;
mod dice;
mod disk;
mod fixture;
mod panics;
mod plan;
mod validator;
mod verdict;
mod world;

use std::{
    collections::BTreeMap,
    panic::resume_unwind,
    time::{Duration, Instant},
};

use byzantine::Trick;
use dice::Dice;
use fixture::Fixture;
use hushwatt_consensus::{Timing, simulation};
use hushwatt_ledger::block::consensus_namespace;
use plan::{Family, Plan};
use world::World;

/// What a run showed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    chain: Vec<[u8; 32]>,
    events: BTreeMap<String, u64>,
    tricks: BTreeMap<Trick, u64>,
}

fn run(seed: u64, family: Family) -> Outcome {
    let dice = Dice::new(seed);
    let plan = Plan::draw(family, &dice);
    let fixture = Fixture::of(plan.validators, plan.epoch_blocks);
    let secrets: Vec<[u8; 32]> = (0..plan.validators + plan.spare).map(fixture::secret).collect();
    let namespace = consensus_namespace(fixture.genesis.network());
    let timing = Timing { poll: Duration::from_millis(50), ..Timing::default() };
    let body = async |network: simulation::Network| {
        let mut world = World::new(&network, fixture, plan, dice).await;
        world.disturb().await;
        world.heal().await;
        world.settle().await;
        // Certificates may come later than blocks.
        world.pass(Duration::from_secs(5)).await;
        let chain = verdict::judge(&world);
        let mut events: BTreeMap<String, u64> =
            world.counts.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
        events.insert("blocks".into(), chain.len() as u64);
        events.insert("said to be final".into(), world.client.finals.len() as u64);
        Outcome { chain, events, tricks: world.forgeries.played.lock().unwrap().clone() }
    };
    let simulate = || {
        simulation::run_with_failing_logs(seed, fixture::start(), &secrets, &namespace, timing, |network| body(network))
            .unwrap()
    };
    let t = Instant::now();
    let (ended, heard) = panics::watch(simulate);
    eprintln!("seed {seed} {:?}", t.elapsed());
    let unexplained: Vec<&String> = heard.iter().filter(|panic| !panic.contains(disk::INJECTED)).collect();
    match ended {
        Ok(outcome) if unexplained.is_empty() => outcome,
        ended => {
            eprintln!("seed {seed} fails with {family:?}: {unexplained:#?}");
            eprintln!("run it again: HUSHWATT_SEED={seed} cargo test -p hushwatt-node --test simulation");
            match ended {
                Err(panic) => resume_unwind(panic),
                Ok(_) => panic!("a validator panicked"),
            }
        }
    }
}

/// Runs the seeds of a family; gives all that happened.
fn simulate(first: u64, count: u64, family: Family) -> Outcome {
    let seeds = match std::env::var("HUSHWATT_SEED") {
        Ok(seed) => vec![seed.parse().expect("HUSHWATT_SEED is a number")],
        Err(_) => {
            let full = std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full");
            (first..first + if full { 16 * count } else { count }).collect()
        }
    };
    let began = Instant::now();
    let mut all = Outcome::default();
    for seed in &seeds {
        let outcome = run(*seed, family);
        outcome.events.into_iter().for_each(|(what, count)| *all.events.entry(what).or_default() += count);
        outcome.tricks.into_iter().for_each(|(trick, count)| *all.tricks.entry(trick).or_default() += count);
    }
    println!("{} seeds in {:?}: {:?} {:?}", seeds.len(), began.elapsed(), all.events, all.tricks);
    all
}

#[test]
fn good_networks_agree() {
    simulate(0, 8, Family::default());
}

#[test]
fn bad_links_and_partitions_split_nobody() {
    simulate(1_000, 20, Family { links: true, ..Family::default() });
}

#[test]
fn crashes_and_failing_disks_lose_nothing() {
    simulate(2_000, 20, Family { crashes: true, ..Family::default() });
}

#[test]
fn dishonest_proposers_get_nothing_through() {
    simulate(3_000, 20, Family { liars: true, ..Family::default() });
}

#[test]
fn two_faced_validators_split_nobody() {
    simulate(4_000, 20, Family { twins: true, ..Family::default() });
}

#[test]
fn validators_change_at_epoch_boundaries() {
    simulate(5_000, 20, Family { epochs: true, ..Family::default() });
}

#[test]
fn everything_at_once() {
    simulate(6_000, 20, Family { links: true, crashes: true, liars: true, twins: true, ..Family::default() });
}

#[test]
fn everything_at_once_while_validators_change() {
    simulate(7_000, 20, Family { links: true, crashes: true, liars: true, twins: true, epochs: true });
}
