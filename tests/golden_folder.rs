//! A node's data folder of an earlier version keeps opening: the same chain, the same state, and it goes on from there.
//!
//! `tests/golden/folder-v1` was written once by [`write`], by a node that made some blocks and was killed. It is never
//! written again: a version with another layout adds `folder-v2` and keeps this one. `HUSHWATT_WRITE_GOLDEN=1` writes it
//! where it does not exist yet.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hushwatt::local_network::patiently;
use hushwatt_crypto::{keys::Seed, signature::SigningKey};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    transaction::{build::Built, hints::decode_hints},
    units::{Credit, Timestamp},
};
use hushwatt_node::{
    client::NodeClient,
    config::{KeyFile, KeyRole, NodeConfig, NodeFolder, Overrides, Seconds, Setup},
    service::Service,
};
use hushwatt_wallet::{ChainBlock, FinalBlock, Follower, Treasury, Wallet};
use rand_core::OsRng;
use serde::{Deserialize, Serialize};

/// What the folder must give, and the treasury of its network: a test's, worth nothing.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Expected {
    height: u64,
    digest: String,
    state_root: String,
    seed: [u8; 32],
    key: [u8; 32],
}

const START: Timestamp = Timestamp(1_780_000_000);

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(|_| ()).unwrap()
        }
    }
}

/// A running node with a treasury that follows it.
struct Running {
    service: Service,
    client: NodeClient,
    follower: Follower,
    treasury: Treasury,
    now: Timestamp,
}

impl Running {
    fn start(folder: &Path, expected: &Expected) -> Self {
        // Ports of the machine's choice: the recorded ones may be in use.
        let flags = Overrides {
            listen: Some(([127, 0, 0, 1], 0).into()),
            http_listen: Some(([127, 0, 0, 1], 0).into()),
            heartbeat: Some(Seconds(1)),
            ..Overrides::default()
        };
        let setup = Setup::load(folder, Overrides::default(), flags).unwrap();
        let genesis: Arc<Genesis> = setup.genesis.clone();
        let wallet = Wallet::new(genesis.clone(), &Seed::from_bytes(expected.seed)).unwrap();
        let treasury = Treasury::new(wallet, SigningKey::from_bytes(&expected.key));
        let service = Service::start(setup).unwrap();
        let client = NodeClient::at(&format!("http://{}", service.address()).parse().unwrap());
        patiently::<_, hushwatt::local_network::LocalError>("ready", || {
            Ok(client.status().ok().filter(|status| status.ready).map(|_| ()))
        })
        .unwrap();
        let now = service.core().now();
        let mut running = Running { service, client, follower: Follower::new(genesis), treasury, now };
        running.follow();
        running
    }

    fn follow(&mut self) {
        let network = *self.service.core().genesis().network();
        let mut records = Vec::new();
        let from = self.follower.tip().height + 1;
        self.client
            .blocks::<hushwatt_node::client::ClientError>(from, 1 << 24, |record| {
                records.push(record);
                Ok(())
            })
            .unwrap();
        for record in records {
            let (block, certificate) = Block::decode_record(&network, &record.body, &record.certificate).unwrap();
            let hints: BlockHints = record.hints.unwrap().iter().map(|hints| decode_hints(hints).unwrap()).collect();
            let next = ChainBlock { block, certificate, hints };
            for FinalBlock { block, hints, events } in self.follower.follow(next).unwrap() {
                self.treasury.wallet.scan_block(&block, &hints, &events);
            }
        }
    }

    /// Makes this final, some minutes later.
    fn settle(&mut self, build: impl FnOnce(&mut Treasury, &Follower, Timestamp) -> Built) {
        self.now = self.now.plus(300);
        self.client.set_clock(self.now).unwrap();
        let built = build(&mut self.treasury, &self.follower, self.now);
        self.client.submit(&built, 60).unwrap();
        std::thread::sleep(Duration::from_millis(10));
        self.follow();
    }

    fn pay(&mut self) {
        let address = *self.treasury.wallet.address();
        self.settle(|treasury, follower, now| {
            let payees = [(address, Credit::from_euro(1))];
            treasury.wallet.pay(follower, &payees, now, &mut OsRng).unwrap()
        });
    }

    fn found(&self, seed: [u8; 32], key: [u8; 32]) -> Expected {
        let status = self.client.status().unwrap();
        Expected { height: status.height, digest: status.digest, state_root: status.state_root, seed, key }
    }
}

fn write(folder: &Path, expected: &Path) {
    let validator = SigningKey::random(&mut OsRng);
    let secrets = Expected { height: 0, digest: String::new(), state_root: String::new(), seed: [5; 32], key: [6; 32] };
    let new = NewGenesis {
        time: START,
        simulated_time: true,
        parameters: Parameters::default(),
        validators: vec![validator.verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: SigningKey::from_bytes(&secrets.key).verifying_key(),
        operator: None,
        meters: Vec::new(),
    };
    let laid_out = NodeFolder::at(folder);
    KeyFile { role: KeyRole::Validator, key: validator }.write_new(&laid_out.key_file(KeyRole::Validator)).unwrap();
    laid_out.create(&new.build().unwrap(), &toml::to_string(&NodeConfig::default()).unwrap()).unwrap();
    let mut running = Running::start(folder, &secrets);
    running.settle(|treasury, follower, now| {
        treasury.mint(follower, &[Credit::from_euro(10); 8], now, &mut OsRng).unwrap()
    });
    running.pay();
    running.pay();
    let found = running.found(secrets.seed, secrets.key);
    fs::write(expected, serde_json::to_vec_pretty(&found).unwrap()).unwrap();
    running.service.stop().unwrap();
}

#[test]
fn a_folder_of_the_first_version_opens_and_goes_on() {
    let (folder, file) = (golden().join("folder-v1"), golden().join("folder-v1.json"));
    if !folder.exists() && std::env::var_os("HUSHWATT_WRITE_GOLDEN").is_some() {
        write(&folder, &file);
    }
    let expected: Expected = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let copied = tempfile::tempdir().unwrap();
    let place = copied.path().join("node");
    copy(&folder, &place);
    // Git keeps no modes, and a key that others may read is refused.
    let key = NodeFolder::at(&place).key_file(KeyRole::Validator);
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    let mut running = Running::start(&place, &expected);
    assert_eq!(running.found(expected.seed, expected.key), expected);
    assert_eq!(running.service.core().store().recovery().replayed, 0, "the index of the folder is used as it is");
    running.pay();
    assert!(running.follower.tip().height > expected.height);
    running.service.stop().unwrap();
}
