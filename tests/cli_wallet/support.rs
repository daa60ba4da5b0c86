//! Running the command on wallets of a village.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use hushwatt_crypto::address::Address;
use hushwatt_ledger::genesis::Genesis;
use hushwatt_wallet::{
    file::{Passphrase, Strength},
    household::{Household, NewHousehold},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::village::Village;

pub const PASSPHRASE: &str = "correct horse battery staple";

/// What a run of the command gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Standard output of a run that must have gone well.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// The JSON of a run that must have gone well, with nothing beside it.
    pub fn json(self) -> Value {
        assert_eq!(self.err, "", "{self:?}");
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in {out}"))
    }

    /// The kind of a run's failure, from the one JSON object on standard error.
    pub fn failed(&self) -> String {
        assert!(self.code != 0 && self.out.is_empty(), "{self:?}");
        let value: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error} in {self:?}"));
        assert!(!value["message"].as_str().unwrap().is_empty());
        value["kind"].as_str().unwrap().to_owned()
    }
}

/// The command with these variables and none of the tester's own, in UTC and English.
pub fn program(variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUSHWATT_") {
            command.env_remove(name);
        }
    }
    command.env("TZ", "UTC").env("LC_ALL", "C").envs(variables.iter().copied()).args(arguments);
    command
}

/// Runs it to its end.
pub fn hushwatt(variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let Output { status, stdout, stderr } = program(variables, arguments).output().expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Run { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

/// A wallet, with a passphrase file beside it.
pub struct Purse {
    folder: TempDir,
    pub address: Address,
}

impl Purse {
    /// Made by the library, so that guessing its passphrase is easy and opening it quick.
    pub fn new(village: &Village) -> Self {
        Self::of(&village.genesis, &village.url())
    }

    pub fn of(genesis: &Genesis, url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        let new = NewHousehold {
            path: &folder.path().join("wallet.hww"),
            passphrase: &Passphrase::new(PASSPHRASE).unwrap(),
            strength: Strength::FOR_TESTS,
            genesis: Genesis::parse(genesis.bytes()).unwrap(),
            nodes: vec![url.to_owned()],
        };
        let household = Household::create(new).unwrap();
        let address = *household.wallet().address();
        Purse { folder, address }
    }

    /// The household itself; the command cannot open the wallet before it is dropped.
    pub fn open(&self) -> Household {
        Household::open(&self.file(), &Passphrase::new(PASSPHRASE).unwrap()).unwrap()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self) -> PathBuf {
        self.path("wallet.hww")
    }

    /// Something beside the wallet.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `hushwatt wallet` on it.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.command("wallet", arguments)
    }

    /// The same with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// The kind of its failure.
    pub fn failed(&self, arguments: &[&str]) -> String {
        self.run(&[arguments, &["--json"]].concat()).failed()
    }

    /// `hushwatt treasury` on it, say.
    pub fn command(&self, name: &str, arguments: &[&str]) -> Run {
        let (file, passphrase) = (self.file(), self.path("passphrase"));
        let variables =
            [("HUSHWATT_WALLET", file.to_str().unwrap()), ("HUSHWATT_PASSPHRASE_FILE", passphrase.to_str().unwrap())];
        hushwatt(&variables, &[&[name], arguments].concat())
    }

    /// `hushwatt wallet` on it, left running; standard output is a pipe.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let (file, passphrase) = (self.file(), self.path("passphrase"));
        let variables = [("HUSHWATT_WALLET", text(&file)), ("HUSHWATT_PASSPHRASE_FILE", text(&passphrase))];
        let mut command = program(&variables, &[&["wallet"], arguments].concat());
        command.stdout(Stdio::piped()).spawn().expect("the command starts")
    }

    pub fn available(&self) -> u64 {
        number(&self.json(&["balance"]), "/available_micro_euro")
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {path} in {value}"))
}

pub fn string<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value}"))
}

/// The names of an object's members, so that scripts can rely on them.
pub fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
