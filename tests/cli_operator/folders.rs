//! Folders: made in two steps, never twice, and refused in plain words.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use hushwatt_client::status_file::{SILENCE, Told, machine_time};
use hushwatt_crypto::{
    NetworkId, SecretScalar,
    commitment::Opening,
    order_seal::{SEALED_LENGTH, SealedOpening},
    range::RangeBits,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    storage::PrivateDisk,
    transaction::{
        TransactionId,
        order::{OrderId, OrderTerms, Side},
    },
    units::{Timestamp, Utility, Window},
};
use hushwatt_operator::{
    book::{AuctionKey, Book, BookedOrder},
    folder::OperatorFolder,
    status::{Status, Warning},
};
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, hushwatt, names, text};

struct Office {
    place: TempDir,
}

impl Office {
    fn new() -> Self {
        Office { place: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn folder(&self) -> PathBuf {
        self.path("operator")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let folder = self.folder();
        hushwatt(&[("HUSHWATT_OPERATOR_FOLDER", text(&folder))], &[&["operator"], arguments].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    fn failed(&self, arguments: &[&str]) -> String {
        self.run(&[arguments, &["--json"]].concat()).failed()
    }

    fn make_keys(&self) -> VerifyingKey {
        let line = self.run(&["init"]).ok();
        let digits: NetworkId = line.trim().strip_prefix("operator:").expect("an operator's key").parse().unwrap();
        VerifyingKey::decode(&digits.0).unwrap()
    }

    fn genesis(&self, simulated_time: bool, operator: Option<VerifyingKey>, parameters: Parameters) -> Genesis {
        let key = || SigningKey::random(&mut OsRng).verifying_key();
        let new = NewGenesis {
            time: Timestamp(1_781_584_800),
            simulated_time,
            parameters,
            validators: vec![key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: key(),
            operator,
            meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key() }],
        };
        let genesis = new.build().unwrap();
        fs::write(self.path("genesis.json"), genesis.bytes()).unwrap();
        genesis
    }

    fn init<'a>(&self, network: &'a str, genesis: &'a str, more: &[&'a str]) -> Vec<String> {
        let usual = ["init", "--genesis", genesis, "--network", network, "--node", "http://127.0.0.1:1"];
        usual.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    }
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[test]
fn an_operator_is_made_in_two_steps_and_his_keys_stay_what_they_are() {
    let office = Office::new();
    let key = office.make_keys();
    assert_eq!(office.make_keys(), key, "keys are never replaced");
    let genesis = office.genesis(false, Some(key), Parameters::default());
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    let made = office.json(&borrowed(&office.init(&network, &file, &[])));
    assert_eq!(names(&made), ["folder", "in_genesis", "network", "public_key", "simulated_time"]);
    assert_eq!((made["in_genesis"].as_bool(), made["network"].as_str()), (Some(true), Some(network.as_str())));
    assert_eq!(office.json(&["key"])["public_key"], made["public_key"]);
    for name in ["operator.key", "sealing.key", "operator.toml", "genesis.json"] {
        let mode = fs::metadata(office.folder().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(office.folder()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(office.failed(&borrowed(&office.init(&network, &file, &[]))), "exists");
    assert_eq!(office.failed(&["init"]), "exists");
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_written() {
    let office = Office::new();
    let genesis = office.genesis(true, None, Parameters::default());
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    let other = "00".repeat(32);
    let failed = |network: &str, more: &[&str]| office.failed(&borrowed(&office.init(network, &file, more)));
    assert_eq!(failed(&other, &["--simulated"]), "other_network");
    assert_eq!(failed(&network, &[]), "simulated");
    assert_eq!(office.failed(&["init", "--genesis", &file, "--network", &network, "--simulated"]), "input");
    assert_eq!(office.failed(&["init", "--genesis", &file, "--node", "http://127.0.0.1:1"]), "network_not_confirmed");
    assert_eq!(office.failed(&["init", "--node", "http://127.0.0.1:1", "--network", &network]), "nodes");
    assert!(!office.folder().exists());
    let made = office.json(&borrowed(&office.init(&network, &file, &["--simulated"])));
    assert_eq!((made["in_genesis"].as_bool(), made["simulated_time"].as_bool()), (Some(false), Some(true)));
}

#[test]
fn a_community_without_auctions_has_no_operator() {
    let office = Office::new();
    let genesis = office.genesis(false, None, Parameters { auction: None, ..Parameters::default() });
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    assert_eq!(office.failed(&borrowed(&office.init(&network, &file, &[]))), "no_auctions");
}

#[test]
fn an_operator_that_never_ran_is_told_and_one_that_cannot_run_says_why() {
    let office = Office::new();
    assert_eq!(office.failed(&["status"]), "no_operator");
    assert_eq!(office.failed(&["key"]), "keys");
    let genesis = office.genesis(false, None, Parameters::default());
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    office.run(&borrowed(&office.init(&network, &file, &[]))).ok();
    let status = office.run(&["status", "--json"]);
    assert_eq!(status.code, 2);
    let told: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(
        (told["running"].as_bool(), told["network"].as_str(), told["auctions"].as_array().map(Vec::len)),
        (Some(false), Some(network.as_str()), Some(0))
    );
    assert!(office.run(&["status"]).out.contains("DOES NOT RUN"));
    assert_eq!(office.failed(&["run", "--simulated"]), "not_simulated");
    fs::set_permissions(office.folder().join("sealing.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(office.failed(&["run"]), "keys");
    fs::write(office.folder().join("operator.toml"), "nodes = []").unwrap();
    assert_eq!(office.failed(&["run"]), "config");
}

/// Every file of a folder, with its bytes and when it was written.
fn all_of(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.map(|path| {
        let bytes = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        (path, (bytes, written))
    });
    files.collect()
}

#[test]
fn whoever_asks_how_an_operator_is_touches_nothing_and_learns_how_old_the_answer_is() {
    let office = Office::new();
    let genesis = office.genesis(false, None, Parameters::default());
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    office.run(&borrowed(&office.init(&network, &file, &[]))).ok();
    let folder = OperatorFolder::at(&office.folder());
    let ask = || {
        let before = all_of(folder.path());
        let [text, json] = [&["status"][..], &["status", "--json"]].map(|arguments| office.run(arguments));
        assert_eq!(all_of(folder.path()), before, "not even a lock file is made");
        assert_eq!(text.code, json.code);
        (json.code, text.out, serde_json::from_str::<Value>(&json.out).unwrap())
    };
    let (code, text, told) = ask();
    assert_eq!((code, &told["told"], &told["age"]), (2, &Value::Null, &Value::Null));
    assert!(text.contains("nothing yet"), "{text}");

    // As one that runs has it: he holds the lock, and said something some time ago.
    let lock = folder.lock().unwrap();
    let say = |ago: u64, runs, alarm| {
        let warnings = vec![Warning { code: "nodes".to_owned(), alarm, text: "no node answers".to_owned() }];
        let status = Status { started: Some(1_781_584_800), now: 1_781_584_860, warnings, ..Status::default() };
        let told = Told { told: machine_time() - ago, runs, status };
        fs::write(folder.status_file(), serde_json::to_vec(&told).unwrap()).unwrap();
        ask()
    };
    let (code, text, told) = say(40, true, false);
    assert_eq!((code, told["running"].as_bool(), told["warnings"][0]["code"].as_str()), (0, Some(true), Some("nodes")));
    assert!((40..60).contains(&told["age"].as_u64().unwrap()), "{told}");
    assert!(text.contains("runs since 2026-06-16 04:40:00 UTC, 60 s ago") && text.contains(" s ago\n"), "{text}");
    assert_eq!(say(40, true, true).0, 1);
    drop(lock);
    // Killed, or stuck: nobody has heard of him since.
    let (code, text, told) = say(SILENCE + 30, true, true);
    assert_eq!((code, told["running"].as_bool()), (2, Some(false)));
    assert!(
        text.contains("DOES NOT RUN, or hangs (no sign of life for over 3 min)") && text.contains("ALARM"),
        "{text}"
    );
    let (code, text, _) = say(40, false, true);
    assert!(code == 2 && text.contains("DOES NOT RUN: nothing is admitted or cleared"), "{text}");
    fs::write(folder.status_file(), "{}").unwrap();
    assert_eq!(office.failed(&["status"]), "read");
}

#[test]
fn what_an_interrupted_init_left_is_in_nobodys_way() {
    let office = Office::new();
    let key = office.make_keys();
    let genesis = office.genesis(false, Some(key), Parameters::default());
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    let init = || office.init(&network, &file, &[]);
    office.run(&borrowed(&init())).ok();
    // Everything but the genesis was there, and half of that.
    let folder = office.folder();
    fs::rename(folder.join("genesis.json"), folder.join("genesis.json.new")).unwrap();
    let bytes = genesis.bytes();
    fs::write(folder.join("genesis.json.new"), &bytes[..bytes.len() / 2]).unwrap();
    let made = office.json(&borrowed(&init()));
    assert_eq!(made["in_genesis"].as_bool(), Some(true), "the key is the same");
    assert_eq!(fs::read(folder.join("genesis.json")).unwrap(), bytes);
    assert!(!folder.join("genesis.json.new").exists());
    // What somebody put there stays.
    fs::remove_file(folder.join("genesis.json")).unwrap();
    fs::write(folder.join("operator.toml"), "nodes = [\"http://127.0.0.1:9\"]\n").unwrap();
    assert_eq!(office.failed(&borrowed(&init())), "exists");
}

#[test]
fn a_stopped_operator_forgets_orders_of_auctions_that_were_over_long_ago() {
    let office = Office::new();
    assert_eq!(office.failed(&["forget"]), "no_operator");
    let genesis = office.genesis(false, None, Parameters::default());
    let (network, file) = (genesis.network().to_string(), office.path("genesis.json").display().to_string());
    office.run(&borrowed(&office.init(&network, &file, &[]))).ok();
    let folder = OperatorFolder::at(&office.folder());
    let (long_ago, in_a_century) = (Window(1), Window(1_000_000));
    let mut book = Book::open(Arc::new(PrivateDisk), &folder.book_folder(), genesis.network()).unwrap().0;
    for window in [long_ago, in_a_century] {
        let point = || Opening::new(5, SecretScalar::random(&mut OsRng)).commit_point().unwrap();
        let utility = Utility::Electricity;
        let order = BookedOrder {
            transaction: TransactionId([9; 64]),
            side: Side::Sell,
            terms: OrderTerms { utility, window, quantity: point(), limit: point(), handle: point() },
            valid_until: Timestamp(600),
            admitted: Timestamp(1),
            sealed: SealedOpening([8; SEALED_LENGTH]),
        };
        book.admit(OrderId::of(genesis.network(), &order.transaction), order, 9).unwrap();
    }
    drop(book);
    let file =
        |window| folder.book_folder().join(format!("{}.hwo", AuctionKey { window, utility: Utility::Electricity }));
    let told = office.run(&["forget", "--dry-run"]).ok();
    assert!(told.contains("past its time  auction of electricity, window 1, sealed orders: 1\n"), "{told}");
    assert!(told.contains("Auctions that are kept for now: 1."), "{told}");
    assert!(file(long_ago).exists());
    let told = office.json(&["forget"]);
    assert_eq!(names(&told), ["auctions", "deleted", "kept"]);
    assert_eq!((told["auctions"][0]["window"].as_u64(), told["deleted"].as_bool()), (Some(1), Some(true)));
    assert!(!file(long_ago).exists() && file(in_a_century).exists());
    assert!(office.run(&["forget"]).ok().contains("Nothing is past its time."));
    let lock = folder.lock().unwrap();
    assert_eq!(office.failed(&["forget"]), "running");
    drop(lock);
}
