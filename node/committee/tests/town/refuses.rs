//! What no honest member answers, though validators sign it.

use hushwatt_ledger::{
    parameters::{Parameters, TotalsParameters},
    transaction::{build::Built, request::Target},
    units::{Period, Utility},
};

use crate::{
    kit::{
        Setup,
        totals::{Community, METERS, attested, cohort, setup, shared},
    },
    scene::{COHORT, Seat, Town, committee, released, settle, two_chains},
};

/// All but so many have shared, and a total can be asked for.
fn askable(missing: usize) -> Community {
    let mut community = attested();
    community.share_first(METERS - missing);
    community.settle();
    community
}

/// Validators put a request on the ledger that breaks a rule: every member says why, and nobody answers.
pub fn refused(community: Community, request: &Built, reason: &str) {
    let town = Town::of(community);
    town.lock().forge(std::slice::from_ref(request));
    let mut seats = committee(&town);
    for seat in &mut seats {
        seat.step();
        seat.step();
        let (state, why) = seat.request();
        assert_eq!(state, "refused");
        let why = why.unwrap();
        assert!(why.contains(reason), "{why}");
    }
    assert_eq!(town.lock().handed, [0, 0]);
    // He is of the same mind when he is back.
    let first = seats.remove(0).restarted(&town);
    assert_eq!(first.request().0, "refused");
}

#[test]
fn a_feeder_against_all_but_one_or_two_is_not_answered() {
    for missing in [1u32, 2] {
        let community = askable(missing as usize);
        let left_out: Vec<u32> = (8 - missing..8).collect();
        let request = community.request(COHORT, &left_out);
        refused(community, &request, "left out");
    }
}

/// Whoever knows two meters that fill up to three, and a feeder's reading, knew the one that did not share.
#[test]
fn meters_that_the_lot_did_not_draw_are_not_left_out_for_anybody() {
    let community = askable(1);
    let right = community.left_out();
    let others: Vec<u32> = (0..7).filter(|meter| !right.contains(meter)).take(2).chain([7]).collect();
    let request = community.request(COHORT, &others);
    refused(community, &request, "drawn by lot");
}

/// The lots are drawn by the first block after complaints: until the next one nobody is asked.
#[test]
fn nothing_is_answered_before_the_lots_are_drawn() {
    let mut community = attested();
    community.share_first(METERS - 1);
    let complain = community.times().complain;
    community.pass_to(complain);
    // It comes in the first block after complaints, with a set that the lots could draw.
    let request = community.request(COHORT, &[1, 2, 7]);
    let block = community.world.forge_block(complain.plus(1), vec![request.transaction]);
    let town = Town::of(community);
    town.lock().forge_at(block);
    let mut seat = Seat::new(&town, 0);
    seat.step();
    let (state, why) = seat.request();
    assert!(state == "refused" && why.unwrap().contains("lots"));
}

#[test]
fn one_or_more_left_out_at_pleasure_are_not_answered() {
    let community = askable(0);
    let request = community.request(COHORT, &[5, 6, 7]);
    refused(community, &request, "left out");
}

#[test]
fn a_cohort_below_the_floor_or_mostly_of_one_owner_is_not_answered() {
    // Three of eight are left out: five are in, of which one owner has two: more than a third.
    let owners = [0, 0, 1, 2, 3, 4, 5, 6];
    let cohort = cohort((0..8).map(|meter| (meter, owners[meter as usize])));
    let mut community = Community::named(&setup(), &[cohort]);
    community.attest_all();
    community.share_first(5);
    community.settle();
    let request = community.request(COHORT, &[5, 6, 7]);
    refused(community, &request, "third");
    let totals = TotalsParameters { k_min: 6, ..crate::kit::totals::totals() };
    let setup = Setup { parameters: Parameters { totals: Some(totals), ..setup().parameters }, ..setup() };
    let mut community =
        Community::named(&setup, &[crate::kit::totals::cohort((0..8).map(|meter| (meter, meter as u16)))]);
    community.attest_all();
    community.share_first(7);
    community.settle();
    let left_out = community.left_out();
    let request = community.request(COHORT, &left_out);
    refused(community, &request, "fewer");
}

#[test]
fn a_request_before_complaints_are_over_or_after_its_term_is_not_answered() {
    let mut community = shared();
    let request = community.request(COHORT, &[]);
    refused(community.clone(), &request, "complained of");
    community.settle();
    let late = community.times().request.plus(1);
    community.pass_to(late);
    let request = community.request(COHORT, &[]);
    refused(community, &request, "no longer be asked");
}

#[test]
fn no_other_cohort_and_no_trades_that_are_too_few_are_answered() {
    let community = askable(0);
    let request = community.request(Target::Cohort(1), &[]);
    refused(community, &request, "cohort");
    let community = askable(0);
    let request = community.request(Target::Trades(Utility::Electricity), &[]);
    refused(community, &request, "trades");
}

/// A longer time than the period has no name on the ledger: a period is its number, and all have one length. The days of a month are
/// answered each by itself, and what nobody shared of is not.
#[test]
fn no_other_time_than_one_period_can_be_asked_for() {
    let community = askable(0);
    let before = Period(community.period.0 - 1);
    let request = community.request_of(before, COHORT, &[]);
    let town = Town::of(community);
    town.lock().forge(&[request]);
    let mut seat = Seat::new(&town, 0);
    seat.step();
    // The committee was not in force before: it is nothing to him.
    assert!(seat.status().requests.is_empty());
    assert_eq!(town.lock().handed, [0, 0]);
}

#[test]
fn a_second_set_of_the_same_period_and_cohort_is_refused_by_every_member() {
    let mut community = askable(1);
    let right = community.left_out();
    let request = community.request(COHORT, &right);
    let at = community.world.after(60);
    community.world.accept(at, &[request]);
    let period = community.period;
    let others: Vec<u32> = community.within().into_iter().take(2).chain([7]).collect();
    let town = Town::of(community);
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    assert_eq!(released(&town, period, COHORT), 5);
    let handed = town.lock().handed;
    let second = town.lock().community.request(COHORT, &others);
    town.lock().forge(&[second]);
    for seat in &mut seats {
        seat.step();
        seat.step();
        let states: Vec<String> = seat.status().requests.into_iter().map(|request| request.state).collect();
        assert_eq!(states, ["released", "refused"]);
    }
    assert_eq!(town.lock().handed, handed);
}

/// Validators sign two chains whose lots draw others: each half of the committee is shown another one.
#[test]
fn two_halves_that_are_shown_two_chains_do_not_open_two_sets() {
    let (period, forks) = two_chains(&shared_but_one());
    let [one, other] = forks.map(Town::of);
    let mut first: Vec<Seat> = (0..3).map(|place| Seat::new(&one, place)).collect();
    settle(&one, &mut first);
    assert_eq!(released(&one, period, COHORT), 3);
    // Two who saw nothing yet, and one who is led to forget what he followed: a set has three members, so he must be among them.
    let twice = first.remove(0);
    let [_, _, view, _] = crate::scene::files();
    let disk = twice.disk.clone();
    drop(twice);
    hushwatt_ledger::storage::Disk::remove(&disk, &view).unwrap();
    let mut second: Vec<Seat> = (3..5).map(|place| Seat::new(&other, place)).collect();
    second.push(Seat::on(&other, 0, disk));
    settle(&other, &mut second);
    assert_eq!(released(&other, period, COHORT), 2, "one too few to open anything");
    // He does not follow that chain, whenever he is started again, and says so.
    for _ in 0..2 {
        let twice = second.pop().unwrap();
        let status = twice.status();
        let height = status.requests[0].height;
        assert!(status.height < height && !status.caught_up, "{status:?}");
        let alarm = status.warnings.iter().find(|warning| warning.code == "ledger" && warning.alarm).unwrap();
        assert!(alarm.text.contains(&format!("another block {height}")), "{alarm:?}");
        let mut again = twice.restarted(&other);
        again.step();
        second.push(again);
    }
}

/// All but meter 7 have shared.
fn shared_but_one() -> Community {
    let mut community = attested();
    community.share_first(METERS - 1);
    community
}
