//! `hushwatt node`: from the first key of a community to its running validators.

mod common;
mod community;
mod config;
mod export;
mod forget;
mod genesis;
mod init;
mod key;
mod registry;
mod rejoin;
mod settings;
mod start;
mod status;
mod summary;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Arguments of `hushwatt node`.
#[derive(Args)]
#[command(after_help = "The way to a network of four machines (docs/operate.md has it in full):
  hushwatt node key new --folder /var/lib/hushwatt            on each machine; send its line to one of you
  hushwatt node genesis --from community.toml --out genesis.json    on one machine; send the file to all
  hushwatt node init --folder /var/lib/hushwatt --genesis genesis.json --peers KEY@HOST:8401 ...
  hushwatt node config --folder /var/lib/hushwatt             says what is still missing

To try it out on this machine alone:
  hushwatt node init --single --folder ./try")]
pub(crate) struct NodeArguments {
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Subcommand)]
enum NodeCommand {
    /// Make or show the keys of validators, registrars and the treasury
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Build the community's genesis from a readable file, or show what one says
    Genesis(genesis::GenesisArguments),
    /// Lay out the folder of a node
    Init(init::InitArguments),
    /// Check a node's folder and show the settings a start would use
    Config(config::ConfigArguments),
    /// Run a node until it is told to stop
    Start(start::StartArguments),
    /// Ask a running node how it is: exit status 0 ready, 1 not ready, 2 not reached
    Status(status::StatusArguments),
    /// Write the chain of a node as one file that auditors verify
    Export(export::ExportArguments),
    /// Delete what is kept beyond its time: hints, and what else has them in it
    Forget(forget::ForgetArguments),
    /// Have a validator that lost its data catch up before it votes again
    Rejoin(rejoin::RejoinArguments),
    /// Change the validators: a quorum of registrars signs, each on his own machine
    #[command(subcommand, visible_alias = "propose-validators")]
    Registry(registry::RegistryCommand),
}

pub(crate) fn run(arguments: &NodeArguments) -> ExitCode {
    let done = match &arguments.command {
        NodeCommand::Key(command) => key::run(command),
        NodeCommand::Genesis(arguments) => genesis::run(arguments),
        NodeCommand::Init(arguments) => init::run(arguments),
        NodeCommand::Config(arguments) => config::run(arguments),
        NodeCommand::Start(arguments) => start::run(arguments),
        NodeCommand::Export(arguments) => export::run(arguments),
        NodeCommand::Rejoin(arguments) => rejoin::run(arguments),
        NodeCommand::Registry(command) => registry::run(command),
        // They have exit statuses of their own.
        NodeCommand::Status(arguments) => return status::run(arguments),
        NodeCommand::Forget(arguments) => return forget::run(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => super::fail(&error),
    }
}
