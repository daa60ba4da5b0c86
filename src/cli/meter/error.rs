//! Why a command of the gateway failed: for people in a sentence, for scripts as JSON with a word.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use hushwatt_client::ClientError;
use hushwatt_crypto::NetworkId;
use hushwatt_drivers::DriverError;
use hushwatt_gateway::{
    config::ConfigError,
    folder::FolderError,
    keys::KeysError,
    series::SeriesError,
    service::{RunError, ServiceError},
    store::StoreError,
    verify::VerifyError,
};
use hushwatt_meter_attest::registers::SampleError;
use hushwatt_wallet::{household::HouseholdError, qr::QrError};
use serde::Serialize;

use crate::cli::community::CommunityError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum MeterCommandError {
    #[error("no folder was named: give --folder DIR, or set HUSHWATT_METER_FOLDER")]
    NoFolder,
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Driver(#[from] DriverError),
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Series(#[from] SeriesError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Node(#[from] ClientError),
    #[error(transparent)]
    Code(#[from] HouseholdError),
    #[error(transparent)]
    Qr(#[from] QrError),
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not {action} {}: {source}", path.display())]
    Write { action: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    Community(#[from] CommunityError),
    #[error("nobody can be asked here whether {0} is your community's network: give its id with --network ID")]
    NetworkNotConfirmed(NetworkId),
    #[error("this is asked before it is done, and nobody can be asked here: give --yes")]
    NeedsYes,
    #[error("nothing was done")]
    Declined,
    #[error("{0}")]
    Input(String),
    #[error(
        "the key of this gateway ({key}) is none of those in the genesis. If the registrars replaced a meter's key by it, say which with --meter N; if not, hand this line to them"
    )]
    NotRegistered { key: String },
    #[error("nothing readable came from {port} within {seconds} s{}", because(last))]
    Silent { port: String, seconds: u64, last: Option<String> },
    #[error(
        "this meter counts in steps of {step}: such readings settle nothing, since most intervals would show nothing and some too much. Have the meter show more digits, or read it by another port (docs/meters.md)"
    )]
    Coarse { step: String },
    #[error(
        "this gateway is paired already: give --again to show its code once more. For another household make a new gateway and have the registrars replace the meter's key, so that the first one cannot read on"
    )]
    Paired,
    #[error("no gateway answers at {url} ({source})")]
    NotRunning { url: String, source: ClientError },
    #[error("a result cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("the system refused what this needs: {0}")]
    System(io::Error),
}

fn because(last: &Option<String>) -> String {
    match last {
        Some(last) => format!("; the last thing that was refused: {last}"),
        None => {
            ": is the meter's port enabled, the cable in it, and the driver the right one? (hushwatt meter formats)"
                .to_owned()
        }
    }
}

/// As scripts read it.
#[derive(Serialize)]
struct ForScripts<'a> {
    kind: &'a str,
    message: &'a str,
}

impl MeterCommandError {
    /// For `map_err`: a file that could not be read.
    pub fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| MeterCommandError::Read { path, source }
    }

    /// For `map_err`: what was being done to which file.
    pub fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| MeterCommandError::Write { action, path, source }
    }

    /// A word for scripts.
    pub fn kind(&self) -> &'static str {
        use MeterCommandError as E;
        match self {
            E::NoFolder => "no_folder",
            E::Folder(error) | E::Run(RunError::Folder(error)) => folder_kind(error),
            E::Keys(error) => keys_kind(error),
            E::Config(_) => "config",
            E::Run(RunError::Simulated) => "simulated",
            E::Run(RunError::NotSimulated) => "not_simulated",
            E::Run(RunError::Service(ServiceError::NotPaired)) => "not_paired",
            E::Run(RunError::Store(_)) | E::Store(_) => "store",
            E::Run(_) => "run",
            E::Driver(DriverError::Unknown { .. }) => "unknown_format",
            E::Driver(_) | E::Sample(_) => "meter",
            E::Series(_) => "series",
            E::Verify(_) => "verify",
            E::Node(_) => "nodes",
            E::Code(_) => "code",
            E::Qr(_) => "qr",
            E::Read { .. } => "read",
            E::Write { .. } => "write",
            E::Community(error) => error.kind(),
            E::NetworkNotConfirmed(_) => "network_not_confirmed",
            E::NeedsYes => "needs_yes",
            E::Declined => "declined",
            E::Input(_) => "input",
            E::NotRegistered { .. } => "not_registered",
            E::Silent { .. } => "silent",
            E::Coarse { .. } => "coarse",
            E::Paired => "paired",
            E::NotRunning { .. } => "not_running",
            E::Json(_) => "json",
            E::System(_) => "system",
        }
    }

    /// Prints it and gives the exit status.
    pub fn report(&self, json: bool) -> ExitCode {
        let message = self.to_string();
        match serde_json::to_string(&ForScripts { kind: self.kind(), message: &message }) {
            Ok(text) if json => eprintln!("{text}"),
            // The person knows why.
            _ if matches!(self, MeterCommandError::Declined) => eprintln!("Nothing was done."),
            _ => eprintln!("error: {message}"),
        }
        match self {
            MeterCommandError::NotRunning { .. } => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

fn folder_kind(error: &FolderError) -> &'static str {
    match error {
        FolderError::NotEmpty { .. } => "exists",
        FolderError::NoGateway(_) => "no_gateway",
        FolderError::Genesis { .. } => "genesis",
        FolderError::Running(_) => "running",
        FolderError::Config(_) => "config",
        FolderError::Keys(error) => keys_kind(error),
        FolderError::Io { .. } => "io",
    }
}

fn keys_kind(error: &KeysError) -> &'static str {
    match error {
        KeysError::Missing(_) => "key_missing",
        KeysError::Exists(_) => "exists",
        KeysError::Open { .. } => "key_permissions",
        KeysError::Format { .. } => "key_damaged",
        KeysError::Io { .. } => "io",
    }
}
