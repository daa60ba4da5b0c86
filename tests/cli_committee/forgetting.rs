//! The command that erases what a stopped member keeps beyond its time: real shares in a real folder, searched byte by byte, and
//! the program killed with `kill -9` and run again.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Stdio,
    sync::{Arc, LazyLock},
    thread::sleep,
    time::Duration,
};

use hushwatt_client::status_file::machine_time;
use hushwatt_committee::{
    config::template,
    folder::MemberFolder,
    shares::{Kept, Shares},
};
use hushwatt_crypto::{
    sharing::{SEALED_SHARE_LENGTH, SealedShare},
    signature::SigningKey,
};
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    parameters::{Parameters, TotalsParameters},
    storage::PrivateDisk,
    transaction::share::Subject,
    units::{MeterId, Period, Timestamp},
};
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    kit::{
        Setup,
        totals::{Community, METERS, cohort, setup},
    },
    scan::Needles,
    support::text,
    town::{Running, Town, command, committee, failed, status, wait_for},
};

const DAY: u64 = 86_400;

/// On real time, in the summer of 2025: all terms are long over by the clock of whoever runs this.
static LONG_AGO: LazyLock<Community> = LazyLock::new(|| {
    let all = cohort((0..METERS as u32).map(|meter| (meter, meter as u16)));
    let mut community = Community::named(&Setup { simulated_time: false, ..setup() }, &[all]);
    community.attest_all();
    community.share_first(METERS);
    community
});

fn json(folder: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&committee(folder, &[arguments, &["--json"]].concat()).ok()).unwrap()
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(MemberFolder::at(Path::new(folder)).shares_folder()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Keeps a share of a period that is made of one byte.
fn keep(folder: &str, genesis: &Genesis, period: Period, byte: u8) {
    let at = MemberFolder::at(Path::new(folder)).shares_folder();
    let mut shares = Shares::open(Arc::new(PrivateDisk), &at, genesis.network()).unwrap();
    let kept = Kept::Here { sealed: vec![SealedShare([byte; SEALED_SHARE_LENGTH]); 2], wrong: None };
    shares.keep(period, Subject::Meter(MeterId(0)), kept).unwrap();
}

/// The sibling of `shares_of_a_period_that_is_over_are_in_no_file_of_the_folder`.
#[test]
fn shares_that_a_stopped_member_kept_are_in_no_file_of_the_folder_when_the_command_is_through() {
    let town = Town::of(LONG_AGO.clone());
    let folder = town.member(0);
    let (needles, all) = town.shares_of(0);
    let found = || needles.names_in(Path::new(&folder));
    assert_eq!(found(), BTreeSet::new());
    let running = Running::start(&folder);
    wait_for("the shares", || found() == all);
    assert_eq!(failed(&folder, &["forget", "--yes"]), "running");
    // Killed, and never started again.
    drop(running);
    let listed = json(&folder, &["forget", "--dry-run"]);
    let file = MemberFolder::at(Path::new(&folder)).shares_folder().join(format!("{}.hws", town.period.0));
    let past = &listed["periods"][0];
    assert_eq!(
        [&past["period"], &past["subjects"], &past["bytes"], &listed["kept"]].map(Value::as_u64),
        [town.period.0, METERS as u64, fs::metadata(&file).unwrap().len(), 0].map(Some)
    );
    assert_eq!(listed["deleted"], false);
    // The last block is of long ago: somebody must look at the clock.
    assert_eq!(failed(&folder, &["forget"]), "not_confirmed");
    assert_eq!(found(), all, "neither a dry run nor a refusal erases anything");
    let told = committee(&folder, &["forget", "--yes"]).ok();
    let line = format!("erased  shares of period {}", town.period.0);
    assert!(told.contains(&line) && told.contains("of 8 meters and trades"), "{told}");
    assert_eq!(found(), BTreeSet::new());
    assert!(committee(&folder, &["forget"]).ok().contains("Nothing is past its time."));
    // He is started again all the same, reads the ledger from its beginning, and keeps none.
    let _ = fs::remove_file(MemberFolder::at(Path::new(&folder)).view_file());
    let running = Running::start(&folder);
    wait_for("the end of the ledger", || status(&folder).1["caught_up"] == true);
    assert!(running.stop());
    assert_eq!(found(), BTreeSet::new());
}

#[test]
fn killed_with_minus_nine_the_command_goes_on_where_it_was() {
    let genesis = genesis(50 * DAY);
    let first = totals().period_at(genesis.time).0;
    let (original, model) = folder(&genesis);
    let (mut needles, mut all) = (Needles::default(), BTreeSet::new());
    for byte in 1..=60 {
        keep(&model, &genesis, Period(first - u64::from(byte)), byte);
        let name = format!("share {byte}");
        needles.bytes(&name, &[byte; SEALED_SHARE_LENGTH]);
        all.insert(name);
    }
    assert_eq!(needles.names_in(original.path()), all);
    let (mut cut_short, mut partly) = (0, 0);
    for step in 0..16 {
        let (place, folder) = folder(&genesis);
        for name in names(&model) {
            let [from, to] = [&model, &folder].map(|folder| MemberFolder::at(Path::new(folder)).shares_folder());
            fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
        let mut child = command(&folder, &["forget"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Some while it reads what there is, some when so many are gone.
        if step < 4 {
            sleep(Duration::from_millis(20 * step));
        } else {
            let left = all.len() - 4 * (step as usize - 3);
            while names(&folder).len() > left && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_micros(200));
            }
        }
        child.kill().unwrap();
        cut_short += u32::from(!child.wait().unwrap().success());
        partly += u32::from((1..all.len()).contains(&names(&folder).len()));
        committee(&folder, &["forget"]).ok();
        assert_eq!(needles.find(place.path()), BTreeSet::new(), "step {step}");
        assert_eq!(names(&folder), BTreeSet::new(), "step {step}");
    }
    assert!(cut_short > 0 && partly > 0, "every run was quicker than its death: {cut_short}, {partly}");
}

fn totals() -> TotalsParameters {
    TotalsParameters::default()
}

/// A community on real time that began so many seconds ago.
fn genesis(ago: u64) -> Genesis {
    genesis_at(Timestamp(machine_time() - ago))
}

fn genesis_at(time: Timestamp) -> Genesis {
    let key = || SigningKey::random(&mut OsRng).verifying_key();
    let new = NewGenesis {
        time,
        simulated_time: false,
        parameters: Parameters { totals: Some(totals()), ..Parameters::default() },
        validators: vec![key()],
        registrars: vec![key()],
        registrar_quorum: 1,
        treasury: key(),
        operator: None,
        meters: Vec::new(),
    };
    new.build().unwrap()
}

fn folder(genesis: &Genesis) -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let folder = text(&place.path().join("member")).to_owned();
    let settings = template(&["http://127.0.0.1:1".parse().unwrap()]);
    MemberFolder::at(Path::new(&folder)).create(genesis, &settings, &mut OsRng).unwrap();
    (place, folder)
}

#[test]
fn what_is_over_by_this_machines_clock_goes_and_what_can_still_be_released_stays() {
    assert_eq!(failed("none", &["forget"]), "no_member");
    let genesis = genesis(50 * DAY);
    let (_place, folder) = folder(&genesis);
    let first = totals().period_at(genesis.time);
    let last = totals().period_at(Timestamp(machine_time()));
    for (period, byte) in [(first, 1), (last, 2)] {
        keep(&folder, &genesis, period, byte);
    }
    let both = names(&folder);
    let told = committee(&folder, &["forget", "--dry-run"]).ok();
    let line = format!("past its time  shares of period {} ", first.0);
    assert!(told.contains(&line) && told.contains("Periods whose shares are kept for now: 1."), "{told}");
    assert_eq!(names(&folder), both);
    let told = json(&folder, &["forget"]);
    let fields: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(BTreeSet::from_iter(fields), BTreeSet::from(["at", "deleted", "kept", "last_block", "periods"]));
    assert_eq!(
        (&told["deleted"], &told["kept"], &told["periods"][0]["period"]),
        (&true.into(), &1.into(), &first.0.into())
    );
    assert_eq!(names(&folder), BTreeSet::from([format!("{}.hws", last.0)]));
    assert_eq!(json(&folder, &["forget"])["deleted"], false);
    let lock = MemberFolder::at(Path::new(&folder)).lock().unwrap();
    assert_eq!(failed(&folder, &["forget"]), "running");
    drop(lock);
}

#[test]
fn with_a_clock_before_the_ledger_or_files_that_cannot_be_read_nothing_is_erased() {
    let genesis = genesis_at(Timestamp(machine_time() + DAY));
    let (_place, folder) = folder(&genesis);
    assert_eq!(failed(&folder, &["forget"]), "clock");
    assert_eq!(failed(&folder, &["forget", "--dry-run"]), "clock");
    fs::write(MemberFolder::at(Path::new(&folder)).shares_folder().join("5.hws"), "no shares").unwrap();
    assert_eq!(failed(&folder, &["forget"]), "files");
    assert_eq!(names(&folder), BTreeSet::from(["5.hws".to_owned()]));
}
