//! Erased is gone: searched for in every file, after backups and restoring, and when the machine stops in the middle.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{genesis::Genesis, units::Timestamp};
use hushwatt_registrar::{
    Registrar, RegistrarError, Restored,
    backups::{self, Restore, Rotated, Rotation},
    case::CaseNumber,
    folder::RegistrarFolder,
    receipt::{Deed, Receipt},
};
use hushwatt_vault::{FileError, Passphrase, Strength};
use kit::{DAY, LATE, Office, START, details, facts_at, open, scan, sun};
use rand_core::OsRng;

/// What names Anna: her texts, and the number of her case.
fn needles(case: CaseNumber) -> [Vec<u8>; 4] {
    let digits = case.to_string().into_bytes();
    [b"Anna Sunshine".to_vec(), b"Street of Anna Sunshine".to_vec(), b"anna sunshine@example.org".to_vec(), digits]
}

fn found(folder: &Path, needles: &[Vec<u8>]) -> Vec<PathBuf> {
    let needles: Vec<&[u8]> = needles.iter().map(Vec::as_slice).collect();
    scan(folder, &needles).into_iter().collect()
}

fn back_up(registrar: &mut Registrar, to: &Path, keep: usize, days: Option<u32>, now: Timestamp) -> Rotated {
    backups::make(registrar, to, &sun(), Strength::FOR_TESTS, Rotation { keep, days }, now).unwrap()
}

#[test]
fn after_erasing_no_file_of_the_folder_has_the_person_and_before_it_the_same_search_finds_her() {
    let office = Office::new();
    let anna = office.add_gone("Anna Sunshine", 3);
    office.add_gone("Bert", 2);
    let names = &needles(anna)[..3];
    let mut registrar = office.open();
    registrar
        .rectify(
            anna,
            &kit::correction(|to| {
                to.phone = Some("1".to_owned());
            }),
            LATE,
            &sun(),
        )
        .unwrap();
    let register = office.folder().register_file();
    assert_eq!(found(office.place.path(), names), std::slice::from_ref(&register));
    let before = fs::read(&register).unwrap();

    registrar.erase(anna, &facts_at(LATE), LATE, &sun()).unwrap();
    drop(registrar);
    assert_eq!(found(office.place.path(), names), [] as [PathBuf; 0]);
    // The search still works: it finds Bert, and Anna in a copy of before.
    assert_eq!(found(office.place.path(), &[b"Bert".to_vec()]), std::slice::from_ref(&register));
    fs::write(office.path("copy"), &before).unwrap();
    assert_eq!(found(office.place.path(), names), [office.path("copy")]);
    // Her case number is in the receipts alone, and the new file has another key: no block of the old one opens with it.
    let after = fs::read(&register).unwrap();
    assert!(!after.windows(64).any(|block| before[64..].windows(64).any(|old| old == block)));
    assert_eq!(office.open().receipts().iter().filter(|receipt| receipt.case() == anna).count(), 2);
}

#[test]
fn what_was_put_right_is_gone_as_well() {
    let office = Office::new();
    let anna = office.add_gone("Anna Sunshine", 3);
    let mut registrar = office.open();
    let wrong = [b"Street of Anna Sunshine".to_vec()];
    assert_eq!(found(office.place.path(), &wrong).len(), 1);
    let correction = kit::correction(|to| {
        to.address = Some(vec!["Mondweg 2".to_owned()]);
    });
    registrar.rectify(anna, &correction, LATE, &sun()).unwrap();
    drop(registrar);
    assert_eq!(found(office.place.path(), &wrong), [] as [PathBuf; 0]);
    assert_eq!(found(office.place.path(), &[b"Mondweg 2".to_vec()]).len(), 1);
}

#[test]
fn backups_rotate_and_take_the_erased_person_with_them() {
    let office = Office::new();
    let anna = office.add_gone("Anna Sunshine", 3);
    let names = &needles(anna)[..3];
    let to = office.path("backups");
    let mut registrar = office.open();
    let first = back_up(&mut registrar, &to, 3, None, LATE);
    assert_eq!((first.removed.len(), first.left, first.ahead.len()), (0, 1, 0));
    // Somebody's own file stays, whatever happens.
    fs::write(to.join("register-notes.age"), b"mine").unwrap();
    registrar.erase(anna, &facts_at(LATE), LATE.plus(1), &sun()).unwrap();
    assert_eq!(found(office.place.path(), names), std::slice::from_ref(&first.made));
    for day in 1..=2 {
        back_up(&mut registrar, &to, 3, None, LATE.plus(day * DAY));
    }
    assert_eq!(found(office.place.path(), names), std::slice::from_ref(&first.made));
    let last = back_up(&mut registrar, &to, 3, None, LATE.plus(3 * DAY));
    assert_eq!((last.removed, last.left), (vec![first.made], 3));
    assert_eq!(found(office.place.path(), names), [] as [PathBuf; 0]);
    assert!(to.join("register-notes.age").exists());
    // By days.
    let last = back_up(&mut registrar, &to, 99, Some(2), LATE.plus(5 * DAY));
    assert_eq!((last.removed.len(), last.left), (2, 2));
    assert_eq!(registrar.backup_note().map(|note| (note.made, note.days)), Some((LATE.0 + 5 * DAY, Some(2))));
}

#[test]
fn a_backup_of_a_time_to_come_is_named_and_stays_until_that_time_is_there() {
    let office = Office::new();
    office.add_gone("Anna Sunshine", 3);
    let to = office.path("backups");
    let mut registrar = office.open();
    let late = LATE.plus(1000 * DAY);
    // The clock ran ahead, twice.
    let ahead = [late.plus(1), late].map(|time| back_up(&mut registrar, &to, 9, Some(30), time).made);
    let ahead = [ahead[1].clone(), ahead[0].clone()];
    for day in 0..3 {
        let made = back_up(&mut registrar, &to, 1, Some(1), LATE.plus(day * DAY));
        assert_eq!((made.removed.len(), made.left), (usize::from(day > 0), 1));
        assert_eq!(made.ahead, ahead);
    }
    assert!(ahead.iter().all(|path| path.exists()));
    let made = back_up(&mut registrar, &to, 1, None, late.plus(2));
    assert_eq!((made.removed.len(), made.left, made.ahead), (3, 1, Vec::new()));
}

#[test]
fn what_a_crash_left_of_a_backup_counts_for_nothing_and_is_gone_after_the_next() {
    let office = Office::new();
    let anna = office.add_gone("Anna Sunshine", 3);
    let names = &needles(anna)[..3];
    let to = office.path("backups");
    let mut registrar = office.open();
    let good = back_up(&mut registrar, &to, 9, None, LATE).made;
    let beside = |time: u64, end: &str| {
        let name = good.file_name().unwrap().to_str().unwrap().replace(&LATE.0.to_string(), &time.to_string());
        to.join(format!("{name}{end}"))
    };
    // Killed while one was written, and while another was overwritten.
    fs::write(beside(LATE.0 + 1, ""), b"").unwrap();
    fs::copy(&good, beside(LATE.0 + 1, ".saving")).unwrap();
    fs::copy(&good, beside(LATE.0 - 1, ".retired")).unwrap();
    let mut half = fs::read(&good).unwrap();
    half[..30].fill(7);
    fs::write(beside(LATE.0 - 2, ".retired"), half).unwrap();
    assert_eq!(found(&to, names).len(), 3);
    let next = back_up(&mut registrar, &to, 2, None, LATE.plus(2));
    assert_eq!((next.removed.len(), next.left), (0, 2));
    assert_eq!(found(&to, names), [good.clone(), next.made.clone()]);
    assert_eq!(fs::read_dir(&to).unwrap().count(), 2);
    // What is no backup is not removed, even under the name of one.
    fs::write(&good, b"diary").unwrap();
    let rotation = Rotation { keep: 1, days: None };
    let refused = backups::make(&mut registrar, &to, &sun(), Strength::FOR_TESTS, rotation, LATE.plus(3));
    assert!(matches!(refused, Err(RegistrarError::File(FileError::NotABackup { .. }))));
    assert_eq!(fs::read(&good).unwrap(), b"diary");
}

#[test]
fn a_backup_is_never_written_over_another_file() {
    let office = Office::new();
    let to = office.path("backups");
    let mut registrar = office.open();
    back_up(&mut registrar, &to, 3, None, LATE);
    let rotation = Rotation { keep: 3, days: None };
    let again = backups::make(&mut registrar, &to, &sun(), Strength::FOR_TESTS, rotation, LATE);
    assert!(matches!(again, Err(RegistrarError::File(FileError::Exists { .. }))));
}

/// A folder in which Anna was erased, Bert restricted and Cem rectified after a backup was made of all three.
struct After {
    office: Office,
    backup: PathBuf,
    cases: [CaseNumber; 3],
}

fn after_a_backup() -> After {
    let office = Office::new();
    let cases = [("Anna Sunshine", 3), ("Bert", 2), ("Cem", 1)].map(|(name, meter)| office.add_gone(name, meter));
    let mut registrar = office.open();
    let backup = back_up(&mut registrar, &office.path("backups"), 9, None, LATE).made;
    registrar.erase(cases[0], &facts_at(LATE), LATE.plus(1), &sun()).unwrap();
    registrar.restrict(cases[1], "lawsuit", LATE.plus(2)).unwrap();
    let correction = kit::correction(|to| {
        to.name = Some("Cem Y.".to_owned());
    });
    registrar.rectify(cases[2], &correction, LATE.plus(3), &sun()).unwrap();
    let receipts = office.path("receipts");
    fs::create_dir(&receipts).unwrap();
    for receipt in registrar.receipts() {
        fs::write(receipts.join(receipt.file_name()), serde_json::to_vec(receipt).unwrap()).unwrap();
    }
    After { office, backup, cases }
}

impl After {
    fn restore(&self, folder: &RegistrarFolder, receipts: bool) -> Result<(Registrar, Restored), RegistrarError> {
        let receipts = receipts.then(|| self.office.path("receipts"));
        let restore = Restore {
            folder,
            genesis: Genesis::parse(self.office.genesis.bytes()).unwrap(),
            backup: &self.backup,
            backup_passphrase: &sun(),
            receipts: receipts.as_deref(),
            passphrase: &sun(),
            strength: Strength::FOR_TESTS,
        };
        backups::restore(restore, &mut OsRng)
    }

    fn check(&self, registrar: &Registrar, restored: &Restored) {
        let [anna, bert, cem] = self.cases;
        assert_eq!(*restored, Restored { people: 2, applied: 3, erased: 1, rectify_again: [cem].into() });
        let people = registrar.people();
        assert_eq!(people.iter().map(|person| person.case).collect::<Vec<_>>(), [bert, cem]);
        assert!(people[0].restricted.is_some() && people[1].details.name == "Cem");
        assert!(registrar.receipts().iter().any(|receipt| receipt.case() == anna && receipt.deed() == Deed::Erase));
    }
}

#[test]
fn a_backup_of_before_brings_nobody_back_who_was_erased_since() {
    let after = after_a_backup();
    // Over the register that knows.
    let (registrar, restored) = after.restore(&after.office.folder(), false).unwrap();
    after.check(&registrar, &restored);
    drop(registrar);
    let names = &needles(after.cases[0])[..3];
    assert_eq!(found(after.office.folder().path(), names), [] as [PathBuf; 0]);
}

#[test]
fn a_case_that_was_rectified_again_and_again_is_listed_once() {
    let after = after_a_backup();
    let mut registrar = after.office.open();
    let [_, bert, cem] = after.cases;
    for (number, case) in [bert, cem, bert, cem].into_iter().enumerate() {
        let correction = kit::correction(|to| {
            to.phone = Some(number.to_string());
        });
        registrar.rectify(case, &correction, LATE.plus(4 + number as u64), &sun()).unwrap();
    }
    drop(registrar);
    let (_, restored) = after.restore(&after.office.folder(), false).unwrap();
    assert_eq!((restored.applied, restored.rectify_again), (7, [bert, cem].into()));
}

#[test]
fn a_folder_that_was_lost_is_restored_with_the_receipts_beside_the_backups() {
    let after = after_a_backup();
    let key = fs::read(after.office.folder().key_file()).unwrap();
    let new = RegistrarFolder::at(&after.office.path("new"));
    // Without the key, and without a receipt in the backup by it, nobody knows whose receipts these are.
    assert!(matches!(after.restore(&new, true), Err(RegistrarError::Content(_))));
    assert!(!new.path().exists());
    fs::create_dir(new.path()).unwrap();
    hushwatt_ledger::storage::write_private_file(&new.key_file(), &key).unwrap();
    let (registrar, restored) = after.restore(&new, true).unwrap();
    after.check(&registrar, &restored);
    drop(registrar);
    drop(open(&new));
    // And without the receipts she is back: that is what they are for.
    let newer = RegistrarFolder::at(&after.office.path("newer"));
    let (registrar, restored) = after.restore(&newer, false).unwrap();
    assert_eq!((restored.people, restored.applied, restored.erased), (3, 0, 0));
    assert!(registrar.people().iter().any(|person| person.case == after.cases[0]));
}

#[test]
fn receipts_that_somebody_made_up_erase_nobody() {
    let after = after_a_backup();
    let folder = after.office.folder();
    let stranger = SigningKey::random(&mut OsRng);
    let forged = Receipt::sign(after.office.genesis.network(), Deed::Erase, LATE, after.cases[2], &stranger);
    let path = after.office.path("receipts").join("forged.json");
    fs::write(&path, serde_json::to_vec(&forged).unwrap()).unwrap();
    assert!(matches!(after.restore(&folder, true), Err(RegistrarError::Content(_))));
    // Of another network.
    let key = hushwatt_client::KeyFile::read(&folder.key_file(), hushwatt_client::KeyRole::Registrar).unwrap().key;
    let foreign = Receipt::sign(kit::genesis().network(), Deed::Erase, LATE, after.cases[2], &key);
    fs::write(&path, serde_json::to_vec(&foreign).unwrap()).unwrap();
    assert!(matches!(after.restore(&folder, true), Err(RegistrarError::Receipt { .. })));
    // Changed.
    let own = Receipt::sign(after.office.genesis.network(), Deed::Export, LATE, after.cases[2], &key);
    let changed = serde_json::to_string(&own).unwrap().replace("export", "erase");
    fs::write(&path, changed).unwrap();
    assert!(matches!(after.restore(&folder, true), Err(RegistrarError::Receipt { .. })));
    assert_eq!(open(&folder).people().len(), 2);
}

#[test]
fn a_backup_of_something_else_is_refused_and_the_register_stays() {
    let after = after_a_backup();
    let before = fs::read(after.office.folder().register_file()).unwrap();
    let other = Office::new();
    other.add_gone("Dora", 1);
    let foreign = back_up(&mut other.open(), &other.path("backups"), 1, None, LATE).made;
    fs::copy(&foreign, &after.backup).unwrap();
    let refused = after.restore(&after.office.folder(), false);
    assert!(matches!(refused, Err(RegistrarError::OtherNetwork { .. })));
    fs::remove_file(&after.backup).unwrap();
    let wind = Passphrase::new("wind").unwrap();
    hushwatt_vault::backup::write_with(&after.backup, &wind, b"{}", Strength::FOR_TESTS).unwrap();
    let refused = after.restore(&after.office.folder(), false);
    assert!(matches!(refused, Err(RegistrarError::File(FileError::BackupRefused { .. }))));
    fs::remove_file(&after.backup).unwrap();
    hushwatt_vault::backup::write_with(&after.backup, &sun(), b"{}", Strength::FOR_TESTS).unwrap();
    assert!(matches!(after.restore(&after.office.folder(), false), Err(RegistrarError::Content(_))));
    assert_eq!(fs::read(after.office.folder().register_file()).unwrap(), before);
}

const FOLDER: &str = "HUSHWATT_TEST_REGISTER";

/// Not a test by itself: what the child processes of the test below do.
#[test]
fn child_changes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut registrar = open(&RegistrarFolder::at(Path::new(&folder)));
    let mut out = io::stdout();
    loop {
        // Everything that changes persons, in one round.
        let case = registrar.add(details(&"Anna ".repeat(30)), START, &mut OsRng).unwrap();
        registrar.restrict(case, "lawsuit", START).unwrap();
        registrar.unrestrict(case, START).unwrap();
        let correction = kit::correction(|to| {
            to.name = Some("Berta ".repeat(20));
        });
        registrar.rectify(case, &correction, START, &sun()).unwrap();
        registrar.export(case, START).unwrap();
        registrar.erase(case, &facts_at(LATE), LATE, &sun()).unwrap();
        writeln!(out, "\nround").and_then(|()| out.flush()).unwrap();
    }
}

/// `HUSHWATT_EFFORT=full` kills 200 times, anything else 25 times.
#[test]
fn a_registrar_killed_in_any_change_has_the_register_of_before_or_after_it_and_nothing_beside_it() {
    let office = Office::new();
    let full = std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full");
    let (mut persons, mut deeds) = ([0, 0], 0);
    for kill in 0..if full { 200 } else { 25 } {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_changes_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(FOLDER, office.folder().path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "round"), "the child ended by itself");
        std::thread::sleep(Duration::from_micros(kill * 977 % 20_000));
        child.kill().unwrap();
        child.wait().unwrap();

        let mut registrar = office.open();
        let count = registrar.receipts().len();
        assert!(count >= deeds + 5, "what was said to be done is lost");
        // At most the person of the round at hand, with as many receipts of hers as there were deeds.
        let people = registrar.people().to_vec();
        assert!(people.len() <= 1);
        persons[people.len()] += 1;
        let own = |case| registrar.receipts().iter().filter(|receipt| receipt.case() == case).count();
        let mut finished = count;
        for person in &people {
            let named = if own(person.case) >= 3 { "Berta" } else { "Anna" };
            assert!(person.details.name.starts_with(named) && (person.restricted.is_some() == (own(person.case) == 1)));
            finished -= own(person.case);
        }
        assert_eq!(finished % 5, 0);
        for person in &people {
            if person.restricted.is_some() {
                registrar.unrestrict(person.case, LATE).unwrap();
            }
            registrar.erase(person.case, &facts_at(LATE), LATE, &sun()).unwrap();
        }
        deeds = registrar.receipts().len();
        let cases: std::collections::BTreeSet<_> = registrar.receipts().iter().map(Receipt::case).collect();
        drop(registrar);
        // Later rounds count from whole ones.
        if deeds % 5 != 0 {
            fs::remove_dir_all(office.folder().path()).unwrap();
            drop(office.create(&office.folder()));
            deeds = 0;
        }
        assert!(!cases.is_empty());
        for end in ["saving", "retired"] {
            assert!(!office.folder().register_file().with_extension(format!("hwr.{end}")).exists(), "{end}");
        }
        assert_eq!(
            found(office.folder().path(), &[b"Berta Berta".to_vec(), b"Anna Anna".to_vec()]),
            [] as [PathBuf; 0]
        );
    }
    assert!(persons[1] > 0, "no kill met a person in the register");
}
