//! `hushwatt registrar` as communities run it: the real program on real folders, against a real node.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "cli_registrar/office.rs"]
mod office;
#[path = "cli_wallet/support.rs"]
#[allow(dead_code, reason = "tests of the wallet use all of it")]
mod support;
mod village;

use std::{
    fs,
    path::{Path, PathBuf},
};

use hushwatt_ledger::parameters::Parameters;
use office::Office;
use serde_json::Value;
use support::{hushwatt, names, number, string, text};
use village::{Counted, Plan, Village};

const HOUR: u64 = 3600;
/// Terms are short: an hour's window is over after eight hours.
fn village() -> Village {
    let parameters =
        Parameters { correction_term: 0, delivery_term: 8 * HOUR, retention: 40 * HOUR, ..Plan::default().parameters };
    Village::found(&Plan { parameters, ..Plan::default() })
}

/// The chain that a node of the village writes.
fn chain_below(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().find_map(|path| match path.is_dir() {
        true => chain_below(&path),
        false => path.ends_with("chain.hwl").then_some(path),
    })
}

#[test]
fn a_person_comes_gets_her_data_leaves_and_is_erased_when_no_money_is_open() {
    let mut village = village();
    let url = village.url();
    let office = Office::new();
    office.init(&village);
    assert_eq!(office.json(&["list"]), Value::Array(Vec::new()));

    let anna = office.path("anna.toml");
    let case = string(&office.json(&["add", "--from", text(&anna)]), "/case").to_owned();
    assert_eq!(case.len(), 32);
    office.json(&["meter", "begin", "anna", "0", "--at", "2026-06-16"]);
    assert_eq!(office.failed(&["meter", "begin", "anna", "0", "--at", "2026-06-17"]), "meter_taken");
    office.json(&["consent", "give", "anna", "newsletter"]);
    office.json(&["consent", "withdraw", "anna", "newsletter"]);
    let invoice = office.json(&["money", "open", "anna", "invoice", "8.99", "--text", "Invoice 114"]);
    assert_eq!(number(&invoice, "/number"), 1);

    let list = office.run(&["list"]).ok();
    assert!(list.contains("Anna Sunshine") && list.contains(&case[..8]), "{list}");
    let shown = office.run(&["show", "anna"]).ok();
    for part in
        [&case, "Sonnenweg 1", "contract", "newsletter", "withdrawn", "meter 0 since 2026-06-16", "€8.99", "open"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }

    // Her rights.
    let (copy, sheet, receipt) = (office.path("copy.json"), office.path("copy.txt"), office.path("export.json"));
    let export = ["export", "anna", "--out", text(&copy), "--text", text(&sheet), "--receipt", text(&receipt)];
    let exported = office.json(&export);
    assert_eq!(names(&exported), ["case", "deed", "format", "network", "signature", "signer", "time"]);
    assert!(fs::read_to_string(&copy).unwrap().contains("Sonnenweg 1"));
    assert!(fs::read_to_string(&sheet).unwrap().contains("Sonnenweg 1"));
    assert!(!fs::read_to_string(&receipt).unwrap().contains("Anna"));
    assert_eq!(office.failed(&export), "write");
    let new = office.path("new.toml");
    fs::write(&new, "address = [\"Mondweg 2\"]\n").unwrap();
    assert_eq!(string(&office.json(&["rectify", "anna", "--from", text(&new)]), "/deed"), "rectify");
    fs::write(&new, "adress = [\"Mondweg 3\"]\n").unwrap();
    assert_eq!(office.failed(&["rectify", "anna", "--from", text(&new)]), "text");
    assert_eq!(string(&office.json(&["restrict", "anna", "--because", "contested"]), "/deed"), "restrict");
    let list = office.run(&["list"]).ok();
    assert!(list.contains("(restricted)") && !list.contains("Anna"), "{list}");
    assert_eq!(office.failed(&["consent", "give", "anna", "newsletter"]), "restricted");
    assert_eq!(string(&office.json(&["unrestrict", "anna"]), "/deed"), "unrestrict");

    // Refused, each time for the next reason.
    let refused = |arguments: &[&str]| -> (i32, Value) {
        let run = office.run(&[&["erase", "anna", "--yes", "--json"], arguments].concat());
        assert_eq!(run.failed(), "open");
        (run.code, serde_json::from_str(&run.err).unwrap())
    };
    let matters = |error: &Value| -> Vec<String> {
        let matters = error["matters"].as_array().unwrap();
        matters.iter().map(|matter| string(matter, "/matter").to_owned()).collect()
    };
    let (code, error) = refused(&["--node", &url]);
    assert_eq!((code, matters(&error)), (3, vec!["meter_held".to_owned(), "money".to_owned()]));
    assert!(error["possible_from"].is_null());
    assert!(string(&error, "/message").contains("8.99 EUR"), "{error}");
    office.json(&["money", "settle", "anna", "1"]);
    office.json(&["meter", "end", "anna", "0", "--at", "2026-06-17"]);
    assert_eq!(matters(&refused(&["--node", &url]).1), ["meter_ends"]);

    // An hour after her last window: trades of it are open, and her meter has reported one window only.
    let address = *village.treasury.wallet.address();
    village.set_up_gateway(0, &address);
    let first = village.genesis.first_window();
    village.to(village.genesis.parameters.window_end(first).plus(60));
    village.attest(first, &[Counted { home: 0, exported: 100, imported: 0 }]);
    let end = hushwatt_ledger::units::Timestamp(1_781_654_400);
    village.to(end.plus(HOUR));
    let (_, of_node) = refused(&["--node", &url]);
    assert_eq!(matters(&of_node), ["window", "window", "window", "unreported"]);
    assert_eq!(of_node["matters"][3]["from"], village.genesis.parameters.window_end(first).0);
    // Retention after it nothing is waited for.
    assert_eq!(number(&of_node, "/possible_from"), end.0 + 40 * HOUR + 1);
    assert!(string(&of_node, "/message").contains("it is possible from 2026-06-18 16:01 UTC on"), "{of_node}");
    let chain = chain_below(village.folder()).expect("a node writes its chain");
    let (_, of_file) = refused(&["--chain", text(&chain)]);
    assert_eq!(of_file, of_node);
    village.to(end.plus(10 * HOUR));
    assert_eq!(matters(&refused(&["--node", &url]).1), ["unreported"]);

    village.to(end.plus(40 * HOUR + 1));
    assert_eq!(office.failed(&["erase", "anna", "--node", &url]), "needs_yes");
    let forgotten = office.json(&["forget", "--node", &url, "--dry-run"]);
    assert_eq!(forgotten["due"].as_array().unwrap()[0], case);
    let receipt = office.path("erase.json");
    let erased = office.run(&["erase", "anna", "--node", &url, "--yes", "--receipt", text(&receipt)]).ok();
    assert!(erased.contains("erased") && !erased.contains("Anna"), "{erased}");
    assert_eq!(office.json(&["list"]), Value::Array(Vec::new()));
    assert_eq!(office.failed(&["show", "anna"]), "unknown");

    // Anyone checks the receipt, without the register.
    let network = village.genesis.network().to_string();
    let alone =
        |arguments: &[&str]| hushwatt(&[], &[&["registrar", "verify-receipt", text(&receipt)], arguments].concat());
    let held = alone(&["--network", &network]).ok();
    assert!(held.contains("The receipt holds.") && held.contains(&case), "{held}");
    let other = village.registrars[0].verifying_key();
    let other = format!("registrar:{}", hushwatt_crypto::hash::hex(other.as_bytes()));
    assert_eq!(alone(&["--signer", &other, "--json"]).failed(), "receipt");
    let changed = fs::read_to_string(&receipt).unwrap().replace("erase", "export");
    fs::write(&receipt, changed).unwrap();
    assert_eq!(alone(&["--json"]).failed(), "receipt");
}

#[test]
fn backups_rotate_and_restoring_one_erases_again() {
    let mut village = village();
    let office = Office::new();
    office.init(&village);
    let (anna, url) = (office.path("anna.toml"), village.url());
    office.json(&["add", "--from", text(&anna)]);
    office.json(&["meter", "begin", "anna", "0", "--at", "2026-06-16"]);
    office.json(&["meter", "end", "anna", "0", "--at", "2026-06-17"]);
    let to = office.path("backups");
    let backup = office.json(&["backup", "--to", text(&to), "--keep", "1"]);
    assert_eq!((number(&backup, "/left"), backup["removed"].as_array().unwrap().len()), (1, 0));
    let backup = string(&backup, "/backup").to_owned();

    village.to(hushwatt_ledger::units::Timestamp(1_781_654_400 + 41 * HOUR));
    let forgotten = office.json(&["forget", "--node", &url, "--yes"]);
    assert_eq!(forgotten["erased"].as_array().unwrap().len(), 1);
    assert!(office.run(&["forget", "--node", &url]).ok().contains("Nobody"));
    let receipts = office.path("receipts");
    for _ in 0..2 {
        office.json(&["receipts", "--out", text(&receipts)]);
        assert_eq!(fs::read_dir(&receipts).unwrap().count(), 1);
    }

    let genesis = office.path("genesis.json");
    let network = village.genesis.network().to_string();
    let restore = ["restore", &backup, "--genesis", text(&genesis), "--network", &network];
    assert_eq!(office.failed(&restore), "needs_yes");
    let restored = office.json(&[&restore[..], &["--yes"]].concat());
    assert_eq!((number(&restored, "/people"), number(&restored, "/erased")), (0, 1));
    // The folder is lost but for its key; the receipts are not.
    let kept = fs::read(office.path("register/registrar.key")).unwrap();
    fs::remove_dir_all(office.path("register")).unwrap();
    fs::create_dir(office.path("register")).unwrap();
    hushwatt_ledger::storage::write_private_file(&office.path("register/registrar.key"), &kept).unwrap();
    let restored = office.json(&[&restore[..], &["--receipts", text(&receipts)]].concat());
    assert_eq!((number(&restored, "/people"), number(&restored, "/erased")), (0, 1));
    // An init that was cut short left an empty register: no register is replaced.
    fs::write(office.path("register/register.hwr"), b"").unwrap();
    let restored = office.json(&[&restore[..], &["--receipts", text(&receipts)]].concat());
    assert_eq!((number(&restored, "/people"), number(&restored, "/erased")), (0, 1));
    let next = office.json(&["backup", "--to", text(&to), "--keep", "1"]);
    assert_eq!((number(&next, "/left"), string(&next, "/removed/0")), (1, backup.as_str()));
    assert!(next["ahead"].as_array().unwrap().is_empty());

    // A backup of a time to come is named, and stays.
    let (name, time) = backup.strip_suffix(".age").and_then(|name| name.rsplit_once('-')).unwrap();
    let ahead = format!("{name}-{:010}.age", time.parse::<u64>().unwrap() + 1_000_000);
    fs::copy(string(&next, "/backup"), &ahead).unwrap();
    let told = office.run(&["backup", "--to", text(&to), "--keep", "1"]);
    assert!(told.err.contains(&format!("remark: {ahead} was made while the clock ran ahead")), "{told:?}");
    assert!(told.ok().contains("1 removed, 1 there"));
    let next = office.json(&["backup", "--to", text(&to), "--keep", "1"]);
    assert_eq!((number(&next, "/left"), string(&next, "/ahead/0")), (1, ahead.as_str()));
}

#[test]
fn what_is_wrong_is_said_in_a_word_for_scripts() {
    let village = village();
    let office = Office::new();
    let genesis = office.path("genesis.json");
    fs::write(&genesis, village.genesis.bytes()).unwrap();
    let zeros = "0".repeat(64);
    assert_eq!(office.failed(&["list"]), "no_registrar");
    assert_eq!(office.failed(&["init", "--genesis", text(&genesis), "--network", &zeros]), "other_network");
    assert_eq!(hushwatt(&[], &["registrar", "list", "--json"]).failed(), "no_folder");
    office.init(&village);
    let network = village.genesis.network().to_string();
    assert_eq!(office.failed(&["init", "--genesis", text(&genesis), "--network", &network]), "exists");
    assert_eq!(office.failed(&["meter", "begin", "anna", "0"]), "unknown");
    fs::write(office.path("wrong.toml"), "name = \"A\"\nbasis = \"whim\"\n").unwrap();
    assert_eq!(office.failed(&["add", "--from", text(&office.path("wrong.toml"))]), "text");
    office.json(&["add", "--from", text(&office.path("anna.toml"))]);
    assert_eq!(office.failed(&["meter", "begin", "anna", "99"]), "no_meter");
    assert_eq!(office.failed(&["money", "open", "anna", "payout", "ten", "--text", "x"]), "amount");
    assert_eq!(office.failed(&["erase", "anna", "--node", "http://127.0.0.1:1"]), "nodes");
    assert_eq!(office.failed(&["erase", "anna", "--chain", text(&genesis)]), "chain");
    let new = office.path("new passphrase");
    fs::write(&new, "another\n").unwrap();
    office.json(&["passphrase", "--new-passphrase-file", text(&new)]);
    assert_eq!(office.failed(&["list"]), "wrong_passphrase");
    fs::write(office.path("register/register.hwr"), b"diary").unwrap();
    assert_eq!(office.failed(&["list"]), "not_a_register");
}
