//! `hushwatt registrar export`, `restrict`, `unrestrict`, `erase` and `forget`: what a person may ask for.

use std::path::PathBuf;

use clap::Args;
use hushwatt_registrar::{BackupNote, Registrar, receipt::Receipt};
use hushwatt_wallet::file::ERASING_LEAVES;
use serde::Serialize;

use super::{
    common::{Common, Ledger, ReceiptFile, check_free, now, receipt_line},
    error::RegistrarCommandError,
    sheet,
};
use crate::cli::{
    files::{Readers, write_new},
    moments::moment,
};

/// Arguments of `hushwatt registrar export`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar export Anna --out anna.json --text anna.txt --receipt receipt.json

What the ledger has about the person's meters (commitments, which nobody but the person can open) is in every copy of the chain;
his wallet opens it.")]
pub(super) struct ExportArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    /// The new file with everything, as JSON, which only you may read
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The same for people
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    #[command(flatten)]
    receipt: ReceiptFile,
}

pub(super) fn export(common: &Common, arguments: &ExportArguments) -> Result<(), RegistrarCommandError> {
    arguments.receipt.check_free()?;
    [Some(&arguments.out), arguments.text.as_ref()].into_iter().flatten().try_for_each(|path| check_free(path))?;
    let (mut registrar, _) = common.open()?;
    let person = registrar.find(&arguments.person)?;
    let (case, text) = (person.case, sheet::of(person));
    let write = |path: &PathBuf, bytes: &[u8]| {
        write_new(path, bytes, Readers::Owner).map_err(|source| RegistrarCommandError::write(path, source))
    };
    let (json, receipt) = registrar.export(case, now())?;
    write(&arguments.out, &json)?;
    if let Some(path) = &arguments.text {
        write(path, format!("{text}\n").as_bytes())?;
    }
    arguments.receipt.write(&receipt)?;
    common.answer(&receipt, || {
        format!("Done: {}. Hand over {}, and delete it here.", receipt_line(&receipt), arguments.out.display())
    })
}

/// Arguments of `hushwatt registrar restrict`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar restrict Anna --because \"she contests her address\" --receipt receipt.json

The name is no longer listed, nothing new is noted, and nothing is erased before \"unrestrict\". Export and rectify still work.")]
pub(super) struct RestrictArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    because: String,
    #[command(flatten)]
    receipt: ReceiptFile,
}

pub(super) fn restrict(common: &Common, arguments: &RestrictArguments) -> Result<(), RegistrarCommandError> {
    arguments.receipt.check_free()?;
    let (mut registrar, _) = common.open()?;
    let case = registrar.find(&arguments.person)?.case;
    let receipt = registrar.restrict(case, &arguments.because, now())?;
    arguments.receipt.write(&receipt)?;
    common.answer(&receipt, || format!("Done: {}.", receipt_line(&receipt)))
}

/// Arguments of `hushwatt registrar unrestrict`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar unrestrict 3f9a21c4

Tell the person before you do it (Art. 18 (3) GDPR).")]
pub(super) struct UnrestrictArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    #[command(flatten)]
    receipt: ReceiptFile,
}

pub(super) fn unrestrict(common: &Common, arguments: &UnrestrictArguments) -> Result<(), RegistrarCommandError> {
    arguments.receipt.check_free()?;
    let (mut registrar, _) = common.open()?;
    let case = registrar.find(&arguments.person)?.case;
    let receipt = registrar.unrestrict(case, now())?;
    arguments.receipt.write(&receipt)?;
    common.answer(&receipt, || format!("Done: {}.", receipt_line(&receipt)))
}

/// Arguments of `hushwatt registrar erase`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar erase Anna --node https://node-a.example.org --receipt receipt.json
  hushwatt registrar erase 3f9a21c4 --chain chain.hwl --yes

Refused, with exit status 3, while money is open: a meter still measures for the person, his last window can still be traded,
cleared, delivered or corrected as the ledger's parameters say, his meter has not reported all of it, or a payout or an invoice is
not paid. It says from when it is possible. A ledger that is ahead of this machine's clock is refused too.

The receipt has a random number and no word about the person; keep a copy of it beside the backups: it is what erases the person
again if an older one is restored.")]
pub(super) struct EraseArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    #[command(flatten)]
    ledger: Ledger,
    #[command(flatten)]
    receipt: ReceiptFile,
}

pub(super) fn erase(common: &Common, arguments: &EraseArguments) -> Result<(), RegistrarCommandError> {
    arguments.receipt.check_free()?;
    let (mut registrar, passphrase) = common.open()?;
    let facts = arguments.ledger.facts(&registrar)?;
    let person = registrar.find(&arguments.person)?;
    let case = person.case;
    if registrar.matters(person, &facts, now())?.is_empty() {
        common.confirm(&format!("Erase {} (case {}) for good?", person.details.name, case.short()))?;
    }
    let receipt = registrar.erase(case, &facts, now(), &passphrase)?;
    arguments.receipt.write(&receipt)?;
    common.answer(&receipt, || format!("Done: {}.\n{}", receipt_line(&receipt), what_remains(&registrar)))
}

/// Where an erased person may still be.
fn what_remains(registrar: &Registrar) -> String {
    let backups = match registrar.backup_note() {
        None => "No backup of the register was made with this program.".to_owned(),
        Some(BackupNote { made, days: Some(days) }) => format!(
            "Backups made until {} still have it, encrypted; the last of them is removed by the first backup after {}.",
            moment(made),
            moment(made.saturating_add(u64::from(days) * 86_400))
        ),
        Some(BackupNote { made, days: None }) => format!(
            "Backups made until {} still have it, encrypted, until so many new ones are made as are kept: give \"backup --days\" to set a term.",
            moment(made)
        ),
    };
    format!("{backups} {ERASING_LEAVES}")
}

/// Arguments of `hushwatt registrar forget`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar forget --node https://node-a.example.org --dry-run
  hushwatt registrar forget --node https://node-a.example.org --yes        once a day, by a timer

Erases who has had no meter for longer than the retention of the genesis (90 days by default), if nothing is open. Nobody else is
touched: a person who never had a meter, or whose data are restricted, stays.")]
pub(super) struct ForgetArguments {
    #[command(flatten)]
    ledger: Ledger,
    /// Say who would be erased, and erase nobody
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Forgotten {
    /// Who would be erased; none in earnest.
    due: Vec<String>,
    erased: Vec<Receipt>,
}

pub(super) fn forget(common: &Common, arguments: &ForgetArguments) -> Result<(), RegistrarCommandError> {
    let (mut registrar, passphrase) = common.open()?;
    let facts = arguments.ledger.facts(&registrar)?;
    let due = registrar.past_retention(&facts, now())?;
    if arguments.dry_run || due.is_empty() {
        let cases: Vec<String> = due.iter().map(|case| case.short()).collect();
        let due = due.iter().map(ToString::to_string).collect();
        return common.answer(&Forgotten { due, erased: Vec::new() }, || match &cases[..] {
            [] => "Nobody is past retention.".to_owned(),
            cases => format!("Past retention: case {}. Nobody was erased.", cases.join(", case ")),
        });
    }
    common.confirm(&format!("Erase {} persons who are past retention, for good?", due.len()))?;
    let erased = registrar.forget(&facts, now(), &passphrase)?;
    let lines: Vec<String> = erased.iter().map(|receipt| format!("Done: {}.", receipt_line(receipt))).collect();
    common.answer(&Forgotten { due: Vec::new(), erased }, || {
        format!("{}\n{}", lines.join("\n"), what_remains(&registrar))
    })
}
