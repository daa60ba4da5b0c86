//! What every command of a member of the committee takes: which folder, and how it speaks.

use std::{ops::Deref, path::PathBuf};

use clap::Args;
use hushwatt_committee::folder::MemberFolder;

use crate::cli::{
    failure::Failure,
    office::{self, Speaker},
};

/// Names the member's folder.
const FOLDER_VARIABLE: &str = "HUSHWATT_COMMITTEE_FOLDER";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every committee command")]
pub(super) struct Common {
    /// The member's folder [default: the environment variable HUSHWATT_COMMITTEE_FOLDER]
    #[arg(long, visible_alias = "out", global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    speaker: Speaker,
}

impl Common {
    /// The member's folder.
    pub fn folder(&self) -> Result<MemberFolder, Failure> {
        Ok(MemberFolder::at(&office::folder(self.folder.as_deref(), FOLDER_VARIABLE)?))
    }
}

impl Deref for Common {
    type Target = Speaker;

    fn deref(&self) -> &Speaker {
        &self.speaker
    }
}
