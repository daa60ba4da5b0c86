//! `init` and `key`: what is made, and everything that is refused.

use std::{fs, os::unix::fs::PermissionsExt};

use hushwatt_ledger::units::Utility;
use serde_json::Value;

use crate::{
    support::{names, string},
    telegram::{Shown, coarse},
    workshop::{START, Workshop},
};

#[test]
fn a_key_is_made_once_and_only_its_owner_may_read_it() {
    let workshop = Workshop::new();
    let first = workshop.make_key();
    assert_eq!(workshop.make_key(), first, "a second run leaves it as it is");
    let keys = workshop.folder().join("keys");
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(workshop.folder()).unwrap().permissions().mode() & 0o777, 0o700);
    let line = workshop.run(&["key"]).ok();
    assert_eq!(string(&workshop.json(&["key"]), "/public_key"), line.trim());

    fs::set_permissions(&keys, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(workshop.failed(&["key"]), "key_permissions");
    assert_eq!(workshop.failed(&["init"]), "key_permissions");
    fs::remove_file(&keys).unwrap();
    assert_eq!(workshop.failed(&["key"]), "key_missing");
}

#[test]
fn the_second_step_finds_the_meter_by_its_key_and_reads_it() {
    let workshop = Workshop::new();
    let (key, other) = (workshop.make_key(), Workshop::new().make_key());
    let genesis = workshop.genesis("genesis.json", false, Utility::Electricity, &[other, key]);
    let made: Value = workshop.init("genesis.json", genesis.network(), &["--json"]).json();
    assert_eq!(
        names(&made),
        ["folder", "in_genesis", "meter", "network", "public_key", "reading", "simulated_time", "utility"]
    );
    assert_eq!((made["meter"].as_u64(), made["in_genesis"].as_bool()), (Some(1), Some(true)));
    let reading = &made["reading"];
    assert_eq!(names(reading), ["export", "import", "number", "step"]);
    assert_eq!((reading["import"].as_u64(), reading["export"].as_u64()), (Some(4_711_234), Some(815_678)));
    assert_eq!((string(reading, "/number"), reading["step"].as_u64()), ("TEST0001", Some(1)));
    for name in ["gateway.toml", "genesis.json", "keys", "state", "inbox"] {
        assert!(workshop.folder().join(name).exists(), "{name}");
    }
    // Never over another one.
    assert_eq!(workshop.init_failed("genesis.json", genesis.network(), &[]), "exists");
    assert_eq!(workshop.failed(&["init"]), "exists");
    let told = workshop.run(&["status"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.out.contains("DOES NOT RUN"), "{told:?}");
}

#[test]
fn a_genesis_of_others_a_simulated_one_and_a_key_that_is_not_in_it_are_refused() {
    let workshop = Workshop::new();
    let key = workshop.make_key();
    let ours = workshop.genesis("ours.json", false, Utility::Electricity, &[key]);
    let theirs = workshop.genesis("theirs.json", false, Utility::Electricity, &[Workshop::new().make_key()]);
    let simulated = workshop.genesis("simulated.json", true, Utility::Electricity, &[key]);
    assert_eq!(workshop.init_failed("theirs.json", ours.network(), &[]), "other_network");
    assert_eq!(workshop.init_failed("theirs.json", theirs.network(), &[]), "not_registered");
    assert_eq!(workshop.init_failed("theirs.json", theirs.network(), &["--meter", "7"]), "input");
    assert_eq!(workshop.init_failed("simulated.json", simulated.network(), &[]), "simulated");
    assert_eq!(workshop.init_failed("ours.json", ours.network(), &["--simulated"]), "not_simulated");
    fs::write(workshop.path("broken.json"), b"{}").unwrap();
    assert_eq!(workshop.init_failed("broken.json", ours.network(), &[]), "genesis");
    // Nobody can be asked here whether it is the right one.
    let genesis = workshop.path("ours.json");
    let nobody = ["init", "--genesis", genesis.to_str().unwrap(), "--node", "http://127.0.0.1:1", "--driver", "p1"];
    assert_eq!(workshop.failed(&nobody), "network_not_confirmed");
    assert!(!workshop.folder().join("genesis.json").exists(), "nothing was written");

    // The registrars gave this gateway's key to a meter of the genesis.
    let made = workshop.init("theirs.json", theirs.network(), &["--meter", "0"]);
    assert!(made.err.contains("another key for this meter"), "{made:?}");
    made.ok();
}

#[test]
fn a_meter_that_could_not_be_settled_is_found_out_before_anything_is_written() {
    let workshop = Workshop::new();
    let key = workshop.make_key();
    let ours = workshop.genesis("ours.json", false, Utility::Electricity, &[key]);
    let water = workshop.genesis("water.json", false, Utility::Water, &[key]);
    let whole = coarse(Shown { at: START, import: 4_711_000, export: 0 });
    fs::write(workshop.path("coarse.txt"), whole).unwrap();
    fs::write(workshop.path("noise.txt"), b"nothing that a meter says").unwrap();
    let port = |name: &str| format!("file:{}", workshop.path(name).display());
    let network = ours.network();
    assert_eq!(workshop.init_failed("ours.json", network, &["--port", &port("coarse.txt")]), "coarse");
    assert_eq!(workshop.init_failed("ours.json", network, &["--port", &port("noise.txt")]), "silent");
    assert_eq!(workshop.init_failed("water.json", water.network(), &[]), "silent");
    assert_eq!(workshop.init_failed("ours.json", network, &["--number", "OTHER"]), "input");
    for wrong in [["--driver", "p2"], ["--driver", "nem12"], ["--driver", "fluvius"], ["--port", "usb0"]] {
        assert_eq!(workshop.init_failed("ours.json", network, &wrong), "config", "{wrong:?}");
    }
    assert!(!workshop.folder().join("gateway.toml").exists());
    let told = workshop.init("ours.json", network, &["--port", &port("coarse.txt")]);
    assert!(told.err.contains("1 kWh") || told.err.contains("1\u{a0}kWh"), "{told:?}");

    // It may be left for later.
    workshop.init("ours.json", network, &["--port", "serial:/dev/no-such-port", "--unread"]).ok();
    let text = fs::read_to_string(workshop.folder().join("gateway.toml")).unwrap();
    assert!(text.contains("port = \"serial:/dev/no-such-port\""), "{text}");
}

#[test]
fn without_a_folder_every_command_says_which_is_missing() {
    let workshop = Workshop::new();
    for command in [&["key"][..], &["status"], &["run"], &["pair", "--again"], &["init"]] {
        let told = crate::support::hushwatt(&[], &[&["meter"], command, &["--json"]].concat());
        assert_eq!(told.failed(), "no_folder", "{command:?}");
    }
    for command in [&["status"][..], &["run"], &["pair", "--again"]] {
        assert_eq!(workshop.failed(command), "no_gateway", "{command:?}");
    }
}
