//! What is kept and what comes back: files, words, backups, view-only wallets, exports.

use std::{fs, path::Path};

use hushwatt_ledger::units::{Credit, Timestamp};
use hushwatt_wallet::{
    ChainBlock,
    file::{Passphrase, Strength},
    household::{Household, NewHousehold, SendRequest, views::HistoryFilter},
};

use crate::street::{ANNA, BERT, EURO, HOUR, Street, available, passphrase, total};

fn busy_street() -> (Street, Household) {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.feed(&mut anna);
    let bert = street.household(BERT, "bert").address();
    let request = SendRequest {
        to: bert.clone(),
        amount: Credit(2 * EURO),
        message: None,
        label: Some("=rent, \"May\"".to_owned()),
        pieces: 1,
        allow_small_company: false,
    };
    anna.send(&request).unwrap();
    anna.add_contact("Bert", &bert).unwrap();
    street.hand_in(&mut anna);
    street.measure_first_window(70);
    street.feed(&mut anna);
    (street, anna)
}

fn without_hints(block: &ChainBlock) -> ChainBlock {
    ChainBlock { hints: block.hints.iter().map(|_| Vec::new()).collect(), ..block.clone() }
}

#[test]
fn the_words_bring_back_what_nodes_have_hints_for_and_a_backup_brings_back_all() {
    let (street, mut anna) = busy_street();
    anna.backup(&street.path("backup.age"), &Passphrase::new("elsewhere").unwrap(), Strength::FOR_TESTS).unwrap();
    let refused = anna.backup(&street.path("backup.age"), &passphrase(), Strength::FOR_TESTS).unwrap_err();
    assert_eq!(refused.kind(), "file", "no file is ever overwritten");

    let restored = street.household(ANNA, "from-words");
    assert_eq!((total(&restored), total(&anna)), (78 * EURO, 78 * EURO));
    assert_eq!(restored.history(&HistoryFilter::default()).len(), anna.history(&HistoryFilter::default()).len());
    assert!(restored.energy(Timestamp(0), restored.now()).is_empty(), "meters are paired, not derived from words");
    assert!(restored.contacts().is_empty());

    // After retention the words bring back nothing, and the file everything.
    let mut late = street.fresh(ANNA, "late");
    street.feed_as(&mut late, without_hints);
    assert_eq!(total(&late), 0);
    let elsewhere = Passphrase::new("elsewhere").unwrap();
    let back = street.path("backup.age");
    assert!(
        Household::restore_backup(&street.path("x"), &passphrase(), Strength::FOR_TESTS, &back, &passphrase()).is_err()
    );
    assert!(!street.path("x").exists());
    let again = Household::restore_backup(&street.path("again"), &passphrase(), Strength::FOR_TESTS, &back, &elsewhere)
        .unwrap();
    assert_eq!((total(&again), available(&again)), (total(&anna), available(&anna)));
    assert_eq!(again.history(&HistoryFilter::default()), anna.history(&HistoryFilter::default()));
    assert_eq!(again.energy(Timestamp(0), again.now()), anna.energy(Timestamp(0), anna.now()));
    assert_eq!(again.contacts(), anna.contacts());
    let existing =
        Household::restore_backup(&street.path("anna"), &passphrase(), Strength::FOR_TESTS, &back, &elsewhere);
    assert_eq!(existing.err().unwrap().kind(), "file");
}

#[test]
fn a_reopened_wallet_is_the_same_and_goes_on_where_it_was() {
    let (mut street, mut anna) = busy_street();
    anna.save().unwrap();
    let (height, history) = (anna.read_until(), anna.history(&HistoryFilter::default()));
    drop(anna);
    let mut anna = street.reopen("anna");
    assert_eq!((anna.read_until(), anna.history(&HistoryFilter::default())), (height, history));
    street.block_at(street.community.now().plus(HOUR));
    street.feed(&mut anna);
    assert_eq!(anna.read_until(), height + 1);
    // And it can still spend what it had: the company of its money was kept.
    let bert = anna.contacts()[0].address.clone();
    let request = SendRequest {
        to: bert,
        amount: Credit(EURO),
        message: None,
        label: None,
        pieces: 1,
        allow_small_company: true,
    };
    anna.send(&request).unwrap();
    street.hand_in(&mut anna);
    assert_eq!(total(&anna), 77 * EURO);
}

#[test]
fn a_view_only_wallet_sees_what_is_spent_and_cannot_spend() {
    let (mut street, anna) = busy_street();
    assert!(anna.view_only_key(&Passphrase::new("guess").unwrap()).is_err());
    let key = anna.view_only_key(&passphrase()).unwrap();
    let path = street.path("look");
    let open = passphrase();
    let new = NewHousehold {
        path: &path,
        passphrase: &open,
        strength: Strength::FOR_TESTS,
        genesis: street.genesis(),
        nodes: Vec::new(),
    };
    let mut look = Household::create_view_only(new, &key, None).unwrap();
    street.feed(&mut look);
    assert!(look.is_view_only());
    assert_eq!((total(&look), look.address()), (78 * EURO, anna.address()));
    let request = SendRequest {
        to: anna.address(),
        amount: Credit(1),
        message: None,
        label: None,
        pieces: 1,
        allow_small_company: true,
    };
    assert_eq!(look.send(&request).unwrap_err().kind(), "view_only");
    assert_eq!(look.split(true).unwrap_err().kind(), "view_only");
    assert!(look.words(&passphrase()).is_err());
    drop(look);
    let mut look = street.reopen("look");
    assert_eq!(total(&look), 78 * EURO);
    street.next_settlement();
    street.feed(&mut look);
    assert_eq!(available(&look), Credit(78 * EURO));
}

#[test]
fn three_words_are_confirmed_and_a_wrong_one_is_not() {
    let street = Street::new();
    let path = street.path("new");
    let open = passphrase();
    let new = NewHousehold {
        path: &path,
        passphrase: &open,
        strength: Strength::FOR_TESTS,
        genesis: street.genesis(),
        nodes: Vec::new(),
    };
    let mut household = Household::create(new).unwrap();
    assert!(!household.words_confirmed());
    assert!(household.words(&Passphrase::new("guess").unwrap()).is_err());
    let words = household.words(&passphrase()).unwrap();
    let word = |number: usize| words.words().nth(number - 1).unwrap().to_owned();
    let wrong = [(3, word(3)), (9, word(9)), (21, "zebra".to_owned())];
    if word(21) != "zebra" {
        assert_eq!(household.confirm_words(&wrong).unwrap_err().kind(), "wrong_word");
        assert!(!household.words_confirmed());
    }
    household.confirm_words(&[(3, word(3)), (9, word(9).to_uppercase()), (24, word(24))]).unwrap();
    drop(household);
    assert!(street.reopen("new").words_confirmed());
}

#[test]
fn an_export_has_everything_and_no_secret() {
    let (street, anna) = busy_street();
    let folder = street.path("export");
    let summary = anna.export(&folder).unwrap();
    assert_eq!(summary.files.len(), 5);
    assert!(summary.history >= 2 && summary.windows == 1);
    let json = fs::read_to_string(folder.join("hushwatt-export.json")).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed["address"], anna.address());
    assert_eq!(parsed["history"].as_array().unwrap().len(), summary.history);
    assert_eq!(parsed["contacts"][0]["name"], "Bert");
    let seed = hushwatt_crypto::hash::hex(crate::support::seed_of(ANNA).expose());
    for file in &summary.files {
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains(&seed), "the seed is in {}", file.display());
    }
    let csv = fs::read_to_string(folder.join("history.csv")).unwrap();
    assert!(csv.contains("\"'=rent, \"\"May\"\"\""), "{csv}");
    assert_eq!(anna.export(&folder).unwrap_err().kind(), "write", "nothing is overwritten");
}

#[test]
fn labels_contacts_and_settings_have_their_limits() {
    let (_street, mut anna) = busy_street();
    let bert = anna.contacts()[0].address.clone();
    assert_eq!(anna.add_contact("Bert", &bert).unwrap_err().kind(), "contact_exists");
    assert_eq!(anna.add_contact("Carla", "hw1nonsense").unwrap_err().kind(), "address");
    assert_eq!(anna.add_contact("", &bert).unwrap_err().kind(), "unknown");
    assert_eq!(anna.remove_contact("Dora").unwrap_err().kind(), "unknown");
    anna.remove_contact("Bert").unwrap();
    let id = anna.history(&HistoryFilter::default())[0].id.clone();
    anna.set_label(&id, Some("mine")).unwrap();
    assert_eq!(anna.history(&HistoryFilter::default())[0].label.as_deref(), Some("mine"));
    anna.set_label(&id, Some(" ")).unwrap();
    assert_eq!(anna.history(&HistoryFilter::default())[0].label, None);
    assert_eq!(anna.set_label(&id, Some(&"x".repeat(201))).unwrap_err().kind(), "too_long");
}

#[test]
fn another_passphrase_opens_from_then_on() {
    let (street, mut anna) = busy_street();
    let next = Passphrase::new("battery staple").unwrap();
    assert!(anna.change_passphrase(&next, &next).is_err());
    anna.change_passphrase(&passphrase(), &next).unwrap();
    drop(anna);
    assert_eq!(Household::open(&street.path("anna"), &passphrase()).err().unwrap().kind(), "file");
    assert_eq!(total(&Household::open(&street.path("anna"), &next).unwrap()), 78 * EURO);
}

#[test]
fn an_erased_wallet_is_gone() {
    let (street, anna) = busy_street();
    anna.erase().unwrap();
    assert!(!street.path("anna").exists());
}

#[test]
fn reading_again_loses_nothing_that_nodes_have_forgotten() {
    let (street, mut anna) = busy_street();
    let (sum, history, contracts) = (total(&anna), anna.history(&HistoryFilter::default()), anna.contracts());
    anna.rescan().unwrap();
    drop(anna);
    let mut anna = street.reopen("anna");
    assert_eq!(anna.read_until(), 0);
    street.feed_as(&mut anna, without_hints);
    assert_eq!((total(&anna), anna.history(&HistoryFilter::default()), anna.contracts()), (sum, history, contracts));
    assert_eq!(anna.energy(Timestamp(0), anna.now()).len(), 1);
    // And it can spend what it has: the company was found again.
    let bert = anna.contacts()[0].address.clone();
    let request = SendRequest {
        to: bert,
        amount: Credit(EURO),
        pieces: 1,
        message: None,
        label: None,
        allow_small_company: true,
    };
    anna.send(&request).unwrap();
}

#[test]
fn hints_that_come_late_are_found_by_reading_again() {
    let (street, anna) = busy_street();
    let mut late = street.fresh(ANNA, "late");
    street.feed_as(&mut late, without_hints);
    assert_eq!(total(&late), 0);
    late.rescan().unwrap();
    street.feed(&mut late);
    assert_eq!((total(&late), available(&late)), (total(&anna), available(&anna)));
    assert_eq!(late.history(&HistoryFilter::default()).len(), anna.history(&HistoryFilter::default()).len());
}

/// Written once by this test with `HUSHWATT_WRITE_GOLDEN=1`, and never again: what a household has on its disk must open
/// with every later program.
#[test]
fn a_wallet_file_of_the_first_version_still_opens() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wallet-v1.hww");
    if std::env::var("HUSHWATT_WRITE_GOLDEN").is_ok_and(|value| value == "1") && !golden.exists() {
        let (street, mut anna) = busy_street();
        let bert = anna.contacts()[0].address.clone();
        let request = SendRequest {
            to: bert,
            amount: Credit(EURO),
            pieces: 2,
            message: Some("waits".to_owned()),
            label: None,
            allow_small_company: true,
        };
        anna.send(&request).unwrap();
        anna.backup(&street.path("backup"), &passphrase(), Strength::FOR_TESTS).unwrap();
        drop(anna);
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::copy(street.path("anna"), &golden).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("wallet.hww");
    fs::copy(&golden, &copy).unwrap();
    let mut anna = Household::open(&copy, &passphrase()).unwrap();
    // Its view of the ledger is an earlier program's: all is read again, and what the wallet knows stays.
    assert_eq!(anna.read_until(), 0);
    assert_eq!((total(&anna), anna.to_hand_in().len()), (78 * EURO, 1));
    let history = anna.history(&HistoryFilter::default());
    assert_eq!(history.iter().filter(|entry| entry.label.as_deref() == Some("=rent, \"May\"")).count(), 1);
    assert_eq!(history.iter().filter(|entry| entry.message.as_deref() == Some("waits")).count(), 1);
    assert_eq!((anna.contacts().len(), anna.energy(Timestamp(0), Timestamp(u64::MAX)).len()), (1, 1));
    anna.save().unwrap();
    drop(anna);
    assert_eq!(total(&Household::open(&copy, &passphrase()).unwrap()), 78 * EURO);
}
