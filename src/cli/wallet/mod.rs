//! `hushwatt wallet`: what a household does with its money and energy, from the terminal and from scripts. Every command is
//! a thin layer over the wallet's library.

mod agent;
mod answer;
mod backup;
mod balance;
mod book;
pub(crate) mod common;
mod confirm;
mod create;
mod energy;
mod erase;
pub(crate) mod error;
mod export;
mod find;
mod forget;
mod history;
mod interrupt;
mod openings;
mod order;
mod pair;
mod passphrase;
mod prove;
mod receipts;
mod receive;
mod restore;
mod send;
pub(crate) mod session;
mod settings;
pub(crate) mod settle;
mod sheet;
pub(crate) mod show;
mod terminal;
mod times;
mod totals;
mod trade;
mod upkeep;
mod web;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::table;
use common::Common;

/// Arguments of `hushwatt wallet`.
#[derive(Args)]
#[command(after_help = "A household's first steps (docs/wallet.md has them in full):
  hushwatt wallet create --node https://node-a.example.org --network 3f9a...
  hushwatt wallet address --qr             what others pay to
  hushwatt wallet balance
  hushwatt wallet pair                     the code that the meter's gateway shows
  hushwatt wallet backup ~/hushwatt.backup
  hushwatt wallet web                      the same in a browser, on this machine

Exit status: 0 done, 1 failed (the message says why), 2 wrong usage, 3 signed and under way but not final yet, 130 interrupted.
With --json, standard output is one JSON value (amounts in micro-euro, times in unix seconds), and an error is one JSON object
{\"kind\", \"message\"} on standard error.")]
pub(crate) struct WalletArguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: WalletCommand,
}

#[derive(Subcommand)]
enum WalletCommand {
    /// Make a new wallet, and write its 24 words down
    Create(create::CreateArguments),
    /// Make a wallet from 24 words, a backup file or a view key
    Restore(restore::RestoreArguments),
    /// Show the address that others pay to
    Address(receive::AddressArguments),
    /// Show the money, what waits and why, and this month's energy
    Balance,
    /// Show what happened, newest first
    History(history::HistoryArguments),
    /// Pay somebody
    Send(send::SendArguments),
    /// Make a payment link with amount and message, and its QR code
    Request(receive::RequestArguments),
    /// Offer, order and deliver energy
    #[command(subcommand)]
    Trade(trade::TradeCommand),
    /// Order in the auctions: everybody's sealed orders of a window meet at one price
    #[command(subcommand)]
    Order(order::OrderCommand),
    /// List what is final, and what proves it
    Receipts(receipts::ReceiptsArguments),
    /// Prove a payment, a delivery, a reading, a balance, a bill or a peak to somebody
    #[command(subcommand)]
    Prove(prove::ProveCommand),
    /// Show what somebody asks you to prove to him alone
    #[command(subcommand)]
    Requests(answer::RequestsCommand),
    /// Answer such a request, after showing what you would tell
    Answer(answer::AnswerArguments),
    /// Show every request for a total, and whether your meter is in it
    Totals(totals::TotalsArguments),
    /// Give whoever allocates for your community what opens your readings
    Openings(openings::OpeningsArguments),
    /// Names for addresses
    #[command(subcommand)]
    Contacts(book::ContactsCommand),
    /// Write a note to a line of the history
    Label(book::LabelArguments),
    /// Pair a meter with its code, or list the paired ones
    Pair(pair::PairArguments),
    /// Show what the meters counted, window by window
    Energy(energy::EnergyArguments),
    /// Delete readings that are past the community's retention, and their keys; sums by day stay
    Forget(forget::ForgetArguments),
    /// Write everything known about this household as JSON and CSV
    Export(export::ExportArguments),
    /// Write an encrypted backup file
    Backup(backup::BackupArguments),
    /// Show the 24 words again, or confirm that they are written down
    Words(sheet::WordsArguments),
    /// Change the passphrase
    Passphrase(passphrase::PassphraseArguments),
    /// Show or change the settings, and what the wallet may do on its own
    Settings(settings::SettingsArguments),
    /// Show the key of a wallet that sees everything and cannot spend
    ViewKey(upkeep::ViewKeyArguments),
    /// Read the whole ledger again
    Rescan,
    /// Run unattended, within the limits of the settings: deliver, offer, order
    Run(agent::RunArguments),
    /// Serve the wallet's web page on this machine
    Web(web::WebArguments),
    /// Delete the wallet from this machine
    Erase(erase::EraseArguments),
}

pub(crate) fn run(arguments: &WalletArguments) -> ExitCode {
    let common = &arguments.common;
    let done = match &arguments.command {
        WalletCommand::Create(arguments) => create::run(common, arguments),
        WalletCommand::Restore(arguments) => restore::run(common, arguments),
        WalletCommand::Address(arguments) => receive::address(common, arguments),
        WalletCommand::Balance => balance::run(common),
        WalletCommand::History(arguments) => history::run(common, arguments),
        WalletCommand::Send(arguments) => send::run(common, arguments),
        WalletCommand::Request(arguments) => receive::request(common, arguments),
        WalletCommand::Trade(command) => trade::run(common, command),
        WalletCommand::Order(command) => order::run(common, command),
        WalletCommand::Receipts(arguments) => receipts::run(common, arguments),
        WalletCommand::Prove(command) => prove::run(common, command),
        WalletCommand::Requests(command) => answer::requests(common, command),
        WalletCommand::Answer(arguments) => answer::run(common, arguments),
        WalletCommand::Totals(arguments) => totals::run(common, arguments),
        WalletCommand::Openings(arguments) => openings::run(common, arguments),
        WalletCommand::Contacts(command) => book::contacts(common, command),
        WalletCommand::Label(arguments) => book::label(common, arguments),
        WalletCommand::Pair(arguments) => pair::run(common, arguments),
        WalletCommand::Energy(arguments) => energy::run(common, arguments),
        WalletCommand::Forget(arguments) => forget::run(common, arguments),
        WalletCommand::Export(arguments) => export::run(common, arguments),
        WalletCommand::Backup(arguments) => backup::run(common, arguments),
        WalletCommand::Words(arguments) => sheet::run(common, arguments),
        WalletCommand::Passphrase(arguments) => passphrase::run(common, arguments),
        WalletCommand::Settings(arguments) => settings::run(common, arguments),
        WalletCommand::ViewKey(arguments) => upkeep::view_key(common, arguments),
        WalletCommand::Rescan => upkeep::rescan(common),
        WalletCommand::Run(arguments) => agent::run(common, arguments),
        WalletCommand::Web(arguments) => web::run(common, arguments),
        WalletCommand::Erase(arguments) => erase::run(common, arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(common.json),
    }
}
