//! Wallet files from the first word to the last byte: made, restored, protected, erased.

use std::fs;

use hushwatt_ledger::units::Credit;
use serde_json::Value;

use crate::{
    support::{PASSPHRASE, Purse, hushwatt, names, number, string, text},
    village::{Plan, Village},
};

#[test]
fn a_wallet_comes_back_from_its_words_and_with_all_it_knew_from_its_backup() {
    let mut village = Village::found(&Plan::default());
    let (url, network) = (village.url(), village.genesis.network().to_string());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("pass"), PASSPHRASE).unwrap();
    let (data, pass) = (path("data"), path("pass"));
    let variables = [("XDG_DATA_HOME", data.as_str()), ("HUSHWATT_PASSPHRASE_FILE", pass.as_str())];
    let wallet = |arguments: &[&str]| hushwatt(&variables, &[&["wallet"], arguments, &["--json"]].concat());

    // The network id is a person's to compare, or to give.
    assert_eq!(wallet(&["create", "--node", &url]).failed(), "network_not_confirmed");
    let other = "0".repeat(64);
    assert_eq!(wallet(&["create", "--node", &url, "--network", &other]).failed(), "other_network");
    assert_eq!(wallet(&["create"]).failed(), "input");
    let made = wallet(&["create", "--node", &url, "--network", &network]).json();
    let expected =
        ["address", "birthday_time", "network", "simulated_time", "wallet", "words", "words_confirmed"].as_slice();
    assert_eq!(names(&made), expected);
    assert_eq!(string(&made, "/wallet"), path("data/hushwatt/wallet.hww"));
    assert_eq!((&made["network"], &made["words_confirmed"]), (&Value::from(network.clone()), &Value::from(false)));
    let words: Vec<&str> = made["words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words.len(), 24);
    let before = fs::read(path("data/hushwatt/wallet.hww")).unwrap();
    assert_eq!(wallet(&["create", "--node", &url, "--network", &network]).failed(), "exists");
    assert_eq!(fs::read(path("data/hushwatt/wallet.hww")).unwrap(), before);
    assert_eq!(wallet(&["words"]).json()["words"], made["words"]);

    let address = hushwatt_crypto::address::Address::decode(village.genesis.network(), string(&made, "/address"));
    village.fund(&[(address.unwrap(), Credit::from_euro(20))]);
    assert_eq!(number(&wallet(&["balance"]).json(), "/available_micro_euro"), 20_000_000);
    wallet(&["contacts", "add", "Bert", string(&made, "/address")]).json();
    let backup = path("backup");
    let written = wallet(&["backup", &backup]).json();
    assert_eq!(names(&written), ["as_of_time", "file", "height"]);
    assert_eq!(wallet(&["backup", &backup]).failed(), "exists");
    assert_eq!(string(&wallet(&["balance"]).json(), "/backup"), "words_unconfirmed");

    // From the words: the money, and nothing that was never on the ledger.
    fs::write(path("words"), words.join("\n")).unwrap();
    let (from_words, from_backup) = (path("from-words.hww"), path("from-backup.hww"));
    let words_file = path("words");
    let community = ["--node", url.as_str(), "--network", network.as_str()];
    let restore = ["restore", "--words-file", words_file.as_str(), "--wallet", from_words.as_str()];
    let restored = wallet(&[restore.as_slice(), &community].concat()).json();
    assert_eq!(number(&restored, "/total_micro_euro"), 20_000_000);
    assert_eq!(restored["address"], made["address"]);
    assert_eq!(wallet(&["contacts", "list", "--wallet", &from_words]).json(), Value::Array(Vec::new()));

    // From the backup: all of it.
    let restored = wallet(&["restore", "--backup", &backup, "--wallet", &from_backup]).json();
    assert_eq!((number(&restored, "/total_micro_euro"), &restored["view_only"]), (20_000_000, &Value::from(false)));
    assert_eq!(string(&wallet(&["contacts", "list", "--wallet", &from_backup]).json(), "/0/name"), "Bert");
    fs::write(path("wrong"), "wrong").unwrap();
    let again = path("again.hww");
    let arguments = ["restore", "--backup", &backup, "--wallet", &again, "--backup-passphrase-file", &path("wrong")];
    assert_eq!(wallet(&arguments).failed(), "wrong_passphrase");
    assert!(!fs::exists(&again).unwrap());

    // A word that is wrong is named.
    let mut wrong = words.clone();
    wrong[4] = "hushwatt";
    fs::write(path("words"), wrong.join(" ")).unwrap();
    let again = path("again.hww");
    let restore = ["restore", "--words-file", words_file.as_str(), "--wallet", again.as_str()];
    let refused = wallet(&[restore.as_slice(), &community].concat());
    assert!(refused.failed() == "words" && refused.err.contains("word 5"), "{refused:?}");
}

#[test]
fn a_wallet_that_only_looks_sees_the_money_and_cannot_spend_it() {
    let mut village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    village.fund(&[(anna.address, Credit::from_euro(30))]);
    assert_eq!(anna.available(), 30_000_000);
    assert_eq!(anna.failed(&["view-key"]), "needs_yes");
    let key = anna.json(&["view-key", "--yes"]);
    assert_eq!(names(&key), ["birthday_time", "network", "view_key"]);
    fs::write(anna.path("key"), string(&key, "/view_key")).unwrap();
    let (looking, key_file) = (anna.path("looking.hww"), anna.path("key"));
    let looking = text(&looking);
    let (url, network) = (village.url(), village.genesis.network().to_string());
    let restored = anna.json(&[
        "restore",
        "--view-only",
        "--view-key-file",
        text(&key_file),
        "--node",
        &url,
        "--network",
        &network,
        "--wallet",
        looking,
    ]);
    assert_eq!((number(&restored, "/total_micro_euro"), &restored["view_only"]), (30_000_000, &Value::from(true)));
    let bert = Purse::new(&village);
    let to = bert.address.encode(village.genesis.network());
    assert_eq!(anna.failed(&["send", &to, "1", "--yes", "--wallet", looking]), "view_only");
    assert_eq!(anna.failed(&["words", "--wallet", looking]), "view_only");
    assert_eq!(anna.failed(&["run", "--once", "--wallet", looking]), "view_only");
}

#[test]
fn what_is_no_wallet_of_ours_is_refused_and_left_as_it_is() {
    let village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    let whole = fs::read(anna.file()).unwrap();

    fs::write(anna.path("wrong"), "wrong").unwrap();
    let wrong = anna.path("wrong");
    assert_eq!(anna.failed(&["balance", "--passphrase-file", text(&wrong)]), "wrong_passphrase");
    fs::write(&wrong, "").unwrap();
    assert_eq!(anna.failed(&["balance", "--passphrase-file", text(&wrong)]), "empty_passphrase");
    assert_eq!(anna.failed(&["balance", "--passphrase-file", "/nowhere"]), "read");
    assert_eq!(anna.failed(&["balance", "--wallet", "/nowhere"]), "missing");

    for (bytes, kind) in [
        (b"a letter to the landlord".to_vec(), "not_a_wallet"),
        (whole[..whole.len() / 2].to_vec(), "damaged"),
        ([&whole[..whole.len() - 1], &[whole[whole.len() - 1] ^ 1]].concat(), "damaged"),
    ] {
        let (path, never) = (anna.path("foreign"), anna.path("never"));
        fs::write(&path, &bytes).unwrap();
        for arguments in [vec!["balance"], vec!["erase", "--yes"], vec!["backup", text(&never)], vec!["rescan"]] {
            assert_eq!(anna.failed(&[&arguments[..], &["--wallet", text(&path)]].concat()), kind);
        }
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    // Two programs at once would each undo what the other wrote.
    let open = anna.open();
    assert_eq!(anna.failed(&["balance"]), "in_use");
    drop(open);
    assert_eq!(anna.json(&["balance"])["fresh"], true);

    // Without a terminal nothing waits for an answer.
    let asked = hushwatt(&[("HUSHWATT_WALLET", text(&anna.file()))], &["wallet", "address", "--json"]);
    assert_eq!(asked.failed(), "no_terminal");
    let nowhere = hushwatt(&[("HOME", ""), ("XDG_DATA_HOME", "")], &["wallet", "address", "--json"]);
    assert_eq!(nowhere.failed(), "no_place");
}

#[test]
fn a_changed_passphrase_opens_and_an_erased_wallet_is_gone() {
    let village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    let new = anna.path("new");
    fs::write(&new, "another one\r\n").unwrap();
    assert_eq!(anna.json(&["passphrase", "--new-passphrase-file", text(&new)])["changed"], true);
    assert_eq!(anna.failed(&["address"]), "wrong_passphrase");
    let with_new = ["--passphrase-file", text(&new)];
    assert_eq!(names(&anna.json(&[&["address"], &with_new[..]].concat())).len(), 5);
    assert_eq!(anna.failed(&[&["erase"], &with_new[..]].concat()), "needs_yes");
    let erased = anna.json(&[&["erase", "--yes"], &with_new[..]].concat());
    assert_eq!(names(&erased), ["erased", "remark"]);
    let left: Vec<_> = fs::read_dir(anna.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("wallet")), "{left:?}");
    assert_eq!(anna.failed(&["address"]), "missing");
}
