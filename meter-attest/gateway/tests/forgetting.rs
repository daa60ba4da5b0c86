//! The folder of a gateway that does not run: what is past the retention goes, with every byte of it, and nothing else does
//! (protocol section 9).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../../tests/forgetting/copied.rs"]
mod copied;
#[path = "../../../tests/forgetting/scan.rs"]
mod scan;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use copied::copy;
use hushwatt_crypto::{
    SecretScalar,
    commitment::Opening,
    keys::{Account, Seed},
    meter::DayKey,
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_gateway::{
    folder::{FolderError, GatewayFolder},
    forget::forget,
    keys::Keys,
    service::{Opened, RunError, open},
    store::{Content, Counted, Ending, Openings, Outgoing},
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::{Parameters, TotalsParameters},
    transaction::TransactionId,
    units::{Period, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::registers::{Count, Sample};
use scan::Needles;
use zeroize::Zeroizing;

const DAY: u64 = 86_400;
const START: u64 = 20_241 * DAY;
/// Days that are read and attested.
const DAYS: u64 = 4;

fn genesis(simulated_time: bool) -> Genesis {
    let key = |byte| SigningKey::from_bytes(&[byte; 32]).verifying_key();
    let meter = Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key(7) };
    let genesis = NewGenesis {
        time: Timestamp(START - 3_600),
        simulated_time,
        parameters: Parameters { totals: Some(TotalsParameters::default()), ..Parameters::default() },
        validators: vec![key(1)],
        registrars: vec![key(4)],
        registrar_quorum: 1,
        treasury: key(2),
        operator: None,
        meters: vec![meter],
    };
    genesis.build().unwrap()
}

fn day_key(day: u64) -> DayKey {
    DayKey::from_bytes(START / DAY, [9; 32]).advance(genesis(true).network(), START / DAY + day).unwrap()
}

/// What the registers show at the start of a quarter: two numbers that nothing else is.
fn registers(number: u64) -> (u64, u64) {
    (0x001a_5c96_e170_0000 + 137 * number, 0x000b_71d8_0c50_0000 + 11 * number)
}

fn sample(at: u64, number: u64) -> Sample {
    let count = |value| Count { value, step: 1, modulus: None };
    let (import, export) = registers(number);
    let at = Timestamp(at);
    Sample { received: at, at: Some(at), meter: "A".to_owned(), import: count(import), export: count(export) }
}

/// What opens the sums of the first day: secret.
const BLINDING: [u8; 32] = {
    let mut bytes = [0x5a; 32];
    bytes[31] = 0;
    bytes
};

/// What the first window adds to its period.
fn counted(window: Window) -> Counted {
    let opening = |value| Opening::new(value, SecretScalar::decode(&BLINDING).unwrap());
    let openings = Openings { export: opening(44), import: opening(548) };
    Counted { period: Period(START / DAY), window, openings }
}

/// A folder as a gateway left it, whose last reading came so many days after the start.
fn left_behind(last: u64) -> tempfile::TempDir {
    left_behind_at(last * DAY)
}

/// The same, with the last reading so many seconds after the start.
fn left_behind_at(last: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let genesis = genesis(true);
    let household = *Account::from_seed(genesis.network(), &Seed::from_bytes([5; 32])).unwrap().address();
    let config = format!(
        "meter = 0\nhousehold = \"{}\"\nnodes = [\"http://127.0.0.1:1\"]\n[source]\ndriver = \"p1\"\nport = \"stdin\"\n",
        household.encode(genesis.network())
    );
    let signing = SigningKey::from_bytes(&[7; 32]);
    let keys = Keys { signing, day: day_key(0), schedule: Zeroizing::new([4; 32]) };
    let gateway = GatewayFolder::at(folder.path());
    gateway.create(&genesis, &config, &keys).unwrap();
    let Opened { mut store, .. } = open(folder.path()).unwrap();
    for number in 0..=DAYS * 96 {
        store.sample(&sample(START + 900 * number, number)).unwrap();
        if number > 0 && number % 96 == 0 {
            let position = store.state().position();
            let first = position.next_window;
            let drafts = (0..24).map(|after| store.state().draft(Window(first.0 + after)).unwrap()).collect();
            let id = TransactionId([number as u8; 64]);
            let content = Content::Attestation { first, drafts };
            let valid_until = Timestamp(START + 900 * number + 1_200);
            let sequence = position.sequence + 1;
            store.built(Outgoing { id, sequence, valid_until, content, bytes: vec![3; 90] }).unwrap();
            let counted = if number == 96 { vec![counted(first)] } else { Vec::new() };
            store.confirmed_with(&id, valid_until, counted).unwrap();
        }
    }
    store.sample(&sample(START + last, DAYS * 96 + 1)).unwrap();
    folder
}

fn put(folder: &Path, name: &str, text: &str, days: u64) -> PathBuf {
    let path = folder.join("inbox").join(name);
    fs::write(&path, text).unwrap();
    let at = SystemTime::now() - Duration::from_secs(days * DAY);
    fs::File::options().append(true).open(&path).unwrap().set_modified(at).unwrap();
    path
}

/// Readings by their day, the days' keys, and a file.
fn needles() -> Needles {
    let mut needles = Needles::default();
    for day in 0..DAYS {
        needles.bytes(&format!("key of day {day}"), day_key(day).expose());
        for number in [96 * day + 1, 96 * day + 50] {
            let (import, export) = registers(number);
            needles.bytes(&format!("reading of day {day}"), &import.to_le_bytes());
            needles.bytes(&format!("reading of day {day}"), &export.to_le_bytes());
        }
    }
    needles.text("the operator's file", "2025-06-02 00:15;0.137");
    needles
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_is_past_the_retention_goes_with_every_byte_and_the_sums_stay() {
    // The third day begins 90 days before the last reading.
    let folder = left_behind(92);
    let old = put(folder.path(), "done/june.csv", "2025-06-02 00:15;0.137", 91);
    let young = put(folder.path(), "done/july.csv", "2025-07-02 00:15;0.411", 89);
    let needles = needles();
    let readings: Vec<String> = (0..DAYS).map(|day| format!("reading of day {day}")).collect();
    let mut all = names(&["the operator's file", "key of day 0"]);
    all.extend(readings.iter().cloned());
    assert_eq!(needles.names_in(folder.path()), all);

    let listed = forget(folder.path(), true).unwrap();
    assert_eq!((listed.windows, listed.key_days, &listed.files, listed.deleted), (48, 2, &vec![old.clone()], false));
    assert_eq!(needles.names_in(folder.path()), all, "a dry run deletes nothing");

    let gone = forget(folder.path(), false).unwrap();
    assert_eq!((gone.windows, gone.key_days, &gone.files, gone.deleted), (48, 2, &vec![old.clone()], true));
    let left = needles.names_in(folder.path());
    assert_eq!(left, names(&["key of day 2", "reading of day 2", "reading of day 3"]));
    assert!(!old.exists() && young.exists());
    let Opened { store, keys, .. } = open(folder.path()).unwrap();
    assert!(keys.day == day_key(2));
    assert_eq!(store.state().attested().len(), 48);
    let sums = store.state().sums();
    assert_eq!((sums.import, sums.export), (137 * 96 * DAYS, 11 * 96 * DAYS));
    drop(store);
    assert!(forget(folder.path(), false).unwrap().is_empty());
}

#[test]
fn what_is_not_attested_stays_however_old_it_is() {
    let folder = left_behind(400);
    let gone = forget(folder.path(), false).unwrap();
    assert_eq!((gone.windows, gone.key_days), (24 * DAYS as usize, DAYS));
    let Opened { store, keys, .. } = open(folder.path()).unwrap();
    assert!(keys.day == day_key(DAYS), "the next window is of this day");
    assert_eq!(store.state().position().next_window.0, START / 3_600 + 24 * DAYS);
}

#[test]
fn what_opens_a_periods_sums_goes_with_the_second_in_which_it_cannot_be_shared_any_more() {
    let mut needles = Needles::default();
    needles.bytes("what opens the period", &BLINDING);
    let opens = names(&["what opens the period"]);
    // The day, three until it closes and two in which it is shared.
    let term = 6 * DAY;
    let folder = left_behind_at(term);
    let kept = forget(folder.path(), false).unwrap();
    assert_eq!((kept.periods, kept.is_empty()), (0, true));
    assert_eq!(needles.names_in(folder.path()), opens);
    assert_eq!(open(folder.path()).unwrap().store.state().periods().len(), 1);

    let folder = left_behind_at(term + 1);
    let listed = forget(folder.path(), true).unwrap();
    assert_eq!((listed.periods, needles.names_in(folder.path())), (1, opens));
    let gone = forget(folder.path(), false).unwrap();
    assert_eq!((gone.periods, gone.windows, gone.key_days), (1, 0, 0));
    assert_eq!(needles.names_in(folder.path()), names(&[]));
    let Opened { store, .. } = open(folder.path()).unwrap();
    assert!(store.state().periods().is_empty());
    let ended: Vec<_> = store.state().settled().iter().map(|settled| (settled.period, settled.ending)).collect();
    assert_eq!(ended, [(Period(START / DAY), Ending::Late)]);
}

#[test]
fn the_folder_of_a_running_gateway_is_left_alone() {
    let folder = left_behind(92);
    let _lock = GatewayFolder::at(folder.path()).lock().unwrap();
    let refused = forget(folder.path(), false).unwrap_err();
    assert!(matches!(refused, RunError::Folder(FolderError::Running(_))), "{refused}");
}

/// The folder in which [`child_forgets_until_it_is_killed`] works.
const CHILD: &str = "HUSHWATT_TEST_FORGET_IN";

/// Does nothing unless it is started by the test after it.
#[test]
fn child_forgets_until_it_is_killed() {
    if let Some(folder) = env::var_os(CHILD) {
        forget(Path::new(&folder), false).unwrap();
    }
}

#[test]
fn killed_with_minus_nine_forgetting_goes_on_with_the_next_call() {
    let original = left_behind(92);
    let needles = needles();
    let steps = if env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { 100 } else { 20 };
    let (mut killed, mut was_there) = (0, 0);
    for step in 0..steps {
        let folder = tempfile::tempdir().unwrap();
        copy(original.path(), folder.path());
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child_forgets_until_it_is_killed"])
            .env(CHILD, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(40) * step / steps);
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        was_there += u32::from(!forget(folder.path(), false).unwrap().is_empty());
        let left = needles.names_in(folder.path());
        assert_eq!(left, names(&["key of day 2", "reading of day 2", "reading of day 3"]), "step {step}");
        let Opened { store, keys, .. } = open(folder.path()).unwrap();
        assert!(keys.day == day_key(2));
        let sums = store.state().sums();
        assert_eq!((sums.import, sums.export), (137 * 96 * DAYS, 11 * 96 * DAYS), "step {step}");
    }
    assert!(killed > 0 && was_there > 0, "{killed} killed, {was_there} before it was done");
}
