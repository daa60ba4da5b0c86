//! `hushwatt wallet backup`: everything the wallet knows, in one encrypted file.

use std::path::PathBuf;

use clap::Args;
use hushwatt_wallet::file::Strength;
use serde::Serialize;

use super::{
    common::{Common, read_passphrase},
    error::WalletCommandError,
    session::Session,
    terminal,
};

/// Arguments of `hushwatt wallet backup`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet backup ~/hushwatt-2026-06.backup
  hushwatt wallet backup /media/stick/hushwatt.backup --backup-passphrase-file pass.txt

\"hushwatt wallet restore --backup FILE\" brings everything back, and \"age -d FILE\" opens it without this program. Keep it on
another device: the 24 words alone restore only what nodes still keep what finds it for.")]
pub(super) struct BackupArguments {
    /// A new file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read the backup's passphrase from this file [default: it is asked; the wallet's own for scripts]
    #[arg(long, value_name = "FILE")]
    backup_passphrase_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a PathBuf,
    height: u64,
    as_of_time: u64,
}

pub(super) fn run(common: &Common, arguments: &BackupArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let passphrase = match arguments.backup_passphrase_file.clone().or_else(|| common.passphrase_file()) {
        Some(file) => read_passphrase(&file)?,
        None => terminal::new_passphrase("the backup")?,
    };
    let mut household = session.household();
    household.backup(&arguments.file, &passphrase, Strength::USUAL)?;
    let state = household.sync_state(Vec::new());
    let written = Written { file: &arguments.file, height: state.height, as_of_time: state.as_of.0 };
    let show = common.show();
    common.answer(&written, || {
        format!(
            "Written: {}, as of {}. Keep it on another device, with its passphrase somewhere else.",
            arguments.file.display(),
            show.moment(state.as_of)
        )
    })
}
