//! `hushwatt treasury`: what a community's treasurer does. Its wallet is an ordinary one; minting and burning need the
//! treasury's key of the genesis too.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use hushwatt_client::{KeyFile, KeyRole};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::units::Credit;
use hushwatt_wallet::household::{HouseholdError, SendRequest, views::Prepared};

use super::wallet::{
    common::Common,
    error::WalletCommandError,
    session::Session,
    settle::{Patience, settle},
};

/// Pieces in which a top-up arrives: so many times can the household act before the next settlement.
const PIECES: u8 = 7;

/// Arguments of `hushwatt treasury`.
#[derive(Args)]
#[command(after_help = "A new network's first steps (its nodes wait for the first of them):
  hushwatt node key new --folder ~/hushwatt-keys --role treasury      before the genesis is written
  hushwatt wallet create --wallet treasury.hww --node URL --network ID
  hushwatt treasury mint 10000 --pieces 64 --wallet treasury.hww --key ~/hushwatt-keys/treasury.key
  hushwatt treasury pay hw1q... 50 --wallet treasury.hww

What is minted and burned is public, and everybody can add it up. Whom the treasury pays is not.")]
pub(crate) struct TreasuryArguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: TreasuryCommand,
}

#[derive(Subcommand)]
enum TreasuryCommand {
    /// Bring money into circulation, to the treasury's own wallet
    ///
    /// The first one makes block 1: it must be of at least as many pieces as a payment has to hide among.
    Mint {
        /// How much, in euros
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// In how many pieces of about the same size
        #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=64))]
        pieces: u32,
        #[command(flatten)]
        key: KeyArgument,
        #[command(flatten)]
        patience: Patience,
    },
    /// Take money out of circulation, from the treasury's own wallet: when a member is paid out
    Burn {
        /// How much, in euros
        #[arg(value_name = "AMOUNT")]
        amount: String,
        #[command(flatten)]
        key: KeyArgument,
        #[command(flatten)]
        patience: Patience,
    },
    /// Top a household up: a payment that arrives in several pieces, so that it can act several times at once
    Pay {
        /// A contact's name, an address or a payment link
        #[arg(value_name = "TO")]
        to: String,
        /// How much, in euros
        #[arg(value_name = "AMOUNT")]
        amount: String,
        /// In how many pieces
        #[arg(long, value_name = "N", default_value_t = PIECES, value_parser = clap::value_parser!(u8).range(1..=7))]
        pieces: u8,
        /// What the payee reads, at most 62 bytes
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
        /// Pay although there is less company to hide in than the settings ask for
        #[arg(long)]
        small_company: bool,
        #[command(flatten)]
        patience: Patience,
    },
}

#[derive(Args)]
struct KeyArgument {
    /// The treasury's key file, as "hushwatt node key new --role treasury" made it
    #[arg(long = "key", value_name = "FILE")]
    file: PathBuf,
}

impl KeyArgument {
    fn read(&self) -> Result<SigningKey, WalletCommandError> {
        Ok(KeyFile::read(&self.file, KeyRole::Treasury)?.key)
    }
}

pub(crate) fn run(arguments: &TreasuryArguments) -> ExitCode {
    let common = &arguments.common;
    let done = match &arguments.command {
        TreasuryCommand::Mint { amount, pieces, key, patience } => {
            signed(common, amount, key, patience, ("Mint", "Minted"), |session, key, amount| {
                session.household().mint(key, amount, *pieces)
            })
        }
        TreasuryCommand::Burn { amount, key, patience } => {
            signed(common, amount, key, patience, ("Burn", "Burned"), |session, key, amount| {
                session.household().burn(key, amount)
            })
        }
        TreasuryCommand::Pay { to, amount, pieces, message, small_company, patience } => {
            pay(common, patience, amount, |amount| SendRequest {
                to: to.clone(),
                amount,
                message: message.clone(),
                label: None,
                allow_small_company: *small_company,
                pieces: *pieces,
            })
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(common.json),
    }
}

/// Something that the treasury's key signs.
fn signed(
    common: &Common,
    amount: &str,
    key: &KeyArgument,
    patience: &Patience,
    (verb, done): (&str, &str),
    act: impl FnOnce(&Session, &SigningKey, Credit) -> Result<Prepared, HouseholdError>,
) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let amount = common.show().read_euro(amount)?;
    let key = key.read()?;
    let mut session = Session::to_act(common)?;
    common.confirm("Everybody will see the amount.", &format!("{verb} {}?", common.show().euro(amount)))?;
    let prepared = act(&session, &key, amount)?;
    let outcome = settle(&mut session, common, patience, prepared)?;
    common.answer(&outcome, || outcome.text(&format!("{done} {}.", common.show().euro(amount))))
}

fn pay(
    common: &Common,
    patience: &Patience,
    amount: &str,
    request: impl FnOnce(Credit) -> SendRequest,
) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let amount = common.show().read_euro(amount)?;
    let request = request(amount);
    let mut session = Session::to_act(common)?;
    let preview = session.household().preview_send(&request)?;
    common.confirm(&format!("To  {}", preview.to), &format!("Pay {}?", common.show().euro(amount)))?;
    let prepared = session.household().send(&request)?;
    let outcome = settle(&mut session, common, patience, prepared)?;
    common.answer(&outcome, || outcome.text(&format!("Paid {}.", common.show().euro(amount))))
}
