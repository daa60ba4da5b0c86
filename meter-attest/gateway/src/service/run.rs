//! A gateway's folder, opened and run until it is told to stop.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hushwatt_ledger::{
    genesis::Genesis,
    storage::{Disk, DiskLock, PrivateDisk},
    units::Timestamp,
};
use hushwatt_meter_attest::ChainPosition;

use super::{Parts, Service, ServiceError};
use crate::{
    clock::{Clock, SimulatedClock, SystemClock},
    config::Config,
    desk::Desk,
    folder::{FolderError, GatewayFolder},
    ledger::Ledger,
    line::Line,
    page::{Board, PageServer},
    store::{Store, StoreError},
};

/// Between two steps when nothing comes from the line.
const STEP: Duration = Duration::from_millis(500);
/// A source that is over is waited for no longer than until what it led to is on the ledger.
const AFTER_END: Duration = Duration::from_millis(200);

/// How a gateway is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Simulated time: needed for a network that has it, refused for one that has not.
    pub simulated: bool,
    /// Go on where the ledger stands, after a lost disk, and when no other gateway has the key.
    pub adopt: bool,
}

/// Why a gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A network for demonstrations.
    #[error(
        "this network has simulated time: it is for demonstrations and tests, and a real meter has no place in it. Say --simulated if that is meant"
    )]
    Simulated,
    /// A network on real time.
    #[error("this network is on real time: start the gateway without --simulated")]
    NotSimulated,
    /// The page.
    #[error(
        "the page cannot be served at {address} ({source}): is another gateway running? Change page.listen in gateway.toml"
    )]
    Page {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the grid operator.
    #[error("a file of the inbox that is past its time cannot be deleted: {0}")]
    Files(io::Error),
    /// No thread.
    #[error("the system gives no thread: {0}")]
    Thread(io::Error),
}

/// A gateway's folder, locked, with everything in it.
pub struct Opened {
    /// The network.
    pub genesis: Arc<Genesis>,
    /// The settings.
    pub config: Config,
    /// What is kept.
    pub store: Store,
    /// The secrets.
    pub keys: crate::keys::Keys,
    /// Held while this is.
    pub lock: Box<dyn DiskLock>,
}

/// Opens a gateway's folder; makes its journal if it has none yet.
///
/// # Errors
/// [`RunError::Folder`], [`RunError::Store`].
pub fn open(path: &Path) -> Result<Opened, RunError> {
    let folder = GatewayFolder::at(path);
    let genesis = folder.genesis()?;
    let config = folder.config(&genesis)?;
    let lock = folder.lock()?;
    let keys = folder.keys()?;
    let disk: Arc<dyn Disk> = Arc::new(PrivateDisk);
    let (state, network) = (folder.state_folder(), genesis.network());
    let registers = config.reading.registers.clone();
    let mut store = match Store::open(disk.clone(), &state, network, config.meter) {
        Err(StoreError::Missing { .. }) => {
            let start = ChainPosition::start(genesis.first_window());
            Store::create(disk, &state, network, config.meter, registers.clone(), start)?
        }
        opened => opened?,
    };
    if let Some(torn) = store.torn_tail() {
        tracing::info!(record = torn.record, bytes = torn.bytes, "a record that a crash left unfinished was cut off");
    }
    store.configure(registers)?;
    Ok(Opened { genesis, config, store, keys, lock })
}

/// Runs the gateway of a folder until `stop` is set, or until the source is over and all that can be attested is.
///
/// # Errors
/// [`RunError`]. Once it runs, troubles of line, nodes and disk are alarms, and it goes on.
pub fn run(path: &Path, options: &RunOptions, stop: &AtomicBool) -> Result<(), RunError> {
    let folder = GatewayFolder::at(path);
    let Opened { genesis, config, store, keys, lock } = open(path)?;
    match (genesis.simulated_time, options.simulated) {
        (true, false) => return Err(RunError::Simulated),
        (false, true) => return Err(RunError::NotSimulated),
        _ => {}
    }
    let clock: Arc<dyn Clock> = if options.simulated {
        let last = store.state().registers().last().map_or(genesis.time, |sample| sample.received);
        Arc::new(SimulatedClock::at(last.max(genesis.time)))
    } else {
        Arc::new(SystemClock::new())
    };
    let board = Arc::new(Board::new());
    let page = config.page.as_ref().map(|page| {
        PageServer::start(page, board.clone())
            .map_err(|source| RunError::Page { address: page.listen.to_string(), source })
    });
    let page = page.transpose()?;
    if let Some(page) = &page {
        tracing::info!(address = %page.address(), "the gateway's page is served");
    }
    let ledger = Ledger::new(genesis.clone(), config.meter, &config.nodes, Some(folder.view_file()));
    let desk = Desk::start(ledger).map_err(RunError::Thread)?;
    let line = Line::start(config.source.clone(), clock.clone()).map_err(RunError::Thread)?;
    let service = Service::new(Parts {
        genesis,
        config,
        keys,
        keys_file: Some(folder.keys_file()),
        store,
        desk,
        clock,
        board,
        inbox: Some(folder.inbox()),
        adopt: options.adopt,
    })?;
    serve(service, line, stop);
    drop((page, lock));
    Ok(())
}

/// Telegrams as they come, and a step every half second.
fn serve(mut service: Service, mut line: Line, stop: &AtomicBool) {
    let mut stepped: Option<Instant> = None;
    while !stop.load(Ordering::SeqCst) {
        let over = line.is_over();
        let event = if over {
            std::thread::sleep(AFTER_END);
            None
        } else {
            line.next(STEP)
        };
        // What cannot be kept is an alarm, and does not count; the meter says everything again.
        if let Some(event) = event
            && let Err(error) = service.hear(event)
        {
            tracing::error!(%error, "a telegram was not kept");
        }
        if stepped.is_none_or(|at| at.elapsed() >= STEP) || over {
            stepped = Some(Instant::now());
            service.line_is(line.state());
            service.ask_if_simulated();
            if let Err(error) = service.step() {
                tracing::error!(%error, "a step failed and is tried again");
            }
            if over && service.is_idle() {
                break;
            }
        }
    }
    service.end();
}

impl Service {
    /// Whether nothing waits that could go on without further telegrams: everything decided and due is on the ledger.
    pub fn is_idle(&self) -> bool {
        let (state, parameters) = (self.parts.store.state(), &self.parts.genesis.parameters);
        let next = state.position().next_window;
        let now = self.parts.clock.now();
        let due = self.schedule.due(parameters, next) <= now && state.draft(next).is_some();
        state.waiting().is_none() && !due && self.caught_up.is_some() && !self.parts.desk.is_busy()
    }

    /// A simulated clock stands still until a telegram or a block says otherwise, and so would every wait between two looks at
    /// the nodes; a meter that says no time would never be attested.
    fn ask_if_simulated(&mut self) {
        if self.parts.genesis.simulated_time {
            self.reading.hurry();
        }
    }

    /// Before the program ends: what is held is kept, and the journal tidied up.
    pub fn end(&mut self) {
        let ended = self.keep_held().map_err(|error| error.to_string());
        let compacted = self.parts.store.compact().map_err(|error| error.to_string());
        if let Err(error) = ended.and(compacted) {
            tracing::error!(error, "the journal was not tidied up");
        }
    }

    /// The time that the service goes by.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}
