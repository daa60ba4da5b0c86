//! Folders on which no node starts: each is left as it is, and the message says what to do.

use std::fs;

use crate::town::{Plan, Town, hushwatt, text};

#[test]
fn a_node_refuses_a_foreign_genesis_an_unknown_version_and_a_folder_in_use() {
    let mut town = Town::found(&Plan { validators: 1, ..Plan::default() });
    let folder = town.net.folder(0).to_path_buf();
    let refused = |expected: &[&str]| {
        let told = hushwatt(&["node", "start", "--folder", text(&folder)]);
        assert_eq!(told.code, Some(1), "{told:?}");
        for part in expected {
            assert!(told.err.contains(part), "\"{part}\" is missing in: {}", told.err);
        }
    };
    let (genesis, version) = (folder.join("genesis.json"), folder.join("version"));
    let (own, known) = (fs::read(&genesis).unwrap(), fs::read_to_string(&version).unwrap());

    let other = String::from_utf8(own.clone()).unwrap().replace("\"credit_epoch\": 2,", "\"credit_epoch\": 3,");
    assert!(other.as_bytes() != own);
    fs::write(&genesis, other).unwrap();
    refused(&["genesis.json", "the folder belongs to network", "put the right genesis.json back"]);
    fs::write(&genesis, &own).unwrap();

    fs::write(&version, known.replace("version 1", "version 99")).unwrap();
    refused(&["data version 99", "docs/operate.md", "Nothing was changed"]);
    fs::write(&version, &known).unwrap();

    town.net.start_all().unwrap();
    refused(&["another process"]);
    // The first is not disturbed.
    assert!(town.net.client(0).status().unwrap().ready);
    town.net.stop(0).unwrap();
    town.net.start_all().unwrap();
}
