//! `hushwatt registrar meter`, `consent`, `money` and `rectify`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use hushwatt_ledger::units::{MeterId, Timestamp};
use hushwatt_registrar::person::{Correction, MoneyKind};
use hushwatt_wallet::amount::{Locale, format_credit, parse_credit};
use serde::Serialize;

use super::{
    common::{Common, ReceiptFile, day, now, receipt_line},
    error::RegistrarCommandError,
    people::read_toml,
};
use crate::cli::moments::moment;

#[derive(Serialize)]
struct Changed {
    case: String,
    /// Of a sum of money.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
}

/// Who is meant, and since or until when.
#[derive(Args)]
pub(super) struct MeterArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    /// The meter's number on the ledger
    meter: u32,
    /// The day, at 00:00 UTC: 2026-11-21 [default: now]
    #[arg(long, value_name = "DAY", value_parser = day)]
    at: Option<Timestamp>,
}

#[derive(Subcommand)]
pub(super) enum MeterCommand {
    /// From then on the meter measures for the person
    #[command(after_help = "Examples:
  hushwatt registrar meter begin Anna 3
  hushwatt registrar meter begin 3f9a21c4 3 --at 2026-11-01")]
    Begin(MeterArguments),
    /// From then on it does not: he moves out, or the meter is another's. A day to come is fine
    #[command(after_help = "Examples:
  hushwatt registrar meter end Anna 3 --at 2026-11-30

What the ledger still lets happen to his last window counts as open money until it is over.")]
    End(MeterArguments),
}

pub(super) fn meter(common: &Common, command: &MeterCommand) -> Result<(), RegistrarCommandError> {
    let (MeterCommand::Begin(arguments) | MeterCommand::End(arguments)) = command;
    let (mut registrar, _) = common.open()?;
    let case = registrar.find(&arguments.person)?.case;
    let (meter, at) = (MeterId(arguments.meter), arguments.at.unwrap_or_else(now));
    let what = match command {
        MeterCommand::Begin(_) => {
            registrar.begin_meter(case, meter, at)?;
            "since"
        }
        MeterCommand::End(_) => {
            registrar.end_meter(case, meter, at)?;
            "until"
        }
    };
    common.answer(&Changed { case: case.to_string(), number: None }, || {
        format!("Meter {} measures for case {} {what} {}.", meter.0, case.short(), moment(at.0))
    })
}

/// Who agreed to what.
#[derive(Args)]
pub(super) struct ConsentArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    /// To what
    purpose: String,
}

#[derive(Subcommand)]
pub(super) enum ConsentCommand {
    /// The person agreed
    #[command(after_help = "Examples:
  hushwatt registrar consent give Anna \"newsletter\"")]
    Give(ConsentArguments),
    /// The person took it back
    #[command(after_help = "Examples:
  hushwatt registrar consent withdraw Anna \"newsletter\"")]
    Withdraw(ConsentArguments),
}

pub(super) fn consent(common: &Common, command: &ConsentCommand) -> Result<(), RegistrarCommandError> {
    let (ConsentCommand::Give(arguments) | ConsentCommand::Withdraw(arguments)) = command;
    let (mut registrar, _) = common.open()?;
    let case = registrar.find(&arguments.person)?.case;
    let what = match command {
        ConsentCommand::Give(_) => {
            registrar.give_consent(case, &arguments.purpose, now())?;
            "agreed to"
        }
        ConsentCommand::Withdraw(_) => {
            registrar.withdraw_consent(case, &arguments.purpose, now())?;
            "withdrew consent to"
        }
    };
    common.answer(&Changed { case: case.to_string(), number: None }, || {
        format!("Case {} {what} \"{}\".", case.short(), arguments.purpose)
    })
}

/// Whose debt.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Debt {
    /// The community owes it to the person
    Payout,
    /// The person owes it to the community
    Invoice,
}

#[derive(Subcommand)]
pub(super) enum MoneyCommand {
    /// A payout or an invoice is open
    #[command(after_help = "Examples:
  hushwatt registrar money open Anna payout 12.50 --text \"August 2026\"
  hushwatt registrar money open Anna invoice 8.99 --text \"Invoice 2026-114\"")]
    Open {
        /// First digits of the case number, the name, or a part of it
        person: String,
        /// Whose debt
        kind: Debt,
        /// How much, in euros: 12.50
        amount: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        text: String,
    },
    /// It was paid
    #[command(after_help = "Examples:
  hushwatt registrar money settle Anna 1")]
    Settle {
        /// First digits of the case number, the name, or a part of it
        person: String,
        /// Its number, as "hushwatt registrar show" has it
        number: u32,
    },
}

pub(super) fn money(common: &Common, command: &MoneyCommand) -> Result<(), RegistrarCommandError> {
    match command {
        MoneyCommand::Open { person, kind, amount, text } => {
            let amount = parse_credit(Locale::English, amount)?;
            let (mut registrar, _) = common.open()?;
            let case = registrar.find(person)?.case;
            let kind = match kind {
                Debt::Payout => MoneyKind::Payout,
                Debt::Invoice => MoneyKind::Invoice,
            };
            let number = registrar.open_money(case, kind, amount, text, now())?;
            common.answer(&Changed { case: case.to_string(), number: Some(number) }, || {
                let amount = format_credit(Locale::English, amount);
                format!("Case {}: {} {number} of {amount} is open.", case.short(), kind.text())
            })
        }
        MoneyCommand::Settle { person, number } => {
            let (mut registrar, _) = common.open()?;
            let case = registrar.find(person)?.case;
            registrar.settle_money(case, *number, now())?;
            common.answer(&Changed { case: case.to_string(), number: Some(*number) }, || {
                format!("Case {}: number {number} is paid.", case.short())
            })
        }
    }
}

/// Arguments of `hushwatt registrar rectify`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar rectify Anna --from anna-new.toml --receipt receipt.json

The text has what is to be changed, and nothing else; an empty text takes an e-mail address or a telephone number away:
  address = [\"Mondweg 2\", \"12345 Musterdorf\"]
  phone = \"\"

What was wrong is gone from the register for good, as after \"erase\". The receipt says that something was put right, not what.")]
pub(super) struct RectifyArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
    /// The text with what is to be changed, - for standard input
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    receipt: ReceiptFile,
}

pub(super) fn rectify(common: &Common, arguments: &RectifyArguments) -> Result<(), RegistrarCommandError> {
    arguments.receipt.check_free()?;
    let correction: Correction = read_toml(common, &arguments.from)?;
    let (mut registrar, passphrase) = common.open()?;
    let case = registrar.find(&arguments.person)?.case;
    let receipt = registrar.rectify(case, &correction, now(), &passphrase)?;
    arguments.receipt.write(&receipt)?;
    common.answer(&receipt, || format!("Done: {}.", receipt_line(&receipt)))
}
