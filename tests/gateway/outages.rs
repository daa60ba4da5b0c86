//! Nodes that are down for two days, and nodes that lie.

use hushwatt_ledger::{transaction::attest::WindowStatus, units::Timestamp};

use crate::{
    choices::choices,
    curve::made,
    p1::Stamp,
    relay::{Fault, Relay},
    week::Week,
};

const START: Timestamp = Timestamp(1_781_582_400);
const HOUR: u64 = 3_600;

fn week(hours: usize, nodes: impl FnOnce(&crate::town::Town) -> Vec<String>) -> Week {
    Week::new(START, &made(&mut choices(), START, 900, hours * 4), nodes)
}

impl Week {
    /// Nothing goes wrong, for so many seconds.
    fn quiet(&mut self, seconds: u64) {
        self.live_with(self.now.plus(seconds), |_| Stamp::Right);
    }

    fn sequence(&mut self) -> u64 {
        self.gateway.service().store().state().position().sequence
    }

    /// What is held against the first of the gateway's nodes.
    fn fault_of_the_first_node(&mut self) -> Option<String> {
        self.gateway.service().status().ledger.nodes.first()?.fault.clone()
    }
}

#[test]
fn a_node_that_is_down_for_two_days_costs_minting_but_no_reading() {
    let mut week = week(3 * 24, |town| vec![town.url()]);
    week.live_with(START.plus(6 * HOUR + 300), |_| Stamp::Right);
    let before = week.sequence();
    assert!(before >= 5, "{before}");
    let down = week.now;
    week.town.net.stop(0).unwrap();
    // A cut of power in the middle of it, and the meter silent for a while.
    week.quiet(20 * HOUR + 420);
    week.gateway.crash();
    week.pass(30);
    week.gateway.start();
    week.quiet(10 * HOUR);
    for _ in 0..100 {
        week.pass(30);
        week.gateway.step();
    }
    week.live_with(down.plus(48 * HOUR), |_| Stamp::Right);
    assert_eq!(week.sequence(), before);
    let waiting = week.gateway.service().status().queue;
    assert!(waiting.windows >= 47, "{waiting:?}");
    week.town.net.start(0).unwrap();
    week.town.net.wait_until_ready().unwrap();
    week.town.clocks_to(week.now);
    week.oracle.nodes_were_down(down, week.now);
    // What was found by nobody for two days is there within the hour.
    let back = week.now;
    week.quiet(HOUR);
    week.settle();
    let parameters = week.town.genesis.parameters.clone();
    let attested = week.town.attested(0);
    let end = Timestamp(back.0 / HOUR * HOUR);
    week.oracle.check(&parameters, &attested, (START, end));
    let with = |status| attested.values().filter(|one| one.status == status).count() / 4;
    assert!(with(WindowStatus::Late) >= 44, "{} windows are late", with(WindowStatus::Late));
    assert!(with(WindowStatus::Measured) >= 6, "{} windows are measured", with(WindowStatus::Measured));
    assert_eq!(with(WindowStatus::Missing), 0);
}

#[test]
fn attestations_go_through_the_honest_node_whatever_the_other_one_does() {
    for fault in [Fault::Swallows, Fault::Forges, Fault::Garbage, Fault::Drops, Fault::Boasts] {
        let mut relay = None;
        let mut week = week(6, |town| {
            let crooked = relay.insert(Relay::before(&town.url(), Some(fault)));
            vec![crooked.url.clone(), town.url()]
        });
        let mut held = None;
        while week.now < START.plus(3 * HOUR + 1_500) {
            week.quiet(30);
            held = held.or(week.fault_of_the_first_node());
        }
        week.settle();
        let parameters = week.town.genesis.parameters.clone();
        let attested = week.town.attested(0);
        week.oracle.check(&parameters, &attested, (START, START.plus(3 * HOUR)));
        assert!(attested.values().all(|one| one.status == WindowStatus::Measured), "{fault:?}");
        // It knows that it is done, and what is to be thought of the other.
        assert_eq!(week.sequence(), 3, "{fault:?}");
        assert_eq!(held.is_some(), fault != Fault::Swallows, "{fault:?}: {held:?}");
    }
}

#[test]
fn a_gateway_whose_only_node_lies_believes_nothing_and_goes_on_once_it_tells_the_truth() {
    for fault in [Fault::Swallows, Fault::Forges, Fault::Boasts] {
        let mut relay = None;
        let mut week = week(8, |town| vec![relay.insert(Relay::before(&town.url(), Some(fault))).url.clone()]);
        week.live_with(START.plus(2 * HOUR + 1_500), |_| Stamp::Right);
        // What forged certificates show is on the ledger all the same; but this gateway cannot know.
        let on_ledger = week.town.chain_of(0).len();
        assert_eq!(on_ledger > 0, fault == Fault::Forges, "{fault:?}: {on_ledger} attestations");
        assert_eq!(week.sequence(), 0, "{fault:?}");
        relay.unwrap().become_honest();
        week.live_with(START.plus(5 * HOUR + 1_500), |_| Stamp::Right);
        week.settle();
        let parameters = week.town.genesis.parameters.clone();
        let attested = week.town.attested(0);
        week.oracle.nodes_were_down(START, START.plus(2 * HOUR + 1_500));
        week.oracle.check(&parameters, &attested, (START, START.plus(5 * HOUR)));
        assert_eq!(week.sequence(), week.town.chain_of(0).len() as u64, "{fault:?}");
    }
}
