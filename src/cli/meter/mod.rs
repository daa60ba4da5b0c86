//! `hushwatt meter`: the gateway beside a meter, from its first key to what it attests. Every command is a thin layer over the
//! gateway's library.

mod common;
mod correct;
mod error;
mod forget;
mod formats;
mod import;
mod init;
mod key;
mod pair;
mod probe;
mod read;
mod run;
mod show;
mod source;
mod status;
mod told;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::table;
use common::Common;

/// Arguments of `hushwatt meter`.
#[derive(Args)]
#[command(after_help = "From a new box to a paired meter (docs/gateway.md has it in full):
  hushwatt meter read --driver p1 --port serial:/dev/ttyUSB0     what the meter says
  hushwatt meter init --folder /var/lib/hushwatt-meter           makes the key; send its line to whoever writes the genesis
  hushwatt meter init --folder /var/lib/hushwatt-meter --genesis genesis.json --network 3f9a... \\
      --node https://node-a.example.org --driver p1 --port serial:/dev/ttyUSB0
  hushwatt meter pair --folder /var/lib/hushwatt-meter --address hw1q...
  hushwatt meter run --folder /var/lib/hushwatt-meter
  hushwatt meter status --folder /var/lib/hushwatt-meter

With --json, standard output is one JSON value (base units: watt-hours or litres; times in unix seconds), and an error is one
JSON object {\"kind\", \"message\"} on standard error.")]
pub(crate) struct MeterArguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: MeterCommand,
}

#[derive(Subcommand)]
enum MeterCommand {
    /// List what meters and files are read
    #[command(visible_alias = "drivers")]
    Formats,
    /// Show what a meter or a file says, register by register
    Read(read::ReadArguments),
    /// Make a gateway: first its key, then, with the community's genesis, everything else
    Init(init::InitArguments),
    /// Print the meter's public key, for the genesis or for the registrars
    Key,
    /// Pair the gateway with the household whose meter it is, and show the code that its wallet asks for
    Pair(pair::PairArguments),
    /// Run the gateway until it is told to stop
    Run(run::RunArguments),
    /// Say how the gateway is: exit status 0 well, 1 somebody must look, 2 it does not run
    Status(status::StatusArguments),
    /// Hand the grid operator's values to the gateway: they fill gaps that are not attested yet
    Import(import::ImportArguments),
    /// Have the gateway put the grid operator's values in place of what is on the ledger
    Correct(correct::CorrectArguments),
    /// Delete readings, reading keys and files that are past the retention (gateway stopped; a running one does it by itself)
    Forget(forget::ForgetArguments),
    /// Compare what is on the ledger with the grid operator's values, interval by interval
    Verify(verify::VerifyArguments),
}

pub(crate) fn run(arguments: &MeterArguments) -> ExitCode {
    let common = &arguments.common;
    let done = match &arguments.command {
        MeterCommand::Formats => formats::run(common),
        MeterCommand::Read(arguments) => read::run(common, arguments),
        MeterCommand::Init(arguments) => init::run(common, arguments),
        MeterCommand::Key => key::run(common),
        MeterCommand::Pair(arguments) => pair::run(common, arguments),
        MeterCommand::Run(arguments) => run::run(common, arguments),
        MeterCommand::Import(arguments) => import::run(common, arguments),
        MeterCommand::Correct(arguments) => correct::run(common, arguments),
        MeterCommand::Forget(arguments) => forget::run(common, arguments),
        // They have exit statuses of their own.
        MeterCommand::Status(arguments) => return common.finish(status::run(common, arguments)),
        MeterCommand::Verify(arguments) => return common.finish(verify::run(common, arguments)),
    };
    common.finish(done.map(|()| ExitCode::SUCCESS))
}
