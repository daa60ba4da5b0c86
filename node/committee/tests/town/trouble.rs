//! Nodes that are away or keep shares back, files that are lost.

use std::path::Path;

use hushwatt_ledger::storage::Disk;

use crate::{
    kit::totals::shared,
    scene::{COHORT, Seat, Town, committee, files, released, settle},
};

#[test]
fn a_member_who_lacks_shares_says_so_and_answers_when_somebody_gives_them() {
    let community = shared();
    let period = community.period;
    let height = community.world.chain.len() as u64;
    let town = Town::of(community);
    town.lock().withheld.insert(height);
    let mut seats = vec![Seat::new(&town, 0)];
    settle(&town, &mut seats);
    town.lock().community.ask(&[]);
    settle(&town, &mut seats);
    let (state, reason) = seats[0].request();
    assert_eq!(state, "waiting");
    assert!(reason.unwrap().contains("meter 0"));
    let warnings = seats[0].status().warnings;
    assert!(warnings.iter().any(|warning| warning.code == "lacking" && warning.alarm), "{warnings:?}");
    assert_eq!(town.lock().handed, [0, 0]);
    // He still knows after a restart, and asks again.
    let seat = seats.remove(0).restarted(&town);
    let mut seats = vec![seat];
    town.lock().withheld.clear();
    settle(&town, &mut seats);
    assert_eq!(seats[0].request(), ("released".to_owned(), None));
    assert_eq!(released(&town, period, COHORT), 1);
}

#[test]
fn while_no_node_answers_he_waits_and_says_so() {
    let town = Town::of(shared());
    let mut seats = vec![Seat::new(&town, 0)];
    settle(&town, &mut seats);
    town.lock().community.ask(&[]);
    town.lock().down = true;
    settle(&town, &mut seats);
    let status = seats[0].status();
    assert!(status.warnings.iter().any(|warning| warning.code == "nodes" && warning.alarm));
    assert!(status.requests.is_empty());
    town.lock().down = false;
    settle(&town, &mut seats);
    assert_eq!(seats[0].request().0, "released");
    assert!(seats[0].status().warnings.is_empty(), "{:?}", seats[0].status().warnings);
}

#[test]
fn a_view_that_is_lost_or_damaged_is_read_again_and_nothing_is_said_twice() {
    let town = Town::of(shared());
    let mut seats = committee(&town);
    town.lock().community.ask(&[]);
    settle(&town, &mut seats);
    let handed = town.lock().handed;
    let [_, _, view, _] = files();
    for (place, mut seat) in seats.into_iter().enumerate() {
        seat.member.save_view().unwrap();
        match place {
            0 => seat.disk.remove(&view).unwrap(),
            1 => seat.disk.set_contents(&view, b"no view"),
            2 => {
                let mut bytes = seat.disk.contents(&view).unwrap();
                let middle = bytes.len() / 2;
                bytes.truncate(middle);
                seat.disk.set_contents(&view, &bytes);
            }
            // As it is: only what came since is read.
            _ => {}
        }
        let mut seat = seat.restarted(&town);
        assert_eq!(seat.member.view().tip().height > 0, place > 2);
        seat.step();
        assert_eq!(seat.request(), ("released".to_owned(), None));
    }
    assert_eq!(town.lock().handed, handed);
}

#[test]
fn what_is_on_disk_tells_nothing_without_the_sealing_key() {
    let town = Town::of(shared());
    let mut seat = Seat::new(&town, 0);
    seat.step();
    let shares = Path::new("shares");
    let [name] = seat.disk.list(shares).unwrap().try_into().unwrap();
    let bytes = seat.disk.contents(&shares.join(name)).unwrap();
    let community = &town.lock().community;
    let member = &community.members[0];
    let subject = hushwatt_ledger::transaction::share::Subject::Meter(hushwatt_ledger::units::MeterId(2));
    let (place, sealed) = community.sealed(subject, 0, member);
    let share = sealed.open(community.world.network(), &member.sealing, &place.context()).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    assert!(holds(&sealed.0));
    assert!(!holds(&share.to_bytes()[..32]) && !holds(&share.to_bytes()[32..]));
}
