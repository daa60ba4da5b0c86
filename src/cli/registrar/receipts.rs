//! `hushwatt registrar receipts` and `verify-receipt`.

use std::path::PathBuf;

use clap::Args;
use hushwatt_client::{KeyRole, parse_public_key};
use hushwatt_crypto::{NetworkId, hash::hex, signature::VerifyingKey};
use hushwatt_ledger::storage::make_private_folder;
use hushwatt_registrar::{RegistrarError, backups::read_receipt, receipt::Receipt};

use super::{
    common::{Common, write_receipt},
    error::RegistrarCommandError,
};
use crate::cli::{
    moments::moment,
    table::{Table, pairs},
};

/// Arguments of `hushwatt registrar receipts`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar receipts
  hushwatt registrar receipts --out /mnt/backup/receipts       those that are not there yet; keep them beside the backups

A receipt says what was done when about which case number, and nothing about whom.")]
pub(super) struct ReceiptsArguments {
    /// Write a file for each receipt into this folder, leaving out those that are there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn list(common: &Common, arguments: &ReceiptsArguments) -> Result<(), RegistrarCommandError> {
    let (registrar, _) = common.open()?;
    if let Some(folder) = &arguments.out {
        make_private_folder(folder).map_err(|source| RegistrarCommandError::write(folder, source))?;
        for receipt in registrar.receipts() {
            let path = folder.join(receipt.file_name());
            if !path.exists() {
                write_receipt(&path, receipt)?;
            }
        }
    }
    common.answer(&registrar.receipts(), || {
        let mut table = Table::new(&["When", "Case", "What"]);
        for receipt in registrar.receipts() {
            let row = [moment(receipt.time().0), receipt.case().short(), receipt.deed().text().to_owned()];
            table.row(row.into());
        }
        if table.is_empty() { "No receipt was given yet.".to_owned() } else { table.text() }
    })
}

fn registrar_key(text: &str) -> Result<VerifyingKey, String> {
    parse_public_key(text, KeyRole::Registrar)
}

/// Arguments of `hushwatt registrar verify-receipt`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar verify-receipt receipt.json --network 3f9a... --signer registrar:91c2...
  hushwatt registrar verify-receipt receipt.json

Anyone can do it, without the register. Without --signer compare the key that is shown with your registrar's.")]
pub(super) struct VerifyArguments {
    /// The receipt
    file: PathBuf,
    /// Refuse one of another network
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Refuse one that is not signed by this registrar: registrar: and 64 digits
    #[arg(long, value_name = "KEY", value_parser = registrar_key)]
    signer: Option<VerifyingKey>,
}

pub(super) fn verify(common: &Common, arguments: &VerifyArguments) -> Result<(), RegistrarCommandError> {
    let receipt: Receipt = read_receipt(&arguments.file)?;
    receipt
        .require(arguments.network.as_ref(), arguments.signer.as_ref())
        .map_err(|source| RegistrarError::Receipt { path: arguments.file.clone(), source })?;
    common.answer(&receipt, || {
        let rows = [
            ("Case", receipt.case().to_string()),
            ("What", receipt.deed().text().to_owned()),
            ("When", moment(receipt.time().0)),
            ("Network", receipt.network().to_string()),
            ("Signed by", format!("{}:{}", KeyRole::Registrar, hex(receipt.signer().as_bytes()))),
        ];
        format!("The receipt holds.\n{}", pairs(&rows))
    })
}
