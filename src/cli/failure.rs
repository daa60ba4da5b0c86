//! Why a command failed: for people in a sentence, for scripts as JSON with a word.

use std::{
    fmt::{self, Display},
    process::ExitCode,
};

use hushwatt_client::{KeyError, KeyRole, folder::FolderError, run_time::WrongTime};
use serde::Serialize;

use super::community::CommunityError;

/// The word for what the person at the terminal did not want.
const DECLINED: &str = "declined";

/// Why it was not done.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    /// A word for scripts.
    kind: &'static str,
    /// A sentence for people.
    message: String,
}

impl Failure {
    /// With a word for scripts and what went wrong.
    pub fn new(kind: &'static str, message: impl Display) -> Self {
        Failure { kind, message: message.to_string() }
    }

    /// What was given to the command cannot be.
    pub fn input(message: impl Display) -> Self {
        Self::new("input", message)
    }

    /// Whoever was asked said no.
    pub fn declined() -> Self {
        Self::new(DECLINED, "nothing was done")
    }

    /// Prints it and gives the exit status.
    pub fn report(&self, json: bool) -> ExitCode {
        match serde_json::to_string(self) {
            Ok(text) if json => eprintln!("{text}"),
            // The person knows why.
            _ if self.kind == DECLINED => eprintln!("Nothing was done."),
            _ => eprintln!("error: {}", self.message),
        }
        ExitCode::FAILURE
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        let kind = match &error {
            FolderError::NotEmpty { .. } => "exists",
            FolderError::NotOne { program, .. } => match program.role {
                KeyRole::Committee => "no_member",
                _ => "no_operator",
            },
            FolderError::Genesis { .. } => "genesis",
            FolderError::Running { .. } => "running",
            FolderError::Settings { .. } => "config",
            FolderError::NoKey { .. } | FolderError::Key(_) | FolderError::Sealing(_) => "keys",
            FolderError::Io { .. } => "io",
        };
        Failure::new(kind, error)
    }
}

impl From<WrongTime> for Failure {
    fn from(error: WrongTime) -> Self {
        let kind = match error {
            WrongTime::Simulated => "simulated",
            WrongTime::NotSimulated { .. } => "not_simulated",
        };
        Failure::new(kind, error)
    }
}

impl From<CommunityError> for Failure {
    fn from(error: CommunityError) -> Self {
        Failure::new(error.kind(), error)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Failure::new("key", error)
    }
}
