//! `hushwatt operator`: the market operator of a community's auctions, from his first key to what he clears. Every command is a
//! thin layer over the operator's library.

mod common;
mod error;
mod forget;
mod init;
mod key;
mod run;
mod status;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{moments, table};
use common::Common;

/// Arguments of `hushwatt operator`.
#[derive(Args)]
#[command(after_help = "From nothing to a running operator (docs/operator.md has it in full):
  hushwatt operator init --out /var/lib/hushwatt-operator        makes the keys; send the line to whoever writes the genesis
  hushwatt operator init --out /var/lib/hushwatt-operator --node http://127.0.0.1:8400 --network 3f9a...
  hushwatt operator run --folder /var/lib/hushwatt-operator
  hushwatt operator status --folder /var/lib/hushwatt-operator

Nobody has to trust him: a wrong clearing is refused by every validator, and what he does not clear comes back.

With --json, standard output is one JSON value (times in unix seconds, prices in micro-euro per Wh or litre), and an error is one
JSON object {\"kind\", \"message\"} on standard error.")]
pub(crate) struct OperatorArguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Subcommand)]
enum OperatorCommand {
    /// Make an operator: first his keys, then, with the community's genesis, everything else
    Init(init::InitArguments),
    /// Print the operator's public key, for the genesis or for the registrars
    Key,
    /// Run the operator until he is told to stop
    Run(run::RunArguments),
    /// Delete the orders that a stopped operator keeps beyond their time; a running one does so by himself
    Forget(forget::ForgetArguments),
    /// Say how the operator is: exit status 0 well, 1 somebody must look, 2 he does not run
    Status,
}

pub(crate) fn run(arguments: &OperatorArguments) -> ExitCode {
    let common = &arguments.common;
    let done = match &arguments.command {
        OperatorCommand::Init(arguments) => init::run(common, arguments),
        OperatorCommand::Key => key::run(common),
        OperatorCommand::Run(arguments) => run::run(common, arguments),
        OperatorCommand::Forget(arguments) => forget::run(common, arguments),
        // It has exit statuses of its own.
        OperatorCommand::Status => return common.finish(status::run(common)),
    };
    common.finish(done.map(|()| ExitCode::SUCCESS))
}
