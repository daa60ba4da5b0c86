//! What every command of the operator takes: which folder, and how it speaks.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use hushwatt_operator::folder::OperatorFolder;
use serde::Serialize;

use super::error::OperatorCommandError;
use crate::cli::voice;

/// Names the operator's folder.
const FOLDER_VARIABLE: &str = "HUSHWATT_OPERATOR_FOLDER";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every operator command")]
pub(super) struct Common {
    /// The operator's folder [default: the environment variable HUSHWATT_OPERATOR_FOLDER]
    #[arg(long, visible_alias = "out", global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// One JSON value on standard output and nothing else; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
}

impl Common {
    /// The operator's folder: the flag, else the environment.
    pub fn folder(&self) -> Result<OperatorFolder, OperatorCommandError> {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let path = self.folder.clone().or(named).ok_or(OperatorCommandError::NoFolder)?;
        Ok(OperatorFolder::at(&path))
    }

    /// Prints a result: as JSON, or as text for people.
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), OperatorCommandError> {
        voice::answer(self.json, value, text).map_err(OperatorCommandError::Json)
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        voice::remark(self.json, text);
    }

    /// Asks whoever sits at the terminal; `None` if nobody does.
    pub fn ask(&self, question: &str) -> Result<Option<bool>, OperatorCommandError> {
        voice::ask(self.json, question).map_err(OperatorCommandError::System)
    }

    /// Prints an error, if it is one, and gives the exit status.
    pub fn finish(&self, done: Result<ExitCode, OperatorCommandError>) -> ExitCode {
        match done {
            Ok(code) => code,
            Err(error) => error.report(self.json),
        }
    }
}
