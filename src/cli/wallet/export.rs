//! `hushwatt wallet export`: everything known about the person, in open formats.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{common::Common, error::WalletCommandError, session::Session};
use crate::cli::files::{self, Readers};

/// Arguments of `hushwatt wallet export`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet export ./my-data

Writes hushwatt-export.json (everything), history.csv, energy.csv and contracts.csv; nothing that exists is replaced. The files
are not encrypted and tell your whole history: keep them well. No key is in them.")]
pub(super) struct ExportArguments {
    /// A folder, new or empty
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn run(common: &Common, arguments: &ExportArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let summary = session.household().export(&arguments.folder)?;
    common.answer(&summary, || {
        let files: Vec<String> = summary.files.iter().map(|file| file.display().to_string()).collect();
        format!(
            "{}\nLines of history: {}; windows of readings: {}; contracts: {}. These files are not encrypted.",
            files.join("\n"),
            summary.history,
            summary.windows,
            summary.contracts
        )
    })
}

/// Writes a file that is not there yet and that only its owner may read.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), WalletCommandError> {
    files::write_new(path, bytes, Readers::Owner).map_err(|source| WalletCommandError::write(path, source))
}
