//! What an honest committee does.

use hushwatt_ledger::{storage::Disk, transaction::build::Built, units::MeterId};

use crate::{
    kit::totals::{METERS, attested, shared},
    scene::{ALL, COHORT, Seat, Town, asked, committee, files, opened, plain, released, settle, shared_but_garbled},
};

#[test]
fn five_members_release_the_cohorts_sum_and_forget_the_shares() {
    let town = Town::of(shared());
    let period = town.lock().community.period;
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    for seat in &seats {
        let status = seat.status();
        let [of] = status.periods.try_into().unwrap();
        assert_eq!((of.step.as_str(), of.right, of.wrong, of.lacking), ("sharing", 8, 0, 0));
        assert!(status.caught_up && status.requests.is_empty() && status.number.is_some());
    }
    assert_eq!(town.lock().handed, [0, 0], "there is nothing to complain of, and nothing was asked");
    town.lock().community.ask(&[]);
    settle(&town, &mut seats);
    assert_eq!(released(&town, period, COHORT), 5);
    let sums = plain(&town.lock().community, &ALL);
    assert_eq!(opened(&town, period, COHORT), Some(sums));
    settle(&town, &mut seats);
    assert_eq!(town.lock().handed, [0, 5], "each is sent once, and taken");
    for seat in &seats {
        assert_eq!(seat.request(), ("released".to_owned(), None));
    }
    // When nothing can be released any more, the shares go; that he answered stays.
    {
        let ledger = &mut town.lock();
        let release = ledger.community.times().release;
        ledger.community.pass_to(release.plus(1));
    }
    settle(&town, &mut seats);
    let [shares, ..] = files();
    for seat in seats {
        assert!(seat.disk.list(&shares).unwrap().is_empty());
        let seat = seat.restarted(&town);
        assert_eq!(seat.request(), ("released".to_owned(), None));
        assert_eq!(seat.member.shares().periods().count(), 0);
    }
}

#[test]
fn two_members_who_are_away_stop_nothing() {
    let town = asked(shared());
    let period = town.lock().community.period;
    let mut seats = committee(&town);
    seats.truncate(3);
    settle(&town, &mut seats);
    assert_eq!(released(&town, period, COHORT), 3);
    let sums = plain(&town.lock().community, &ALL);
    assert_eq!(opened(&town, period, COHORT), Some(sums));
    // Two are not enough.
    let town = asked(shared());
    let mut seats = committee(&town);
    seats.truncate(2);
    settle(&town, &mut seats);
    assert_eq!((released(&town, period, COHORT), opened(&town, period, COHORT)), (2, None));
}

#[test]
fn a_member_who_was_away_all_the_time_answers_when_he_is_back() {
    let town = asked(shared());
    let mut late = Seat::new(&town, 4);
    settle(&town, std::slice::from_mut(&mut late));
    assert_eq!(late.request(), ("released".to_owned(), None));
}

#[test]
fn a_share_that_is_wrong_for_one_member_alone_is_complained_of_and_the_meter_is_out() {
    let community = shared_but_garbled(2);
    let period = community.period;
    let town = Town::of(community);
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    assert_eq!(town.lock().handed, [1, 0], "only he who got it can show it");
    let [of] = seats[2].status().periods.try_into().unwrap();
    assert_eq!((of.right, of.wrong), (7, 1));
    // Whoever reads share and complaint at once looks at each by the ledger as of its block.
    let mut late = Seat::new(&town, 2);
    late.step();
    assert_eq!((late.kept(period), town.lock().handed), ([7, 1, 0], [1, 0]));
    {
        let ledger = &mut town.lock();
        let record = ledger.community.world.ledger().metered_period(period, MeterId(3)).unwrap().unwrap();
        assert!(record.share.unwrap().wrong);
        ledger.community.settle();
        let left_out = ledger.community.left_out();
        assert!(left_out.len() == 3 && left_out.contains(&3));
        let request = ledger.community.request(COHORT, &left_out);
        let at = ledger.community.world.after(60);
        ledger.community.world.accept(at, &[request]);
    }
    settle(&town, &mut seats);
    let within = town.lock().community.within();
    let sums = plain(&town.lock().community, &within);
    assert_eq!((released(&town, period, COHORT), opened(&town, period, COHORT)), (5, Some(sums)));
}

#[test]
fn all_members_complain_of_what_does_not_open_the_ledgers_sum_and_one_complaint_is_enough() {
    let mut community = attested();
    let close = community.times().close.plus(1);
    community.pass_to(close);
    let mut shares: Vec<Built> = (0..METERS).filter(|meter| *meter != 3).map(|meter| community.share(meter)).collect();
    let [export, import] = community.sums(3);
    let more = hushwatt_crypto::commitment::Opening::new(export.value + 1, export.blinding.clone());
    shares.push(community.share_openings(3, [&more, &import]));
    community.accept_shares(shares);
    let town = Town::of(community);
    let mut seats = committee(&town);
    settle(&town, &mut seats);
    let handed = town.lock().handed;
    settle(&town, &mut seats);
    assert_eq!(handed, [5, 0]);
    assert_eq!(town.lock().handed, handed, "nobody repeats what is on the ledger");
}
