//! Why a command of the wallet failed: for people in a sentence, for scripts as JSON with a word.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use hushwatt_client::KeyError;
use hushwatt_crypto::NetworkId;
use hushwatt_wallet::{
    amount::AmountError,
    file::{FileError, WordsError},
    household::HouseholdError,
    qr::QrError,
    sync::SyncError,
};
use serde::Serialize;

use crate::cli::secret::{SecretError, file_kind};

/// Exit status of something that was signed, and is neither final nor given up yet.
const UNDER_WAY: u8 = 3;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalletCommandError {
    #[error(transparent)]
    Household(#[from] HouseholdError),
    #[error(transparent)]
    Words(#[from] WordsError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("cannot tell where this user's data is: give --wallet FILE, or set HUSHWATT_WALLET")]
    NoPlace,
    #[error(
        "there is no terminal to ask at: put the passphrase into a file that only you may read, and give --passphrase-file FILE"
    )]
    NoTerminal,
    #[error("the terminal does not work: {0}")]
    Terminal(io::Error),
    #[error("this is asked before it is done, and nobody can be asked here: give --yes")]
    NeedsYes,
    #[error("nothing was done")]
    Declined,
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("nobody can be asked here whether {0} is your community's network: give its id with --network ID")]
    NetworkNotConfirmed(NetworkId),
    #[error(
        "{url} belongs to network {found}, not to {wanted}: check the address of the node, and the network id with your community"
    )]
    OtherNetwork { url: String, found: NetworkId, wanted: NetworkId },
    #[error("{0}")]
    Input(String),
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error(transparent)]
    Qr(#[from] QrError),
    #[error("there is no {what} \"{name}\" in this wallet")]
    Unknown { what: &'static str, name: String },
    #[error("{count} {what} begin with \"{name}\": give more letters")]
    Ambiguous { what: &'static str, name: String, count: usize },
    #[error(
        "no node answers ({0}): is this machine online, and are these your community's nodes? (hushwatt wallet settings)"
    )]
    NotReached(String),
    #[error(
        "this could hide among {length} only, and your settings ask for {wanted}: wait until there is more company, or give --small-company"
    )]
    SmallCompany { length: u32, wanted: u32 },
    #[error("it was given up: {0}")]
    Released(String),
    #[error("{0}")]
    UnderWay(String),
    #[error("a result cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("{0}")]
    Web(String),
    #[error("the system refused what this needs: {0}")]
    System(io::Error),
}

impl From<FileError> for WalletCommandError {
    fn from(error: FileError) -> Self {
        WalletCommandError::Household(error.into())
    }
}

impl From<SecretError> for WalletCommandError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Refused(error) => error.into(),
            SecretError::NoTerminal => WalletCommandError::NoTerminal,
            SecretError::Declined => WalletCommandError::Declined,
            SecretError::Read { path, source } => WalletCommandError::Read { path, source },
        }
    }
}

impl From<SyncError> for WalletCommandError {
    fn from(error: SyncError) -> Self {
        WalletCommandError::Household(error.into())
    }
}

/// As scripts read it.
#[derive(Serialize)]
struct ForScripts<'a> {
    kind: &'a str,
    message: &'a str,
}

impl WalletCommandError {
    pub fn read(path: &Path, source: io::Error) -> Self {
        WalletCommandError::Read { path: path.to_path_buf(), source }
    }

    pub fn write(path: &Path, source: io::Error) -> Self {
        WalletCommandError::Write { path: path.to_path_buf(), source }
    }

    /// Whether it may go away by itself: nodes come back.
    pub fn is_about_nodes(&self) -> bool {
        use WalletCommandError as E;
        matches!(self, E::NotReached(_) | E::Household(HouseholdError::Sync(_)))
    }

    /// A word for scripts.
    pub fn kind(&self) -> &'static str {
        use WalletCommandError as E;
        match self {
            E::Household(HouseholdError::File(error)) => file_kind(error, "not_a_wallet"),
            E::Household(error) => error.kind(),
            E::Words(_) => "words",
            E::Key(_) => "key",
            E::NoPlace => "no_place",
            E::NoTerminal | E::Terminal(_) => "no_terminal",
            E::NeedsYes => "needs_yes",
            E::Declined => "declined",
            E::Read { .. } => "read",
            E::Write { .. } => "write",
            E::NetworkNotConfirmed(_) => "network_not_confirmed",
            E::OtherNetwork { .. } => "other_network",
            E::Input(_) => "input",
            E::Amount(_) => "amount",
            E::Qr(_) => "qr",
            E::Unknown { .. } => "unknown",
            E::Ambiguous { .. } => "ambiguous",
            E::NotReached(_) => "nodes",
            E::SmallCompany { .. } => "small_company",
            E::Released(_) => "released",
            E::UnderWay(_) => "under_way",
            E::Json(_) => "json",
            E::Web(_) => "web",
            E::System(_) => "system",
        }
    }

    /// Prints it and gives the exit status.
    pub fn report(&self, json: bool) -> ExitCode {
        let message = self.to_string();
        match serde_json::to_string(&ForScripts { kind: self.kind(), message: &message }) {
            Ok(text) if json => eprintln!("{text}"),
            // The person knows why.
            _ if matches!(self, WalletCommandError::Declined) => eprintln!("Nothing was done."),
            _ => eprintln!("error: {message}"),
        }
        match self {
            WalletCommandError::UnderWay(_) => ExitCode::from(UNDER_WAY),
            _ => ExitCode::FAILURE,
        }
    }
}
