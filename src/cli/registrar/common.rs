//! What every command of the registrar takes: which folder, how its register is opened, how it speaks.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Args;
use hushwatt_client::{BaseUrl, NodeClient};
use hushwatt_ledger::units::Timestamp;
use hushwatt_registrar::{Registrar, chain::LedgerFacts, folder::RegistrarFolder, receipt::Receipt};
use hushwatt_wallet::file::Passphrase;
use serde::Serialize;
use time::{Date, macros::format_description};

use super::error::RegistrarCommandError;
use crate::cli::{
    files::{Readers, write_new},
    moments::moment,
    secret, voice,
};

/// Names the registrar's folder.
const FOLDER_VARIABLE: &str = "HUSHWATT_REGISTRAR_FOLDER";
/// Names the file with the passphrase.
const PASSPHRASE_VARIABLE: &str = "HUSHWATT_REGISTRAR_PASSPHRASE_FILE";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every registrar command")]
pub(super) struct Common {
    /// The registrar's folder [default: the environment variable HUSHWATT_REGISTRAR_FOLDER]
    #[arg(long, global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Read the passphrase from this file [default: HUSHWATT_REGISTRAR_PASSPHRASE_FILE, else it is asked]
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// One JSON value on standard output and nothing else; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not ask before doing it
    #[arg(long, short, global = true)]
    pub yes: bool,
}

impl Common {
    /// The registrar's folder: the flag, else the environment.
    pub fn folder(&self) -> Result<RegistrarFolder, RegistrarCommandError> {
        let named = self.folder.clone().or_else(|| variable(FOLDER_VARIABLE).map(PathBuf::from));
        Ok(RegistrarFolder::at(&named.ok_or(RegistrarCommandError::NoFolder)?))
    }

    fn passphrase_file(&self) -> Option<PathBuf> {
        self.passphrase_file.clone().or_else(|| variable(PASSPHRASE_VARIABLE).map(PathBuf::from))
    }

    /// The passphrase of the register: from a file, or asked.
    pub fn passphrase(&self) -> Result<Passphrase, RegistrarCommandError> {
        Ok(match self.passphrase_file() {
            Some(path) => secret::read_passphrase(&path)?,
            None => secret::passphrase("Passphrase of the register: ")?,
        })
    }

    /// A passphrase for a new register: from a file, or asked twice.
    pub fn new_passphrase(&self) -> Result<Passphrase, RegistrarCommandError> {
        Ok(match self.passphrase_file() {
            Some(path) => secret::read_passphrase(&path)?,
            None => secret::new_passphrase("the register")?,
        })
    }

    /// The open register, and the passphrase that opened it.
    pub fn open(&self) -> Result<(Registrar, Passphrase), RegistrarCommandError> {
        let folder = self.folder()?;
        // A wrong folder is told before the passphrase is asked.
        folder.genesis()?;
        let passphrase = self.passphrase()?;
        Ok((Registrar::open(&folder, &passphrase)?, passphrase))
    }

    /// Prints a result: as JSON, or as text for people.
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), RegistrarCommandError> {
        voice::answer(self.json, value, text).map_err(RegistrarCommandError::Json)
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        voice::remark(self.json, text);
    }

    /// Asks whether to go on; with `--yes` the answer is yes.
    pub fn confirm(&self, question: &str) -> Result<(), RegistrarCommandError> {
        if self.yes {
            return Ok(());
        }
        match voice::ask(self.json, question).map_err(RegistrarCommandError::System)? {
            Some(true) => Ok(()),
            Some(false) => Err(RegistrarCommandError::Declined),
            None => Err(RegistrarCommandError::NeedsYes),
        }
    }

    /// Prints an error, if it is one, and gives the exit status.
    pub fn finish(&self, done: Result<(), RegistrarCommandError>) -> ExitCode {
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => error.report(self.json),
        }
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// This machine's time.
pub(super) fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Reads a day, `2026-11-21`: its first second in UTC.
pub(super) fn day(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("\"{text}\" is no day: write it as 2026-11-21");
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| wrong())?;
    u64::try_from(day.midnight().assume_utc().unix_timestamp()).map(Timestamp).map_err(|_| wrong())
}

/// Where the ledger is asked.
#[derive(Args)]
pub(super) struct Ledger {
    /// Ask this node what the ledger says; it is not told about whom
    #[arg(long, value_name = "URL", required_unless_present = "chain", conflicts_with = "chain")]
    node: Option<BaseUrl>,
    /// Read it from this exported chain; one that is behind makes erasing possible later, never earlier
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
}

impl Ledger {
    /// What the ledger says.
    pub fn facts(&self, registrar: &Registrar) -> Result<LedgerFacts, RegistrarCommandError> {
        Ok(match (&self.chain, &self.node) {
            (Some(chain), _) => LedgerFacts::of_file(chain, registrar.genesis())?,
            (None, Some(node)) => LedgerFacts::of_node(&NodeClient::at(node), registrar.network())?,
            (None, None) => return Err(RegistrarCommandError::NoSource("--chain FILE")),
        })
    }
}

/// Refuses a name that is taken.
pub(super) fn check_free(path: &Path) -> Result<(), RegistrarCommandError> {
    match path.symlink_metadata() {
        Ok(_) => Err(RegistrarCommandError::write(path, io::ErrorKind::AlreadyExists.into())),
        Err(_) => Ok(()),
    }
}

/// Where a receipt goes.
#[derive(Args)]
pub(super) struct ReceiptFile {
    /// Write the receipt into this new file too, to be handed over
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

impl ReceiptFile {
    /// Refuses a name that is taken, before anything is done.
    pub fn check_free(&self) -> Result<(), RegistrarCommandError> {
        self.receipt.as_deref().map_or(Ok(()), check_free)
    }

    /// Writes it, if it is to be written.
    pub fn write(&self, receipt: &Receipt) -> Result<(), RegistrarCommandError> {
        self.receipt.as_deref().map_or(Ok(()), |path| write_receipt(path, receipt))
    }
}

/// Writes a receipt's file.
pub(super) fn write_receipt(path: &Path, receipt: &Receipt) -> Result<(), RegistrarCommandError> {
    let json = serde_json::to_vec_pretty(receipt).map_err(RegistrarCommandError::Json)?;
    write_new(path, &json, Readers::Usual).map_err(|source| RegistrarCommandError::write(path, source))
}

/// One line about a receipt.
pub(super) fn receipt_line(receipt: &Receipt) -> String {
    format!("case {} {} at {}", receipt.case().short(), receipt.deed().text(), moment(receipt.time().0))
}
