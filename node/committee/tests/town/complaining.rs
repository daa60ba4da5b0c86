//! Complaints on their way: said once and again in the same words, whatever nodes answer.

use std::collections::BTreeSet;

use hushwatt_crypto::order_seal::SealingKey;
use hushwatt_ledger::{
    transaction::{Action, Transaction},
    units::MeterId,
};
use hushwatt_wallet::sync::SyncError;
use rand_core::OsRng;

use crate::{
    kit::totals::METERS,
    scene::{
        COHORT, Seat, Town, asked, disk, files, opened, plain, released, settle, shared_but_garbled,
        shared_with_garbled,
    },
};

fn refused(rule: &str) -> SyncError {
    SyncError::Refused { rule: Some(rule.to_owned()), message: "no".to_owned(), by: 1, of: 1 }
}

#[test]
fn a_complaint_is_one_transaction_until_it_is_no_longer_valid() {
    let town = Town::of(shared_but_garbled(2));
    town.lock().deaf = true;
    let mut seat = Seat::new(&town, 2);
    (0..5).for_each(|_| seat.step());
    let first = {
        let ledger = town.lock();
        assert!(ledger.submitted.len() >= 4, "{}", ledger.submitted.len());
        let different: BTreeSet<&Vec<u8>> = ledger.submitted.iter().collect();
        assert_eq!(different.len(), 1, "two complaints of one share would stand in each other's way");
        ledger.submitted[0].clone()
    };
    // Nobody may include it any more: another one is made.
    {
        let ledger = &mut town.lock();
        let world = &mut ledger.community.world;
        let length = u32::from_le_bytes(first[..4].try_into().unwrap()) as usize;
        let transaction = Transaction::decode(world.network(), &first[4..4 + length]).unwrap();
        world.pass(transaction.envelope().valid_until.plus(1));
        ledger.submitted.clear();
    }
    (0..5).for_each(|_| seat.step());
    let different: BTreeSet<Vec<u8>> = town.lock().submitted.iter().cloned().collect();
    assert!(different.len() == 1 && !different.contains(&first));
}

/// Nodes that do not answer take their time over each complaint: he tells how he is in between, and all have their turn.
#[test]
fn who_has_much_to_say_says_a_few_at_a_time_and_each_in_its_turn() {
    let all: Vec<usize> = (0..METERS).collect();
    let community = shared_with_garbled(&all, 2);
    let period = community.period;
    let town = Town::of(community);
    town.lock().refusing = Some(|| SyncError::NoneOfUse(Vec::new()));
    let mut seat = Seat::new(&town, 2);
    seat.step();
    let [_, _, _, status] = files();
    assert!(seat.kept(period) == [0, 8, 0] && seat.disk.contents(&status).is_some());
    assert_eq!(town.lock().handed, [4, 0]);
    // Those are due again, but the others come first.
    seat.step();
    let different: BTreeSet<Vec<u8>> = town.lock().submitted.iter().cloned().collect();
    assert_eq!((different.len(), town.lock().handed), (8, [8, 0]));
    town.lock().refusing = None;
    settle(&town, std::slice::from_mut(&mut seat));
    let ledger = town.lock();
    for meter in 0..METERS as u32 {
        let record = ledger.community.world.ledger().metered_period(period, MeterId(meter)).unwrap().unwrap();
        assert!(record.share.unwrap().wrong, "meter {meter}");
    }
}

#[test]
fn what_waits_or_is_there_already_is_no_alarm_and_another_refusal_is() {
    let town = Town::of(shared_but_garbled(2));
    let mut seat = Seat::new(&town, 2);
    let answers: [fn() -> SyncError; 2] =
        [|| SyncError::Conflict { message: "another one waits".to_owned(), by: 1, of: 1 }, || refused("UnknownShare")];
    for answer in answers {
        town.lock().refusing = Some(answer);
        seat.step();
        assert_eq!(seat.alarms(), []);
    }
    town.lock().refusing = Some(|| refused("ComplaintTooLate"));
    seat.step();
    let [(code, text)] = seat.alarms().try_into().unwrap();
    assert!(code == "unanswered" && text.contains("no"), "{text}");
    assert_eq!(town.lock().handed, [3, 0], "he says it all the same");
    town.lock().refusing = None;
    settle(&town, std::slice::from_mut(&mut seat));
    assert_eq!(seat.alarms(), []);
}

#[test]
fn where_no_complaint_came_to_the_ledger_he_releases_nothing_and_says_why() {
    let community = shared_but_garbled(2);
    let period = community.period;
    let town = Town::of(community);
    town.lock().deaf = true;
    let mut seats = vec![Seat::new(&town, 2), Seat::new(&town, 0)];
    seats.iter_mut().for_each(Seat::step);
    town.lock().deaf = false;
    town.lock().community.ask(&[]);
    settle(&town, &mut seats);
    let (state, reason) = seats[0].request();
    assert_eq!(state, "waiting");
    assert!(reason.as_ref().unwrap().contains("wrong") && reason.unwrap().contains("meter 3"));
    assert_eq!(seats[1].request().0, "released");
    assert_eq!(released(&town, period, COHORT), 1);
}

/// His files were restored with another key: right shares look garbled to him.
#[test]
fn who_has_another_sealing_key_complains_of_nothing_and_finds_the_shares_when_he_has_the_right_one() {
    let town = asked(crate::kit::totals::shared());
    let period = town.lock().community.period;
    let mut seat = Seat::with_sealing(&town, 1, disk(), SealingKey::random(&mut OsRng));
    (0..3).for_each(|_| seat.step());
    assert_eq!(seat.kept(period), [0, 0, 8]);
    assert_eq!(town.lock().handed, [0, 0]);
    let codes: Vec<String> = seat.alarms().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["sealing", "unanswered", "lacking"]);
    let fetches = town.lock().fetches.len();
    seat.step();
    assert_eq!(
        town.lock().fetches.len(),
        fetches + 1,
        "he looks for new blocks, and for no shares that he cannot open"
    );
    let mut seats = vec![seat.restarted(&town)];
    settle(&town, &mut seats);
    assert_eq!((seats[0].kept(period), seats[0].alarms()), ([8, 0, 0], vec![]));
    assert_eq!((seats[0].request().0.as_str(), released(&town, period, COHORT)), ("released", 1));
    let mut others = vec![Seat::new(&town, 0), Seat::new(&town, 4)];
    settle(&town, &mut others);
    let sums = plain(&town.lock().community, &crate::scene::ALL);
    assert_eq!(opened(&town, period, COHORT), Some(sums));
}

/// A release too is one transaction while it is valid.
#[test]
fn a_release_is_one_transaction_while_it_is_valid() {
    let town = asked(crate::kit::totals::shared());
    town.lock().deaf = true;
    let mut seat = Seat::new(&town, 0);
    for _ in 0..4 {
        seat.step();
        let ledger = &mut town.lock();
        let at = ledger.community.world.after(60);
        ledger.community.world.pass(at);
    }
    let ledger = town.lock();
    let different: BTreeSet<&Vec<u8>> = ledger.submitted.iter().collect();
    assert!(ledger.submitted.len() >= 4 && different.len() == 1, "{}", different.len());
    let (bytes, network) = (&ledger.submitted[0], ledger.community.world.network());
    let transaction = Transaction::decode(network, &bytes[4..4 + bytes[0] as usize + 256 * bytes[1] as usize]).unwrap();
    assert!(matches!(transaction.action(), Action::Release(_)));
}
