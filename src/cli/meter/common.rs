//! What every command of the gateway takes: which folder, and how it speaks.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use hushwatt_gateway::folder::GatewayFolder;
use serde::Serialize;

use super::error::MeterCommandError;
use crate::cli::voice;

/// Names the gateway's folder.
pub(super) const FOLDER_VARIABLE: &str = "HUSHWATT_METER_FOLDER";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every meter command")]
pub(super) struct Common {
    /// The gateway's folder [default: the environment variable HUSHWATT_METER_FOLDER]
    #[arg(long, global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// One JSON value on standard output and nothing else; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
}

impl Common {
    /// The gateway's folder: the flag, else the environment.
    pub fn folder(&self) -> Result<GatewayFolder, MeterCommandError> {
        self.folder_if_named().ok_or(MeterCommandError::NoFolder)
    }

    /// The same, if any was named.
    pub fn folder_if_named(&self) -> Option<GatewayFolder> {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        self.folder.clone().or(named).map(|path| GatewayFolder::at(&path))
    }

    /// Prints a result: as JSON, or as text for people.
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), MeterCommandError> {
        voice::answer(self.json, value, text).map_err(MeterCommandError::Json)
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        voice::remark(self.json, text);
    }

    /// Asks whoever sits at the terminal; `None` if nobody does.
    pub fn ask(&self, question: &str) -> Result<Option<bool>, MeterCommandError> {
        voice::ask(self.json, question).map_err(MeterCommandError::System)
    }

    /// Prints an error, if it is one, and gives the exit status.
    pub fn finish(&self, done: Result<ExitCode, MeterCommandError>) -> ExitCode {
        match done {
            Ok(code) => code,
            Err(error) => error.report(self.json),
        }
    }
}
