//! Why a command of the operator failed: for people in a sentence, for scripts as JSON with a word.

use std::{io, path::PathBuf, process::ExitCode};

use hushwatt_client::ClientError;
use hushwatt_crypto::NetworkId;
use hushwatt_operator::{folder::FolderError, service::RunError};
use serde::Serialize;

use crate::cli::community::CommunityError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum OperatorCommandError {
    #[error("no folder was named: give --folder DIR, or set HUSHWATT_OPERATOR_FOLDER")]
    NoFolder,
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Node(#[from] ClientError),
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Community(#[from] CommunityError),
    #[error("nobody can be asked here whether {0} is your community's network: give its id with --network ID")]
    NetworkNotConfirmed(NetworkId),
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

impl OperatorCommandError {
    /// A word for scripts.
    fn kind(&self) -> &'static str {
        use OperatorCommandError as E;
        match self {
            E::NoFolder => "no_folder",
            E::Folder(error) | E::Run(RunError::Folder(error)) => folder_kind(error),
            E::Run(RunError::Book(_)) => "book",
            E::Run(RunError::Simulated) => "simulated",
            E::Run(RunError::NotSimulated) => "not_simulated",
            E::Run(RunError::NoAuctions) => "no_auctions",
            E::Run(RunError::Door { .. }) => "door",
            E::Node(_) => "nodes",
            E::Read { .. } => "read",
            E::Community(error) => error.kind(),
            E::NetworkNotConfirmed(_) => "network_not_confirmed",
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
            _ if matches!(self, OperatorCommandError::Declined) => eprintln!("Nothing was done."),
            _ => eprintln!("error: {message}"),
        }
        ExitCode::FAILURE
    }
}

fn folder_kind(error: &FolderError) -> &'static str {
    match error {
        FolderError::NotEmpty { .. } => "exists",
        FolderError::NoOperator(_) => "no_operator",
        FolderError::Genesis { .. } => "genesis",
        FolderError::Running(_) => "running",
        FolderError::Config(_) => "config",
        FolderError::Keys(_) => "keys",
        FolderError::Io { .. } => "io",
    }
}
