//! What every command of the operator takes: which folder, and how it speaks.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use hushwatt_operator::folder::OperatorFolder;
use serde::Serialize;

use super::error::OperatorCommandError;
use crate::cli::say;

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
        if self.json {
            say(&serde_json::to_string(value).map_err(OperatorCommandError::Json)?);
        } else {
            say(text().trim_end());
        }
        Ok(())
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        if !self.json {
            eprintln!("remark: {text}");
        }
    }

    /// Asks whoever sits at the terminal; `None` if nobody does.
    pub fn ask(&self, question: &str) -> Result<Option<bool>, OperatorCommandError> {
        if self.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(None);
        }
        eprint!("{question} [y/N] ");
        io::stderr().flush().map_err(OperatorCommandError::System)?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(OperatorCommandError::System)?;
        Ok(Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "j" | "ja")))
    }

    /// Prints an error, if it is one, and gives the exit status.
    pub fn finish(&self, done: Result<ExitCode, OperatorCommandError>) -> ExitCode {
        match done {
            Ok(code) => code,
            Err(error) => error.report(self.json),
        }
    }
}
