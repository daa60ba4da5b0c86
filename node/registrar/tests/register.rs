//! A register as a registrar uses it: persons, meters, money, rights, receipts.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod kit;

use std::fs;

use hushwatt_ledger::units::{Credit, MeterId, Timestamp};
use hushwatt_registrar::{
    Registrar, RegistrarError,
    chain::MOST_AHEAD,
    folder::RegistrarFolder,
    matters::Matter,
    person::{DetailError, Details, MAX_TEXT, MoneyKind},
    receipt::{Deed, Receipt},
};
use hushwatt_vault::{FileError, Passphrase, Strength};
use kit::{DAY, LATE, Office, START, details, facts_at, genesis, open, sun};
use rand_core::OsRng;
use serde_json::Value;

#[test]
fn what_was_noted_is_there_when_the_register_is_opened_again() {
    let office = Office::new();
    let mut registrar = office.open();
    let anna = registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    let bert = registrar.add(details("Bert"), START, &mut OsRng).unwrap();
    registrar.begin_meter(anna, MeterId(3), START).unwrap();
    registrar.give_consent(anna, " newsletter ", START).unwrap();
    let number = registrar.open_money(anna, MoneyKind::Payout, Credit(12_500_000), "August", START).unwrap();
    assert_eq!(number, 1);
    let before: Vec<_> = registrar.people().to_vec();
    drop(registrar);

    let mut registrar = office.open();
    assert!(registrar.people() == before);
    registrar.end_meter(anna, MeterId(3), START.plus(DAY)).unwrap();
    registrar.withdraw_consent(anna, "newsletter", START.plus(1)).unwrap();
    registrar.settle_money(anna, 1, START.plus(2)).unwrap();
    drop(registrar);
    let registrar = office.open();
    let person = registrar.find("anna").unwrap();
    assert_eq!(person.case, anna);
    assert_eq!(person.meters[0].until, Some(START.0 + DAY));
    assert_eq!(person.consents[0].withdrawn, Some(START.0 + 1));
    assert_eq!(person.money[0].settled, Some(START.0 + 2));
    assert_eq!(registrar.find(&bert.to_string()[..6]).unwrap().case, bert);
}

#[test]
fn a_person_is_named_by_case_number_name_or_part_and_never_guessed() {
    let office = Office::new();
    let mut registrar = office.open();
    let anna = registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    let hanna = registrar.add(details("Hanna Maria"), START, &mut OsRng).unwrap();
    // A whole name goes before a part of another.
    assert_eq!(registrar.find(" ANNA ").unwrap().case, anna);
    assert_eq!(registrar.find("maria").unwrap().case, hanna);
    assert!(matches!(registrar.find("nn"), Err(RegistrarError::Ambiguous { count: 2, .. })));
    for nobody in ["Berta", "", " ", "00"] {
        assert!(matches!(registrar.find(nobody), Err(RegistrarError::Unknown(_))), "{nobody}");
    }
}

#[test]
fn a_meter_measures_for_one_person_at_a_time() {
    let office = Office::new();
    let mut registrar = office.open();
    let anna = registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    let bert = registrar.add(details("Bert"), START, &mut OsRng).unwrap();
    assert!(matches!(registrar.begin_meter(anna, MeterId(5), START), Err(RegistrarError::NoMeter(5))));
    registrar.begin_meter(anna, MeterId(3), START).unwrap();
    for (who, from) in [(bert, START), (bert, LATE), (anna, LATE)] {
        let taken = registrar.begin_meter(who, MeterId(3), from);
        assert!(matches!(taken, Err(RegistrarError::MeterTaken { meter: 3, case }) if case == anna));
    }
    assert!(matches!(registrar.end_meter(bert, MeterId(3), LATE), Err(RegistrarError::NotHeld(3))));
    let early = registrar.end_meter(anna, MeterId(3), START.minus(1));
    assert!(matches!(early, Err(RegistrarError::EndBeforeBegin)));
    registrar.end_meter(anna, MeterId(3), START.plus(DAY)).unwrap();
    assert!(matches!(registrar.end_meter(anna, MeterId(3), LATE), Err(RegistrarError::NotHeld(3))));
    let earlier = registrar.begin_meter(bert, MeterId(3), START.plus(DAY - 1));
    assert!(matches!(earlier, Err(RegistrarError::MeterTaken { .. })));
    registrar.begin_meter(bert, MeterId(3), START.plus(DAY)).unwrap();
    drop(registrar);
    assert_eq!(office.open().people()[1].meters.len(), 1);
}

#[test]
fn what_cannot_be_stored_is_refused_and_changes_nothing() {
    let office = Office::new();
    let mut registrar = office.open();
    let anna = registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    let wrong = |name: &str| {
        let mut wrong = details("Anna");
        wrong.name = name.to_owned();
        wrong
    };
    let cases: [(Details, DetailError); 3] = [
        (wrong(" "), DetailError::Empty("the name")),
        (wrong("A\u{1b}[2J"), DetailError::Unprintable("the name")),
        (wrong(&"a".repeat(MAX_TEXT + 1)), DetailError::Long("the name")),
    ];
    for (details, expected) in cases {
        let refused = registrar.add(details, START, &mut OsRng);
        assert!(matches!(refused, Err(RegistrarError::Detail(error)) if error == expected));
    }
    assert!(matches!(registrar.give_consent(anna, "a\nb", START), Err(RegistrarError::Detail(_))));
    assert!(matches!(registrar.withdraw_consent(anna, "a", START), Err(RegistrarError::NoConsent(_))));
    let money = registrar.open_money(anna, MoneyKind::Invoice, Credit(1), "", START);
    assert!(matches!(money, Err(RegistrarError::Detail(_))));
    assert!(matches!(registrar.settle_money(anna, 1, START), Err(RegistrarError::NoMoney(1))));
    assert!(matches!(registrar.restrict(anna, " ", START), Err(RegistrarError::Detail(_))));
    let before = registrar.people().to_vec();
    assert!(registrar.receipts().is_empty() && before.len() == 1 && before[0].consents.is_empty());
    drop(registrar);
    assert!(office.open().people() == before);
}

#[test]
fn rectifying_replaces_what_is_named_and_gives_a_receipt_without_it() {
    let office = Office::new();
    let mut registrar = office.open();
    let anna = registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    let correction = kit::correction(|to| {
        to.address = Some(vec!["Mondweg 2".to_owned()]);
        to.phone = Some(String::new());
    });
    let receipt = registrar.rectify(anna, &correction, LATE, &sun()).unwrap();
    let json = serde_json::to_string(&receipt).unwrap();
    assert!(!json.contains("Anna") && !json.contains("Mondweg"));
    assert_eq!((receipt.deed(), receipt.case(), receipt.time()), (Deed::Rectify, anna, LATE));
    assert_eq!(Receipt::from_json(json.as_bytes()).unwrap(), receipt);
    receipt.require(Some(office.genesis.network()), Some(&registrar.signer())).unwrap();
    let again = registrar.rectify(anna, &correction, LATE, &sun());
    assert!(matches!(again, Err(RegistrarError::NothingChanges)));
    let nobody = kit::correction(|to| {
        to.name = Some(String::new());
    });
    assert!(matches!(registrar.rectify(anna, &nobody, LATE, &sun()), Err(RegistrarError::Detail(_))));
    drop(registrar);
    let registrar = office.open();
    let details = &registrar.people()[0].details;
    assert_eq!((details.name.as_str(), details.phone.as_deref()), ("Anna", None));
    assert_eq!(details.address, ["Mondweg 2"]);
    assert_eq!(registrar.receipts(), [receipt]);
}

#[test]
fn what_is_restricted_is_kept_and_not_used() {
    let office = Office::new();
    let anna = office.add_gone("Anna", 3);
    let mut registrar = office.open();
    let receipt = registrar.restrict(anna, "she contests it", START).unwrap();
    assert_eq!(receipt.deed(), Deed::Restrict);
    assert!(matches!(registrar.restrict(anna, "again", START), Err(RegistrarError::Restriction(_))));
    for refused in [
        registrar.begin_meter(anna, MeterId(1), LATE),
        registrar.give_consent(anna, "newsletter", LATE),
        registrar.open_money(anna, MoneyKind::Payout, Credit(1), "August", LATE).map(drop),
    ] {
        assert!(matches!(refused, Err(RegistrarError::Restricted { .. })));
    }
    let erased = registrar.erase(anna, &facts_at(LATE), LATE, &sun());
    assert!(matches!(erased, Err(RegistrarError::Open { matters, .. }) if matters == [Matter::Restricted]));
    assert!(registrar.past_retention(&facts_at(LATE), LATE).unwrap().is_empty());
    let correction = kit::correction(|to| {
        to.name = Some("Anna Lena".to_owned());
    });
    registrar.rectify(anna, &correction, LATE, &sun()).unwrap();
    registrar.export(anna, LATE).unwrap();
    assert_eq!(registrar.unrestrict(anna, LATE).unwrap().deed(), Deed::Unrestrict);
    assert!(matches!(registrar.unrestrict(anna, LATE), Err(RegistrarError::Restriction(_))));
    registrar.erase(anna, &facts_at(LATE), LATE, &sun()).unwrap();
    let deeds: Vec<Deed> = registrar.receipts().iter().map(Receipt::deed).collect();
    assert_eq!(deeds, [Deed::Restrict, Deed::Rectify, Deed::Export, Deed::Unrestrict, Deed::Erase]);
}

#[test]
fn a_copy_for_the_person_has_everything_and_nobody_else() {
    let office = Office::new();
    let anna = office.add_gone("Anna", 3);
    office.add_gone("Bert", 2);
    let mut registrar = office.open();
    registrar.give_consent(anna, "newsletter", START).unwrap();
    registrar.open_money(anna, MoneyKind::Invoice, Credit(8_990_000), "Invoice 114", START).unwrap();
    let (first, receipt) = registrar.export(anna, LATE).unwrap();
    assert_eq!((receipt.deed(), receipt.case()), (Deed::Export, anna));
    let text = String::from_utf8(first.to_vec()).unwrap();
    for part in
        ["Anna", "Street of Anna 1", "anna@example.org", "+49 30 123456", "newsletter", "Invoice 114", "contract"]
    {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("Bert"));
    let copy: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(copy["format"], "hushwatt person 1");
    assert_eq!(copy["network"], office.genesis.network().to_string());
    assert_eq!(copy["person"]["meters"][0]["meter"], 3);
    // The next one tells of this one.
    let (second, _) = registrar.export(anna, LATE).unwrap();
    let copy: Value = serde_json::from_slice(&second).unwrap();
    assert_eq!(copy["receipts"].as_array().unwrap().len(), 1);
}

#[test]
fn nothing_is_erased_while_money_is_open() {
    let office = Office::new();
    let mut registrar = office.open();
    let anna = registrar.add(details("Anna"), START, &mut OsRng).unwrap();
    registrar.begin_meter(anna, MeterId(3), START).unwrap();
    let refused = |registrar: &mut Registrar, time| -> Vec<Matter> {
        let before = registrar.people().to_vec();
        match registrar.erase(anna, &facts_at(time), time, &sun()) {
            Err(RegistrarError::Open { matters, case }) if case == anna => {
                assert!(registrar.people() == before && registrar.receipts().is_empty());
                matters
            }
            other => panic!("{:?}", other.map(|receipt| receipt.deed())),
        }
    };
    assert_eq!(refused(&mut registrar, LATE), [Matter::MeterHeld { meter: 3 }]);
    let left = START.plus(10 * DAY);
    registrar.end_meter(anna, MeterId(3), left).unwrap();
    assert_eq!(refused(&mut registrar, START), [Matter::MeterEnds { meter: 3, until: left.0 }]);
    // The last window ended within the hour of the end; corrections take 60 days.
    let [.., last] = &refused(&mut registrar, left.plus(30 * DAY))[..] else { panic!("nothing is open") };
    let Matter::Window { meter: 3, until, .. } = last else { panic!("{last}") };
    let number = registrar.open_money(anna, MoneyKind::Payout, Credit(12_500_000), "August", START).unwrap();
    let over = Timestamp(*until).plus(1);
    assert!(matches!(refused(&mut registrar, over)[..], [Matter::Money { number: 1, .. }]));
    registrar.settle_money(anna, number, over).unwrap();
    let receipt = registrar.erase(anna, &facts_at(over), over, &sun()).unwrap();
    assert_eq!((receipt.deed(), receipt.case()), (Deed::Erase, anna));
    assert!(registrar.people().is_empty());
    assert!(matches!(registrar.erase(anna, &facts_at(over), over, &sun()), Err(RegistrarError::Unknown(_))));
    drop(registrar);
    let registrar = office.open();
    assert!(registrar.people().is_empty() && registrar.receipts() == [receipt]);
}

#[test]
fn whoever_left_before_retention_is_forgotten_and_nobody_else() {
    let office = Office::new();
    let gone = office.add_gone("Anna", 3);
    let mut registrar = office.open();
    let never = registrar.add(details("Bert"), START, &mut OsRng).unwrap();
    let here = registrar.add(details("Cem"), START, &mut OsRng).unwrap();
    registrar.begin_meter(here, MeterId(1), START).unwrap();
    let owed = registrar.add(details("Dora"), START, &mut OsRng).unwrap();
    registrar.begin_meter(owed, MeterId(2), START).unwrap();
    registrar.end_meter(owed, MeterId(2), START.plus(DAY)).unwrap();
    registrar.open_money(owed, MoneyKind::Payout, Credit(1), "August", START).unwrap();
    // Retention is 90 days.
    let over = START.plus(10 * DAY + 90 * DAY);
    assert!(registrar.forget(&facts_at(over), over, &sun()).unwrap().is_empty());
    let receipts = registrar.forget(&facts_at(over.plus(1)), over.plus(1), &sun()).unwrap();
    assert_eq!(receipts.iter().map(Receipt::case).collect::<Vec<_>>(), [gone]);
    assert_eq!(registrar.people().iter().map(|person| person.case).collect::<Vec<_>>(), [never, here, owed]);
}

#[test]
fn a_ledger_that_is_ahead_of_the_clock_erases_nobody() {
    let office = Office::new();
    let gone = office.add_gone("Anna", 3);
    let mut registrar = office.open();
    let refused = |error: Option<RegistrarError>, now: Timestamp| {
        assert!(matches!(error, Some(RegistrarError::Ahead { time: LATE, now: told }) if told == now), "{error:?}");
    };
    // Whoever says so, and however far: the last is a node that would have everybody erased.
    let early = LATE.minus(MOST_AHEAD + 1);
    for now in [early, START, Timestamp(0)] {
        let facts = facts_at(LATE);
        refused(registrar.erase(gone, &facts, now, &sun()).err(), now);
        refused(registrar.forget(&facts, now, &sun()).err(), now);
        refused(registrar.past_retention(&facts, now).err(), now);
        refused(registrar.matters(&registrar.people()[0], &facts, now).err(), now);
    }
    let never = registrar.erase(gone, &facts_at(Timestamp(u64::MAX)), LATE, &sun());
    assert!(matches!(never, Err(RegistrarError::Ahead { .. })));
    let told = registrar.past_retention(&facts_at(LATE), START).unwrap_err().to_string();
    assert!(told.contains("2027-07-21") && told.contains("2026-06-16") && told.contains("Set the clock"), "{told}");
    assert!(registrar.people().len() == 1 && registrar.receipts().is_empty());
    assert_eq!(registrar.forget(&facts_at(LATE), early.plus(1), &sun()).unwrap().len(), 1);
}

#[test]
fn a_simulated_ledger_has_a_time_of_its_own() {
    let office = Office::simulated();
    let gone = office.add_gone("Anna", 3);
    let mut registrar = office.open();
    assert_eq!(registrar.past_retention(&facts_at(LATE), START).unwrap(), [gone]);
    assert_eq!(registrar.erase(gone, &facts_at(LATE), START, &sun()).unwrap().time(), START);
}

#[test]
fn a_folder_is_made_once_and_keeps_a_key_that_is_there() {
    let office = Office::new();
    let genesis_again = || hushwatt_ledger::genesis::Genesis::parse(office.genesis.bytes()).unwrap();
    let make = |folder: &RegistrarFolder, genesis| {
        Registrar::create(folder, genesis, &sun(), Strength::FOR_TESTS, &mut OsRng).map(drop)
    };
    assert!(matches!(make(&office.folder(), genesis_again()), Err(RegistrarError::NotEmpty { .. })));
    // A key, and what an init left that was cut short.
    let other = RegistrarFolder::at(&office.path("other"));
    let registrar = office.create(&other);
    let signer = registrar.signer();
    drop(registrar);
    fs::remove_file(other.register_file()).unwrap();
    assert!(matches!(make(&other, genesis()), Err(RegistrarError::NotEmpty { .. })));
    make(&other, genesis_again()).unwrap();
    assert_eq!(open(&other).signer(), signer);
    // Somebody's folder.
    let foreign = RegistrarFolder::at(&office.path("foreign"));
    fs::create_dir(foreign.path()).unwrap();
    fs::write(foreign.path().join("diary"), b"dear").unwrap();
    assert!(matches!(make(&foreign, genesis_again()), Err(RegistrarError::NotEmpty { .. })));
    assert!(matches!(Registrar::open(&foreign, &sun()), Err(RegistrarError::NoRegistrar(_))));
}

#[test]
fn a_register_opens_with_its_passphrase_only_and_for_one_at_a_time() {
    let office = Office::new();
    let wind = Passphrase::new("wind").unwrap();
    let mut registrar = office.open();
    let second = Registrar::open(&office.folder(), &sun());
    assert!(matches!(second, Err(RegistrarError::File(FileError::InUse { .. }))));
    registrar.change_passphrase(&sun(), &wind).unwrap();
    drop(registrar);
    let old = Registrar::open(&office.folder(), &sun());
    assert!(matches!(old, Err(RegistrarError::File(FileError::WrongPassphrase { .. }))));
    drop(Registrar::open(&office.folder(), &wind).unwrap());
    // The register of another network.
    fs::write(office.folder().genesis_file(), genesis().bytes()).unwrap();
    let foreign = Registrar::open(&office.folder(), &wind);
    assert!(matches!(foreign, Err(RegistrarError::OtherNetwork { .. })));
}
