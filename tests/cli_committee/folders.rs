//! Folders: made once, and refused in plain words.

use std::{fs, os::unix::fs::PermissionsExt};

use hushwatt_ledger::parameters::Parameters;
use serde_json::Value;

use crate::{
    kit::{Setup, World, totals::setup},
    support::text,
    town::{committee, failed},
};

fn genesis(setup: &Setup) -> (tempfile::TempDir, String, String) {
    let place = tempfile::tempdir().unwrap();
    let world = World::before_the_first_block(setup);
    let file = place.path().join("genesis.json");
    fs::write(&file, world.genesis.bytes()).unwrap();
    let (network, file) = (world.genesis.network().to_string(), text(&file).to_owned());
    (place, network, file)
}

#[test]
fn a_member_is_made_once_and_tells_his_line() {
    let (place, network, genesis) = genesis(&setup());
    let folder = place.path().join("member");
    let folder = text(&folder);
    assert_eq!(failed(folder, &["key"]), "keys");
    assert_eq!(failed(folder, &["status"]), "no_member");
    let new = ["init", "--genesis", &genesis, "--network", &network, "--node", "http://127.0.0.1:1", "--simulated"];
    let made: Value = serde_json::from_str(&committee(folder, &[&new[..], &["--json"]].concat()).ok()).unwrap();
    let line = made["public_line"].as_str().unwrap();
    assert!(line.starts_with("committee:") && line.len() == 10 + 64 + 1 + 64, "{line}");
    assert_eq!(made["network"].as_str(), Some(network.as_str()));
    assert_eq!(committee(folder, &["key"]).ok().trim(), line);
    for name in ["committee.key", "sealing.key", "committee.toml", "genesis.json"] {
        let mode = fs::metadata(place.path().join("member").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(failed(folder, &new), "exists");
    let status = committee(folder, &["status"]);
    assert_eq!(status.code, 2);
    assert!(status.out.contains("DOES NOT RUN") && status.out.contains("SIMULATED"), "{status:?}");
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_written() {
    let (place, network, genesis_file) = genesis(&setup());
    let folder = place.path().join("member");
    let init = |network: &str, genesis: &str, more: &[&str]| {
        let usual = ["init", "--genesis", genesis, "--network", network, "--node", "http://127.0.0.1:1"];
        failed(text(&folder), &[&usual[..], more].concat())
    };
    assert_eq!(init(&"00".repeat(32), &genesis_file, &["--simulated"]), "other_network");
    assert_eq!(init(&network, &genesis_file, &[]), "simulated");
    let (_kept, other, without) = genesis_without_totals();
    assert_eq!(init(&other, &without, &["--simulated"]), "files");
    assert!(!folder.exists());
    assert_eq!(committee(text(&folder), &["init"]).code, 2);
    assert_eq!(committee(text(&folder), &["ask", "--key", "k", "--node", "http://a:1", "--period", "3"]).code, 2);
}

fn genesis_without_totals() -> (tempfile::TempDir, String, String) {
    let setup = setup();
    genesis(&Setup { parameters: Parameters { totals: None, ..setup.parameters }, ..setup })
}
