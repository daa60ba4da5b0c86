//! A meter, its gateway and its nodes, with one clock that the test drives.

use std::{path::Path, sync::Arc, time::Duration};

use hushwatt_client::Patience;
use hushwatt_crypto::meter::DayKey;
use hushwatt_drivers::{Direction, Medium, MeterReading, RegisterReading, Report, UnixTime};
use hushwatt_gateway::{
    clock::{Clock, SimulatedClock},
    config::Config,
    desk::Desk,
    keys::Keys,
    ledger::Ledger,
    line::LineEvent,
    page::Board,
    service::{Parts, Service},
    store::{Store, StoreError},
    verify::{AttestedInterval, in_force, open_statement},
};
use hushwatt_ledger::{
    genesis::Genesis,
    parameters::Parameters,
    storage::{Disk, SimDisk},
    units::Timestamp,
};
use hushwatt_meter_attest::ChainPosition;
use zeroize::Zeroizing;

use crate::{
    chain::{self, Chain, METER, START},
    mortal::MortalDisk,
    node::Nodes,
};

const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(2), answer: Duration::from_secs(5), body: Some(Duration::from_secs(5)) };
const FOLDER: &str = "state";

/// The meter: what its registers say at a time.
pub fn import_at(time: Timestamp) -> u64 {
    // 400 W, and a little more in every hour than in the one before.
    let since = time.0 - START.0;
    5_000_000 + since / 9 + since / 3_600 * 7
}

pub fn export_at(time: Timestamp) -> u64 {
    1_000 + (time.0 - START.0) / 20
}

/// The registers' difference over an interval.
pub fn counted(interval: u64) -> (u32, u32) {
    let at = |number: u64| Timestamp(number * 900);
    let (from, to) = (at(interval), at(interval + 1));
    ((export_at(to) - export_at(from)) as u32, (import_at(to) - import_at(from)) as u32)
}

pub struct World {
    pub genesis: Arc<Genesis>,
    pub clock: SimulatedClock,
    pub nodes: Nodes,
    pub sim: SimDisk,
    pub disk: MortalDisk,
    pub board: Arc<Board>,
    pub service: Service,
    /// Whether the meter speaks.
    pub speaks: bool,
    /// Whether the validators make blocks.
    pub makes_blocks: bool,
    /// Lines at the top of the gateway's settings.
    pub settings: &'static str,
}

pub fn keys() -> Keys {
    Keys {
        signing: chain::meter_key(),
        day: DayKey::from_bytes(START.day(), [9; 32]),
        schedule: Zeroizing::new([4; 32]),
    }
}

pub fn parameters() -> Parameters {
    Parameters::default()
}

fn config(genesis: &Genesis, nodes: &Nodes, settings: &str) -> Config {
    let urls: Vec<String> = nodes.urls.iter().map(|url| format!("\"{url}\"")).collect();
    let text = format!(
        "{settings}\nmeter = 0\nhousehold = \"{}\"\nnodes = [{}]\n[source]\ndriver = \"p1\"\nport = \"stdin\"\n[page]\nenabled = false\n",
        chain::household(genesis).address().encode(genesis.network()),
        urls.join(", ")
    );
    Config::parse(&text, Path::new("."), genesis).unwrap()
}

/// Opens the store of a disk, or makes one.
pub fn store_on(disk: &MortalDisk, genesis: &Genesis, config: &Config) -> Result<Store, StoreError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let folder = Path::new(FOLDER);
    disk.create_dir(folder).unwrap();
    disk.sync_dir(Path::new(".")).unwrap();
    match Store::open(disk.clone(), folder, genesis.network(), METER) {
        Err(StoreError::Missing { .. }) => {
            let start = ChainPosition::start(genesis.first_window());
            Store::create(disk, folder, genesis.network(), METER, config.reading.registers.clone(), start)
        }
        opened => opened,
    }
}

impl World {
    pub fn new(nodes: usize) -> Self {
        Self::on(Chain::new(chain::genesis(parameters())), nodes, "")
    }

    /// Beside this chain, with these settings.
    pub fn on(chain: Chain, nodes: usize, settings: &'static str) -> Self {
        let genesis = chain.genesis.clone();
        let nodes = Nodes::start(chain, nodes);
        let clock = SimulatedClock::at(START.plus(10));
        let (sim, board) = (SimDisk::new(), Arc::new(Board::new()));
        let disk = MortalDisk::new(sim.clone());
        let config = config(&genesis, &nodes, settings);
        let service = service(&genesis, config, &clock, &disk, &board, false).unwrap();
        World { genesis, clock, nodes, sim, disk, board, service, speaks: true, makes_blocks: true, settings }
    }

    /// The gateway is killed and started again, on this disk.
    pub fn restart_on(&mut self, sim: SimDisk, adopt: bool) -> Result<(), StoreError> {
        self.disk = MortalDisk::new(sim.clone());
        self.sim = sim;
        let config = config(&self.genesis, &self.nodes, self.settings);
        self.service = service(&self.genesis, config, &self.clock, &self.disk, &self.board, adopt)?;
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn telegram(&self) -> LineEvent {
        telegram_at(self.now())
    }

    /// One tick of so many seconds: a telegram, a step, a block every 30 s.
    pub fn tick(&mut self, seconds: u64) {
        let before = self.now();
        self.clock.advance(Duration::from_secs(seconds));
        let now = self.now();
        {
            let mut shared = self.nodes.lock();
            shared.now = now;
            if self.makes_blocks && before.0 / 30 != now.0 / 30 {
                shared.chain.block(now);
            }
        }
        if self.speaks {
            let telegram = self.telegram();
            // An error of the disk is in the status; the meter says everything again.
            let _ = self.service.hear(telegram);
        }
        let _ = self.service.step();
    }

    /// Ticks until a time since the start.
    pub fn run_until(&mut self, seconds: u64) {
        self.run_in_steps(10, seconds);
    }

    /// Ticks of so many seconds until a time since the start.
    pub fn run_in_steps(&mut self, step: u64, seconds: u64) {
        while self.now() < START.plus(seconds) {
            self.tick(step);
        }
    }

    /// Everything on the ledger, opened with the household's key.
    pub fn on_ledger(&self) -> Vec<AttestedInterval> {
        let shared = self.nodes.lock();
        let all = (Timestamp(0), Timestamp(u64::MAX));
        let opened = shared
            .chain
            .attested
            .iter()
            .map(|(_, statement)| open_statement(&self.genesis, &keys().day, statement, all).unwrap());
        opened.flatten().collect()
    }

    /// The same with corrections in place of what they correct.
    pub fn in_force(&self) -> Vec<AttestedInterval> {
        let all = (Timestamp(0), Timestamp(u64::MAX));
        in_force(&self.genesis, &keys().day, &self.nodes.lock().chain.said, all).unwrap().into_values().collect()
    }

    /// What the chain has follows on without gaps, once each.
    pub fn check_contiguous(&self) {
        let first = self.genesis.parameters.first_interval(self.genesis.first_window()).0;
        for (place, one) in (first..).zip(self.on_ledger()) {
            assert_eq!(one.interval.0, place);
        }
    }

    pub fn warnings(&self) -> Vec<&'static str> {
        self.service.status().warnings.iter().map(|warning| warning.code).collect()
    }
}

fn service(
    genesis: &Arc<Genesis>,
    config: Config,
    clock: &SimulatedClock,
    disk: &MortalDisk,
    board: &Arc<Board>,
    adopt: bool,
) -> Result<Service, StoreError> {
    let store = store_on(disk, genesis, &config)?;
    let ledger = Ledger::patient(genesis.clone(), METER, &config.nodes, None, &PATIENCE);
    let parts = Parts {
        genesis: genesis.clone(),
        config,
        keys: keys(),
        keys_file: None,
        store,
        desk: Desk::inline(ledger),
        clock: Arc::new(clock.clone()),
        board: board.clone(),
        inbox: None,
        adopt,
    };
    Ok(Service::new(parts).unwrap())
}

pub fn telegram_at(now: Timestamp) -> LineEvent {
    let register = |code: &str, direction, value| RegisterReading {
        code: code.to_owned(),
        direction,
        tariff: None,
        value,
        step: 1,
        modulus: None,
    };
    let reading = MeterReading {
        meter: "E0001".to_owned(),
        medium: Medium::Electricity,
        at: Some(UnixTime(now.0)),
        registers: vec![
            register("1-0:1.8.0", Direction::Import, import_at(now)),
            register("1-0:2.8.0", Direction::Export, export_at(now)),
        ],
        complaints: Vec::new(),
    };
    LineEvent::Report { report: Report::Telegram(vec![reading]), received: now }
}
