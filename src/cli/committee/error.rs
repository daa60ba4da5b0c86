//! Why a command of the committee failed: for people in a sentence, for scripts as JSON with a word.

use std::{io, path::PathBuf, process::ExitCode};

use hushwatt_client::KeyError;
use hushwatt_committee::{ask::AskError, folder::FolderError, run::RunError};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::CheckError;
use serde::Serialize;

use crate::cli::community::CommunityError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommitteeCommandError {
    #[error("no folder was named: give --folder DIR, or set HUSHWATT_COMMITTEE_FOLDER")]
    NoFolder,
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Community(#[from] CommunityError),
    #[error("nobody can be asked here whether {0} is your community's network: give its id with --network ID")]
    NetworkNotConfirmed(NetworkId),
    #[error("nobody can be asked here whether this is meant: look at it, and say --yes")]
    NotConfirmed,
    #[error("nothing was done")]
    Declined,
    #[error("{0}")]
    Input(String),
    #[error("a result cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("the system refused what this needs: {0}")]
    System(io::Error),
}

/// As scripts read it.
#[derive(Serialize)]
struct ForScripts<'a> {
    kind: &'a str,
    message: &'a str,
}

impl CommitteeCommandError {
    /// A word for scripts.
    fn kind(&self) -> &'static str {
        use CommitteeCommandError as E;
        match self {
            E::NoFolder => "no_folder",
            E::Folder(error) | E::Run(RunError::Folder(error)) => folder_kind(error),
            E::Run(RunError::Open(_)) => "files",
            E::Run(RunError::Simulated) => "simulated",
            E::Run(RunError::NotSimulated) => "not_simulated",
            E::Key(_) => "key",
            E::Ask(AskError::Chain(_)) => "nodes",
            E::Ask(AskError::Rule(CheckError::Rejected(_))) => "rule",
            E::Ask(_) => "ledger",
            E::Read { .. } => "read",
            E::Community(error) => error.kind(),
            E::NetworkNotConfirmed(_) => "network_not_confirmed",
            E::NotConfirmed => "not_confirmed",
            E::Declined => "declined",
            E::Input(_) => "input",
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
            _ if matches!(self, CommitteeCommandError::Declined) => eprintln!("Nothing was done."),
            _ => eprintln!("error: {message}"),
        }
        ExitCode::FAILURE
    }
}

fn folder_kind(error: &FolderError) -> &'static str {
    match error {
        FolderError::NotEmpty { .. } => "exists",
        FolderError::NoMember(_) => "no_member",
        FolderError::Genesis { .. } => "genesis",
        FolderError::Running(_) => "running",
        FolderError::Config(_) => "config",
        FolderError::Keys(_) => "keys",
        FolderError::Io { .. } => "io",
    }
}
