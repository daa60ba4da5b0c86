//! `hushwatt registrar backup` and `restore`.

use std::path::PathBuf;

use clap::{Args, value_parser};
use hushwatt_registrar::backups::{self, Restore, Rotation};
use hushwatt_wallet::file::Strength;
use rand_core::OsRng;
use serde::Serialize;

use super::{
    common::{Common, now},
    error::RegistrarCommandError,
    init::Community,
};
use crate::cli::secret;

/// Arguments of `hushwatt registrar backup`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar backup --to /mnt/backup/register
  hushwatt registrar backup --to /mnt/backup/register --keep 14 --days 30

The backup is one file that the register's passphrase of now opens, also with age -d. Older ones are overwritten and removed when
there are more than --keep, or when they are older than --days: so an erased person is in no backup any more after that time.")]
pub(super) struct BackupArguments {
    /// The folder for backups, best on another disk
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Keep the newest so many
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = value_parser!(u32).range(1..))]
    keep: u32,
    /// Keep none that is older than so many days; 0 sets no term
    #[arg(long, value_name = "D", default_value_t = 30)]
    days: u32,
}

#[derive(Serialize)]
struct Made {
    backup: PathBuf,
    removed: Vec<PathBuf>,
    left: usize,
    /// Made while the clock ran ahead.
    ahead: Vec<PathBuf>,
}

pub(super) fn make(common: &Common, arguments: &BackupArguments) -> Result<(), RegistrarCommandError> {
    let (mut registrar, passphrase) = common.open()?;
    let days = (arguments.days > 0).then_some(arguments.days);
    let rotation = Rotation { keep: arguments.keep as usize, days };
    let rotated = backups::make(&mut registrar, &arguments.to, &passphrase, Strength::USUAL, rotation, now())?;
    let made = Made { backup: rotated.made, removed: rotated.removed, left: rotated.left, ahead: rotated.ahead };
    for path in &made.ahead {
        common.remark(&format!(
            "{} was made while the clock ran ahead: no backup removes it before its time has come. Remove it yourself, if this machine's clock is right now",
            path.display()
        ));
    }
    common.answer(&made, || {
        format!("{} is made. {} removed, {} there.", made.backup.display(), made.removed.len(), made.left)
    })
}

/// Arguments of `hushwatt registrar restore`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar restore /mnt/backup/register/register-3f9a21c4-1795305600.age --folder ~/register \\
      --node https://node-a.example.org --network 3f9a... --receipts /mnt/backup/receipts

Who was erased after the backup is erased again, if the receipt is in --receipts or in the register that is replaced; who was
restricted is restricted again. What was rectified since is listed: a receipt does not say what. Whatever else was noted after the
backup is lost.")]
pub(super) struct RestoreArguments {
    /// The backup
    backup: PathBuf,
    #[command(flatten)]
    community: Community,
    /// A folder with the receipts given since
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// Read the backup's passphrase from this file [default: the one of the register]
    #[arg(long, value_name = "FILE")]
    backup_passphrase_file: Option<PathBuf>,
}

pub(super) fn restore(common: &Common, arguments: &RestoreArguments) -> Result<(), RegistrarCommandError> {
    let folder = common.folder()?;
    let genesis = arguments.community.genesis()?;
    let passphrase = if folder.has_register() {
        common.confirm("There is a register in this folder. Replace it by the backup?")?;
        common.passphrase()?
    } else {
        folder.check_free(&genesis)?;
        common.new_passphrase()?
    };
    let backup_passphrase = match &arguments.backup_passphrase_file {
        Some(file) => secret::read_passphrase(file)?,
        None => passphrase.clone(),
    };
    let restore = Restore {
        folder: &folder,
        genesis,
        backup: &arguments.backup,
        backup_passphrase: &backup_passphrase,
        receipts: arguments.receipts.as_deref(),
        passphrase: &passphrase,
        strength: Strength::USUAL,
    };
    let (_, restored) = backups::restore(restore, &mut OsRng)?;
    if arguments.receipts.is_none() {
        common.remark(
            "no folder with receipts was given: who was erased since is back if this folder did not know of it",
        );
    }
    common.answer(&restored, || {
        let mut text = format!(
            "{} persons are in the register. {} receipts of after the backup were taken over, and {} persons erased again.",
            restored.people, restored.applied, restored.erased
        );
        if !restored.rectify_again.is_empty() {
            let cases: Vec<String> = restored.rectify_again.iter().map(|case| case.short()).collect();
            text += &format!("\nPut right again, since it was after the backup: case {}.", cases.join(", case "));
        }
        text
    })
}
