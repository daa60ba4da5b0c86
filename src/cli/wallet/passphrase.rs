//! `hushwatt wallet passphrase`: another one.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{
    common::{Common, read_passphrase},
    error::WalletCommandError,
    session::open_wallet,
    terminal,
};

/// Arguments of `hushwatt wallet passphrase`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet passphrase
  hushwatt wallet passphrase --passphrase-file old.txt --new-passphrase-file new.txt

Copies of the file made before still open with the old one: delete them if others may know it. Backups keep theirs.")]
pub(super) struct PassphraseArguments {
    /// Read the new passphrase from this file instead of asking
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Changed {
    changed: bool,
}

pub(super) fn run(common: &Common, arguments: &PassphraseArguments) -> Result<(), WalletCommandError> {
    let (mut household, old) = open_wallet(common)?;
    let new = match &arguments.new_passphrase_file {
        Some(file) => read_passphrase(file)?,
        None => terminal::new_passphrase("the wallet from now on")?,
    };
    household.change_passphrase(&old, &new)?;
    common.answer(&Changed { changed: true }, || "The passphrase is changed.".to_owned())
}
