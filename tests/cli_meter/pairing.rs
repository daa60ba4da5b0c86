//! `pair`, and that two programs never work in one folder.

use std::fs;

use hushwatt_gateway::{config::Config, folder::GatewayFolder};
use hushwatt_ledger::units::{MeterId, Utility};
use hushwatt_wallet::household::PairingCode;

use crate::{
    support::{names, string},
    workshop::{Workshop, address},
};

#[test]
fn pairing_writes_the_household_down_and_shows_the_code_of_its_wallet() {
    let workshop = Workshop::new();
    let genesis = workshop.made();
    assert_eq!(workshop.failed(&["pair", "--again"]), "input");
    assert_eq!(workshop.failed(&["run"]), "not_paired");
    let household = address(&genesis);
    for wrong in ["hw1qqqq", "nobody", &household[..40]] {
        assert_eq!(workshop.failed(&["pair", "--address", wrong]), "input", "{wrong}");
    }
    // Of another community.
    let theirs = workshop.genesis("theirs.json", false, Utility::Electricity, &[]);
    assert_eq!(workshop.failed(&["pair", "--address", &address(&theirs)]), "input");

    let paired = workshop.json(&["pair", "--address", &household]);
    assert_eq!(names(&paired), ["code", "household", "meter", "network"]);
    assert_eq!(string(&paired, "/household"), household);
    let folder = GatewayFolder::at(&workshop.folder());
    let config: Config = folder.config(&genesis).unwrap();
    assert_eq!(config.household.unwrap().encode(genesis.network()), household);
    let code = PairingCode::decode(genesis.network(), string(&paired, "/code")).unwrap();
    assert_eq!((code.meter, code.day_key.expose()), (MeterId(0), folder.keys().unwrap().day.expose()));
    // Reading begins with the network's first window.
    let first = genesis.parameters.window_start(genesis.first_window()).day();
    assert_eq!(code.day_key.day(), first);

    // Once, unless it is asked for; and never for somebody else.
    assert_eq!(workshop.failed(&["pair", "--address", &household]), "paired");
    assert_eq!(workshop.failed(&["pair", "--again", "--address", &address(&genesis)]), "paired");
    let shown = workshop.run(&["pair", "--again"]).ok();
    assert!(shown.contains(string(&paired, "/code")) && shown.contains('█'), "{shown}");
}

#[test]
fn a_second_program_is_kept_out_of_the_folder() {
    let workshop = Workshop::new();
    let genesis = workshop.made();
    let household = address(&genesis);
    let lock = GatewayFolder::at(&workshop.folder()).lock().unwrap();
    assert_eq!(workshop.failed(&["pair", "--address", &household]), "running");
    assert_eq!(workshop.failed(&["run"]), "running");
    assert_eq!(workshop.failed(&["read"]), "running");
    assert_eq!(workshop.failed(&["status", "--acknowledge", "0"]), "running");
    assert!(!fs::read_to_string(workshop.folder().join("gateway.toml")).unwrap().contains(&household));
    drop(lock);
    workshop.run(&["pair", "--address", &household]).ok();
    let told = workshop.run(&["read"]).ok();
    assert!(told.contains("TEST0001"), "{told}");
}
