//! A network of real nodes with stepped clocks, the keys of its meters, and what is on its ledger.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use hushwatt::local_network::{LocalNetwork, LocalOptions};
use hushwatt_client::BaseUrl;
use hushwatt_crypto::{
    address::Address,
    keys::{Account, Seed},
    meter::DayKey,
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_gateway::{
    folder::GatewayFolder,
    keys::Keys,
    ledger::{Ledger, LedgerError, Said, Sighting},
    verify::{AttestedInterval, open_statement},
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    transaction::{TransactionId, attest::AttestStatement},
    units::{Credit, MeterId, Timestamp, Utility},
};
use hushwatt_node::{client::Taken, config::Seconds};
use hushwatt_wallet::{Follower, Treasury, Wallet};
use rand_core::OsRng;
use tempfile::TempDir;

/// One node inside the test's process, and electricity meters.
pub struct Town {
    pub genesis: Arc<Genesis>,
    pub net: LocalNetwork,
    pub registrars: Vec<SigningKey>,
    pub households: Vec<Address>,
    signing: Vec<SigningKey>,
    days: Vec<DayKey>,
    folder: TempDir,
}

impl Town {
    /// A few minutes before the first window, in the window before it.
    pub fn found(first_window: Timestamp, parameters: Parameters, meters: usize) -> Self {
        let keys = |count: usize| -> Vec<SigningKey> { (0..count).map(|_| SigningKey::random(&mut OsRng)).collect() };
        let (validators, registrars, signing) = (keys(1), keys(3), keys(meters));
        let treasury = SigningKey::random(&mut OsRng);
        let meter = |key: &SigningKey| Meter {
            utility: Utility::Electricity,
            class: RangeBits::Bits16,
            key: key.verifying_key(),
        };
        let genesis = NewGenesis {
            time: first_window.minus(800),
            simulated_time: true,
            parameters,
            validators: validators.iter().map(SigningKey::verifying_key).collect(),
            registrars: registrars.iter().map(SigningKey::verifying_key).collect(),
            registrar_quorum: 2,
            treasury: treasury.verifying_key(),
            operator: None,
            meters: signing.iter().map(meter).collect(),
        };
        let genesis = Arc::new(genesis.build().unwrap());
        assert_eq!(genesis.parameters.window_start(genesis.first_window()), first_window);
        let folder = tempfile::tempdir().unwrap();
        let options = LocalOptions { program: None, heartbeat: Seconds(1) };
        let mut net = LocalNetwork::lay_out(&genesis, validators, folder.path(), options).unwrap();
        net.start_all().unwrap();
        mint(&genesis, &net, treasury);
        let account = || Account::from_seed(genesis.network(), &Seed::random(&mut OsRng)).unwrap();
        let households = signing.iter().map(|_| *account().address()).collect();
        let days = signing.iter().map(|_| DayKey::random(first_window.day(), &mut OsRng)).collect();
        Town { genesis, net, registrars, households, signing, days, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self) -> String {
        self.net.client(0).base().to_string()
    }

    /// All clocks of nodes that are up show this from now on, and there is a block of this time: nobody may outrun them.
    pub fn clocks_to(&self, time: Timestamp) {
        self.net.step_clocks(time).unwrap();
        let start = Instant::now();
        while self.net.up().any(|node| node.status().is_ok_and(|status| status.time < time.0)) {
            assert!(start.elapsed() < Duration::from_secs(60), "no block of {time:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lays out the gateway of a meter.
    pub fn lay_out(&self, meter: usize, settings: &Settings<'_>) -> PathBuf {
        let mut schedule = zeroize::Zeroizing::new([0; 32]);
        rand_core::RngCore::fill_bytes(&mut OsRng, &mut schedule[..]);
        let keys = Keys { signing: self.signing[meter].clone(), day: self.days[meter].clone(), schedule };
        self.lay_out_with(meter, settings, &keys)
    }

    pub fn lay_out_with(&self, meter: usize, settings: &Settings<'_>, keys: &Keys) -> PathBuf {
        let path = self.path(settings.name);
        lay_out(&self.genesis, &path, meter, &self.households[meter], settings, keys);
        path
    }

    /// All that a meter has on the ledger, from certified blocks, and checked to be one chain without a gap.
    pub fn chain_of(&self, meter: usize) -> Vec<Sighting> {
        let nodes: Vec<BaseUrl> = vec![self.net.client(0).base().clone()];
        chain_of(&self.genesis, meter, &nodes)
    }

    /// The same, opened with the household's key.
    pub fn attested(&self, meter: usize) -> BTreeMap<u64, AttestedInterval> {
        self.opened(meter, &self.chain_of(meter))
    }

    pub fn opened(&self, meter: usize, chain: &[Sighting]) -> BTreeMap<u64, AttestedInterval> {
        opened(&self.genesis, &self.days[meter], chain)
    }
}

/// Block 1: without money there is no chain.
fn mint(genesis: &Arc<Genesis>, net: &LocalNetwork, treasury: SigningKey) {
    let purse = Wallet::new(genesis.clone(), &Seed::random(&mut OsRng)).unwrap();
    let treasury = Treasury::new(purse, treasury);
    let view = Follower::new(genesis.clone());
    let mint = treasury.mint(&view, &[Credit::from_euro(1); 16], genesis.time, &mut OsRng).unwrap();
    assert!(matches!(net.client(0).submit(&mint, 60).unwrap(), Taken::Final { .. }));
}

/// What a gateway is told.
pub struct Settings<'a> {
    pub name: &'a str,
    pub nodes: &'a [String],
    pub driver: &'a str,
    pub port: &'a str,
    /// Seconds between samples that are kept.
    pub pace: u64,
    /// Port of its page, 0 for none.
    pub page: u16,
}

/// Makes the folder of a gateway.
pub fn lay_out(
    genesis: &Genesis,
    path: &Path,
    meter: usize,
    household: &Address,
    settings: &Settings<'_>,
    keys: &Keys,
) {
    let Settings { nodes, driver, port, pace, page, .. } = settings;
    let page = match page {
        0 => "enabled = false".to_owned(),
        page => format!("listen = \"127.0.0.1:{page}\""),
    };
    let text = format!(
        "meter = {meter}\nhousehold = \"{}\"\nnodes = {nodes:?}\npace = {pace}\n[source]\ndriver = \"{driver}\"\nport = \"{port}\"\npoll = 1\ngive_up = 3600\n[page]\n{page}\n",
        household.encode(genesis.network())
    );
    GatewayFolder::at(path).create(genesis, &text, keys).unwrap();
}

/// All that a meter has on the ledger, from certified blocks: its sequence, its hash chain and its windows go on without a
/// gap, and none comes twice.
pub fn chain_of(genesis: &Arc<Genesis>, meter: usize, nodes: &[BaseUrl]) -> Vec<Sighting> {
    let mut ledger = Ledger::new(genesis.clone(), MeterId(meter as u32), nodes, None);
    let mut chain: Vec<Sighting> = Vec::new();
    loop {
        let read = ledger.read_on(|seen| {
            chain.push(seen.clone());
            Ok::<(), LedgerError>(())
        });
        let read = read.unwrap();
        assert!(read.reached, "no node answers");
        if read.is_caught_up {
            break;
        }
    }
    let (mut last, mut next) = (TransactionId([0; 64]), genesis.first_window());
    for (place, seen) in (1..).zip(&chain) {
        let statement = statement(seen);
        assert_eq!((statement.sequence, statement.previous), (place, last));
        assert_eq!(statement.first_window, next, "windows are not contiguous");
        (last, next.0) = (seen.id, next.0 + statement.windows.len() as u64);
    }
    chain
}

/// What was attested, by interval.
pub fn opened(genesis: &Genesis, key: &DayKey, chain: &[Sighting]) -> BTreeMap<u64, AttestedInterval> {
    let mut all = BTreeMap::new();
    for seen in chain {
        for one in open_statement(genesis, key, statement(seen), (Timestamp(0), Timestamp(u64::MAX))).unwrap() {
            assert!(all.insert(one.interval.0, one).is_none(), "interval {} was attested twice", one.interval.0);
        }
    }
    all
}

/// Nothing is corrected in these tests.
fn statement(seen: &Sighting) -> &AttestStatement {
    match &seen.said {
        Said::Attested(statement) => statement,
        Said::Corrected(correction) => panic!("{correction:?}"),
    }
}
