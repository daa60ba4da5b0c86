//! `hushwatt wallet erase`: deletes the wallet from this machine.

use std::path::PathBuf;

use clap::Args;
use hushwatt_wallet::{file::ERASING_LEAVES, household::views::BackupState};
use serde::Serialize;

use super::{balance, common::Common, error::WalletCommandError, session::open_wallet, terminal};

/// Arguments of `hushwatt wallet erase`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet erase
  hushwatt wallet erase --yes --passphrase-file pass.txt

What is on the ledger stays there and tells nothing about you; the money can be had again with the 24 words or a backup file,
and without them never.")]
pub(super) struct EraseArguments {}

#[derive(Serialize)]
struct Erased<'a> {
    erased: &'a PathBuf,
    remark: &'a str,
}

pub(super) fn run(common: &Common, _: &EraseArguments) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let path = common.wallet()?;
    let (household, _) = open_wallet(common)?;
    if !common.yes {
        let overview = household.overview(Vec::new());
        eprintln!("{} holds {}.", path.display(), common.show().euro(overview.total));
        if !matches!(overview.backup, BackupState::Recent { .. }) {
            eprintln!("Backup: {}.", balance::backup(overview.backup, overview.view_only));
        }
        let typed = terminal::line("Type \"erase\" to delete it for good: ")?;
        if typed.as_str() != "erase" {
            return Err(WalletCommandError::Declined);
        }
    }
    household.erase()?;
    let erased = Erased { erased: &path, remark: ERASING_LEAVES };
    common.answer(&erased, || format!("{} is deleted. {ERASING_LEAVES}", path.display()))
}
