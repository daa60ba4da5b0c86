//! The registrar's office: `hushwatt registrar` on a folder of its own.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    support::{PASSPHRASE, Run, hushwatt, names, text},
    village::Village,
};

const ANNA: &str =
    "name = \"Anna Sunshine\"\naddress = [\"Sonnenweg 1\", \"12345 Musterdorf\"]\nbasis = \"contract\"\n";

/// A registrar's place: a register that is yet to be made, its passphrase, a new member's details.
pub struct Office {
    pub place: TempDir,
}

impl Office {
    pub fn new() -> Self {
        let office = Office { place: tempfile::tempdir().unwrap() };
        fs::write(office.path("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        fs::write(office.path("anna.toml"), ANNA).unwrap();
        office
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let (folder, passphrase) = (self.path("register"), self.path("passphrase"));
        let variables =
            [("HUSHWATT_REGISTRAR_FOLDER", text(&folder)), ("HUSHWATT_REGISTRAR_PASSPHRASE_FILE", text(&passphrase))];
        hushwatt(&variables, &[&["registrar"], arguments].concat())
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    pub fn failed(&self, arguments: &[&str]) -> String {
        self.run(&[arguments, &["--json"]].concat()).failed()
    }

    pub fn init(&self, village: &Village) {
        let genesis = self.path("genesis.json");
        fs::write(&genesis, village.genesis.bytes()).unwrap();
        let network = village.genesis.network().to_string();
        let made = self.json(&["init", "--genesis", text(&genesis), "--network", &network]);
        assert_eq!(names(&made), ["folder", "in_genesis", "network", "public_key"]);
    }
}
