//! What every command of the wallet takes: which file, how it is opened, how it speaks.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use hushwatt_ledger::storage::make_private_folder;
use hushwatt_wallet::file::Passphrase;
use serde::Serialize;

use super::{error::WalletCommandError, show::Show, terminal};
pub(super) use crate::cli::secret::{read_passphrase, read_secret};
use crate::cli::voice;

/// Names the wallet's file.
pub(crate) const WALLET_VARIABLE: &str = "HUSHWATT_WALLET";
/// Names the file with the passphrase.
pub(crate) const PASSPHRASE_VARIABLE: &str = "HUSHWATT_PASSPHRASE_FILE";

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every wallet command")]
pub(crate) struct Common {
    /// The wallet [default: HUSHWATT_WALLET, else hushwatt/wallet.hww where this user's data is]
    #[arg(long, global = true, value_name = "FILE")]
    wallet: Option<PathBuf>,
    /// Read the passphrase from this file [default: HUSHWATT_PASSPHRASE_FILE, else it is asked]
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// One JSON value on standard output and nothing else; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// How amounts are written and read: en or de [default: from LC_ALL, LC_MONETARY or LANG]
    #[arg(long, global = true, value_name = "LANGUAGE", hide_possible_values = true)]
    lang: Option<Lang>,
    /// Ask no node: show what the file knows
    #[arg(long, global = true)]
    pub offline: bool,
    /// Do not ask before doing it
    #[arg(long, short, global = true)]
    pub yes: bool,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// English
    En,
    /// German
    De,
}

impl Common {
    /// Where the wallet is.
    pub fn wallet(&self) -> Result<PathBuf, WalletCommandError> {
        let named = self.wallet.clone().or_else(|| variable(WALLET_VARIABLE).map(PathBuf::from));
        match named {
            Some(path) => Ok(path),
            None => Ok(data_folder().ok_or(WalletCommandError::NoPlace)?.join("hushwatt").join("wallet.hww")),
        }
    }

    /// Where a new wallet is to be: its folder is made, for its owner only.
    pub fn new_wallet(&self) -> Result<PathBuf, WalletCommandError> {
        let path = self.wallet()?;
        if path.symlink_metadata().is_ok() {
            return Err(hushwatt_wallet::file::FileError::Exists { path }.into());
        }
        self.make_room(&path)?;
        Ok(path)
    }

    /// Makes the folder of a file.
    pub fn make_room(&self, path: &Path) -> Result<(), WalletCommandError> {
        match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            Some(folder) => make_private_folder(folder).map_err(|source| WalletCommandError::write(folder, source)),
            None => Ok(()),
        }
    }

    /// The passphrase of the wallet: from a file, or asked.
    pub fn passphrase(&self) -> Result<Passphrase, WalletCommandError> {
        match self.passphrase_file() {
            Some(path) => Ok(read_passphrase(&path)?),
            None => Ok(terminal::passphrase("Passphrase: ")?),
        }
    }

    /// A passphrase for something new: from a file, or asked twice.
    pub fn new_passphrase(&self, what: &str) -> Result<Passphrase, WalletCommandError> {
        match self.passphrase_file() {
            Some(path) => Ok(read_passphrase(&path)?),
            None => Ok(terminal::new_passphrase(what)?),
        }
    }

    /// The file with the passphrase, if there is to be one.
    pub fn passphrase_file(&self) -> Option<PathBuf> {
        self.passphrase_file.clone().or_else(|| variable(PASSPHRASE_VARIABLE).map(PathBuf::from))
    }

    /// The language that was asked for, as a tag.
    pub fn language(&self) -> Option<String> {
        self.lang.map(|lang| match lang {
            Lang::En => "en".to_owned(),
            Lang::De => "de".to_owned(),
        })
    }

    /// How amounts and times are written.
    pub fn show(&self) -> Show {
        Show::new(self.lang.unwrap_or_else(language_of_environment))
    }

    /// Prints a result: as JSON, or as text for people.
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), WalletCommandError> {
        voice::answer(self.json, value, text).map_err(WalletCommandError::Json)
    }

    /// Something to know that is no result.
    pub fn remark(&self, text: &str) {
        voice::remark(self.json, text);
    }

    /// Fails if there will be a question and nobody to answer it: before anything else is done.
    pub fn can_confirm(&self) -> Result<(), WalletCommandError> {
        if self.yes || (!self.json && terminal::is_there()) { Ok(()) } else { Err(WalletCommandError::NeedsYes) }
    }

    /// Shows what it is about and asks whether to go on; with `--yes` the answer is yes.
    pub fn confirm(&self, about: &str, question: &str) -> Result<(), WalletCommandError> {
        if self.yes {
            return Ok(());
        }
        self.can_confirm()?;
        eprintln!("{about}");
        if terminal::yes(question)? { Ok(()) } else { Err(WalletCommandError::Declined) }
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Where programs keep what belongs to a user, by each system's habit.
fn data_folder() -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return absolute("APPDATA");
    }
    let home = || absolute("HOME");
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library").join("Application Support"));
    }
    absolute("XDG_DATA_HOME").or_else(|| home().map(|home| home.join(".local").join("share")))
}

fn language_of_environment() -> Lang {
    let set = ["LC_ALL", "LC_MONETARY", "LANG"].into_iter().find_map(variable);
    match set {
        Some(value) if value.to_string_lossy().to_lowercase().starts_with("de") => Lang::De,
        _ => Lang::En,
    }
}
