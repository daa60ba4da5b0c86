//! What a stopped member erases when he is told to, by which clock, and what not.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use hushwatt_committee::{
    answers::Answers,
    config::template,
    folder::{FolderError, MemberFolder},
    forget::{ForgetError, ForgetOptions, Forgotten, Past, StoppedMember, forget},
    member::OpenError,
    shares::{Kept, Shares},
};
use hushwatt_crypto::sharing::{SEALED_SHARE_LENGTH, SealedShare};
use hushwatt_ledger::{
    genesis::Genesis,
    parameters::Parameters,
    storage::{Disk, ProbedDisk, SimDisk},
    transaction::share::Subject,
    units::{MeterId, Period, Timestamp},
};
use rand_core::OsRng;

use crate::{
    kills::{Die, forget_view, left},
    kit::{
        Setup, World,
        totals::{Community, METERS, cohort, setup, shared},
    },
    scene::{Seat, Town, files},
};

const LOOK: ForgetOptions = ForgetOptions { dry_run: true, clock_is_right: false };
const ERASE: ForgetOptions = ForgetOptions { dry_run: false, clock_is_right: false };
const SURE: ForgetOptions = ForgetOptions { dry_run: false, clock_is_right: true };

static REAL: LazyLock<Community> = LazyLock::new(|| {
    let all = cohort((0..METERS as u32).map(|meter| (meter, meter as u16)));
    let mut community = Community::named(&Setup { simulated_time: false, ..setup() }, &[all]);
    community.attest_all();
    community.share_first(METERS);
    community
});

/// A member of a community on real time, who was stopped when everybody had shared.
struct Stopped {
    town: Town,
    genesis: Arc<Genesis>,
    disk: SimDisk,
    period: Period,
    release: Timestamp,
    last_block: Timestamp,
}

impl Stopped {
    fn new() -> Self {
        Self::of(REAL.clone())
    }

    fn of(community: Community) -> Self {
        let (genesis, period) = (Arc::new(community.world.genesis.clone()), community.period);
        let (release, last_block) = (community.times().release, community.world.now());
        let town = Town::of(community);
        let mut seat = Seat::new(&town, 0);
        seat.step();
        assert_eq!(seat.kept(period), [8, 0, 0]);
        seat.member.save_view().unwrap();
        Stopped { town, genesis, disk: seat.disk, period, release, last_block }
    }

    fn forget(&self, clock: Timestamp, options: ForgetOptions) -> Result<Forgotten, ForgetError> {
        self.forget_on(Arc::new(self.disk.clone()), clock, options)
    }

    fn forget_on(
        &self,
        disk: Arc<dyn Disk>,
        clock: Timestamp,
        options: ForgetOptions,
    ) -> Result<Forgotten, ForgetError> {
        let [shares, answers, view, _] = files();
        StoppedMember::open(&disk, self.genesis.clone(), &shares, &answers, &view)?.forget(clock, options)
    }

    fn shares(&self, disk: &SimDisk) -> Shares {
        let [shares, ..] = files();
        Shares::open(Arc::new(disk.clone()), &shares, self.genesis.network()).unwrap()
    }

    /// Keeps a share of another period, made of one byte.
    fn keep(&self, period: Period, byte: u8) {
        let sealed = vec![SealedShare([byte; SEALED_SHARE_LENGTH]); 2];
        let kept = Kept::Here { sealed, wrong: None };
        self.shares(&self.disk).keep(period, Subject::Meter(MeterId(0)), kept).unwrap();
    }

    fn periods(&self, disk: &SimDisk) -> Vec<Period> {
        self.shares(disk).periods().collect()
    }

    fn erased(&self, disk: &SimDisk) -> Option<Period> {
        let [_, answers, ..] = files();
        Answers::open(Arc::new(disk.clone()), &answers, self.genesis.network()).unwrap().erased()
    }

    fn with_disk(&self, disk: SimDisk) -> Self {
        Stopped { town: self.town.clone(), genesis: self.genesis.clone(), disk, ..*self }
    }
}

fn contents(disk: &SimDisk) -> BTreeMap<PathBuf, Vec<u8>> {
    let [shares, ..] = files();
    let names = disk.list(&shares).unwrap().into_iter().map(|name| shares.join(name));
    let paths = names.chain(files().into_iter().skip(1));
    paths.filter_map(|path| Some((path.clone(), disk.contents(&path)?))).collect()
}

fn has(disk: &SimDisk, what: &[u8]) -> bool {
    contents(disk).values().any(|bytes| bytes.windows(what.len()).any(|part| part == what))
}

#[test]
fn a_stopped_member_erases_what_is_over_by_this_machines_clock_for_ever_and_nothing_else() {
    let stopped = Stopped::new();
    let (over, next) = (stopped.release.plus(1), Period(stopped.period.0 + 1));
    stopped.keep(next, 7);
    let before = contents(&stopped.disk);
    let nothing = Forgotten {
        at: stopped.release.0,
        last_block: stopped.last_block.0,
        periods: Vec::new(),
        kept: 2,
        deleted: false,
    };
    assert_eq!(stopped.forget(stopped.release, ERASE).unwrap(), nothing);
    let file = files()[0].join(format!("{}.hws", stopped.period.0));
    let past = Past {
        period: stopped.period.0,
        start: stopped.town.lock().community.parameters().start(stopped.period).0,
        subjects: METERS,
        bytes: before[&file].len() as u64,
    };
    let one = Forgotten { at: over.0, periods: vec![past], kept: 1, ..nothing.clone() };
    assert_eq!(stopped.forget(over, LOOK).unwrap(), one);
    assert_eq!(contents(&stopped.disk), before, "a dry run erases nothing");
    assert_eq!(stopped.forget(over, ERASE).unwrap(), Forgotten { deleted: true, ..one });
    assert_eq!((stopped.periods(&stopped.disk), stopped.erased(&stopped.disk)), (vec![next], Some(stopped.period)));
    assert_eq!(stopped.forget(over, ERASE).unwrap(), Forgotten { at: over.0, kept: 1, ..nothing });
    // Whoever is started again on a chain that is not so far keeps none either, also if he has to read it anew.
    forget_view(&stopped.disk);
    let mut seat = Seat::on(&stopped.town, 0, stopped.disk.clone());
    seat.step();
    assert!(seat.status().caught_up && seat.member.view().tip().time < stopped.release);
    assert_eq!(seat.kept(stopped.period), [0, 0, 0]);
}

#[test]
fn a_clock_behind_the_last_block_is_refused() {
    let stopped = Stopped::new();
    let before = contents(&stopped.disk);
    for options in [LOOK, ERASE, SURE] {
        let refused = stopped.forget(stopped.last_block.minus(11), options).unwrap_err();
        assert!(matches!(refused, ForgetError::ClockBehind { .. }), "{refused}");
    }
    assert_eq!(contents(&stopped.disk), before);
    let forgotten = stopped.forget(stopped.last_block.minus(10), ERASE).unwrap();
    assert_eq!((forgotten.at, forgotten.kept), (stopped.last_block.0, 1));
}

#[test]
fn a_clock_that_is_the_retention_ahead_of_the_last_block_erases_only_when_somebody_says_that_it_is_right() {
    let stopped = Stopped::new();
    let last = stopped.last_block.plus(stopped.genesis.parameters.retention);
    let fork = || stopped.with_disk(stopped.disk.fork());
    assert!(fork().forget(last, ERASE).unwrap().deleted);
    let ahead = last.plus(1);
    let before = contents(&stopped.disk);
    assert_eq!(stopped.forget(ahead, LOOK).unwrap().periods.len(), 1);
    let refused = stopped.forget(ahead, ERASE).unwrap_err();
    assert!(matches!(refused, ForgetError::ClockAhead { .. }) && refused.to_string().contains("--yes"), "{refused}");
    assert_eq!(contents(&stopped.disk), before);
    // What was to be erased before needs no clock: a call that was broken off goes on.
    let noted = fork();
    let [_, answers, ..] = files();
    let mut answers = Answers::open(Arc::new(noted.disk.clone()), &answers, stopped.genesis.network()).unwrap();
    answers.erase(stopped.period).unwrap();
    drop(answers);
    assert!(noted.forget(ahead, ERASE).unwrap().deleted);
    assert!(stopped.forget(ahead, SURE).unwrap().deleted);
    assert_eq!(stopped.periods(&stopped.disk), []);
    assert!(!stopped.forget(ahead, ERASE).unwrap().deleted, "where nothing is over nothing is asked");
}

/// A folder that was put back from a backup has shares beyond the view's time.
#[test]
fn with_simulated_time_the_last_block_that_he_read_says_what_is_over() {
    let stopped = Stopped::of(shared());
    let before = contents(&stopped.disk);
    let nothing = stopped.forget(Timestamp(u64::MAX), SURE).unwrap();
    assert_eq!((nothing.at, nothing.kept, nothing.deleted), (stopped.last_block.0, 1, false));
    stopped.town.lock().community.pass_to(stopped.release.plus(1));
    let mut seat = Seat::on(&stopped.town, 0, stopped.disk.clone());
    seat.step();
    seat.member.save_view().unwrap();
    drop(seat);
    assert_eq!(stopped.periods(&stopped.disk), []);
    let [_, answers, view, _] = files();
    for (path, bytes) in before.iter().filter(|(path, _)| **path != view) {
        stopped.disk.set_contents(path, bytes);
    }
    assert_eq!((stopped.erased(&stopped.disk), stopped.disk.contents(&answers).is_some()), (None, true));
    let told = stopped.forget(Timestamp(0), ERASE).unwrap();
    assert_eq!((told.at, told.periods.len(), told.deleted), (stopped.release.0 + 1, 1, true));
    assert_eq!(stopped.periods(&stopped.disk), []);
}

#[test]
fn on_a_full_disk_shares_go_and_it_is_said_what_could_not_be_written() {
    let stopped = Stopped::new();
    stopped.disk.set_space(Some(0));
    let refused = stopped.forget(stopped.release.plus(1), ERASE).unwrap_err();
    assert!(matches!(refused, ForgetError::Erase(_)), "{refused}");
    stopped.disk.set_space(None);
    assert_eq!((stopped.periods(&stopped.disk), stopped.erased(&stopped.disk)), (vec![], None));
}

#[test]
fn killed_at_every_change_on_disk_the_erasing_goes_on_where_it_was() {
    let stopped = Stopped::new();
    let [earlier, next] = [Period(stopped.period.0 - 1), Period(stopped.period.0 + 1)];
    stopped.keep(earlier, 0xa1);
    stopped.keep(next, 0xa2);
    let sealed = {
        let community = &stopped.town.lock().community;
        [0, 5].map(|meter| community.sealed(Subject::Meter(MeterId(meter)), 1, &community.members[0]).1.0)
    };
    let all = [&sealed[0][..], &sealed[1][..], &[0xa1; SEALED_SHARE_LENGTH]];
    let lasting = [0xa2; SEALED_SHARE_LENGTH];
    let count = |disk: &SimDisk| all.iter().filter(|what| has(disk, what)).count();
    assert_eq!((count(&stopped.disk), has(&stopped.disk, &lasting)), (all.len(), true));
    let clock = stopped.release.plus(1);
    let (mut kills, mut between) = (0, 0);
    for moment in 1.. {
        let (disk, probe) = (stopped.disk.fork(), Die::at(moment));
        let probed = Arc::new(ProbedDisk::new(disk.clone(), probe.clone()));
        let outcome = stopped.forget_on(probed, clock, ERASE);
        assert!(outcome.is_ok() || probe.died(), "{outcome:?}");
        for left in left(&disk, moment) {
            between += u32::from((1..all.len()).contains(&count(&left)));
            let again = stopped.with_disk(left.fork());
            again.forget(clock, ERASE).unwrap();
            for disk in [again.disk.clone(), again.disk.crash(moment)] {
                assert_eq!((count(&disk), has(&disk, &lasting)), (0, true), "moment {moment}");
                assert_eq!(stopped.periods(&disk), [next]);
                assert_eq!(stopped.erased(&disk), Some(stopped.period));
            }
            assert!(!again.forget(clock, ERASE).unwrap().deleted);
        }
        if !probe.died() {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 10 && between > 0, "{kills}, {between}");
}

fn folder(path: &Path, parameters: Parameters) -> MemberFolder {
    let world = World::before_the_first_block(&Setup { simulated_time: false, parameters, ..setup() });
    let folder = MemberFolder::at(path);
    folder.create(&world.genesis, &template(&["http://127.0.0.1:1".parse().unwrap()]), &mut OsRng).unwrap();
    folder
}

#[test]
fn the_folder_of_a_running_member_and_what_is_none_are_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let made = folder(&place.path().join("member"), setup().parameters);
    let lock = made.lock().unwrap();
    let refused = forget(made.path(), Timestamp(u64::MAX), SURE);
    assert!(matches!(refused, Err(ForgetError::Folder(FolderError::Running { .. }))));
    drop(lock);
    // Shares go without the keys that open them.
    for key in [made.signing_file(), made.sealing_file()] {
        fs::remove_file(key).unwrap();
    }
    assert_eq!(forget(made.path(), Timestamp(u64::MAX), SURE).unwrap().periods, []);
    let none = place.path().join("none");
    fs::create_dir(&none).unwrap();
    let refused = forget(&none, Timestamp(0), ERASE);
    assert!(matches!(refused, Err(ForgetError::Folder(FolderError::NotOne { .. }))));
    assert_eq!(fs::read_dir(&none).unwrap().count(), 0);
    let idle = folder(&place.path().join("idle"), Parameters { totals: None, ..setup().parameters });
    let refused = forget(idle.path(), Timestamp(0), ERASE);
    assert!(matches!(refused, Err(ForgetError::Open(OpenError::NoTotals))));
}
