//! `hushwatt audit check-allocation`: what a community was allocated, held against the chain of a file or a node.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use hushwatt_audits::allocation::{
    Allocation, AllocationReport, Expected, MAX_ALLOCATION_BYTES, MAX_SLIP_BYTES, Slip, check,
};
use hushwatt_crypto::NetworkId;

use super::{
    Bar, NOT_JUDGED,
    allocation::{AllocationCommandError, gather, read, read_key, wrong},
    conclude,
    source::Source,
};
use crate::cli::{fail, progress};

pub(super) const EXAMPLES: &str = "Examples:
  hushwatt audit check-allocation june.json --node https://node-b.example.org --key key.toml
  hushwatt audit check-allocation june.json --chain chain.hwl --key key.toml --slip meter-3.json
  hushwatt audit check-allocation june.json --chain chain.hwl --network 3f9a... --json

Name the key that your community agreed on (--key): the allocation holds for the key in its file, whichever that is. With your
slip you see what you were allocated yourself; it is read on this machine and told nobody.";

/// Arguments of `hushwatt audit check-allocation`.
#[derive(Args)]
pub(super) struct CheckAllocationArguments {
    /// The allocation: a file that "hushwatt audit allocate" made
    file: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Refuse an allocation by another key than this, your community's
    #[arg(long, value_name = "KEY.TOML")]
    key: Option<PathBuf>,
    /// Your own slip: show what you were allocated
    #[arg(long, value_name = "FILE")]
    slip: Option<PathBuf>,
    /// Refuse an allocation on another network than this: 64 hexadecimal digits
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &CheckAllocationArguments) -> ExitCode {
    let report = match judge(arguments) {
        Ok(report) => report,
        Err(error) => {
            fail(&error);
            return match error {
                // What is no allocation will not become one.
                AllocationCommandError::File { .. } => ExitCode::FAILURE,
                _ => ExitCode::from(NOT_JUDGED),
            };
        }
    };
    conclude(arguments.json, &report, || report.to_string(), report.holds)
}

fn judge(arguments: &CheckAllocationArguments) -> Result<AllocationReport, AllocationCommandError> {
    let bytes = read(&arguments.file, MAX_ALLOCATION_BYTES)?;
    let allocation = Allocation::from_json(&bytes).map_err(|source| wrong(&arguments.file, source))?;
    let slip = match &arguments.slip {
        Some(path) => Some(Slip::from_json(&read(path, MAX_SLIP_BYTES)?).map_err(|source| wrong(path, source))?),
        None => None,
    };
    let key = arguments.key.as_deref().map(read_key).transpose()?;
    let facts = gather(&arguments.source, &allocation.wanted())?;
    let expected = Expected { network: arguments.network, key };
    let mut bar = Bar(progress::bar(0, "Verifying the allocation"));
    let report = check(&allocation, slip.as_ref(), &facts, &expected, &mut bar);
    bar.0.finish_and_clear();
    Ok(report)
}
