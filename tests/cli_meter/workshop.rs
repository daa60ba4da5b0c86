//! A place where gateways are made: a temporary folder, a key, a genesis with it, recorded telegrams.

use std::{fs, path::PathBuf};

use hushwatt_crypto::{
    NetworkId,
    keys::{Account, Seed},
    range::RangeBits,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    units::{Timestamp, Utility},
};
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    support::{Run, hushwatt, text},
    telegram::{Shown, telegram},
};

/// 16 June 2026, 04:40 UTC.
pub const START: u64 = 1_781_584_800;

pub struct Workshop {
    pub place: TempDir,
}

impl Workshop {
    /// With a recorded telegram.
    pub fn new() -> Self {
        let workshop = Workshop { place: tempfile::tempdir().unwrap() };
        let shown = Shown { at: START, import: 4_711_234, export: 815_678 };
        fs::write(workshop.path("telegram.txt"), telegram(shown)).unwrap();
        workshop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub fn folder(&self) -> PathBuf {
        self.path("gateway")
    }

    /// `hushwatt meter` on the folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let folder = self.folder();
        hushwatt(&[("HUSHWATT_METER_FOLDER", text(&folder))], &[&["meter"], arguments].concat())
    }

    /// The same with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// The kind of its failure.
    pub fn failed(&self, arguments: &[&str]) -> String {
        self.run(&[arguments, &["--json"]].concat()).failed()
    }

    /// The first step of a gateway; gives its key.
    pub fn make_key(&self) -> VerifyingKey {
        let line = self.run(&["init"]).ok();
        let digits: NetworkId = line.trim().strip_prefix("meter:").expect("a meter's key").parse().unwrap();
        VerifyingKey::decode(&digits.0).unwrap()
    }

    /// A genesis with these meters, written to a file.
    pub fn genesis(&self, name: &str, simulated_time: bool, utility: Utility, keys: &[VerifyingKey]) -> Genesis {
        let key = || SigningKey::random(&mut OsRng).verifying_key();
        let meter = |key: &VerifyingKey| Meter { utility, class: RangeBits::Bits16, key: *key };
        let new = NewGenesis {
            time: Timestamp(START),
            simulated_time,
            parameters: Parameters::default(),
            validators: vec![key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: key(),
            operator: None,
            meters: keys.iter().map(meter).collect(),
        };
        let genesis = new.build().unwrap();
        fs::write(self.path(name), genesis.bytes()).unwrap();
        genesis
    }

    /// The second step, with a genesis file and the recorded telegram.
    pub fn init(&self, genesis: &str, network: &NetworkId, more: &[&str]) -> Run {
        self.run(&self.arguments(genesis, network, more).iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The kind of its failure.
    pub fn init_failed(&self, genesis: &str, network: &NetworkId, more: &[&str]) -> String {
        self.init(genesis, network, &[more, &["--json"]].concat()).failed()
    }

    fn arguments(&self, genesis: &str, network: &NetworkId, more: &[&str]) -> Vec<String> {
        let port = format!("file:{}", self.path("telegram.txt").display());
        let genesis = self.path(genesis).display().to_string();
        let network = network.to_string();
        let usual = [
            ("--genesis", genesis.as_str()),
            ("--network", &network),
            ("--node", "http://127.0.0.1:1"),
            ("--driver", "p1"),
            ("--port", &port),
        ];
        let given = usual.iter().filter(|(flag, _)| !more.contains(flag)).flat_map(|(flag, value)| [*flag, *value]);
        ["init"].into_iter().chain(given).chain(more.iter().copied()).map(str::to_owned).collect()
    }

    /// A gateway on real time, ready to be paired.
    pub fn made(&self) -> Genesis {
        let key = self.make_key();
        let genesis = self.genesis("genesis.json", false, Utility::Electricity, &[key]);
        self.init("genesis.json", genesis.network(), &[]).ok();
        genesis
    }
}

/// A household's address.
pub fn address(genesis: &Genesis) -> String {
    let account = Account::from_seed(genesis.network(), &Seed::random(&mut OsRng)).unwrap();
    account.address().encode(genesis.network())
}
