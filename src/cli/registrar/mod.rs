//! `hushwatt registrar`: the register of persons, which is off the ledger. Every command is a thin layer over the registrar's
//! library.

mod backup;
mod change;
mod common;
mod error;
mod init;
mod people;
mod receipts;
mod rights;
mod sheet;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use common::Common;

/// Arguments of `hushwatt registrar`.
#[derive(Args)]
#[command(after_help = "From nothing to a register (docs/registrar.md has it in full):
  hushwatt registrar init --folder ~/register --node https://node-a.example.org --network 3f9a...
  hushwatt registrar add --folder ~/register --from anna.toml
  hushwatt registrar meter begin Anna 3 --folder ~/register
  hushwatt registrar erase Anna --folder ~/register --node https://node-a.example.org

The ledger knows meters and keys, and no names: who is behind them is in this register alone, encrypted, on this machine.

With --json, standard output is one JSON value (times in unix seconds, money in micro-euro), and an error is one JSON object
{\"kind\", \"message\"} on standard error.")]
pub(crate) struct RegistrarArguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: RegistrarCommand,
}

#[derive(Subcommand)]
enum RegistrarCommand {
    /// Make a registrar's folder: key, genesis, and an empty register under a passphrase
    Init(init::InitArguments),
    /// Put a person into the register
    Add(people::AddArguments),
    /// List everybody: case numbers, names, meters
    List,
    /// Show everything about one person
    Show(people::ShowArguments),
    /// Note since when a meter measures for a person, or until when
    #[command(subcommand)]
    Meter(change::MeterCommand),
    /// Note what a person agreed to, or that he took it back
    #[command(subcommand)]
    Consent(change::ConsentCommand),
    /// Note a payout or an invoice, or that it was paid: while one is open, nothing is erased
    #[command(subcommand)]
    Money(change::MoneyCommand),
    /// Give a person a copy of everything about him (Art. 15 and 20 GDPR)
    Export(rights::ExportArguments),
    /// Put right what is wrong about a person (Art. 16 GDPR)
    Rectify(change::RectifyArguments),
    /// Keep a person's data and do not use them otherwise (Art. 18 GDPR)
    Restrict(rights::RestrictArguments),
    /// End that
    Unrestrict(rights::UnrestrictArguments),
    /// Erase a person (Art. 17 GDPR): refused while money is open, exit status 3, with the reason and from when it is possible
    Erase(rights::EraseArguments),
    /// Erase everybody who left longer ago than the community's retention; to be run on a schedule
    Forget(rights::ForgetArguments),
    /// List the receipts given, or write them into files
    Receipts(receipts::ReceiptsArguments),
    /// Check a receipt: exit status 0 it holds, 1 it does not
    VerifyReceipt(receipts::VerifyArguments),
    /// Make a backup, and remove those whose time is over
    Backup(backup::BackupArguments),
    /// Restore a backup, and erase again who was erased since
    Restore(backup::RestoreArguments),
    /// Change the passphrase
    Passphrase(init::PassphraseArguments),
}

pub(crate) fn run(arguments: &RegistrarArguments) -> ExitCode {
    use RegistrarCommand as C;
    let common = &arguments.common;
    common.finish(match &arguments.command {
        C::Init(arguments) => init::run(common, arguments),
        C::Add(arguments) => people::add(common, arguments),
        C::List => people::list(common),
        C::Show(arguments) => people::show(common, arguments),
        C::Meter(command) => change::meter(common, command),
        C::Consent(command) => change::consent(common, command),
        C::Money(command) => change::money(common, command),
        C::Export(arguments) => rights::export(common, arguments),
        C::Rectify(arguments) => change::rectify(common, arguments),
        C::Restrict(arguments) => rights::restrict(common, arguments),
        C::Unrestrict(arguments) => rights::unrestrict(common, arguments),
        C::Erase(arguments) => rights::erase(common, arguments),
        C::Forget(arguments) => rights::forget(common, arguments),
        C::Receipts(arguments) => receipts::list(common, arguments),
        C::VerifyReceipt(arguments) => receipts::verify(common, arguments),
        C::Backup(arguments) => backup::make(common, arguments),
        C::Restore(arguments) => backup::restore(common, arguments),
        C::Passphrase(arguments) => init::passphrase(common, arguments),
    })
}
