//! What every command of the operator takes: which folder, and how it speaks.

use std::{ops::Deref, path::PathBuf};

use clap::Args;
use hushwatt_operator::folder::OperatorFolder;

use crate::cli::{
    failure::Failure,
    office::{self, Speaker},
};

/// Names the operator's folder.
const FOLDER_VARIABLE: &str = "HUSHWATT_OPERATOR_FOLDER";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every operator command")]
pub(super) struct Common {
    /// The operator's folder [default: the environment variable HUSHWATT_OPERATOR_FOLDER]
    #[arg(long, visible_alias = "out", global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    speaker: Speaker,
}

impl Common {
    /// The operator's folder.
    pub fn folder(&self) -> Result<OperatorFolder, Failure> {
        Ok(OperatorFolder::at(&office::folder(self.folder.as_deref(), FOLDER_VARIABLE)?))
    }
}

impl Deref for Common {
    type Target = Speaker;

    fn deref(&self) -> &Speaker {
        &self.speaker
    }
}
