//! `hushwatt node genesis`: what a community agrees on, as one file.

use std::{fs, path::PathBuf};

use clap::Args;
use hushwatt_ledger::genesis::Genesis;
use hushwatt_node::{Clock, SystemClock};

use super::{
    common::{NodeCommandError, file_error, write_new},
    community::{self, Names},
    summary,
};
use crate::cli::say;

/// A community to begin with.
const EXAMPLE: &str = include_str!("../../../deploy/community.toml");

/// Arguments of `hushwatt node genesis`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node genesis --example > community.toml
  hushwatt node genesis --from community.toml --out genesis.json
  hushwatt node genesis --show genesis.json

Everybody must have the same genesis.json, byte for byte: its digest is the network id.")]
pub(super) struct GenesisArguments {
    /// The community's file
    #[arg(long, value_name = "FILE", requires = "out", required_unless_present_any = ["show", "example"])]
    from: Option<PathBuf>,
    /// Where to write the genesis; must not exist yet
    #[arg(long, value_name = "FILE", requires = "from")]
    out: Option<PathBuf>,
    /// Check a genesis file and say what is in it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "out"])]
    show: Option<PathBuf>,
    /// Print a commented example of a community's file
    #[arg(long, conflicts_with_all = ["from", "out", "show"])]
    example: bool,
}

pub(super) fn run(arguments: &GenesisArguments) -> Result<(), NodeCommandError> {
    let now = SystemClock.now().0;
    if arguments.example {
        say(EXAMPLE.trim_end());
    } else if let Some(path) = &arguments.show {
        say(&summary::of(&read(path)?, &Names::default(), now));
    } else if let (Some(from), Some(out)) = (&arguments.from, &arguments.out) {
        let community = community::read(from)?;
        write_new(out, community.genesis.bytes())?;
        say(&summary::of(&community.genesis, &community.names, now));
        eprintln!("Written to {}: send it to everybody, unchanged.", out.display());
    }
    Ok(())
}

/// Reads and checks a genesis file.
pub(super) fn read(path: &std::path::Path) -> Result<Genesis, NodeCommandError> {
    let bytes = fs::read(path).map_err(file_error("read", path))?;
    Genesis::parse(&bytes).map_err(|source| NodeCommandError::Genesis { path: path.to_path_buf(), source })
}
