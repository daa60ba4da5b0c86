//! `hushwatt wallet restore`: from 24 words, from a backup file, or as a wallet that only looks.

use std::path::PathBuf;

use clap::Args;
use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::{
    file::{Passphrase, SeedWords, Strength, WordsError},
    household::{Household, NewHousehold},
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    common::{Common, read_passphrase, read_secret},
    create::CommunityArguments,
    error::WalletCommandError,
    session::Session,
    table::pairs,
    terminal,
    times::Meant,
};

/// Words of a wallet.
const COUNT: usize = 24;

/// Arguments of `hushwatt wallet restore`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet restore --node https://node-a.example.org --network 3f9a... --birthday 2026-06-16
  hushwatt wallet restore --backup ~/hushwatt.backup
  hushwatt wallet restore --view-only --node https://node-a.example.org --network 3f9a...

The 24 words are asked, or read from --words-file. They restore what the nodes still keep what finds it for (the backup sheet
says how many days); a backup file restores everything up to the day it was written, and the rest is read from the nodes.")]
pub(super) struct RestoreArguments {
    #[command(flatten)]
    community: CommunityArguments,
    /// Restore this backup file: it says itself of which community it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["node", "network", "genesis", "words_file", "view_only"])]
    backup: Option<PathBuf>,
    /// Read the backup's passphrase from this file [default: the new wallet's passphrase]
    #[arg(long, value_name = "FILE", requires = "backup")]
    backup_passphrase_file: Option<PathBuf>,
    /// Read the words from this file instead of asking
    #[arg(long, value_name = "FILE", conflicts_with = "view_only")]
    words_file: Option<PathBuf>,
    /// Make a wallet that sees and cannot spend, from what "hushwatt wallet view-key" showed
    #[arg(long)]
    view_only: bool,
    /// Read that key from this file instead of asking
    #[arg(long, value_name = "FILE", requires = "view_only")]
    view_key_file: Option<PathBuf>,
    /// The birthday on the sheet: nothing before it is looked for
    #[arg(long, value_name = "YYYY-MM-DD")]
    birthday: Option<String>,
}

#[derive(Serialize)]
struct Restored {
    wallet: PathBuf,
    network: String,
    simulated_time: bool,
    address: String,
    view_only: bool,
    birthday_time: u64,
    height: u64,
    total_micro_euro: u64,
    /// Older transactions whose money words cannot find any more.
    without_hints: u64,
}

pub(super) fn run(common: &Common, arguments: &RestoreArguments) -> Result<(), WalletCommandError> {
    let path = common.new_wallet()?;
    let household = match &arguments.backup {
        Some(backup) => from_backup(common, arguments, &path, backup)?,
        None => from_keys(common, arguments, &path)?,
    };
    let mut session = Session::around(household, common)?;
    if common.offline {
        common.remark("nothing was read from the nodes yet: the next command without --offline does it");
    } else {
        session.read(common)?;
    }
    let overview = session.household().overview(Vec::new());
    let household = session.household();
    let restored = Restored {
        wallet: path,
        network: household.genesis().network().to_string(),
        simulated_time: household.genesis().simulated_time,
        address: household.address(),
        view_only: household.is_view_only(),
        birthday_time: household.birthday().0,
        height: overview.sync.height,
        total_micro_euro: overview.total.0,
        without_hints: household.without_hints(),
    };
    let show = common.show();
    common.answer(&restored, || {
        let kind = if restored.view_only { "sees everything, cannot spend" } else { "sees and spends" };
        pairs(&[
            ("Wallet", restored.wallet.display().to_string()),
            ("Network", restored.network.clone()),
            ("Address", restored.address.clone()),
            ("Kind", kind.to_owned()),
            (
                "Found",
                format!(
                    "{} in {} lines of history",
                    show.euro(overview.total),
                    household.history(&Default::default()).len()
                ),
            ),
        ])
    })
}

fn from_backup(
    common: &Common,
    arguments: &RestoreArguments,
    path: &std::path::Path,
    backup: &std::path::Path,
) -> Result<Household, WalletCommandError> {
    let (of_backup, of_wallet) = match (&arguments.backup_passphrase_file, common.passphrase_file()) {
        (Some(file), _) => (read_passphrase(file)?, common.new_passphrase("the new wallet")?),
        (None, Some(file)) => (read_passphrase(&file)?, read_passphrase(&file)?),
        (None, None) => {
            let of_backup = terminal::passphrase("Passphrase of the backup: ")?;
            // Before a new one is thought up for nothing.
            Household::look_into_backup(backup, &of_backup)?;
            (of_backup, common.new_passphrase("the new wallet")?)
        }
    };
    Ok(Household::restore_backup(path, &of_wallet, Strength::USUAL, backup, &of_backup)?)
}

fn from_keys(
    common: &Common,
    arguments: &RestoreArguments,
    path: &std::path::Path,
) -> Result<Household, WalletCommandError> {
    let genesis = arguments.community.genesis(common)?;
    let clock = common.show();
    let birthday: Option<Timestamp> = match &arguments.birthday {
        // A day early: the sheet's day is that of another time zone, perhaps.
        Some(text) => Some(clock.read_time(text, genesis.time, Meant::Last)?.minus(86_400)),
        None => None,
    };
    enum Given {
        Words(SeedWords),
        ViewKey(Zeroizing<String>),
    }
    let given = match (arguments.view_only, &arguments.view_key_file) {
        (true, Some(file)) => Given::ViewKey(read_secret(file)?),
        (true, None) => Given::ViewKey(terminal::hidden("View key: ")?),
        (false, _) => Given::Words(read_words(arguments)?),
    };
    let passphrase: Passphrase = common.new_passphrase("the new wallet")?;
    let new = NewHousehold {
        path,
        passphrase: &passphrase,
        strength: Strength::USUAL,
        genesis,
        nodes: arguments.community.urls(),
    };
    Ok(match given {
        Given::Words(words) => Household::restore_words(new, &words, birthday)?,
        Given::ViewKey(key) => Household::create_view_only(new, &key, birthday)?,
    })
}

/// The words, from a file or line by line until there are enough.
fn read_words(arguments: &RestoreArguments) -> Result<SeedWords, WalletCommandError> {
    if let Some(file) = &arguments.words_file {
        return Ok(SeedWords::parse(&read_secret(file)?)?);
    }
    if !terminal::is_there() {
        return Err(WalletCommandError::Input(
            "nobody can be asked for the words here: give --words-file FILE".to_owned(),
        ));
    }
    eprintln!("Type the 24 words in their order, on one line or several; an empty line ends them.");
    loop {
        let mut text = Zeroizing::new(String::new());
        while text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count() < COUNT {
            let line = terminal::line("> ")?;
            if line.is_empty() {
                break;
            }
            text.push_str(&line);
            text.push(' ');
        }
        match corrected(text) {
            Ok(words) => return Ok(words),
            Err(WalletCommandError::Words(error)) => {
                eprintln!("{error}.\nPlease type all of them once more, or press Ctrl-C to stop.");
            }
            Err(error) => return Err(error),
        }
    }
}

/// Asks for single words again as long as some are in no list.
fn corrected(mut text: Zeroizing<String>) -> Result<SeedWords, WalletCommandError> {
    loop {
        let unknown = match SeedWords::parse(&text) {
            Err(WordsError::Unknown(unknown)) => unknown,
            parsed => return Ok(parsed?),
        };
        let is_word = |word: &&str| word.chars().any(char::is_alphabetic);
        let mut words: Vec<Zeroizing<String>> =
            text.split_whitespace().filter(is_word).map(|word| Zeroizing::new(word.to_owned())).collect();
        for wrong in unknown {
            eprintln!("{wrong}");
            let right = terminal::line(&format!("Word {}: ", wrong.position))?;
            if let Some(place) = wrong.position.checked_sub(1).and_then(|place| words.get_mut(place)) {
                *place = right;
            }
        }
        let mut joined = Zeroizing::new(String::with_capacity(text.len() + 256));
        for word in &words {
            joined.push_str(word);
            joined.push(' ');
        }
        text = joined;
    }
}
