//! `hushwatt committee`: a member of the committee that makes totals, and the registrar who asks for one. Every command is a thin
//! layer over the committee's library.

mod ask;
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

/// Arguments of `hushwatt committee`.
#[derive(Args)]
#[command(after_help = "From nothing to a running member (docs/totals.md has it in full):
  hushwatt committee init --out /var/lib/hushwatt-committee --node http://127.0.0.1:8400 --network 3f9a...
  hushwatt committee key --folder /var/lib/hushwatt-committee      the line for the registrars, who name the committee
  hushwatt committee run --folder /var/lib/hushwatt-committee
  hushwatt committee status --folder /var/lib/hushwatt-committee

A member alone learns nothing but sums that the whole committee releases. As many members as the threshold who pool their shares
can open the period sum of any one meter.

With --json, standard output is one JSON value (times in unix seconds), and an error is one JSON object {\"kind\", \"message\"} on
standard error.")]
pub(crate) struct CommitteeArguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: CommitteeCommand,
}

#[derive(Subcommand)]
enum CommitteeCommand {
    /// Make a member: keys, settings and the community's genesis
    Init(init::InitArguments),
    /// Print the member's public line, for the registrars
    Key,
    /// Run the member until he is told to stop
    Run(run::RunArguments),
    /// Erase the shares that a stopped member keeps beyond their time; a running one does so by himself
    Forget(forget::ForgetArguments),
    /// Say how the member is: exit status 0 well, 1 somebody must look, 2 he does not run
    Status,
    /// Ask for a total, as a registrar
    Ask(ask::AskArguments),
}

pub(crate) fn run(arguments: &CommitteeArguments) -> ExitCode {
    let common = &arguments.common;
    let done = match &arguments.command {
        CommitteeCommand::Init(arguments) => init::run(common, arguments),
        CommitteeCommand::Key => key::run(common),
        CommitteeCommand::Run(arguments) => run::run(common, arguments),
        CommitteeCommand::Forget(arguments) => forget::run(common, arguments),
        // It has exit statuses of its own.
        CommitteeCommand::Status => return common.finish(status::run(common)),
        CommitteeCommand::Ask(arguments) => ask::run(common, arguments),
    };
    common.finish(done.map(|()| ExitCode::SUCCESS))
}
