//! The main job: from meter readings to a settled, audited ledger.
//!
//! Data's path: readings (`data`) -> a community of separate roles (`community`) -> a day of blocks, window by
//! window (`day`: attest; then an auction: announce, collect, close, clear, settle; or contracts: match, open, deliver, expire)
//! -> exported chain and hints -> an audit in a process of its
//! own and wallets restored from their seeds (`check`) -> the page a board member reads (`page`).
//!
//! The roles exchange only transactions, hints, addresses and declared offers.

mod auctions;
mod check;
mod community;
mod data;
mod day;
mod ledger_book;
mod matcher;
mod network;
mod operator;
mod output;
mod page;
mod roles;
mod seen;
mod shared;

use std::path::PathBuf;

pub use page::Page;

use hushwatt_node::Store;

use crate::cli::progress;

/// Where the readings come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A made-up community.
    Sample,
    /// A CSV file.
    File(PathBuf),
}

/// What to settle.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the readings come from.
    pub source: Source,
    /// First UTC day, `YYYY-MM-DD`; the first complete one if not given.
    pub day: Option<String>,
    /// How many days.
    pub days: u32,
    /// How many homes.
    pub households: Option<u32>,
    /// Whether the homes have water meters too, whose readings are made up.
    pub water: bool,
    /// Whether neighbours trade by contracts of two, instead of by one auction a window.
    pub bilateral: bool,
    /// How many validators: one inside this process, more in processes of their own.
    pub validators: usize,
    /// Where to keep the results.
    pub out: Option<PathBuf>,
}

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Readings.
    #[error(transparent)]
    Readings(#[from] hushwatt_meter_attest::readings::ReadingsError),
    /// Made-up readings.
    #[error(transparent)]
    Sample(#[from] hushwatt_meter_attest::readings::sample::SampleError),
    /// The day on the command line.
    #[error("--day {0} is not a date of the form YYYY-MM-DD")]
    BadDay(String),
    /// The day has no readings.
    #[error("the data have no reading on {day}; they run from {first} to {last}")]
    NoSuchDay {
        /// What was asked for.
        day: String,
        /// First day of the data.
        first: String,
        /// Last day of the data.
        last: String,
    },
    /// The output folder.
    #[error("{0} is not empty: name a new or empty folder with --out")]
    NotEmpty(PathBuf),
    /// A file.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The genesis.
    #[error(transparent)]
    Genesis(#[from] hushwatt_ledger::genesis::GenesisError),
    /// A node's store.
    #[error(transparent)]
    Node(#[from] hushwatt_node::NodeError),
    /// The validators.
    #[error(transparent)]
    Local(#[from] crate::local_network::LocalError),
    /// A validator's answer.
    #[error(transparent)]
    Client(#[from] hushwatt_node::client::ClientError),
    /// A block that makes no sense.
    #[error("a validator answered nonsense: {0}")]
    Answer(String),
    /// A transaction that should have been accepted.
    #[error("a {kind} was refused: {source}")]
    Refused {
        /// Its kind.
        kind: &'static str,
        /// The node's answer.
        source: hushwatt_node::client::ClientError,
    },
    /// A wallet.
    #[error("{who}: {source}")]
    Wallet {
        /// Whose.
        who: String,
        /// Why.
        source: hushwatt_wallet::WalletError,
    },
    /// The operator's book.
    #[error(transparent)]
    Book(#[from] hushwatt_operator::book::BookError),
    /// An order that should have been admitted.
    #[error("the operator did not admit an order: {0}")]
    NotAdmitted(String),
    /// An auction that should have been cleared.
    #[error(transparent)]
    Clearing(#[from] hushwatt_operator::clearing::ClearingError),
    /// A meter.
    #[error(transparent)]
    Attest(#[from] hushwatt_meter_attest::AttestError),
    /// Following the chain.
    #[error(transparent)]
    Follower(#[from] hushwatt_wallet::FollowerError),
    /// Keys.
    #[error(transparent)]
    Crypto(#[from] hushwatt_crypto::CryptoError),
    /// The exported chain.
    #[error("the exported chain cannot be read back: {0}")]
    Export(String),
    /// State.
    #[error(transparent)]
    State(#[from] hushwatt_ledger::state::StateError),
    /// Storage.
    #[error(transparent)]
    Storage(#[from] hushwatt_ledger::storage::StorageError),
    /// The report as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Settles, audits and checks; gives the page.
pub fn run(options: &Options) -> Result<Page, DemoError> {
    let started = std::time::Instant::now();
    let output = output::Output::prepare(options.out.as_deref())?;
    let data = data::Data::load(options)?;
    let mut community = community::Community::found(&data, options, &output)?;
    let bar = progress::bar(day::steps(&data, options.bilateral), "Settling");
    let book = day::settle(&mut community, &data, &bar)?;
    bar.finish_and_clear();
    // What the validators hold is read when they have stopped.
    let agreement = community.network.stop()?;
    let store = Store::open(&agreement.data, community.genesis.clone())?;
    let chain = output.export(&store, &community, &data)?;
    let audit = check::audit_in_another_process(&chain)?;
    let restored = check::restore_wallets(&community, &chain, &book)?;
    let outcome = page::Outcome {
        book: &book,
        agreement: &agreement,
        seen: seen::Seen::on(&store)?,
        exported: &chain,
        audit,
        restored,
        elapsed: started.elapsed(),
    };
    let page = Page::new(&data, &community, outcome);
    output.keep_report(&page)?;
    Ok(page)
}
