//! The command line: thin; each command's work is done by a library.

mod audit;
#[cfg(feature = "committee")]
mod committee;
#[cfg(any(feature = "meter", feature = "operator", feature = "committee", feature = "registrar"))]
mod community;
#[cfg(feature = "demo")]
mod demo;
#[cfg(any(feature = "operator", feature = "committee"))]
mod failure;
mod files;
#[cfg(any(feature = "node", feature = "meter", feature = "operator", feature = "committee"))]
mod log;
#[cfg(feature = "meter")]
mod meter;
#[cfg(any(feature = "meter", feature = "operator", feature = "committee", feature = "registrar"))]
mod moments;
#[cfg(feature = "node")]
mod node;
#[cfg(any(feature = "operator", feature = "committee"))]
mod office;
#[cfg(feature = "operator")]
mod operator;
pub mod progress;
#[cfg(feature = "registrar")]
mod registrar;
#[cfg(any(feature = "wallet", feature = "registrar"))]
mod secret;
#[cfg(any(feature = "meter", feature = "operator", feature = "committee"))]
mod stop;
#[cfg(any(feature = "wallet", feature = "meter", feature = "operator", feature = "committee", feature = "registrar"))]
mod table;
#[cfg(feature = "wallet")]
mod treasury;
#[cfg(any(feature = "wallet", feature = "meter", feature = "operator", feature = "committee", feature = "registrar"))]
mod voice;
#[cfg(feature = "wallet")]
mod wallet;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// Private settlement for energy communities.
#[derive(Parser)]
#[command(name = "hushwatt", version, about, max_term_width = 100, after_help = examples())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Those of the commands that this program was built with.
fn examples() -> String {
    let mut lines = vec!["Examples:"];
    if cfg!(feature = "demo") {
        lines.extend([
            "  hushwatt demo                            a made-up community of 16 homes settles one day",
            "  hushwatt demo --data readings.csv        the same on real readings",
            "  hushwatt demo --out ./village            keep chain, report and test wallets",
        ]);
    }
    lines.push("  hushwatt audit verify ./village/chain.hwl --network $(cat ./village/network-id)");
    let parts = [
        (cfg!(feature = "node"), "  hushwatt node --help                     set up a community's own network"),
        (cfg!(feature = "wallet"), "  hushwatt wallet --help                   a household's money and energy"),
        (cfg!(feature = "meter"), "  hushwatt meter --help                    the gateway beside a meter"),
        (cfg!(feature = "operator"), "  hushwatt operator --help                 the market operator of the auctions"),
        (
            cfg!(feature = "committee"),
            "  hushwatt committee --help                a member of the committee that makes totals",
        ),
        (
            cfg!(feature = "registrar"),
            "  hushwatt registrar --help                who is behind which meter, off the ledger",
        ),
    ];
    lines.extend(parts.iter().filter(|(is_there, _)| *is_there).map(|(_, line)| *line));
    lines.join("\n")
}

#[derive(Subcommand)]
enum Command {
    #[cfg(feature = "demo")]
    /// Settle a day of a community from meter readings, and audit it: the whole job in one command
    Demo(demo::DemoArguments),
    /// Verify a chain without learning anybody's consumption
    Audit(Box<audit::AuditArguments>),
    #[cfg(feature = "node")]
    /// Set up, run and look after the nodes of a community
    Node(Box<node::NodeArguments>),
    #[cfg(feature = "wallet")]
    /// A household's wallet: pay, trade energy, prove, back up
    // Its options are many, the others' few.
    Wallet(Box<wallet::WalletArguments>),
    #[cfg(feature = "wallet")]
    /// Bring money into circulation and take it out: for a community's treasurer
    Treasury(Box<treasury::TreasuryArguments>),
    #[cfg(feature = "meter")]
    /// The gateway beside a meter: set it up, run it, look after it
    Meter(Box<meter::MeterArguments>),
    #[cfg(feature = "operator")]
    /// The market operator of a community's auctions: takes sealed orders, and proves the clearing
    Operator(Box<operator::OperatorArguments>),
    #[cfg(feature = "committee")]
    /// A member of the committee that releases totals, and the registrar who asks for one
    Committee(Box<committee::CommitteeArguments>),
    #[cfg(feature = "registrar")]
    /// The register of persons, off the ledger: who is behind which meter; export, rectify, restrict, erase
    Registrar(Box<registrar::RegistrarArguments>),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = hushwatt_crypto::generators::check_generators() {
        return fail(&error);
    }
    match arguments.command {
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        #[cfg(feature = "node")]
        Command::Node(arguments) => node::run(&arguments),
        #[cfg(feature = "wallet")]
        Command::Wallet(arguments) => wallet::run(&arguments),
        #[cfg(feature = "wallet")]
        Command::Treasury(arguments) => treasury::run(&arguments),
        #[cfg(feature = "meter")]
        Command::Meter(arguments) => meter::run(&arguments),
        #[cfg(feature = "operator")]
        Command::Operator(arguments) => operator::run(&arguments),
        #[cfg(feature = "committee")]
        Command::Committee(arguments) => committee::run(&arguments),
        #[cfg(feature = "registrar")]
        Command::Registrar(arguments) => registrar::run(&arguments),
    }
}

/// Prints a result. Whoever reads it may stop reading: what is left then is of no interest.
pub(crate) fn say(text: &str) {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: the result cannot be written: {error}")
        }
        _ => {}
    }
}

/// Prints an error with its causes, for people.
pub(crate) fn fail(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let more = source.to_string();
        // Many errors already quote their cause.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = source.source();
    }
    eprintln!("error: {text}");
    ExitCode::FAILURE
}
