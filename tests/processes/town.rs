//! A network of validators as processes on this machine, with all the keys of its community.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use hushwatt::local_network::{LocalNetwork, LocalOptions};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    units::Timestamp,
};
use hushwatt_node::{
    Clock, SystemClock,
    client::NodeClient,
    config::{NodeConfig, Seconds},
};
use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, RngCore, SeedableRng};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_hushwatt");

/// Far more than the slowest machine needs.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a town is made from.
pub struct Plan {
    pub validators: usize,
    pub simulated_time: bool,
    pub epoch_blocks: u64,
    pub heartbeat: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Plan { validators: 4, simulated_time: false, epoch_blocks: 240, heartbeat: 2 }
    }
}

/// A community.
pub struct Town {
    pub genesis: Arc<Genesis>,
    pub validators: Vec<SigningKey>,
    pub registrars: Vec<SigningKey>,
    pub treasury: SigningKey,
    pub net: LocalNetwork,
    pub folder: PathBuf,
    /// Removed when it is dropped; after the network, which is dropped before it.
    temporary: TempDir,
    /// One network at a time: each takes all of a small machine.
    _turn: MutexGuard<'static, ()>,
}

impl Town {
    /// Lays everything out and starts no node.
    pub fn found(plan: &Plan) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = |count: usize| -> Vec<SigningKey> { (0..count).map(|_| SigningKey::random(&mut OsRng)).collect() };
        let (validators, registrars, treasury) = (keys(plan.validators), keys(3), SigningKey::random(&mut OsRng));
        let genesis = NewGenesis {
            time: SystemClock.now().minus(60),
            simulated_time: plan.simulated_time,
            // Money is spendable again after seconds.
            parameters: Parameters {
                ring_min: 2,
                ring_cap: 16,
                credit_epoch: 2,
                seal_after: 600,
                epoch_blocks: plan.epoch_blocks,
                ..Parameters::default()
            },
            validators: validators.iter().map(SigningKey::verifying_key).collect(),
            registrars: registrars.iter().map(SigningKey::verifying_key).collect(),
            registrar_quorum: 2,
            treasury: treasury.verifying_key(),
            operator: None,
            meters: Vec::new(),
        };
        let genesis = Arc::new(genesis.build().unwrap());
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_path_buf();
        let options = LocalOptions { program: Some(PROGRAM.into()), heartbeat: Seconds(plan.heartbeat) };
        let net = LocalNetwork::lay_out(&genesis, validators.clone(), &folder, options).unwrap();
        Town { genesis, validators, registrars, treasury, net, folder, temporary, _turn: turn }
    }

    /// The same with all nodes started.
    pub fn start(plan: &Plan) -> Self {
        let mut town = Town::found(plan);
        town.net.start_all().unwrap();
        town
    }

    pub fn clients(&self) -> Vec<NodeClient> {
        (0..self.net.len()).map(|place| self.net.client(place).clone()).collect()
    }

    /// Changes a node's settings; it reads them when it starts.
    pub fn configure(&self, place: usize, change: impl FnOnce(&mut NodeConfig)) {
        let path = self.net.folder(place).join("config.toml");
        let mut config = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut config);
        fs::write(&path, toml::to_string(&config).unwrap()).unwrap();
    }

    /// What a node has logged.
    pub fn log(&self, place: usize) -> String {
        fs::read_to_string(self.net.folder(place).join("log.txt")).unwrap_or_default()
    }

    /// Waits until a node answers that it is ready.
    pub fn ready(&self, place: usize) {
        let client = self.net.client(place);
        patiently(&format!("node {place} is ready"), || client.status().is_ok_and(|status| status.ready).then_some(()));
    }

    /// Waits until a node is at this height or above.
    pub fn reaches(&self, place: usize, height: u64) {
        let client = self.net.client(place);
        patiently(&format!("node {place} reaches block {height}"), || {
            client.status().is_ok_and(|status| status.height >= height).then_some(())
        });
    }

    /// Height of a node that runs.
    pub fn height(&self, place: usize) -> u64 {
        let client = self.net.client(place);
        patiently(&format!("node {place} answers"), || client.status().ok()).height
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        // For whoever looks for the reason.
        if thread::panicking() || std::env::var_os("HUSHWATT_KEEP_LOGS").is_some() {
            let kept = std::env::temp_dir().join(format!("hushwatt-processes-{}", std::process::id()));
            for place in 0..self.net.len() {
                let log = self.log(place);
                let path = kept.join(format!("node-{place}.txt"));
                let _ = fs::create_dir_all(&kept).and_then(|()| fs::write(path, &log));
                let last: Vec<&str> = log.lines().rev().take(12).collect();
                eprintln!("The last of node {place}'s log (all of it is in {}):", kept.display());
                last.iter().rev().for_each(|line| eprintln!("  {line}"));
            }
        }
        // Processes must be gone before their folders are.
        for place in 0..self.net.len() {
            let _ = self.net.kill(place);
        }
        debug_assert!(self.temporary.path().exists());
    }
}

/// Looks until there is something.
pub fn patiently<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "not within {} s: {what}", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(20));
    }
}

/// Real time.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// Whether the test run has time.
pub fn full_effort() -> bool {
    std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full")
}

/// The choices of this run, said, and repeatable: others each time if it has time.
pub fn choices() -> ChaCha20Rng {
    let given = std::env::var("HUSHWATT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| if full_effort() { OsRng.next_u64() } else { 1 });
    eprintln!("HUSHWATT_SEED={seed}");
    ChaCha20Rng::seed_from_u64(seed)
}

/// What a run of the command gave.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `hushwatt` with these arguments to its end.
pub fn hushwatt(arguments: &[&str]) -> Run {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
