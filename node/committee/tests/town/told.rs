//! What a member says of shares that are wrong or lacking, and of totals that he cannot release.

use hushwatt_ledger::transaction::build::Built;

use crate::{
    kit::totals::{METERS, attested},
    scene::{COHORT, Seat, Town, settle, shared_but_garbled},
};

/// Warnings of a name: whether each is an alarm, and its text.
fn of(seat: &Seat, code: &str) -> Vec<(bool, String)> {
    let warnings = seat.status().warnings.into_iter().filter(|warning| warning.code == code);
    warnings.map(|warning| (warning.alarm, warning.text)).collect()
}

#[test]
fn a_wrong_share_is_in_no_total_once_a_complaint_is_final() {
    let town = Town::of(shared_but_garbled(2));
    town.lock().deaf = true;
    let mut seats = vec![Seat::new(&town, 2)];
    seats[0].step();
    let [(alarm, text)] = of(&seats[0], "wrong").try_into().unwrap();
    assert!(!alarm && text.contains("if that comes to the ledger in time"), "{text}");
    town.lock().deaf = false;
    settle(&town, &mut seats);
    let [(alarm, text)] = of(&seats[0], "wrong").try_into().unwrap();
    assert!(!alarm && text.contains("a complaint is final"), "{text}");
    town.lock().community.settle();
    settle(&town, &mut seats);
    let [(alarm, _)] = of(&seats[0], "wrong").try_into().unwrap();
    assert!(!alarm && seats[0].alarms().is_empty());
}

#[test]
fn a_wrong_share_of_which_no_complaint_came_in_time_alarms_and_so_does_its_total() {
    let town = Town::of(shared_but_garbled(2));
    town.lock().deaf = true;
    let mut seat = Seat::new(&town, 2);
    seat.step();
    assert_eq!(seat.alarms(), []);
    town.lock().community.settle();
    seat.step();
    let [(alarm, text)] = of(&seat, "wrong").try_into().unwrap();
    assert!(alarm && text.contains("cannot release") && !text.contains("in no total"), "{text}");
    {
        let community = &mut town.lock().community;
        let request = community.request(COHORT, &[]);
        let at = community.world.after(60);
        community.world.accept(at, &[request]);
    }
    seat.step();
    let [(alarm, text)] = of(&seat, "unanswered").try_into().unwrap();
    assert!(alarm && text.contains("cohort 0") && text.contains("meter 3"), "{text}");
    // Nobody can do anything about it when it is over.
    {
        let community = &mut town.lock().community;
        let release = community.times().release;
        community.pass_to(release.plus(1));
    }
    seat.step();
    assert_eq!((seat.alarms(), seat.request().0.as_str()), (vec![], "late"));
}

/// Meter 3 shared wrongly in a block whose hints nobody gives this member; others complained of it.
#[test]
fn shares_that_can_be_in_no_total_are_not_sought_and_alarm_nobody() {
    let mut community = attested();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let shares: Vec<Built> = (0..METERS).filter(|meter| *meter != 3).map(|meter| community.share(meter)).collect();
    community.accept_shares(shares);
    let wrong = community.share_wrongly(3);
    community.accept_shares(vec![wrong]);
    let (period, height) = (community.period, community.world.chain.len() as u64);
    let town = Town::of(community);
    town.lock().withheld.insert(height);
    let mut seat = Seat::new(&town, 0);
    let sought = |seat: &mut Seat| {
        town.lock().fetches.clear();
        (0..40).for_each(|_| seat.step());
        town.lock().fetches.iter().filter(|after| **after == height - 1).count()
    };
    assert!(sought(&mut seat) > 1);
    assert_eq!((of(&seat, "lacking").len(), seat.status().periods[0].lacking), (1, 1));
    // Those who have their shares of it complain.
    town.lock().withheld.clear();
    let mut other = vec![Seat::new(&town, 2)];
    settle(&town, &mut other);
    assert_eq!(town.lock().handed, [1, 0]);
    town.lock().withheld.insert(height);
    seat.step();
    assert_eq!(sought(&mut seat), 0);
    assert_eq!((seat.alarms(), seat.kept(period)), (vec![], [7, 0, 1]));
    assert_eq!(seat.status().periods[0].lacking, 0);
}
