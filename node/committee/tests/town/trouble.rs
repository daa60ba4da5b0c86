//! Nodes that are away or keep shares back, files that are lost.

use std::{path::Path, sync::Arc};

use hushwatt_committee::answers::{Answers, BlockAt, Over};
use hushwatt_ledger::{
    block::BlockDigest,
    storage::Disk,
    transaction::request::{RequestStatement, Target},
    units::{MeterId, Period, Timestamp},
};

use crate::{
    kit::totals::{Community, shared},
    scene::{COHORT, Seat, Town, committee, disk, files, released, settle},
};

/// A town whose only period is over, and when its shares came and were over.
fn over() -> (Town, u64, Timestamp) {
    let mut community = shared();
    let (shared_at, release) = (community.world.chain.len() as u64, community.times().release);
    let go_on = |community: &mut Community| {
        for _ in 0..6 {
            let at = community.world.after(60);
            community.world.pass(at);
        }
    };
    go_on(&mut community);
    community.pass_to(release.plus(1));
    go_on(&mut community);
    (Town::of(community), shared_at, release)
}

/// Whoever reads the chain again sees the Shares of all times go by.
#[test]
fn what_was_erased_does_not_come_back_with_a_view_that_is_lost() {
    let (town, shared_at, _) = over();
    let [shares, _, view, _] = files();
    let mut seat = Seat::new(&town, 0);
    {
        let ledger = &mut town.lock();
        ledger.piece = 1;
        ledger.behind = Some(shared_at.next_multiple_of(3));
    }
    while seat.piece() {}
    let period = town.lock().community.period;
    assert_eq!(seat.kept(period), [8, 0, 0]);
    town.lock().behind = None;
    while seat.piece() {}
    let nothing = |seat: &Seat| seat.disk.list(&shares).unwrap().is_empty() && seat.alarms().is_empty();
    assert!(nothing(&seat));
    for withheld in [None, Some(shared_at)] {
        seat.member.save_view().unwrap();
        seat.disk.remove(&view).unwrap();
        seat = seat.restarted(&town);
        {
            // The nodes that are left have the Shares, and nothing of what came after.
            let ledger = &mut town.lock();
            ledger.withheld = withheld.into_iter().collect();
            ledger.behind = Some(shared_at.next_multiple_of(3));
        }
        while seat.piece() {
            assert!(nothing(&seat), "at {}: {:?}", seat.status().height, seat.alarms());
        }
        seat.step();
        assert!(seat.status().height >= shared_at && seat.status().caught_up);
        assert!(nothing(&seat), "{:?}", seat.alarms());
        town.lock().behind = None;
        seat.step();
        assert!(nothing(&seat));
    }
}

/// A folder that was made anew knows of nothing that was erased.
#[test]
fn what_is_over_is_erased_while_the_chain_is_read_and_lacking_shares_of_it_alarm_nobody() {
    let (town, shared_at, release) = over();
    let period = town.lock().community.period;
    let [shares, ..] = files();
    for withheld in [None, Some(shared_at)] {
        {
            let ledger = &mut town.lock();
            ledger.piece = 1;
            ledger.withheld = withheld.into_iter().collect();
        }
        let mut seat = Seat::new(&town, 0);
        let (mut kept, mut erased) = ([0; 3], false);
        while seat.piece() {
            assert_eq!(seat.alarms(), []);
            let status = seat.status();
            if status.time > release.0 {
                assert!(seat.disk.list(&shares).unwrap().is_empty());
                erased |= !status.caught_up;
            } else {
                kept = kept.max(seat.kept(period));
            }
        }
        assert!(erased, "before he has read all of it");
        assert_eq!(kept, if withheld.is_some() { [0, 0, 8] } else { [8, 0, 0] });
    }
}

/// What is wrong with what he knows of the ledger is not looked for on the disk.
#[test]
fn a_view_that_is_damaged_within_is_no_trouble_of_the_disk() {
    let town = Town::of(shared());
    let [_, _, view, _] = files();
    let mut seat = Seat::new(&town, 0);
    seat.step();
    seat.member.save_view().unwrap();
    let key = *town.lock().community.members[0].key.verifying_key().as_bytes();
    let mut bytes = seat.disk.contents(&view).unwrap();
    let places: Vec<usize> = (0..bytes.len() - key.len()).filter(|at| bytes[*at..].starts_with(&key)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + key.len()].fill(u8::MAX);
    }
    seat.disk.set_contents(&view, &bytes);
    let mut seat = seat.restarted(&town);
    assert!(seat.member.view().tip().height > 0);
    seat.step();
    let [(code, text)] = seat.alarms().try_into().unwrap();
    assert!(code == "ledger" && text.contains("damaged") && text.contains("view.bin"), "{code}: {text}");
    assert!(!text.contains("index"), "{text}");
}

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
    let subject = hushwatt_ledger::transaction::share::Subject::Meter(MeterId(2));
    let (place, sealed) = community.sealed(subject, 0, member);
    let of = community.world.ledger().shared(&place).unwrap().unwrap().of;
    let share = sealed.open(community.world.network(), &member.sealing, &place.context(&of)).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    assert!(holds(&sealed.0));
    assert!(!holds(&share.to_bytes()[..32]) && !holds(&share.to_bytes()[32..]));
}

/// Years of answers: he tells of the newest, and of all that can still be released.
#[test]
fn the_status_does_not_grow_with_the_years() {
    let town = Town::of(shared());
    let (period, network) = {
        let community = &town.lock().community;
        (community.period, *community.world.network())
    };
    let disk = disk();
    let [_, answers, ..] = files();
    let mut old = Answers::open(Arc::new(disk.clone()), &answers, &network).unwrap();
    for n in 0..60 {
        let statement = RequestStatement { period: Period(n), target: COHORT, left_out: vec![], registrar: 0 };
        // Of blocks that this chain does not have yet, so none is another one.
        let block = BlockAt { height: 1_000_000 + n, digest: BlockDigest([1; 32]) };
        old.ask(&statement, &block, &Over::Meters(vec![MeterId(1)])).unwrap();
        let late = RequestStatement { registrar: 1, ..statement };
        old.refuse(&late, 1_000_000 + n, "late").unwrap();
    }
    drop(old);
    let mut seat = Seat::on(&town, 0, disk.fork());
    seat.step();
    let told = seat.status().requests;
    let of = |state: &str| told.iter().filter(|request| request.state == state).map(|request| request.period).collect();
    let (late, refused): (Vec<u64>, Vec<u64>) = (of("late"), of("refused"));
    assert_eq!((late, refused), ((40..60).collect(), (40..60).collect()));
    // What may still be released is told whatever else there is.
    let before = BlockAt { height: 1, digest: town.lock().community.world.chain[0].0.header.digest(&network) };
    let mut old = Answers::open(Arc::new(disk.clone()), &answers, &network).unwrap();
    let statement = RequestStatement { period, target: Target::Cohort(7), left_out: vec![], registrar: 0 };
    assert!(
        old.ask(&statement, &before, &Over::Meters(vec![])).is_err(),
        "questions come in the order of their blocks"
    );
    let later = BlockAt { height: 2_000_000, ..before };
    old.ask(&statement, &later, &Over::Meters(vec![])).unwrap();
    let seat = Seat::on(&town, 0, disk);
    assert!(seat.status().requests.iter().any(|request| request.target == "cohort 7" && request.state == "waiting"));
}
