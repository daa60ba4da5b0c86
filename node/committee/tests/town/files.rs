//! What is on a member's disk: how much, for how long, and what becomes of him when it is full.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hushwatt_committee::{
    keys::Keys,
    member::{Member, Parts},
};
use hushwatt_ledger::{
    storage::{Disk, PrivateDisk, make_private_folder},
    transaction::share::Subject,
    units::{MeterId, Period},
};
use hushwatt_wallet::PublicView;

use crate::{
    kit::{ANNA, BERT, totals::shared},
    scene::{COHORT, Seat, Town, files, released, settle},
};

#[test]
fn on_a_full_disk_nothing_is_lost_and_the_alarm_stays_as_long_as_it_lasts() {
    let town = Town::of(shared());
    let period = town.lock().community.period;
    let mut seat = Seat::new(&town, 0);
    seat.disk.set_space(Some(0));
    for _ in 0..3 {
        seat.step();
        let codes: Vec<String> = seat.alarms().into_iter().map(|(code, _)| code).collect();
        assert!(!codes.is_empty() && codes.iter().all(|code| code == "disk"), "{codes:?}");
        // Whoever could keep nothing of a block has not read it.
        assert!(!seat.status().caught_up);
        assert_eq!(seat.kept(period), [0, 0, 0]);
    }
    seat.disk.set_space(None);
    seat.step();
    assert_eq!((seat.kept(period), seat.alarms(), seat.status().caught_up), ([8, 0, 0], vec![], true));
}

#[test]
fn what_goes_well_does_not_hide_what_does_not() {
    let town = Town::of(shared());
    let mut seat = Seat::new(&town, 0);
    settle(&town, std::slice::from_mut(&mut seat));
    seat.step();
    assert_eq!(seat.alarms(), []);
    // Nothing is to be kept but how far he read.
    {
        let world = &mut town.lock().community.world;
        let at = world.after(60);
        world.pass(at);
    }
    seat.disk.set_space(Some(0));
    seat.step();
    let has_alarm = |seat: &Seat| seat.alarms().iter().any(|(code, text)| code == "disk" && text.contains("view.bin"));
    assert!(has_alarm(&seat), "{:?}", seat.alarms());
    // A step in which nothing is written goes well, and says nothing about the view.
    seat.step_after(Duration::from_secs(5));
    assert!(has_alarm(&seat), "{:?}", seat.alarms());
    seat.disk.set_space(None);
    seat.step();
    assert_eq!(seat.alarms(), []);
}

/// That they are erased for ever cannot be written down then; they are erased all the same.
#[test]
fn on_a_full_disk_shares_of_a_period_that_is_over_are_erased() {
    let town = Town::of(shared());
    let mut seat = Seat::new(&town, 0);
    seat.step();
    let [shares, ..] = files();
    assert_eq!(seat.disk.list(&shares).unwrap().len(), 1);
    {
        let community = &mut town.lock().community;
        let over = community.times().release.plus(1);
        community.pass_to(over);
    }
    seat.disk.set_space(Some(0));
    seat.step();
    assert!(seat.disk.list(&shares).unwrap().is_empty());
    assert!(seat.alarms().iter().any(|(code, _)| code == "disk"), "{:?}", seat.alarms());
}

/// A disk that fails while the answer is to be written: nothing was sent that is not written down.
#[test]
fn an_answer_that_cannot_be_written_is_not_sent() {
    let town = Town::of(shared());
    let period = town.lock().community.period;
    let mut seat = Seat::new(&town, 0);
    settle(&town, std::slice::from_mut(&mut seat));
    town.lock().community.ask(&[]);
    seat.disk.set_space(Some(0));
    for _ in 0..3 {
        seat.step();
        assert!(!seat.alarms().is_empty());
        assert_eq!(town.lock().handed, [0, 0]);
    }
    seat.disk.set_space(None);
    settle(&town, std::slice::from_mut(&mut seat));
    assert_eq!((released(&town, period, COHORT), seat.alarms()), (1, vec![]));
}

#[test]
fn the_view_keeps_no_notes_and_does_not_grow_with_payments() {
    let town = Town::of(shared());
    let mut seat = Seat::new(&town, 0);
    let size = |seat: &mut Seat| {
        seat.step();
        seat.member.save_view().unwrap();
        let [_, _, view, _] = files();
        seat.disk.contents(&view).unwrap().len()
    };
    let whole = || {
        let ledger = town.lock();
        let mut view = PublicView::with_periods(Arc::new(ledger.community.world.genesis.clone()));
        for block in ledger.blocks(0) {
            view.follow(block).unwrap();
        }
        view.export().len()
    };
    let mut sizes = vec![(size(&mut seat), whole())];
    for _ in 0..3 {
        for _ in 0..8 {
            let world = &mut town.lock().community.world;
            let pay = world.pay(ANNA, BERT, 1);
            let at = world.after(60);
            world.accept(at, &[pay]);
        }
        sizes.push((size(&mut seat), whole()));
    }
    // The newest bucket is kept until it is full, and then the next one.
    let (first, last) = (sizes[0], sizes[3]);
    assert!(last.1 > first.1 + 3_000, "what is not forgotten grows: {sizes:?}");
    assert!(last.0 < first.0 + 1_500, "{sizes:?}");
    assert!(last.0 * 2 < last.1, "{sizes:?}");
}

/// A member on the disk of this machine.
fn on_disk(town: &Town, place: usize, folder: &Path) -> Member {
    let community = &town.lock().community;
    let member = &community.members[place];
    let [shares, answers, view, status] = files().map(|name| folder.join(name));
    make_private_folder(&shares).unwrap();
    Member::open(Parts {
        genesis: Arc::new(community.world.genesis.clone()),
        keys: Keys { signing: member.key.clone(), sealing: member.sealing.clone() },
        chain: Box::new(town.clone()),
        disk: Arc::new(PrivateDisk),
        shares,
        answers,
        view,
        status,
    })
    .unwrap()
}

/// The files of a folder that hold some bytes.
fn holding(folder: &Path, what: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, what));
        } else if fs::read(&path).unwrap().windows(what.len()).any(|part| part == what) {
            found.push(path);
        }
    }
    found
}

/// What was sealed for one member of the period: for each meter its two shares.
fn sealed_for(town: &Town, place: usize) -> Vec<Vec<u8>> {
    let community = &town.lock().community;
    let member = &community.members[place];
    let all = (0..8).flat_map(|meter| [0, 1].map(|sharing| (Subject::Meter(MeterId(meter)), sharing)));
    all.map(|(subject, sharing)| community.sealed(subject, sharing, member).1.0.to_vec()).collect()
}

#[test]
fn after_a_period_no_file_of_the_members_folder_has_a_share_of_it() {
    let town = Town::of(shared());
    let period: Period = town.lock().community.period;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let all = sealed_for(&town, 0);
    let mut clock = Duration::ZERO;
    let mut run = |member: &mut Member| {
        for _ in 0..4 {
            clock += Duration::from_secs(200);
            while member.step(clock) {}
            town.block();
        }
        member.save_view().unwrap();
    };
    let mut member = on_disk(&town, 0, folder);
    run(&mut member);
    for sealed in &all {
        assert_eq!(holding(folder, sealed), [folder.join("shares").join(format!("{}.hws", period.0))]);
    }
    town.lock().community.ask(&[]);
    run(&mut member);
    assert_eq!(released(&town, period, COHORT), 1);
    {
        let community = &mut town.lock().community;
        let over = community.times().release.plus(1);
        community.pass_to(over);
    }
    run(&mut member);
    for sealed in &all {
        assert_eq!(holding(folder, sealed), Vec::<PathBuf>::new());
    }
    // Whoever is started then finds none either.
    drop(member);
    let member = on_disk(&town, 0, folder);
    assert_eq!(member.shares().periods().count(), 0);
    assert!(member.answers().question(period, COHORT).unwrap().is_final);
}
