//! An operator's folder, opened and run until it is told to stop.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub use hushwatt_client::run_time::RunOptions;
use hushwatt_client::{
    operator::OperatorAnswer,
    run_time::{self, WrongTime},
};
use hushwatt_ledger::{
    genesis::Genesis,
    storage::{DiskLock, PrivateDisk},
};

use super::{Parts, Service};
use crate::{
    admission::Admission,
    book::{Book, BookError},
    clock::{Clock, NodeClock, SystemClock},
    config::Config,
    door::Door,
    folder::{FolderError, OperatorFolder},
    keys::Keys,
    nodes::{Nodes, PATIENCE},
};

/// Between two steps, and between two looks whether to stop.
const STEP: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(50);

/// Why an operator does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The book.
    #[error(transparent)]
    Book(#[from] BookError),
    /// Another time than the network's.
    #[error(transparent)]
    Time(#[from] WrongTime),
    /// A community that trades otherwise.
    #[error("this community's genesis has no auctions: there is nothing for an operator to do")]
    NoAuctions,
    /// The door.
    #[error(
        "the door cannot be opened at {address} ({source}): is another operator running? Change door.listen in operator.toml"
    )]
    Door {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
}

/// An operator's folder, locked, with everything in it.
pub struct Opened {
    /// The network.
    pub genesis: Arc<Genesis>,
    /// The settings.
    pub config: Config,
    /// The secrets.
    pub keys: Keys,
    /// The book.
    pub book: Book,
    /// Held while this is.
    pub lock: Box<dyn DiskLock>,
}

/// Opens an operator's folder.
///
/// # Errors
/// [`RunError::Folder`], [`RunError::Book`].
pub fn open(path: &Path) -> Result<Opened, RunError> {
    let folder = OperatorFolder::at(path);
    let genesis = folder.genesis()?;
    let config = folder.config()?;
    let lock = folder.lock()?;
    let keys = folder.keys()?;
    let (book, torn) = Book::open(Arc::new(PrivateDisk), &folder.book_folder(), genesis.network())?;
    for tail in torn {
        tracing::info!(record = tail.record, bytes = tail.bytes, "a record that a crash left unfinished was cut off");
    }
    Ok(Opened { genesis, config, keys, book, lock })
}

/// Says whether an operator of this network may be run so.
///
/// # Errors
/// [`RunError::Time`], [`RunError::NoAuctions`].
pub fn may_run(genesis: &Genesis, options: &RunOptions) -> Result<(), RunError> {
    run_time::fits(genesis, options, "the operator")?;
    if genesis.parameters.auction.is_none() { Err(RunError::NoAuctions) } else { Ok(()) }
}

/// Runs the operator of a folder until `stop` is set.
///
/// # Errors
/// [`RunError`]. Once it runs, troubles of nodes and disk are warnings in the status, and it goes on.
pub fn run(path: &Path, options: &RunOptions, stop: &AtomicBool) -> Result<(), RunError> {
    let folder = OperatorFolder::at(path);
    let Opened { genesis, config, keys, book, lock } = open(path)?;
    may_run(&genesis, options)?;
    let clock: Arc<dyn Clock> = if options.simulated {
        Arc::new(NodeClock::of(&config.nodes, genesis.time))
    } else {
        Arc::new(SystemClock::new())
    };
    let network = *genesis.network();
    let book = Arc::new(Mutex::new(book));
    let admission = Admission::new(genesis.clone(), keys.clone(), book.clone(), clock.clone(), config.limits.orders);
    let description =
        OperatorAnswer::new(&network, &keys.public(), keys.sealing.public(), &keys.certificate(&network), genesis.time);
    let door = Door::open(&config.door, &config.limits, admission, description, clock.clone())
        .map_err(|source| RunError::Door { address: config.door.listen.to_string(), source })?;
    tracing::info!(address = %door.address(), "the door is open");
    let service = Service::new(Parts {
        nodes: Nodes::at(&network, &config.nodes, &PATIENCE),
        genesis,
        keys,
        book,
        clock,
        keep: config.keep,
        status_file: Some(folder.status_file()),
    });
    serve(service, options.simulated, stop);
    drop((door, lock));
    Ok(())
}

/// A step every half second.
fn serve(mut service: Service, hurried: bool, stop: &AtomicBool) {
    let mut stepped: Option<Instant> = None;
    while !stop.load(Ordering::SeqCst) {
        if stepped.is_none_or(|at| at.elapsed() >= STEP) {
            if hurried {
                service.hurry();
            }
            service.step();
            stepped = Some(Instant::now());
        }
        std::thread::sleep(LOOK);
    }
    service.stop();
}
